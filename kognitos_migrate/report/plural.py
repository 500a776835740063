"""Plurals of counted nouns, and lines that several commands print. Imports nothing."""

NOTHING = "No v1 calls found"
REVIEW = "Next: review the changes, run your formatter and tests; `kognitos-migrate undo` reverts them."
"""The line after changes were written."""


def pluralize(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `2 files`, `2 entries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("ry") else f"{number} {noun}s"


def nothing_found_summary(phrase: str, files: int, binary: int) -> str:
    """The line for a run without findings over `files` files, with `binary` ones that were not read."""
    return f"{files_phrase(phrase, files, binary)}."


def files_phrase(phrase: str, files: int, binary: int) -> str:
    """The phrase with the number of files that it is about, and of binary files, which it isn't about."""
    skipped = f" ({pluralize(binary, 'binary file')} skipped)" if binary else ""
    if files == binary:
        return f"No files to check{skipped}"
    return f"{phrase} in {pluralize(files - binary, 'file')}{skipped}"

"""Plurals of counted nouns. Imports nothing."""

NOTHING = "No v1 calls found"


def pluralize(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nothing_found_summary(phrase: str, files: int) -> str:
    """The line for a run over `files` files without findings."""
    return f"{phrase} in {pluralize(files, 'file')}."

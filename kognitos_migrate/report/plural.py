"""Plurals of counted nouns. Imports nothing."""

NOTHING = "No v1 use found"


def pluralize(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nothing_found_summary(said: str, files: int) -> str:
    """The line that says that there is nothing, in so many files."""
    return f"{said} in {pluralize(files, 'file')}."

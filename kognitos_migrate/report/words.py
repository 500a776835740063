"""Words of reports. Nothing is imported here: a run that finds nothing needs no more."""

NOTHING = "No v1 use found"


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summed_up(said: str, files: int) -> str:
    """The line that says that there is nothing, in so many files."""
    return f"{said} in {counted(files, 'file')}."

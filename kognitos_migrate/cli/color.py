"""Whether colour is wanted, where the command line leaves it to us."""

import os
from typing import TextIO


def is_colored(stream: TextIO) -> bool:
    """Whether `stream` is to be coloured, by the conventions of no-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"

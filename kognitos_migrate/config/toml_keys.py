"""The keys in the text of a TOML file, whether or not TOML's reader takes it: that one tells no lines."""

import re
from collections.abc import Iterator

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_DOTTED})\s*=")


def lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The keys that begin a line of `text`, and the keys around them, each with its line."""
    around: tuple[str, ...] = ()
    for line, row in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(row):
            key = around = _parts(header[1])
        elif assignment := _ASSIGNMENT.match(row):
            key = (*around, *_parts(assignment[1]))
        else:
            continue
        for end in range(1, len(key) + 1):
            yield key[:end], line


def _parts(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, without quotes."""
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))

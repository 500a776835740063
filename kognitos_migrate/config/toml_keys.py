"""Keys and tables of a TOML text, with their lines, also where the text can't be parsed."""

import re
from collections.abc import Iterator, Sequence

from kognitos_migrate.structs import Struct

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#|$)")
_ASSIGNMENT = re.compile(rf"^\s*({_DOTTED})\s*=")


def key_lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
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


class TableBlock(Struct, frozen=True):
    """A table with a header: its key, and how many lines of the text end with its last one."""

    key: tuple[str, ...]
    end: int


def table_blocks(text: str) -> Iterator[TableBlock]:
    """The tables of `text` that have headers, as far as lines tell: one in a text or a list may look so.

    Comments right above a header are the next table's.
    """
    rows = text.splitlines()
    headers = [(number, found) for number, row in enumerate(rows) if (found := _HEADER.match(row))]
    ends = [*(_comments_above(rows, number) for number, _ in headers[1:]), len(rows)]
    for (_, found), end in zip(headers, ends, strict=False):
        while not rows[end - 1].strip():
            end -= 1
        yield TableBlock(_parts(found[1]), end)


def _comments_above(rows: Sequence[str], number: int) -> int:
    """The first of the comments right above a row, or the row itself."""
    while rows[number - 1].lstrip().startswith("#"):
        number -= 1
    return number


def _parts(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, without quotes."""
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))

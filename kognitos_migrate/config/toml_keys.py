"""Keys and tables of a TOML text, with their lines, found even if the text can't be parsed."""

import re
from collections.abc import Iterator, Sequence

from kognitos_migrate.structs import Struct

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#|$)")
_DEEPEST = 100
"""The limit on the parts of a key: all of its prefixes take memory with the square of their number."""
_ASSIGNMENT = re.compile(rf"^\s*({_DOTTED})\s*=")


def key_lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The keys and table headers of `text`, with their lines from 1. Each prefix of a dotted key is included,
    up to a limit of parts."""
    table: tuple[str, ...] = ()
    for line, row in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(row):
            key = table = _key_components(header[1])
        elif assignment := _ASSIGNMENT.match(row):
            key = (*table, *_key_components(assignment[1]))
        else:
            continue
        for end in range(1, min(len(key), _DEEPEST) + 1):
            yield key[:end], line


class TableBlock(Struct, frozen=True):
    """A table with a header: its key, and the number of lines of the text up to its last one."""

    key: tuple[str, ...]
    end: int


def table_blocks(text: str) -> Iterator[TableBlock]:
    """The tables of `text` that have headers, recognized line by line.

    A line of a multi-line string may look like a header. Comments directly above a header belong to its
    table.
    """
    rows = text.splitlines()
    headers = [(number, match) for number, row in enumerate(rows) if (match := _HEADER.match(row))]
    ends = [*(_comments_above(rows, number) for number, _ in headers[1:]), len(rows)]
    for (_, match), end in zip(headers, ends, strict=False):
        while not rows[end - 1].strip():
            end -= 1
        yield TableBlock(_key_components(match[1]), end)


def _comments_above(rows: Sequence[str], number: int) -> int:
    """The number of the first comment directly above a row, or the row's own number."""
    while rows[number - 1].lstrip().startswith("#"):
        number -= 1
    return number


def _key_components(dotted: str) -> tuple[str, ...]:
    """The components of a dotted key, unquoted."""
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))

"""Values of settings in files of any format, with the names that lead to them."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from kognitos_migrate.source.positions import CharacterIndex
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignment_syntax import ASSIGNMENTS, WHOLE_VALUE
from kognitos_migrate.text_search.key_paths import key_paths_of

_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|;|//)[^\n]*", re.MULTILINE)
"""A comment, up to the end of its line."""
_PART = re.compile(r"[^,;:|]+")
_COLUMN_SUFFIXES = (".csv", ".tsv")
_MOST_ROWS = 1_000


class NamedValue(Struct, frozen=True):
    """A value, the names that lead to it, outermost first, and its row and column, both from 1."""

    names: tuple[str, ...]
    """An option begins with its dashes."""
    value: str
    row: int
    column: int


def setting_values(
    path: str, text: str, is_value: Callable[[str], bool], *, has_structure: bool
) -> Iterator[NamedValue]:
    """The values of settings that `is_value` accepts.

    A value that is a list, as in `NAME=one,two`, counts for each of its parts. The names of sections and
    mappings are only found with `has_structure`, which takes longer.
    """
    places = CharacterIndex(text)
    taken: set[int] = set()
    for names, start, value in written_values(path, text, has_structure=has_structure):
        parts = [(start + part.start(), part[0]) for part in _PART.finditer(value)]
        if start not in taken and parts and all(is_value(part) for _, part in parts):
            taken.add(start)
            for offset, part in parts:
                yield NamedValue(names, part, *places.position(offset))


def written_values(
    path: str, text: str, *, has_structure: bool
) -> Iterator[tuple[tuple[str, ...], int, str]]:
    """The names, the offset and the text of each single value."""
    if has_structure:
        yield from _in_structure(path, text)
        yield from _in_columns(path, text)
    comments = [comment.span() for comment in _COMMENT.finditer(text)]
    for pattern in ASSIGNMENTS:
        for match in pattern.finditer(text):
            number = bisect_left(comments, (match.start(),))  # of the first comment behind its start
            if number == 0 or comments[number - 1][1] < match.start():
                yield (match["name"],), match.start("value"), match["value"]


def _in_structure(path: str, text: str) -> Iterator[tuple[tuple[str, ...], int, str]]:
    for key in sorted(key_paths_of(path, text), key=lambda key: key.start):
        written = text[key.start : key.end].rstrip(" \t\r,")
        quote = written[:1] if written[:1] in ("'", '"') else ""
        value = written.strip(quote) if quote else re.split(r"\s[#;]", written)[0].rstrip()
        if WHOLE_VALUE.fullmatch(value) and "=" not in value:
            yield key.keys, key.start + len(quote), value


def _in_columns(path: str, text: str) -> Iterator[tuple[tuple[str, ...], int, str]]:
    """The cells of a table whose first line has the names of its columns."""
    lines = text.splitlines(keepends=True) if path.endswith(_COLUMN_SUFFIXES) else []
    if not lines:
        return
    separator = "\t" if path.endswith(".tsv") else ","
    header = [name.strip().strip('"') for name in lines[0].split(separator)]
    offset = len(lines[0])
    for line in lines[1:_MOST_ROWS]:
        start = offset
        for name, cell in zip(header, line.split(separator), strict=False):
            if name:
                yield (name,), start, cell.strip().strip('"')
            start += len(cell) + 1
        offset += len(line)

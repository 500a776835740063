"""The source of a cell inside the JSON of its notebook.

Code is a string, or a list of strings that are joined. Only those of changed lines are written anew.
"""

import json
import re
from collections.abc import Iterator, Sequence

from kognitos_migrate.structs import Struct

DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def object_members(raw: str, start: int) -> tuple[dict[str, tuple[int, int]], int]:
    """The values of the object at `start`, from where to where, and where it ends itself. Of a key that is
    there twice, the last."""
    found: dict[str, tuple[int, int]] = {}
    at = after_space(raw, start + 1)
    while raw[at] != "}":
        key, at = _key(raw, at)
        found[key] = (at, DECODER.raw_decode(raw, at)[1])
        at = next_value(raw, found[key][1])
    return found, at + 1


def start_of(raw: str, start: int, wanted: str) -> int:
    """Where the first value stands that the object at `start` has for a key."""
    at = after_space(raw, start + 1)
    while True:
        key, at = _key(raw, at)
        if key == wanted:
            return at
        at = next_value(raw, DECODER.raw_decode(raw, at)[1])


def _key(raw: str, at: int) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    key, end = DECODER.raw_decode(raw, at)
    return key, after_space(raw, after_space(raw, end) + 1)


def array_items(raw: str, start: int) -> Iterator[tuple[int, int]]:
    """From where to where the values of the array at `start` go."""
    at = after_space(raw, start + 1)
    while raw[at] != "]":
        end = DECODER.raw_decode(raw, at)[1]
        yield at, end
        at = next_value(raw, end)


def next_value(raw: str, end: int) -> int:
    """Where what follows a value begins: the next one, or the end of what holds them."""
    at = after_space(raw, end)
    return after_space(raw, at + 1) if raw[at] == "," else at


def after_space(raw: str, at: int) -> int:
    """Where the white space ends that begins at an offset, if any does."""
    found = _SPACE.match(raw, at)
    return found.end() if found else at


def line_of(raw: str, offset: int) -> int:
    """The line that an offset is in, from 1."""
    return raw.count("\n", 0, offset) + 1


_UNIT = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.|[^\\]", re.DOTALL)
"""What one character of a text may be in a JSON string."""
_STRING_LINE = re.compile(r"(?:[^\\]|\\[^n])*(?:\\n|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Cell(Struct, frozen=True):
    """A cell of code: its number among all cells, from 1, and where the value that holds its code stands."""

    number: int
    code: str
    start: int
    end: int
    is_python: bool = True
    output: int | None = None
    """Where the expression stands in the cell's text whose value is `_` afterwards, if that matters."""


class _CodePiece(Struct, frozen=True):
    """A part of the written code that holds whole lines, and where it stands."""

    start: int
    end: int
    lines: tuple[str, ...]


class CellSource(Struct, frozen=True):
    """How a cell's code is written in the JSON `raw`."""

    raw: str
    cell: Cell

    def rewritten(self, code: str) -> str:
        """The value for other code; pieces whose lines are all kept stay as they are written."""
        raw, cell = self.raw, self.cell
        pieces = list(self._pieces())
        new = _LINE.findall(code)
        kept = _kept(pieces, new)
        first = pieces[0].start if pieces else cell.start + 1
        written = raw[cell.start : first]
        position, before = 0, None
        while position < len(new):
            piece = kept.get(position)
            if position:
                together = before is not None and piece is not None and before.end <= piece.start
                between = raw[before.end : piece.start] if together and before and piece else ""
                written += between if self._is_gap(between) else self._gap()
            written += raw[piece.start : piece.end] if piece else self._string(new[position])
            position += len(piece.lines) if piece else 1
            before = piece
        return written + raw[pieces[-1].end if pieces else cell.end - 1 : cell.end]

    def offset(self, index: int) -> int:
        """Where the character at `index` of the code is written; the end, where there is none."""
        at = self.cell.start + 1
        for start, end in self._strings():
            for unit in _UNIT.finditer(self.raw, start + 1, end - 1):
                if not index:
                    return unit.start()
                index -= 1
            at = end - 1
        return at

    @property
    def _is_list(self) -> bool:
        return self.raw[self.cell.start] == "["

    def _strings(self) -> Iterator[tuple[int, int]]:
        """From where to where the strings go, quotes included."""
        if self._is_list:
            yield from array_items(self.raw, self.cell.start)
        else:
            yield self.cell.start, self.cell.end

    def _pieces(self) -> Iterator[_CodePiece]:
        if not self._is_list:
            for part in _STRING_LINE.finditer(self.raw, self.cell.start + 1, self.cell.end - 1):
                if part[0]:
                    text = json.loads(f'"{part[0]}"')
                    yield _CodePiece(part.start(), part.end(), tuple(_LINE.findall(text)))
            return
        text, first = "", None
        strings = list(self._strings())
        for number, (start, end) in enumerate(strings):
            first = start if first is None else first
            text += DECODER.raw_decode(self.raw, start)[0]
            if text.endswith("\n") or number == len(strings) - 1:
                yield _CodePiece(first, end, tuple(_LINE.findall(text)))
                text, first = "", None

    def _string(self, text: str) -> str:
        """`text` as strings are written here: escaped as far as they are."""
        only_ascii = self.raw.isascii() and _ESCAPED.search(self.raw) is not None
        said = json.dumps(text, ensure_ascii=only_ascii)
        said = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", said)
        if "\\/" in self.raw[self.cell.start : self.cell.end]:
            said = said.replace("/", "\\/")
        return said if self._is_list else said[1:-1]

    def _is_gap(self, text: str) -> bool:
        return text.strip() == "," if self._is_list else False

    def _gap(self) -> str:
        """What stands between two strings of the list."""
        if not self._is_list:
            return ""
        strings = list(self._strings())
        if len(strings) > 1:
            return self.raw[strings[0][1] : strings[1][0]]
        ahead = self.raw[self.cell.start + 1 : strings[0][0]] if strings else ""
        spaced = re.search(r'":\s', self.raw) is not None
        return f",{ahead}" if "\n" in ahead else ", " if spaced else ","


def _kept(pieces: Sequence[_CodePiece], new: Sequence[str]) -> dict[int, _CodePiece]:
    """The pieces of which all lines are kept, by the place of their first line among the new lines."""
    from kognitos_migrate.source.line_diff import BoundedMatcher

    old = [line for piece in pieces for line in piece.lines]
    moved: dict[int, int] = {}
    for block in BoundedMatcher(old, new, autojunk=False).get_matching_blocks():
        moved.update((block.a + step, block.b + step) for step in range(block.size))
    found: dict[int, _CodePiece] = {}
    row = 0
    for piece in pieces:
        places = [moved.get(row + step) for step in range(len(piece.lines))]
        first = places[0] if places else None
        if first is not None and places == list(range(first, first + len(places))):
            found[first] = piece
        row += len(piece.lines)
    return found

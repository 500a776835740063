"""The source of a cell inside the JSON of its notebook.

Code is a string, or a list of strings that are joined. Only the strings of changed lines are written again.
"""

import json
import re
from collections.abc import Iterator, Sequence

from kognitos_migrate.structs import Struct

DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def object_members(raw: str, start: int) -> tuple[dict[str, tuple[int, int]], int]:
    """The start and end of each value of the object at `start`, by key, and the end of the object.

    If a key occurs twice, the last value counts, as in `json.loads`. Offsets count characters of `raw`.
    """
    members: dict[str, tuple[int, int]] = {}
    at = skip_space(raw, start + 1)
    while raw[at] != "}":
        key, at = _key_and_value_offset(raw, at)
        members[key] = (at, DECODER.raw_decode(raw, at)[1])
        at = skip_comma(raw, members[key][1])
    return members, at + 1


def find_value(raw: str, start: int, name: str) -> int:
    """The offset of the first value of the key `name` in the object at `start`.

    Raises IndexError or JSONDecodeError if the object lacks the key.
    """
    at = skip_space(raw, start + 1)
    while True:
        key, at = _key_and_value_offset(raw, at)
        if key == name:
            return at
        at = skip_comma(raw, DECODER.raw_decode(raw, at)[1])


def _key_and_value_offset(raw: str, at: int) -> tuple[str, int]:
    """The key at `at`, and the offset of its value."""
    key, end = DECODER.raw_decode(raw, at)
    return key, skip_space(raw, skip_space(raw, end) + 1)


def array_items(raw: str, start: int) -> Iterator[tuple[int, int]]:
    """The start and end of each item of the array at `start`."""
    at = skip_space(raw, start + 1)
    while raw[at] != "]":
        end = DECODER.raw_decode(raw, at)[1]
        yield at, end
        at = skip_comma(raw, end)


def skip_comma(raw: str, end: int) -> int:
    """The offset of the token behind the value that ends at `end`, and behind the comma that follows it."""
    at = skip_space(raw, end)
    return skip_space(raw, at + 1) if raw[at] == "," else at


def skip_space(raw: str, at: int) -> int:
    """The offset of the first character at or behind `at` that isn't white space."""
    match = _SPACE.match(raw, at)
    return match.end() if match else at


def line_of(raw: str, offset: int) -> int:
    """The line that contains an offset, from 1."""
    return raw.count("\n", 0, offset) + 1


_UNIT = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.|[^\\]", re.DOTALL)
"""One character of a text, or its escape sequence, in a JSON string. A surrogate pair is one character."""
_STRING_LINE = re.compile(r"(?:[^\\]|\\[^n])*(?:\\n|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Cell(Struct, frozen=True):
    """A code cell: its number among all cells, from 1, and the bounds of its code's value in the JSON."""

    number: int
    code: str
    start: int
    end: int
    is_python: bool = True
    output: int | None = None
    """The offset in the code of the cell's last expression, if its value is read as `_` later; None if it
    isn't.
    """


class _LineGroup(Struct, frozen=True):
    """A part of the JSON text that holds whole lines of code, and its start and end."""

    start: int
    end: int
    lines: tuple[str, ...]


class CellSource(Struct, frozen=True):
    """The spelling of a cell's code in the JSON `raw`."""

    raw: str
    cell: Cell

    def replace_code(self, code: str) -> str:
        """The JSON value for other code. Strings whose lines all remain keep their spelling."""
        raw, cell = self.raw, self.cell
        groups = list(self._line_groups())
        new_lines = _LINE.findall(code)
        unchanged = _unchanged_groups(groups, new_lines)
        first = groups[0].start if groups else cell.start + 1
        result = raw[cell.start : first]
        position, before = 0, None
        while position < len(new_lines):
            group = unchanged.get(position)
            if position:
                together = before is not None and group is not None and before.end <= group.start
                gap = raw[before.end : group.start] if together and before and group else ""
                result += gap if self._is_separator(gap) else self._separator()
            result += raw[group.start : group.end] if group else self._json_string(new_lines[position])
            position += len(group.lines) if group else 1
            before = group
        return result + raw[groups[-1].end if groups else cell.end - 1 : cell.end]

    def offset_in_json(self, index: int) -> int:
        """The offset in the JSON of the character at `index` of the code; the end of the value if there is
        none.
        """
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
        """The start and end of each JSON string of the code, quotes included."""
        if self._is_list:
            yield from array_items(self.raw, self.cell.start)
        else:
            yield self.cell.start, self.cell.end

    def _line_groups(self) -> Iterator[_LineGroup]:
        if not self._is_list:
            for line in _STRING_LINE.finditer(self.raw, self.cell.start + 1, self.cell.end - 1):
                if line[0]:
                    text = json.loads(f'"{line[0]}"')
                    yield _LineGroup(line.start(), line.end(), tuple(_LINE.findall(text)))
            return
        text, first = "", None
        strings = list(self._strings())
        for number, (start, end) in enumerate(strings):
            first = start if first is None else first
            text += DECODER.raw_decode(self.raw, start)[0]
            if text.endswith("\n") or number == len(strings) - 1:
                yield _LineGroup(first, end, tuple(_LINE.findall(text)))
                text, first = "", None

    def _json_string(self, text: str) -> str:
        """`text` as a JSON string, which escapes characters as the rest of the notebook does."""
        only_ascii = self.raw.isascii() and _ESCAPED.search(self.raw) is not None
        literal = json.dumps(text, ensure_ascii=only_ascii)
        literal = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", literal)
        if "\\/" in self.raw[self.cell.start : self.cell.end]:
            literal = literal.replace("/", "\\/")
        return literal if self._is_list else literal[1:-1]

    def _is_separator(self, text: str) -> bool:
        return text.strip() == "," if self._is_list else False

    def _separator(self) -> str:
        """The separator between two strings of the list, with the white space that the notebook uses."""
        if not self._is_list:
            return ""
        strings = list(self._strings())
        if len(strings) > 1:
            return self.raw[strings[0][1] : strings[1][0]]
        ahead = self.raw[self.cell.start + 1 : strings[0][0]] if strings else ""
        spaced = re.search(r'":\s', self.raw) is not None
        return f",{ahead}" if "\n" in ahead else ", " if spaced else ","


def _unchanged_groups(groups: Sequence[_LineGroup], new_lines: Sequence[str]) -> dict[int, _LineGroup]:
    """The groups whose lines are all among the `new_lines`, by the index of their first line there."""
    from kognitos_migrate.source.line_diff import BoundedMatcher

    old = [line for group in groups for line in group.lines]
    new_rows: dict[int, int] = {}
    for block in BoundedMatcher(old, new_lines, autojunk=False).get_matching_blocks():
        new_rows.update((block.a + step, block.b + step) for step in range(block.size))
    unchanged: dict[int, _LineGroup] = {}
    row = 0
    for group in groups:
        places = [new_rows.get(row + step) for step in range(len(group.lines))]
        first = places[0] if places else None
        if first is not None and places == list(range(first, first + len(places))):
            unchanged[first] = group
        row += len(group.lines)
    return unchanged

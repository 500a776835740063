"""Positions in a text, as byte offsets and as rows and columns."""

import re
from bisect import bisect_right
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_END_IN_TEXT = re.compile(r"\r\n|\r|\n")


class Position(NamedTuple):
    """A row and a column, both from 1; the column counts characters."""

    row: int
    column: int


class Located(NamedTuple):
    """A range of a file, with the fields of a finding's `Place`. Its end is exclusive."""

    path: str
    row: int
    column: int
    end_row: int
    end_column: int


def end_of_line_before(text: bytes, offset: int) -> int:
    """The offset of the last line ending before `offset`."""
    newline = max(text.rfind(b"\n", 0, offset), text.rfind(b"\r", 0, offset))
    return newline - 1 if text[newline - 1 : newline + 1] == b"\r\n" else newline


def line_ends(text: str) -> list[int]:
    r"""The offset behind each line ending of `text`, in characters. `\n`, `\r\n` and `\r` end a line."""
    return [end.end() for end in _LINE_END_IN_TEXT.finditer(text)]


class LineIndex:
    r"""The rows of a text by byte offset. `\n`, `\r\n` and `\r` end a line, as in Python."""

    def __init__(self, text: str) -> None:
        """Index `text`, which has no byte order mark."""
        self._data = text.encode("utf-8", "surrogatepass")
        self._is_ascii = self._data.isascii()
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(self._data))]

    @property
    def lines(self) -> int:
        """The number of lines. An empty rest behind the last line ending isn't counted."""
        ends = len(self._starts) > 1 and self._starts[-1] == len(self._data)
        return len(self._starts) - ends

    def position(self, offset: int) -> Position:
        """The row and column of a byte offset. An offset past the end is that of the end."""
        row = bisect_right(self._starts, offset)
        start = self._starts[row - 1]
        if self._is_ascii:
            return Position(row, min(offset, len(self._data)) - start + 1)
        return Position(row, len(self._data[start:offset].decode("utf-8", "replace")) + 1)

    def offset(self, row: int, column: int) -> int:
        """The byte offset of a row and column."""
        start = self._starts[row - 1]
        if self._is_ascii:
            return min(start + column - 1, len(self._data))
        following = self._data[start : start + 4 * column].decode("utf-8", "ignore")
        return start + len(following[: column - 1].encode("utf-8"))

    def place(self, path: str, start: int, end: int) -> Located:
        """The range from byte `start` to byte `end`. `Place(*index.place(…))` makes a finding's place."""
        return Located(path, *self.position(start), *self.position(end))


class CharacterIndex:
    """The rows of a text by character offset."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *line_ends(text)]

    def position(self, offset: int) -> Position:
        """The row and column of a character offset."""
        row = bisect_right(self._starts, offset)
        return Position(row, offset - self._starts[row - 1] + 1)

    def place(self, path: str, start: int, end: int) -> Located:
        """The range from character `start` to character `end`."""
        return Located(path, *self.position(start), *self.position(end))

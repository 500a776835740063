"""Ranges of a text in the units of an editor: lines and characters from 0."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from kognitos_migrate.findings.result import Place
from kognitos_migrate.source.positions import line_ends


class PositionEncoding(str, Enum):
    """The unit in which an editor counts the characters of a line."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    UTF_32 = "utf-32"

    def units(self, text: str) -> int:
        """The length of `text` in these units."""
        if self is PositionEncoding.UTF_32 or text.isascii():
            return len(text)
        if self is PositionEncoding.UTF_8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2


class TextRange(NamedTuple):
    """A range of a text. Its end is exclusive."""

    start_line: int
    start_character: int
    end_line: int
    end_character: int


class RangeIndex:
    r"""Converts positions in a text to ranges. `\n`, `\r\n` and `\r` end a line, as in the protocol."""

    def __init__(self, text: str, encoding: PositionEncoding) -> None:
        """Index `text`, which has no byte order mark."""
        ends = line_ends(text)
        starts: Sequence[int] = [0, *ends]
        self._lines = [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True)]
        self._starts = starts
        self._encoding = encoding

    def of_place(self, place: Place) -> TextRange:
        """The range of a place, whose rows and columns count from 1. Clipped to the text."""
        start = self._position(place.row, place.column)
        return TextRange(*start, *max(start, self._position(place.end_row, place.end_column)))

    def of_offsets(self, start: int, end: int) -> TextRange:
        """The range between two character offsets."""
        return TextRange(*self._at(start), *self._at(end))

    def row_and_column(self, line: int, character: int) -> tuple[int, int]:
        """The row and column, from 1 and in characters, of a position in the editor's units."""
        text = self._lines[line] if line < len(self._lines) else ""
        column = 0
        while column < len(text) and self._encoding.units(text[: column + 1]) <= character:
            column += 1
        return line + 1, column + 1

    def _position(self, row: int, column: int) -> tuple[int, int]:
        line = max(0, min(row, len(self._lines)) - 1)
        text = self._lines[line].rstrip("\r\n") if row <= len(self._lines) else self._lines[line]
        return line, self._encoding.units(text[: max(0, column - 1)])

    def _at(self, offset: int) -> tuple[int, int]:
        from bisect import bisect_right

        line = bisect_right(self._starts, offset) - 1
        return line, self._encoding.units(self._lines[line][: offset - self._starts[line]])

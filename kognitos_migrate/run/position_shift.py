"""The shift of positions in a file by a change."""

from bisect import bisect_left, bisect_right
from itertools import accumulate

from kognitos_migrate.findings.result import Change, Place
from kognitos_migrate.source.line_diff import hunks_of
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import apply_edits, in_order


class PositionShift:
    """Maps places of a text to places after a change.

    Edits shift them by offset; added and removed lines shift them by row. Such lines are TODO markers, or the
    whole change if its edits are unknown.
    """

    def __init__(self, change: Change) -> None:
        """Prepare the mapping of `change`."""
        before = change.before or ""
        edited = apply_edits(before, change.edits)
        self._edits = in_order(change.edits)
        grown = (len(_bytes(edit.text)) - (edit.span.end - edit.span.start) for edit in self._edits)
        self._grown = [0, *accumulate(grown)]
        """The growth of the text before each edit, in bytes. The last entry is the growth of the whole
        text."""
        self._before, self._edited = LineIndex(before), LineIndex(edited)
        self._hunks = hunks_of(edited, change.after) if edited != change.after else []

    def place(self, place: Place) -> Place:
        """The place after the change. A place inside replaced text moves to the edit."""
        start = self._start(self._before.offset(place.row, place.column))
        end = max(start, self._end(self._before.offset(place.end_row, place.end_column)))
        row, column = self._edited.position(start)
        end_row, end_column = self._edited.position(end)
        return Place(place.path, self._row(row), column, self._row(end_row), end_column)

    def _start(self, offset: int) -> int:
        count = bisect_right(self._edits, offset, key=lambda edit: edit.span.start)
        if count and self._edits[count - 1].span.end > offset:
            count -= 1
            offset = self._edits[count].span.start
        return offset + self._grown[count]

    def _end(self, offset: int) -> int:
        count = bisect_left(self._edits, offset, key=lambda edit: edit.span.start)
        if count:
            offset = max(offset, self._edits[count - 1].span.end)
        return offset + self._grown[count]

    def _row(self, row: int) -> int:
        """The row of an edited line. A removed line has the row of the line before it."""
        count = bisect_right(self._hunks, row - 1, key=lambda hunk: hunk.end)
        last = self._hunks[count - 1] if count else None
        return max(1, row + last.new_end - last.end) if last is not None else row


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

"""Where what stood in a changed file stands now."""

from bisect import bisect_left, bisect_right
from itertools import accumulate

from kognitos_migrate.findings.finding import Change, Place
from kognitos_migrate.source.hunks import hunks_of
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import apply_edits, in_order


class Shift:
    """The places of a text after a change: past its edits, offset by offset, then past the lines that are new
    or gone besides (markers, and all of a change whose edits are not known)."""

    def __init__(self, change: Change) -> None:
        """What `change` does to places."""
        before = change.before or ""
        edited = apply_edits(before, change.edits)
        self._edits = in_order(change.edits)
        grown = (len(_bytes(edit.text)) - (edit.span.end - edit.span.start) for edit in self._edits)
        self._grown = [0, *accumulate(grown)]
        """By edit: by how much the text before it has grown; at the end, by how much all of it."""
        self._before, self._edited = LineIndex(before), LineIndex(edited)
        self._hunks = hunks_of(edited, change.after) if edited != change.after else []

    def place(self, place: Place) -> Place:
        """A place of the text before; what an edit has taken is where that edit is."""
        start = self._start(self._before.offset(place.row, place.column))
        end = max(start, self._end(self._before.offset(place.end_row, place.end_column)))
        row, column = self._edited.position(start)
        end_row, end_column = self._edited.position(end)
        return Place(place.path, self._row(row), column, self._row(end_row), end_column)

    def _start(self, offset: int) -> int:
        passed = bisect_right(self._edits, offset, key=lambda edit: edit.span.start)
        if passed and self._edits[passed - 1].span.end > offset:
            passed -= 1
            offset = self._edits[passed].span.start
        return offset + self._grown[passed]

    def _end(self, offset: int) -> int:
        passed = bisect_left(self._edits, offset, key=lambda edit: edit.span.start)
        if passed:
            offset = max(offset, self._edits[passed - 1].span.end)
        return offset + self._grown[passed]

    def _row(self, row: int) -> int:
        """The row of an edited line; of one that is gone, that of the one before it."""
        passed = bisect_right(self._hunks, row - 1, key=lambda hunk: hunk.end)
        last = self._hunks[passed - 1] if passed else None
        return max(1, row + last.new_end - last.end) if last is not None else row


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

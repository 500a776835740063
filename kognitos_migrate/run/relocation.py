"""Relocation: the shift of positions in a file by a change, and findings at their positions in changed
files."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate

from kognitos_migrate.findings.half_migrated_findings import relocate_finding
from kognitos_migrate.findings.result import Change, Finding, Place, Result, Suppressed
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile, file_text, new_source
from kognitos_migrate.source.line_diff import hunks_of
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import apply_edits, in_order
from kognitos_migrate.structs import replace


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


def relocate_remaining(session: Session) -> Session:
    """`session` after its changes are written. Sources, remaining findings and their places are those of the
    new text."""
    changes = {change.path: change for change in session.result.changes}
    of_modules = {path: change for path, change in changes.items() if not is_data_file(path)}
    places = _MovedPlaces(of_modules)  # the entries of a data file stay in their rows
    sources = {
        path: _changed_source(source, changes[path].after) if path in changes else source
        for path, source in session.sources.items()
    }
    remaining = tuple(places.relocate(finding) for finding in session.result.remaining)
    fresh = {
        path: new_source(path, change.after) for path, change in changes.items() if change.before is None
    }
    suppressed = tuple(places.moved_with(suppression) for suppression in session.result.suppressed)
    blind = tuple(replace(spot, place=places.place(spot.place)) for spot in session.result.blind_spots)
    deployment = tuple(step.relocate(places.place) for step in session.result.deployment)
    result = replace(
        session.result,
        remaining=remaining,
        suppressed=suppressed,
        blind_spots=blind,
        deployment=deployment,
    )
    return replace(session, result=result, sources={**sources, **fresh})


def _changed_source(source: SourceFile, text: str) -> SourceFile:
    data = source.data
    return replace(
        source, text=text, data=replace(data, raw=file_text(source, text)) if data is not None else None
    )


def with_unwritten_changes(session: Session, problems: Result) -> Session:
    """`session` if its changes could not be written, for the reasons in `problems`: all findings remain."""
    result = session.result
    result = replace(
        result, problems=(*result.problems, *problems.problems), changes=(), remaining=result.findings
    )
    result = replace(result, deployment=())
    return replace(session, result=result)


class _MovedPlaces:
    """Maps the places of changed files."""

    def __init__(self, changes: Mapping[str, Change]) -> None:
        self._changes = changes
        self._shifts: dict[str, PositionShift] = {}

    def relocate(self, finding: Finding) -> Finding:
        """`finding` with its place and its trace relocated, and the places that its texts name."""
        moved = relocate_finding(finding, self.place)
        fix = replace(moved.fix, message=self._text(moved.fix.message))
        return replace(moved, fix=fix, notes=tuple(map(self._text, moved.notes)))

    def _text(self, text: str) -> str:
        """A text with the places in changed files, such as `app/jobs.py:12:5`, relocated."""
        return self._place_pattern.sub(self._relocate_match, text) if self._changes else text

    @cached_property
    def _place_pattern(self) -> re.Pattern[str]:
        paths = "|".join(map(re.escape, sorted(self._changes, key=len, reverse=True)))
        return re.compile(rf"(?<![\w./-])({paths}):(\d+)(?::(\d+))?(?!\d)")

    def _relocate_match(self, match: re.Match[str]) -> str:
        path, row, column = match[1], int(match[2]), match[3]
        if row > (self._changes[path].before or "").count("\n") + 1:
            return match[0]
        start = int(column or 1)
        place = self.place(Place(path, row, start, row, start))
        return f"{path}:{place.row}" + (f":{place.column}" if column is not None else "")

    def moved_with(self, suppression: Suppressed) -> Suppressed:
        """A suppressed finding, and the comment that suppresses it, relocated."""
        place = self.place(suppression.place) if suppression.place is not None else None
        return replace(suppression, finding=self.relocate(suppression.finding), place=place)

    def place(self, place: Place) -> Place:
        """The place after the change of its file."""
        change = self._changes.get(place.path)
        if change is None:
            return place
        if place.path not in self._shifts:
            self._shifts[place.path] = PositionShift(change)
        return self._shifts[place.path].place(place)

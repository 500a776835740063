"""Findings that remain after a fix, at their places in the changed files."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kognitos_migrate.findings.finding import Change, Finding, Place, Result, Suppressed
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.file import created


def settled(session: Session) -> Session:
    """`session` after its changes are on disk: its sources, and what remains, are those of the new text."""
    changes = {change.path: change for change in session.result.changes}
    places = _Places({path: _Rows.of(change) for path, change in changes.items()})
    sources = {
        path: replace(source, text=changes[path].after) if path in changes else source
        for path, source in session.sources.items()
    }
    remaining = tuple(places.moved(finding) for finding in session.result.remaining)
    fresh = {path: created(path, change.after) for path, change in changes.items() if change.before is None}
    suppressed = tuple(places.moved_with(one) for one in session.result.suppressed)
    result = replace(session.result, remaining=remaining, suppressed=suppressed)
    return replace(session, result=result, sources={**sources, **fresh})


def unwritten(session: Session, problems: Result) -> Session:
    """`session` where its changes could not be written, for the reasons in `problems`: all remains."""
    result = session.result
    result = replace(
        result, problems=(*result.problems, *problems.problems), changes=(), remaining=result.findings
    )
    return replace(session, result=result)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the lines of a text are after a change."""

    blocks: tuple[difflib.Match, ...]

    @classmethod
    def of(cls, change: Change) -> "_Rows":
        """The rows of `change`."""
        before, after = (change.before or "").split("\n"), change.after.split("\n")
        return cls(tuple(difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()))

    def moved(self, row: int) -> int:
        """The row after the change of a row before it; of a changed row, by the unchanged one before it."""
        shift = 0
        for block in self.blocks:
            if block.a > row - 1 or not block.size:
                break
            shift = block.b - block.a
        return max(1, row + shift)


@dataclass(frozen=True, slots=True)
class _Places:
    rows: Mapping[str, _Rows]

    def moved(self, finding: Finding) -> Finding:
        """`finding` with its place and its trace where they are now."""
        trace = tuple(replace(step, place=self._place(step.place)) for step in finding.trace)
        return replace(finding, place=self._place(finding.place), trace=trace)

    def moved_with(self, one: Suppressed) -> Suppressed:
        """A suppressed finding, and the comment that suppresses it, where they are now."""
        place = self._place(one.place) if one.place is not None else None
        return replace(one, finding=self.moved(one.finding), place=place)

    def _place(self, place: Place) -> Place:
        rows = self.rows.get(place.path)
        if rows is None:
            return place
        return replace(place, row=rows.moved(place.row), end_row=rows.moved(place.end_row))

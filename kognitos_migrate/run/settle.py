"""Findings that remain after a fix, at their places in the changed files."""

from collections.abc import Mapping

from kognitos_migrate.findings.finding import Change, Finding, Place, Result, Suppressed
from kognitos_migrate.record import replace
from kognitos_migrate.run.session import Session
from kognitos_migrate.run.shift import Shift
from kognitos_migrate.source.file import created


def settled(session: Session) -> Session:
    """`session` after its changes are on disk: its sources, and what remains, are those of the new text."""
    changes = {change.path: change for change in session.result.changes}
    places = _Places(changes)
    sources = {
        path: replace(source, text=changes[path].after) if path in changes else source
        for path, source in session.sources.items()
    }
    remaining = tuple(places.moved(finding) for finding in session.result.remaining)
    fresh = {path: created(path, change.after) for path, change in changes.items() if change.before is None}
    suppressed = tuple(places.moved_with(one) for one in session.result.suppressed)
    blind = tuple(replace(one, place=places.place(one.place)) for one in session.result.blind_spots)
    deployment = tuple(replace(one, place=places.place(one.place)) for one in session.result.deployment)
    result = replace(
        session.result,
        remaining=remaining,
        suppressed=suppressed,
        blind_spots=blind,
        deployment=deployment,
    )
    return replace(session, result=result, sources={**sources, **fresh})


def unwritten(session: Session, problems: Result) -> Session:
    """`session` where its changes could not be written, for the reasons in `problems`: all remains."""
    result = session.result
    result = replace(
        result, problems=(*result.problems, *problems.problems), changes=(), remaining=result.findings
    )
    result = replace(result, deployment=())
    return replace(session, result=result)


class _Places:
    """Where what stood in changed files is now."""

    def __init__(self, changes: Mapping[str, Change]) -> None:
        """Places after these changes, by file."""
        self._changes = changes
        self._shifts: dict[str, Shift] = {}

    def moved(self, finding: Finding) -> Finding:
        """`finding` with its place and its trace where they are now."""
        trace = tuple(replace(step, place=self.place(step.place)) for step in finding.trace)
        return replace(finding, place=self.place(finding.place), trace=trace)

    def moved_with(self, one: Suppressed) -> Suppressed:
        """A suppressed finding, and the comment that suppresses it, where they are now."""
        place = self.place(one.place) if one.place is not None else None
        return replace(one, finding=self.moved(one.finding), place=place)

    def place(self, place: Place) -> Place:
        """Where a place is now."""
        change = self._changes.get(place.path)
        if change is None:
            return place
        if place.path not in self._shifts:
            self._shifts[place.path] = Shift(change)
        return self._shifts[place.path].place(place)

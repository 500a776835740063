"""Relocates findings to their positions in changed files."""

from collections.abc import Mapping

from kognitos_migrate.findings.result import Change, Finding, Place, Result, Suppressed
from kognitos_migrate.run.position_shift import PositionShift
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile, file_text, new_source
from kognitos_migrate.structs import replace


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
        """`finding` with its place and its trace relocated."""
        trace = tuple(replace(step, place=self.place(step.place)) for step in finding.trace)
        return replace(finding, place=self.place(finding.place), trace=trace)

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

"""The findings of a run, those that are not reported among them, each with all that belongs to it."""

from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.findings.explanation import Member, Passing, Told
from kognitos_migrate.findings.finding import Change, Finding, Place, Result, Silence, Step, Suppressed
from kognitos_migrate.record import Struct
from kognitos_migrate.run.selection import Selection
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.locations import Locations
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import Edit
from kognitos_migrate.syntax.logical import Rows


class Known(Struct, frozen=True):
    """All findings of a run, those that are not reported among them."""

    findings: Sequence[Finding]
    hidden: Mapping[Finding, str]
    sources: Mapping[str, SourceFile]

    @classmethod
    def of(cls, raw: Result, session: Session) -> "Known":
        """What is in `raw`, and what the run shows of it."""
        shown = session.result
        hidden = {one.finding: _silence(one, session.sources) for one in shown.suppressed}
        known = {(one.place, one.code) for one in (*shown.findings, *hidden)}
        selection = Selection(session.settings)
        rest = [one for one in raw.findings if (one.place, one.code) not in known]
        hidden |= {one: f"{one.code} is not selected, or ignored" for one in rest if not selection.takes(one)}
        every = sorted((*shown.findings, *hidden), key=lambda one: (one.place, one.code))
        return cls(every, hidden, session.sources)

    def told(self, finding: Finding) -> Told:
        """A finding with all that belongs to it."""
        together = [
            one for one in self.findings if finding.conversation and one.conversation == finding.conversation
        ]
        return Told(
            finding,
            self.hidden.get(finding),
            tuple(Member(one, self.hidden.get(one)) for one in together or [finding]),
            tuple(_changes(finding.fix.edits, self.sources)),
            finding.help,
        )

    def passing(self, path: str, rows: Rows) -> Iterator[Passing]:
        """The findings elsewhere to which these rows belong: as a step, or else because a conversation's fix
        changes them. Conversations of which a finding is here are left out."""
        rest = [one for one in self.findings if not is_within(one.place, path, rows)]
        told = {one.conversation for one in self.findings if is_within(one.place, path, rows)} - {None}
        for finding in rest:
            step = next((step for step in finding.trace if is_within(step.place, path, rows)), None)
            if step is not None and finding.conversation not in told:
                yield Passing(finding, step)
        told |= {
            one.conversation for one in rest if any(is_within(step.place, path, rows) for step in one.trace)
        }
        for finding in rest:
            if finding.conversation not in told and (step := self._edited(finding, path, rows)) is not None:
                told.add(finding.conversation)
                yield Passing(finding, step)

    def _edited(self, finding: Finding, path: str, rows: Rows) -> Step | None:
        edits = [edit for edit in finding.fix.edits if edit.span.path == path and path in self.sources]
        index = LineIndex(self.sources[path].text) if edits else None
        for edit in edits if index is not None else ():
            assert index is not None
            place = Place(*index.place(path, edit.span.start, edit.span.end))
            if place.row <= rows.last and rows.first <= place.end_row and edit.span.start < edit.span.end:
                return Step(place, "this is changed with it")
        return None


def _silence(one: Suppressed, sources: Mapping[str, SourceFile]) -> str:
    if one.by is Silence.BASELINE:
        return "the baseline knows it"
    where = _row_of(one.place, sources) if one.place is not None else "a comment"
    reason = f": {one.reason}" if one.reason else ""
    until = f", until {one.until}" if one.until else ""
    return f"a comment suppresses it ({one.by.value}, {where}{until}){reason}"


def _row_of(place: Place, sources: Mapping[str, SourceFile]) -> str:
    return Locations(sources).said(place.path, place.row, place.column).rpartition(":")[0]


def _changes(edits: Sequence[Edit], sources: Mapping[str, SourceFile]) -> Iterator[Change]:
    from kognitos_migrate.run.changes import changed

    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.path, []).append(edit)
    yield from changed({path: source.text for path, source in sources.items()}, by_file)


def is_within(place: Place, path: str, rows: Rows) -> bool:
    """Whether a place begins in these rows of a file."""
    return place.path == path and place.row <= rows.last and rows.first <= place.row

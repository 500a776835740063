"""All that can be told of one place: the findings there, what it is a step of, and what was understood of the
requests there, also where nothing is found."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.accounts import Account, Requests, accounts_at
from kognitos_migrate.findings.finding import Change, Finding, Place, Result, Silence, Step, Suppressed
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.around import project_paths
from kognitos_migrate.run.collector import resting_collector
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.selection import Selection
from kognitos_migrate.run.session import Gathered, Options, Session, gather, session_of
from kognitos_migrate.source.file import SourceFile, read_source
from kognitos_migrate.source.locations import Locations
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import Edit
from kognitos_migrate.syntax.logical import Rows, statements

if TYPE_CHECKING:
    from kognitos_migrate.run.pipeline import Survey

_TARGET = re.compile(r"(?P<path>.+?):(?:cell (?P<cell>[0-9]+):)?(?P<row>[0-9]+)(?::(?P<column>[0-9]+))?:?")


_CLIENT = "if this sends requests, describe it in a file in a folder that `rules:` names (check the guesses):"


@dataclass(frozen=True, slots=True)
class Target:
    """The place that a user asks about; rows and columns from 1, in a cell of a notebook or in the file."""

    path: str
    row: int
    column: int | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with all that belongs to it. `hidden` says why `check` does not report it, None if it does;
    `members` are the findings of its conversation, itself among them; `changes` what fixing that does."""

    finding: Finding
    hidden: str | None
    members: tuple[Finding, ...]
    changes: tuple[Change, ...]
    unlock: str | None = None
    """What to write so that it can be fixed: configuration, or a rule file."""


@dataclass(frozen=True, slots=True)
class Passing:
    """A finding elsewhere to which the place belongs, and as what."""

    finding: Finding
    step: Step


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is told of a place, whose statement has these rows. `notes` say why nothing is found."""

    target: Target
    rows: Rows
    told: tuple[Told, ...] = ()
    passing: tuple[Passing, ...] = ()
    requests: tuple[Account, ...] = ()
    notes: tuple[str, ...] = ()


def target_of(text: str) -> Target | None:
    """`FILE:LINE` or `FILE:LINE:COLUMN`, of a notebook `FILE:cell 3:LINE` too; None where it is something
    else."""
    said = _TARGET.fullmatch(text)
    if said is None:
        return None
    column, cell = (int(said[name]) if said[name] else None for name in ("column", "cell"))
    return Target(said["path"], int(said["row"]), column, cell)


def explain(target: Target, options: Options, progress: Progress) -> tuple[Explanation, Session]:
    """What is told of a place, from a run over the project that it is in.

    Raises UserError, where there is no such place among others.
    """
    source = _source(target)
    target = _in_module(target, source)
    rows = statements(source.text).around(target.row)
    asked = options.asked([source.path])
    around = project_paths(asked.paths, asked.scope) or (os.path.dirname(os.path.abspath(source.path)),)
    gathered = gather((*around, source.path), options, progress)
    explanation, session = _explained(target, rows, gathered, progress)
    session = replace(session, sources={source.path: source, **session.sources})
    if explanation.told or explanation.requests:
        return explanation, session
    notes = _nothing(explanation, source, around, gathered)
    return replace(explanation, notes=tuple(notes)), session


def _source(target: Target) -> SourceFile:
    """The file of a place. Raises UserError where there is none, or no such line in it."""
    if not os.path.isfile(target.path):
        raise UsageError(
            f"there is no file {target.path!r}", expected="expected FILE:LINE, as in app/jobs.py:12"
        )
    source = read_source(target.path)
    if source.notebook is not None:
        return source
    lines = LineIndex(source.text).lines
    if not 1 <= target.row <= lines:
        raise UsageError(f"there is no line {target.row}: the file has {lines}", path=source.path)
    return source


def _in_module(target: Target, source: SourceFile) -> Target:
    """A place in the text of its file: of a notebook, in the module that it is. Raises UsageError."""
    cells = Locations({source.path: source}).cells(source.path)
    if cells is None:
        return replace(target, path=source.path)
    if target.cell is None:
        row, column = cells.row_in_json(target.row), None
    else:
        row, column = cells.row_in_cell(target.cell, target.row), target.column
    if row is None:
        raise UsageError(
            "there is no code in this line", path=source.path, expected="expected one as in a.ipynb:cell 3:12"
        )
    return Target(source.path, row, column)


def _explained(
    target: Target, rows: Rows, gathered: Gathered, progress: Progress
) -> tuple[Explanation, Session]:
    if not gathered.reading.sources:
        return Explanation(target, rows), session_of(gathered, Result())
    from kognitos_migrate.findings.finding import Applicability
    from kognitos_migrate.run.pipeline import result_of, survey

    rulebook, settings = gathered.configured.rulebook, gathered.configured.settings
    progress.phase(f"analysing {len(gathered.reading.sources)} files")
    with resting_collector():
        seen = survey(gathered.reading.sources, rulebook, settings, frozenset(gathered.given))
        result = result_of(seen, Applicability.SAFE)
    session = _past_baseline(session_of(gathered, result))
    known = _Known.of(result, session)
    here = [one for one in known.findings if _within(one.place, target.path, rows)]
    requests = Requests(seen.seen.scene, seen.seen.every, seen.seen.conversations, seen.seen.calls)
    explanation = Explanation(
        target,
        rows,
        tuple(_with_client(known.told(finding), seen) for finding in _at_column(here, target)),
        tuple(known.passing(target.path, rows)),
        tuple(accounts_at(requests, seen.places, target.path, rows.first, rows.last)),
    )
    return explanation, session


def _with_client(told: Told, survey: "Survey") -> Told:
    """What is told, with the client file of a helper that could not be followed."""
    from kognitos_migrate.findings.helper import client_file

    scene, places = survey.seen.scene, survey.places
    sites = [*(one.site for one in survey.leftovers), *(one.site for one in survey.dynamic)]
    for site in sites if told.unlock is None else ():
        if places.of(scene.span(site)) == told.finding.place:
            file = client_file(scene, site)
            return replace(told, unlock=f"{_CLIENT}\n{file}") if file is not None else told
    return told


def _past_baseline(session: Session) -> Session:
    file = session.settings.baseline
    if file is None or not file.exists():
        return session
    from kognitos_migrate.run.baseline import past, read_baseline

    return past(session, read_baseline(file))


def _at_column(findings: Sequence[Finding], target: Target) -> Sequence[Finding]:
    """The findings at the column, if one is given and something is there; else all."""
    if target.column is None:
        return findings
    at = (target.row, target.column)
    there = [
        one
        for one in findings
        if (one.place.row, one.place.column) <= at < (one.place.end_row, one.place.end_column)
    ]
    return there or findings


def _within(place: Place, path: str, rows: Rows) -> bool:
    return place.path == path and place.row <= rows.last and rows.first <= place.row


@dataclass(frozen=True, slots=True)
class _Known:
    """All findings of a run, those that are not reported among them."""

    findings: Sequence[Finding]
    hidden: Mapping[Finding, str]
    sources: Mapping[str, SourceFile]

    @classmethod
    def of(cls, raw: Result, session: Session) -> "_Known":
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
        members = [
            one for one in self.findings if finding.conversation and one.conversation == finding.conversation
        ]
        return Told(
            finding,
            self.hidden.get(finding),
            tuple(members) or (finding,),
            tuple(_changes(finding.fix.edits, self.sources)),
            finding.help,
        )

    def passing(self, path: str, rows: Rows) -> Iterator[Passing]:
        """The findings elsewhere to which these rows belong: as a step, or else because a conversation's fix
        changes them. Conversations of which a finding is here are left out."""
        rest = [one for one in self.findings if not _within(one.place, path, rows)]
        told = {one.conversation for one in self.findings if _within(one.place, path, rows)} - {None}
        for finding in rest:
            step = next((step for step in finding.trace if _within(step.place, path, rows)), None)
            if step is not None and finding.conversation not in told:
                yield Passing(finding, step)
        told |= {
            one.conversation for one in rest if any(_within(step.place, path, rows) for step in one.trace)
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


# Why there is nothing.


def _nothing(
    explanation: Explanation, source: SourceFile, around: Sequence[str], gathered: Gathered
) -> Iterator[str]:
    rulebook, settings = gathered.configured.rulebook, gathered.configured.settings
    if source.path not in discover(around, settings).files:
        yield (
            "a run over the project does not look at this file: it is excluded by the configuration, by git, "
            "or by the name of its folder"
        )
    if all(one.path != source.path for one in gathered.reading.sources):
        names = ", ".join(_anchors(rulebook, settings))
        yield (
            f"this file was not analysed: it names nothing of the API ({names}), and no file that does "
            "belongs with it"
        )
    elif not explanation.passing:
        clients = ", ".join(sorted(client.title for client in rulebook.clients))
        yield (
            "no request is seen in this statement, and no finding's trace leads through it. The HTTP clients "
            f"that are known: {clients}. A helper of your own is described by a `kind: client` file in a "
            "folder that `rules:` names"
        )


def _anchors(rulebook: Rulebook, settings: Settings) -> Iterator[str]:
    """What shows that a file may matter."""
    for api in rulebook.apis.values():
        yield from dict.fromkeys((*api.hosts, *settings.hosts, *api.words))
    yield from (f"{setting} of the configuration" for setting, rows in settings.tables.items() if rows)
    yield "a path of the old version"

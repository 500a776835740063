"""All that can be told of one place: the findings there, what it is a step of, and what was understood of the
requests there, also where nothing is found."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.texts import python_files
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.accounts import Requests, accounts_at
from kognitos_migrate.findings.explanation import Explanation, Target, Told
from kognitos_migrate.findings.finding import Finding, Result
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.around import project_paths
from kognitos_migrate.run.collector import resting_collector
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.session import Gathered, Options, Session, gather, run_check, session_of
from kognitos_migrate.run.told import Known, is_within
from kognitos_migrate.source.content import read_bytes, shown_path
from kognitos_migrate.source.file import SourceFile, read_source
from kognitos_migrate.source.locations import Locations
from kognitos_migrate.source.plain import decode_text
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.syntax.logical import Rows, statements

if TYPE_CHECKING:
    from kognitos_migrate.run.pipeline import Survey


_CLIENT = "if this sends requests, describe it in a file in a folder that `rules:` names (check the guesses):"
_SEARCHED = "such files are searched as text, by `check --all-files` and `report`"


def explain(target: Target, options: Options, progress: Progress) -> tuple[Explanation, Session]:
    """What is told of a place, from a run over the project that it is in.

    Raises UserError, where there is no such place among others.
    """
    if not os.path.isfile(target.path):
        expected = "expected FILE:LINE, as in app/jobs.py:12"
        raise UsageError(f"there is no file {target.path!r}", expected=expected)
    asked = options.asked([target.path])
    if not python_files([target.path], asked.scope):
        return _of_text(target, options, progress)
    source = read_source(target.path)
    target = _in_module(target, source)
    rows = statements(source.text).around(target.row)
    around = project_paths(asked.paths, asked.scope) or (os.path.dirname(os.path.abspath(source.path)),)
    gathered = gather((*around, source.path), options, progress)
    explanation, session = _explained(target, rows, gathered, progress)
    session = replace(session, sources={source.path: source, **session.sources})
    if explanation.told or explanation.requests:
        return explanation, session
    notes = _nothing(explanation, source, around, gathered)
    return replace(explanation, notes=tuple(notes)), session


def _of_text(target: Target, options: Options, progress: Progress) -> tuple[Explanation, Session]:
    """What is told of a line of a file that is not Python."""
    source = decode_text(read_bytes(target.path), shown_path(target.path))
    _require_line(target, source)
    target = replace(target, path=source.path)
    session = run_check([source.path], replace(options, all_files=True), progress)
    known, rows = Known.of(session.result, session), Rows(target.row, target.row)
    found = [known.told(one) for one in known.findings if is_within(one.place, source.path, rows)]
    told = tuple(replace(one, hidden=one.hidden or _SEARCHED) for one in found)
    notes = () if told else (f"{_SEARCHED}; nothing of the old version is named here",)
    session = replace(session, sources={source.path: source, **session.sources})
    return Explanation(target, rows, told, notes=notes), session


def _require_line(target: Target, source: SourceFile) -> None:
    lines = LineIndex(source.text).lines
    if not 1 <= target.row <= lines:
        raise UsageError(f"there is no line {target.row}: the file has {lines}", path=source.path)


def _in_module(target: Target, source: SourceFile) -> Target:
    """A place in the text of its file: of a notebook, in the module that it is. Raises UsageError."""
    cells = Locations({source.path: source}).cells(source.path)
    if cells is None:
        _require_line(target, source)
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
    from kognitos_migrate.run.analysis import surveys

    rulebook, settings = gathered.configured.rulebook, gathered.configured.settings
    progress.phase(f"analysing {len(gathered.reading.sources)} files")
    with resting_collector():
        given = frozenset(gathered.given)
        every = surveys(gathered.reading.sources, rulebook, settings, given, target.path)
        surveyed = next((one for one in every if target.path in one.part.paths), None)
        if surveyed is None:
            return Explanation(target, rows), session_of(gathered, Result())
        seen, result = surveyed.survey, surveyed.outcome.result
    session = _past_baseline(session_of(gathered, result))
    known = Known.of(result, session)
    here = [one for one in known.findings if is_within(one.place, target.path, rows)]
    if seen is None:
        return Explanation(target, rows, tuple(map(known.told, result.findings))), session
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
        clients = "; ".join(sorted(client.title for client in rulebook.clients))
        yield (
            "no request is seen in this statement, and no finding's trace leads through it. The HTTP clients "
            f"that are known: {clients}. A helper of your own is described by a `kind: client` file in a "
            "folder that `rules:` names"
        )


def _anchors(rulebook: Rulebook, settings: Settings) -> Iterator[str]:
    """What shows that a file may matter."""
    for api in rulebook.apis.values():
        yield from dict.fromkeys((*settings.hosts_of(api), *api.words))
    yield from (f"{setting} of the configuration" for setting, rows in settings.tables.items() if rows)
    yield "a path of the old version"

"""Builds a ledger from the result of a run."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from kognitos_migrate.findings.fingerprint import digests
from kognitos_migrate.findings.result import (
    Applicability,
    Change,
    Finding,
    MigratedCall,
    Place,
    Result,
    SuppressionKind,
)
from kognitos_migrate.report.diff import FileDiff, change_parts
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.export import every_finding
from kognitos_migrate.report.ledger.model import (
    FileHome,
    Ledger,
    LedgerEntry,
    Project,
    SourceExcerpt,
    SourceLine,
    State,
)
from kognitos_migrate.report.place_mapping import file_and_cell, into_cells, relocate_result
from kognitos_migrate.report.redact import redact, secrets_of
from kognitos_migrate.rulebook.codes import ADAPTED, HALF_MIGRATED, MENTIONS, SUPPRESSIONS, UNANALYSED
from kognitos_migrate.run.code_owners import read_codeowners
from kognitos_migrate.run.git import top_of
from kognitos_migrate.run.init_config import configuration_gap
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Edit, apply_edits

AROUND = 2
"""The context lines before and after a relevant line."""
MOST = 240
"""The limit on lines shown per conversation."""
LONGEST = 600
"""The limit on characters shown per line."""

_BY_APPLICABILITY = {
    Applicability.SAFE: State.FIXABLE,
    Applicability.ADAPT: State.ADAPTABLE,
    Applicability.UNSAFE: State.UNSAFE,
    Applicability.MANUAL: State.MANUAL,
}
_BY_CODE = {
    **dict.fromkeys((code.code for code in HALF_MIGRATED), State.HALF),
    ADAPTED.code: State.ADAPTED,
    **dict.fromkeys(MENTIONS, State.NAMED),
    **dict.fromkeys(UNANALYSED, State.UNCLEAR),
    **dict.fromkeys(SUPPRESSIONS, State.SUPPRESSION),
}
"""The states of findings that aren't calls of the old version."""


def ledger_entries(result: Result, sources: Mapping[str, SourceFile]) -> tuple[LedgerEntry, ...]:
    """The entries of a result: open work in the order of place, then migrated conversations.

    Places in notebooks are relative to their cells.
    """
    suppressed_by_comment = {
        suppression.finding
        for suppression in result.suppressed
        if suppression.by is not SuppressionKind.BASELINE
    }
    findings = sorted(
        (*result.findings, *(suppression.finding for suppression in result.suppressed)),
        key=lambda finding: (finding.place, finding.code),
    )
    excerpts = Excerpts(sources)
    entries = [
        LedgerEntry(
            id=name,
            state=_state(conversation_findings, suppressed_by_comment),
            findings=tuple(conversation_findings),
            excerpts=tuple(_excerpts(conversation_findings, excerpts)),
            diffs=tuple(_diffs(conversation_findings, sources)),
        )
        for name, conversation_findings in _group_by_conversation(findings).items()
    ]
    return (*entries, *_migrated_entries(result.migrated))


def _group_by_conversation(findings: Sequence[Finding]) -> Mapping[str, list[Finding]]:
    """The findings grouped by conversation.

    Mentions in one file form a group, and every other finding is a group of its own.
    """
    groups: dict[str, list[Finding]] = {}
    named: dict[str, str] = {}
    for number, finding in enumerate(findings, 1):
        name = finding.conversation or f"f{number}"
        if finding.conversation is None and finding.code in MENTIONS:
            name = named.setdefault(finding.place.path, name)
        groups.setdefault(name, []).append(finding)
    return groups


def _migrated_entries(calls: Iterable[MigratedCall]) -> Iterator[LedgerEntry]:
    groups: dict[str, list[MigratedCall]] = {}
    for call in calls:
        groups.setdefault(call.conversation, []).append(call)
    for name, conversation_calls in groups.items():
        yield LedgerEntry(name, State.MIGRATED, calls=tuple(conversation_calls))


def _state(findings: Sequence[Finding], suppressed_by_comment: set[Finding]) -> State:
    """The state of an entry: that of its least advanced finding. KEPT if one of its findings is kept."""
    if not suppressed_by_comment.isdisjoint(findings):
        return State.KEPT
    order = list(State)
    return max(map(_state_of, findings), key=order.index)


def _state_of(finding: Finding) -> State:
    return _BY_CODE.get(finding.code) or _BY_APPLICABILITY[finding.fix.applicability]


def _excerpts(findings: Sequence[Finding], sources: Excerpts) -> Iterator[SourceExcerpt]:
    """The lines of the findings and their traces with context, by file."""
    places: dict[str, dict[Place, None]] = {}
    for finding in findings:
        for place in (finding.place, *(step.place for step in finding.trace)):
            places.setdefault(place.path, {})[place] = None
    left = MOST
    for path, file_places in places.items():
        lines = sources.lines(path)
        last = len(lines) if lines and lines[-1] else len(lines) - 1
        rows = sorted(_rows(file_places, last))[:left]
        left -= len(rows)
        if rows:
            yield SourceExcerpt(path, tuple(_line(row, lines[row - 1], file_places) for row in rows))


def _line(row: int, text: str, places: Iterable[Place]) -> SourceLine:
    """A line, cut to a window around its first place if it is very long."""
    if len(text) <= LONGEST:
        return SourceLine(row=row, text=text)
    first = min((place.column for place in places if place.row == row), default=1)
    start = max(0, min(first - 1 - LONGEST // 4, len(text) - LONGEST))
    return SourceLine(row=row, column=start + 1, text=text[start : start + LONGEST])


def _rows(places: Iterable[Place], last: int) -> set[int]:
    return {
        row
        for place in places
        for row in range(max(1, place.row - AROUND), min(last, place.end_row + AROUND) + 1)
    }


def _diffs(findings: Sequence[Finding], sources: Mapping[str, SourceFile]) -> Iterator[FileDiff]:
    """The changes of one conversation's edits, by file. Each of its findings has all edits."""
    by_file: dict[str, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.fix.edits:
            by_file.setdefault(edit.span.path, {})[edit] = None
    for path, edits in by_file.items():
        source = sources.get(path)
        before = source.text if source is not None else None
        change = Change(path, before, apply_edits(before or "", edits))
        yield from change_parts(change, source)


def ledger_of(session: Session) -> Ledger:
    """The ledger of a run, with secrets redacted.

    The project's name is that of its repository's directory.
    """
    settings, secrets = session.settings, secrets_of(session)
    finding_digests = digests(every_finding(session.result), session.sources, settings.root)
    result = relocate_result(session.result, into_cells(DisplayLocations(session.sources)))
    entries = ledger_entries(result, session.sources)
    gap = configuration_gap(session)
    top = top_of(os.curdir)
    homes = _homes(_paths(result), session.sources, top)
    result = redact(result, secrets)
    pairs = zip(every_finding(result), every_finding(session.result), strict=True)
    project = Project(
        name=_project_name(top),
        date=settings.today.isoformat(),
        result=result,
        fingerprints={redacted: finding_digests[finding] for redacted, finding in pairs},
        homes=homes,
        entries=redact(entries, secrets),
        configuration=gap.filename if gap else "",
        lacking=gap.text if gap else "",
    )
    return Ledger((project,))


def _project_name(top: str) -> str:
    """The name of a project: its repository, and the working directory in it."""
    relative = os.path.relpath(os.path.realpath(os.curdir), top).replace(os.sep, "/")
    return posixpath.normpath(posixpath.join(os.path.basename(top) or "/", relative))


def _paths(result: Result) -> list[str]:
    """The files with findings or migrated calls."""
    places = [finding.place for finding in every_finding(result)]
    places += [call.place for call in result.migrated]
    return list(dict.fromkeys(place.path for place in places))


def _homes(paths: Iterable[str], sources: Mapping[str, SourceFile], top: str) -> Mapping[str, FileHome]:
    owners = read_codeowners(Path(top))

    def home(path: str) -> FileHome:
        path, _ = file_and_cell(path)
        relative_path = os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/")
        return FileHome(_package(path, sources.get(path)), owners.of(relative_path))

    return {path: home(path) for path in paths}


def _package(path: str, source: SourceFile | None) -> str:
    """The dotted name of a file's package. A file outside packages has its directory."""
    if source is None or not source.packages:
        return f"{posixpath.dirname(path)}/".removeprefix("/") or "."
    own, outermost = source.packages[0], source.packages[-1]
    name = posixpath.relpath(own, posixpath.dirname(outermost) or ".")
    return name.replace("/", ".")

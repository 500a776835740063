"""Reads ledgers from JSON, and merges several."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from kognitos_migrate.errors import Fault, UsageError
from kognitos_migrate.findings.finding import (
    BaselineEntry,
    BlindSpot,
    DeployStep,
    Finding,
    Fix,
    MigratedCall,
    Missing,
    Problem,
    Result,
    SearchedFiles,
    SkippedFiles,
    Step,
    Suppressed,
)
from kognitos_migrate.report.diff import FileDiff
from kognitos_migrate.report.json_report import VERSION
from kognitos_migrate.report.ledger import json_schema
from kognitos_migrate.report.ledger.model import (
    FileHome,
    Ledger,
    LedgerEntry,
    Project,
    SourceExcerpt,
    SourceLine,
)
from kognitos_migrate.report.ledger.writer import MADE_BY
from kognitos_migrate.source.content import GENERATED, read_bounded, shown_path
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace

EXPECTED = "expected what `kognitos-migrate report --format json` writes"

_Said = TypeVar(
    "_Said",
    json_schema.FindingJson,
    json_schema.SuppressedJson,
    json_schema.BlindSpotJson,
    json_schema.DeployStepJson,
    json_schema.ErrorJson,
    json_schema.GoneJson,
)
_PATH = re.compile(r" - at `\$\.?(?P<key>[^`]*)`$")


def merged_ledger(files: Sequence[Path]) -> Ledger:
    """The projects of several reports. Projects with equal names get their file's name added.

    Raises UsageError with all faults of the files.
    """
    faults: list[Fault] = []
    projects: list[tuple[Path, Project]] = []
    for file in files:
        try:
            projects.extend((file, project) for project in read_ledger(file).projects)
        except UsageError as error:
            faults.extend(error.faults)
    if faults:
        raise UsageError.of(faults)
    names = Counter(project.name for _, project in projects)
    return Ledger(
        tuple(
            project
            if names[project.name] == 1
            else replace(project, name=f"{project.name} ({shown_path(file)})")
            for file, project in projects
        )
    )


def read_ledger(file: Path) -> Ledger:
    """The ledger in the report `file`. Raises UsageError if it is unreadable or invalid."""
    shown = shown_path(file)
    try:
        data = read_bounded(file, GENERATED)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"the report can't be read: {why}", path=shown) from error
    _refuse_foreign(data, shown)
    report = _decoded(data, json_schema.ReportJson, shown)
    names = {project.name for project in report.projects}
    said = [*report.findings, *report.suppressed]
    stray = [one.project for one in said if one.project not in names]
    if stray:
        raise UsageError(f"{stray[0]} is none of its projects", path=shown, key="projects", expected=EXPECTED)
    return Ledger(tuple(_project(report, number, shown) for number in range(len(report.projects))))


def _refuse_foreign(data: bytes, shown: str) -> None:
    """Raise UsageError unless `data` is a report of this version."""
    head = _decoded(data, json_schema.HeadJson, shown)
    if head.version is None:
        raise UsageError("is not a report", path=shown, key="version", expected=EXPECTED)
    if head.version != VERSION:
        said = f"is a report of version {head.version}"
        raise UsageError(said, path=shown, key="version", expected=f"expected {VERSION}: write it anew")
    if head.made_by != MADE_BY:
        raise UsageError("is not the JSON of a report", path=shown, key="made_by", expected=EXPECTED)


_Shape = TypeVar("_Shape", bound=json_schema.ReportObject)


def _decoded(data: bytes, wanted: type[_Shape], shown: str) -> _Shape:
    try:
        return msgspec.json.decode(data, type=wanted)
    except msgspec.ValidationError as error:
        said = str(error)
        found = _PATH.search(said)
        key = found["key"] if found else None
        message = said[: found.start()] if found else said
        raise UsageError(message, path=shown, key=key, expected=EXPECTED) from error
    except msgspec.DecodeError as error:
        why = str(error).removeprefix("JSON is malformed: ")
        raise UsageError(f"is not JSON: {why}", path=shown, expected=EXPECTED) from error
    except RecursionError as error:
        raise UsageError("is nested too deeply", path=shown, expected=EXPECTED) from error


def _project(report: json_schema.ReportJson, number: int, shown: str) -> Project:
    said = report.projects[number]
    findings = {one.fingerprint: _finding(one) for one in _of(said, report.findings)}
    suppressed = {one.fingerprint: _suppressed(one) for one in _of(said, report.suppressed)}
    known = {**findings, **{name: one.finding for name, one in suppressed.items()}}
    result = Result(
        findings=tuple(findings.values()),
        suppressed=tuple(suppressed.values()),
        blind_spots=tuple(BlindSpot(one.place, one.message) for one in _of(said, report.blind_spots)),
        deployment=tuple(
            DeployStep(one.kind, one.name or "", one.place, one.written or "", one.instead or "")
            for one in _of(said, report.before_you_deploy)
        ),
        problems=tuple(Problem(one.filename or "", one.row, one.message) for one in _of(said, report.errors)),
        gone=tuple(
            BaselineEntry(one.filename, one.code, one.fingerprint, one.statement)
            for one in _of(said, report.baseline.gone)
        ),
        keys=said.keys,
        missing=tuple(
            Missing(one.setting, one.key, tuple(place.place for place in one.places)) for one in said.missing
        ),
        migrated=tuple(call for one in said.conversations for call in _calls(one)),
        files=said.files,
        searched=SearchedFiles(
            said.other_files.searched, said.other_files.binary, said.other_files.too_large
        ),
        skipped=SkippedFiles(said.skipped.binary, said.skipped.too_large, said.skipped.generated),
    )
    return Project(
        name=said.name,
        date=said.date,
        result=result,
        fingerprints={finding: name for name, finding in known.items()},
        homes={one.filename: FileHome(one.package, one.owners) for one in said.homes},
        entries=tuple(
            _entry(one, known, shown, f"projects[{number}].conversations[{index}].fingerprints")
            for index, one in enumerate(said.conversations)
        ),
        configuration=said.configuration.filename,
        lacking=said.configuration.lacking,
    )


def _of(project: json_schema.ProjectJson, said: Iterable[_Said]) -> Iterator[_Said]:
    return (one for one in said if one.project == project.name)


def _finding(said: json_schema.FindingJson) -> Finding:
    edits = tuple(
        Edit(Span(edit.filename, edit.start, edit.end), rank, edit.content)
        for rank, edit in enumerate(said.fix.edits)
        if edit.start is not None and edit.end is not None
    )
    return Finding(
        code=said.code,
        name=said.name,
        message=said.message,
        severity=said.severity,
        place=said.place,
        fix=Fix(said.fix.applicability, said.fix.message, edits),
        reason=said.reason,
        conversation=said.conversation,
        trace=tuple(Step(step.place, step.message) for step in said.trace),
        url=said.url,
        help=said.help,
        notes=said.notes,
    )


def _suppressed(said: json_schema.SuppressedJson) -> Suppressed:
    why = said.suppression
    return Suppressed(_finding(said), why.by, why.place, why.reason, why.until)


def _entry(
    said: json_schema.ConversationJson, known: Mapping[str, Finding], shown: str, key: str
) -> LedgerEntry:
    unknown = [one for one in said.fingerprints if one not in known]
    if unknown or not (said.fingerprints or said.migrated):
        message = f"{unknown[0]} is none of the findings" if unknown else "a conversation of nothing"
        raise UsageError(message, path=shown, key=key, expected=EXPECTED)
    return LedgerEntry(
        id=said.id,
        state=said.state,
        findings=tuple(known[one] for one in said.fingerprints),
        calls=tuple(_calls(said)),
        excerpts=tuple(
            SourceExcerpt(
                one.filename, tuple(SourceLine(line.row, line.text, line.column) for line in one.lines)
            )
            for one in said.excerpts
            if one.lines
        ),
        diffs=tuple(FileDiff(one.header, one.hunks) for one in said.diffs),
    )


def _calls(said: json_schema.ConversationJson) -> Iterator[MigratedCall]:
    return (MigratedCall(call.place, call.code, call.name, call.message, said.id) for call in said.migrated)

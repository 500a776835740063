"""Reads ledgers from JSON, and merges several."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from kognitos_migrate.errors import Fault, UsageError
from kognitos_migrate.findings.result import (
    BaselineEntry,
    BlindSpot,
    DeployStep,
    Finding,
    Fix,
    MigratedCall,
    Missing,
    Problem,
    Result,
    Step,
    Suppressed,
)
from kognitos_migrate.report.json_report import VERSION
from kognitos_migrate.report.ledger import json_schema
from kognitos_migrate.report.ledger.model import (
    FileHome,
    Ledger,
    LedgerEntry,
    Project,
)
from kognitos_migrate.report.ledger.writer import MADE_BY
from kognitos_migrate.source.content import GENERATED, read_bounded, shown_path
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace

EXPECTED = "expected a report written by `kognitos-migrate report --format json`"

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
    for file in _distinct(files):
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


def _distinct(files: Sequence[Path]) -> Iterator[Path]:
    """The files without repetitions of the same one, which would count twice."""
    seen_paths: set[str] = set()
    for file in files:
        real = os.path.realpath(file)
        if real not in seen_paths:
            seen_paths.add(real)
            yield file


def read_ledger(file: Path) -> Ledger:
    """The ledger in the report `file`. Raises UsageError if it is unreadable or invalid."""
    display_path = shown_path(file)
    try:
        data = read_bounded(file, GENERATED)
    except FileNotFoundError as error:
        raise UsageError("no such file", path=display_path) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"the report can't be read: {why}", path=display_path) from error
    _refuse_foreign(data, display_path)
    report = _decode_json(data, json_schema.ReportJson, display_path)
    names = {project.name for project in report.projects}
    entries = [*report.findings, *report.suppressed]
    stray = [entry.project for entry in entries if entry.project not in names]
    if stray:
        raise UsageError(
            f"{stray[0]} isn't one of its projects", path=display_path, key="projects", expected=EXPECTED
        )
    return Ledger(tuple(_project(report, number, display_path) for number in range(len(report.projects))))


def _refuse_foreign(data: bytes, display_path: str) -> None:
    """Raise UsageError unless `data` is a report of this version."""
    head = _decode_json(data, json_schema.HeadJson, display_path)
    if head.version is None:
        raise UsageError("not a report", path=display_path, expected=EXPECTED)
    if head.version != VERSION:
        message = f"a report of version {head.version}"
        raise UsageError(message, path=display_path, expected=f"expected version {VERSION}; create it again")
    if head.made_by != MADE_BY:
        raise UsageError("is not the JSON of a report", path=display_path, key="made_by", expected=EXPECTED)


_Shape = TypeVar("_Shape", bound=json_schema.ReportObject)


def _decode_json(data: bytes, shape: type[_Shape], display_path: str) -> _Shape:
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as error:
        text = str(error)
        match = _PATH.search(text)
        key = match["key"] if match else None
        message = text[: match.start()] if match else text
        raise UsageError(message, path=display_path, key=key, expected=EXPECTED) from error
    except msgspec.DecodeError as error:
        why = str(error).removeprefix("JSON is malformed: ")
        raise UsageError(f"isn't valid JSON: {why}", path=display_path, expected=EXPECTED) from error
    except RecursionError as error:
        raise UsageError("is nested too deeply", path=display_path, expected=EXPECTED) from error


def _project(report: json_schema.ReportJson, number: int, display_path: str) -> Project:
    project_json = report.projects[number]
    findings = {
        finding_json.fingerprint: _finding(finding_json)
        for finding_json in _entries_of_project(project_json, report.findings)
    }
    suppressed = {
        suppressed_json.fingerprint: _read_suppressed(suppressed_json)
        for suppressed_json in _entries_of_project(project_json, report.suppressed)
    }
    by_fingerprint = {**findings, **{name: suppression.finding for name, suppression in suppressed.items()}}
    result = Result(
        findings=tuple(findings.values()),
        suppressed=tuple(suppressed.values()),
        blind_spots=tuple(
            BlindSpot(spot.place, spot.message)
            for spot in _entries_of_project(project_json, report.blind_spots)
        ),
        deployment=tuple(
            DeployStep(step.kind, step.name or "", step.place, step.written or "", step.instead or "")
            for step in _entries_of_project(project_json, report.before_you_deploy)
        ),
        problems=tuple(
            Problem(problem.filename or "", problem.row, problem.message)
            for problem in _entries_of_project(project_json, report.errors)
        ),
        gone=tuple(
            BaselineEntry(entry.filename, entry.code, entry.fingerprint, entry.statement)
            for entry in _entries_of_project(project_json, report.baseline.gone)
        ),
        keys=project_json.keys,
        missing=tuple(
            Missing(missing_key.setting, missing_key.key, tuple(place.place for place in missing_key.places))
            for missing_key in project_json.missing
        ),
        migrated=tuple(call for conversation in project_json.conversations for call in _calls(conversation)),
        files=project_json.files,
        searched=project_json.other_files,
        skipped=project_json.skipped,
    )
    return Project(
        name=project_json.name,
        date=project_json.date,
        result=result,
        fingerprints={finding: name for name, finding in by_fingerprint.items()},
        homes={home.filename: FileHome(home.package, home.owners) for home in project_json.homes},
        entries=tuple(
            _entry(
                conversation,
                by_fingerprint,
                display_path,
                f"projects[{number}].conversations[{index}].fingerprints",
            )
            for index, conversation in enumerate(project_json.conversations)
        ),
        configuration=project_json.configuration.filename,
        lacking=project_json.configuration.lacking,
    )


def _entries_of_project(project: json_schema.ProjectJson, entries: Iterable[_Said]) -> Iterator[_Said]:
    return (entry for entry in entries if entry.project == project.name)


def _finding(finding_json: json_schema.FindingJson) -> Finding:
    edits = tuple(
        Edit(Span(edit.filename, edit.start, edit.end), rank, edit.content)
        for rank, edit in enumerate(finding_json.fix.edits)
        if edit.start is not None and edit.end is not None
    )
    return Finding(
        code=finding_json.code,
        name=finding_json.name,
        message=finding_json.message,
        severity=finding_json.severity,
        place=finding_json.place,
        fix=Fix(finding_json.fix.applicability, finding_json.fix.message, edits),
        reason=finding_json.reason,
        conversation=finding_json.conversation,
        trace=tuple(Step(step.place, step.message) for step in finding_json.trace),
        url=finding_json.url,
        help=finding_json.help,
        notes=finding_json.notes,
        is_held_by_tests=finding_json.held_by_tests,
    )


def _read_suppressed(suppressed_json: json_schema.SuppressedJson) -> Suppressed:
    why = suppressed_json.suppression
    return Suppressed(_finding(suppressed_json), why.by, why.place, why.reason, why.until)


def _entry(
    conversation: json_schema.ConversationJson,
    by_fingerprint: Mapping[str, Finding],
    display_path: str,
    key: str,
) -> LedgerEntry:
    unknown = [fingerprint for fingerprint in conversation.fingerprints if fingerprint not in by_fingerprint]
    if unknown or not (conversation.fingerprints or conversation.migrated):
        message = f"{unknown[0]} isn't one of the findings" if unknown else "the conversation is empty"
        raise UsageError(message, path=display_path, key=key, expected=EXPECTED)
    return LedgerEntry(
        id=conversation.id,
        state=conversation.state,
        findings=tuple(by_fingerprint[fingerprint] for fingerprint in conversation.fingerprints),
        calls=tuple(_calls(conversation)),
        excerpts=tuple(excerpt for excerpt in conversation.excerpts if excerpt.lines),
        diffs=conversation.diffs,
    )


def _calls(conversation: json_schema.ConversationJson) -> Iterator[MigratedCall]:
    return (
        MigratedCall(call.place, call.code, call.name, call.message, conversation.id)
        for call in conversation.migrated
    )

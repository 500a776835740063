"""Findings as versioned JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import to_builtins

from kognitos_migrate.findings.fingerprint import digests
from kognitos_migrate.findings.result import (
    Applicability,
    BaselineEntry,
    BlindSpot,
    DeployStep,
    Finding,
    Missing,
    Place,
    Problem,
    Result,
    SettingKind,
    Suppressed,
)
from kognitos_migrate.report.deployment import append_flows, deployment_message
from kognitos_migrate.report.escape import json_text
from kognitos_migrate.report.export import ListedEdits, every_finding
from kognitos_migrate.report.programs import Blocker, ProgramProgress, Programs
from kognitos_migrate.report.summary import Counts
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import replace

VERSION = 1

Json = dict[str, object]


def json_report(result: Result, sources: Mapping[str, SourceFile], root: Path) -> str:
    """The result as JSON, in ASCII. Rows and columns start at 1, and columns count characters.

    `root` is the directory that fingerprints are relative to.
    """
    writer = JsonWriter(sources, digests(every_finding(result), sources, root))
    document: Json = {
        "version": VERSION,
        "findings": [writer.finding(finding) for finding in result.findings],
        "summary": writer.summary(result),
        "blind_spots": [writer.blind_spot(spot) for spot in result.blind_spots],
        "errors": [error(problem) for problem in result.problems],
        "suppressed": [writer.suppressed_finding(suppression) for suppression in result.suppressed],
        "baseline": {"gone": [gone_entry(entry) for entry in result.gone]},
        "before_you_deploy": [writer.deploy_step(step) for step in result.deployment],
    }
    return json_text(document)


def json_lines_report(result: Result, sources: Mapping[str, SourceFile], root: Path) -> str:
    """One finding per line, each as in `json_report`. Empty without findings."""
    writer = JsonWriter(sources, digests(every_finding(result), sources, root))
    return "\n".join(json_text(writer.finding(finding), indent=None) for finding in result.findings)


def fix_report(result: Result, sources: Mapping[str, SourceFile], root: Path) -> str:
    """The changes of a fix as JSON, with the remaining findings."""
    writer, programs = JsonWriter(sources, {}), Programs(result.findings)
    document = json.loads(json_report(replace(result, findings=result.remaining), sources, root))
    document["changes"] = [{"filename": change.path} for change in result.changes]
    document["summary"]["fixed"] = len(result.findings) - len(result.remaining)
    document["summary"]["programs"] = progress_of_programs(programs, result.remaining)
    document["blockers"] = [writer.blocker(blocker) for blocker in programs.blockers(result.remaining)]
    return json_text(document)


class JsonWriter:
    """Writes findings with their fingerprints, and edits with rows and columns computed from the sources."""

    def __init__(self, sources: Mapping[str, SourceFile], fingerprints: Mapping[Finding, str]) -> None:
        self.sources = sources
        self._fingerprints = fingerprints
        self._locations = DisplayLocations(sources)
        self._indexes: dict[str, LineIndex] = {}
        self._edits = ListedEdits()

    def finding(self, finding: Finding) -> Json:
        """A finding."""
        return {
            "code": finding.code,
            "name": finding.name,
            "message": finding.message,
            "severity": finding.severity.value,
            **self.place(finding.place),
            "fix": {
                "applicability": finding.fix.applicability.value,
                "message": finding.fix.message,
                "edits": [self._edit(edit) for edit in self._edits.take(finding.fix)],
            },
            "reason": finding.reason,
            "held_by_tests": finding.is_held_by_tests,
            "help": finding.help,
            "notes": list(finding.notes),
            "conversation": finding.conversation,
            "trace": [{**self.place(step.place), "message": step.text} for step in finding.trace],
            "url": finding.url,
            "fingerprint": self._fingerprints[finding],
        }

    def suppressed_finding(self, suppression: Suppressed) -> Json:
        """A finding with its suppression under a key of its own."""
        details: Json = {"by": suppression.by.value, "reason": suppression.reason, "until": suppression.until}
        if suppression.place is not None:
            details |= self.place(suppression.place)
        return {**self.finding(suppression.finding), "suppression": details}

    def summary(self, result: Result) -> Json:
        """The counts of a result."""
        counts = Counts.of(result.findings)
        return {
            "files": result.files,
            "other_files": to_builtins(result.searched),
            "skipped": to_builtins(result.skipped),
            "findings": counts.total,
            "files_with_findings": counts.files,
            "by_applicability": {kind.value: counts.applicable(kind) for kind in Applicability},
            "by_code": dict(sorted(counts.by_code.items())),
            "by_reason": dict(sorted(counts.by_reason.items())),
            "missing": [self.missing(missing) for missing in result.missing],
            "blind_spots": len(result.blind_spots),
            "suppressed": len(result.suppressed),
            "errors": len(result.problems),
        }

    def blind_spot(self, spot: BlindSpot) -> Json:
        """A blind spot."""
        return {**self.place(spot.place), "message": spot.message}

    def missing(self, missing: Missing) -> Json:
        """A key that the configuration lacks."""
        places = [self.place(place) for place in missing.places]
        return {"setting": missing.setting, "key": missing.key, "places": places}

    def deploy_step(self, step: DeployStep) -> Json:
        """A setting to check before the changed program is deployed."""
        is_stored = step.kind in (SettingKind.STORED, SettingKind.TEST)
        return {
            "kind": step.kind.value,
            "name": step.name or None,
            **self.place(step.place),
            "written": (append_flows(step.written, step) if is_stored else step.written) or None,
            "instead": step.instead or None,
            "message": deployment_message(step),
        }

    def blocker(self, blocker: Blocker) -> Json:
        """A blocker with the number of uses, its programs and its places."""
        return {
            "message": blocker.message,
            "reason": blocker.reason,
            "next_step": blocker.to_do,
            "uses": blocker.uses,
            "programs": list(blocker.programs),
            "places": [self.place(place) for place in blocker.places],
        }

    def _edit(self, edit: Edit) -> Json:
        """An edit with places and byte offsets.

        An edit in a cell has no offsets. An edit in a file without a source has only offsets.
        """
        span = edit.span
        index = self._index(span.path)
        offsets: Json = {"start": span.start, "end": span.end}
        if index is None:
            return {"content": edit.text, "filename": span.path, **offsets}
        place = self.place(Place(*index.place(span.path, span.start, span.end)))
        return {"content": edit.text, **place, **({} if "cell" in place else offsets)}

    def place(self, place: Place) -> Json:
        """A place. In a notebook, the cell with rows and columns in its code, as in Ruff."""
        start = self._locations.in_cell(place.path, place.row, place.column)
        end = self._locations.in_cell(place.path, place.end_row, place.end_column)
        fields: Json = {"filename": place.path}
        row, column, end_row, end_column = place.row, place.column, place.end_row, place.end_column
        if start is not None and end is not None:
            fields["cell"] = start.cell
            row, column, end_row, end_column = start.row, start.column, end.row, end.column
        fields["location"] = {"row": row, "column": column}
        fields["end_location"] = {"row": end_row, "column": end_column}
        return fields

    def _index(self, path: str) -> LineIndex | None:
        if path not in self._indexes and path in self.sources:
            self._indexes[path] = LineIndex(self.sources[path].text)
        return self._indexes.get(path)


def progress_of_programs(programs: Programs, remaining: Sequence[Finding]) -> Json:
    """The number of programs by progress if the `remaining` findings stay."""
    names = {
        ProgramProgress.WHOLE: "migrated",
        ProgramProgress.PART: "migrated_in_part",
        ProgramProgress.NOTHING: "held_back",
    }
    return {names[state]: count for state, count in programs.progress(remaining).items()}


def gone_entry(entry: BaselineEntry) -> Json:
    """An entry of the baseline that no longer occurs."""
    return {
        "filename": entry.path,
        "code": entry.code,
        "fingerprint": entry.fingerprint,
        "statement": entry.statement,
    }


def error(problem: Problem) -> Json:
    """A problem that kept a file from being analysed."""
    return {"filename": problem.path or None, "row": problem.line, "message": problem.message}

"""Findings for programs. The shape has a version; what it has now is only ever added to."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kognitos_migrate.findings.finding import (
    Applicability,
    BlindSpot,
    Finding,
    Known,
    Missing,
    Place,
    Problem,
    Result,
    Step,
    Suppressed,
)
from kognitos_migrate.findings.fingerprint import Fingerprint, fingerprints
from kognitos_migrate.report.counts import Counts
from kognitos_migrate.report.shown import every_finding
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import Edit

VERSION = 1

Json = dict[str, object]


def json_report(result: Result, sources: Mapping[str, SourceFile], root: Path) -> str:
    """The whole result as JSON, in ASCII. Rows and columns start at 1, columns count characters.

    `root` is the folder that fingerprints are relative to.
    """
    writer = Writer(sources, fingerprints(every_finding(result), sources, root))
    document: Json = {
        "version": VERSION,
        "findings": [writer.finding(finding) for finding in result.findings],
        "summary": _summary(result),
        "blind_spots": [_blind_spot(spot) for spot in result.blind_spots],
        "errors": [_error(problem) for problem in result.problems],
        "suppressed": [writer.suppressed(one) for one in result.suppressed],
        "baseline": {"gone": [_gone(one) for one in result.gone]},
    }
    return json.dumps(document, indent=2)


def fix_report(result: Result, sources: Mapping[str, SourceFile], root: Path) -> str:
    """What a fix changed, and as findings what remains."""
    document = json.loads(json_report(replace(result, findings=result.remaining), sources, root))
    document["changes"] = [{"filename": change.path} for change in result.changes]
    document["summary"]["fixed"] = len(result.findings) - len(result.remaining)
    return json.dumps(document, indent=2)


class Writer:
    """Findings with their fingerprints, and edits with rows and columns, which are found in the sources."""

    def __init__(
        self, sources: Mapping[str, SourceFile], fingerprints: Mapping[Finding, Fingerprint]
    ) -> None:
        self._sources = sources
        self._fingerprints = fingerprints
        self._indexes: dict[str, LineIndex] = {}

    def finding(self, finding: Finding) -> Json:
        """One finding."""
        return {
            "code": finding.code,
            "name": finding.name,
            "message": finding.message,
            "severity": finding.severity.value,
            **place_json(finding.place),
            "fix": {
                "applicability": finding.fix.applicability.value,
                "message": finding.fix.message,
                "edits": [self._edit(edit) for edit in finding.fix.edits],
            },
            "reason": finding.reason,
            "help": finding.help,
            "notes": list(finding.notes),
            "conversation": finding.conversation,
            "trace": [_step(step) for step in finding.trace],
            "url": finding.url,
            "fingerprint": self._fingerprints[finding].digest,
        }

    def suppressed(self, one: Suppressed) -> Json:
        """A finding with what suppresses it beside its own keys."""
        said: Json = {"by": one.by.value, "reason": one.reason, "until": one.until}
        if one.place is not None:
            said |= place_json(one.place)
        return {**self.finding(one.finding), "suppression": said}

    def _edit(self, edit: Edit) -> Json:
        """One edit; without the source of its file the place is in bytes only."""
        span = edit.span
        index = self._index(span.path)
        said: Json = {"content": edit.text, "filename": span.path}
        if index is not None:
            start, end = index.position(span.start), index.position(span.end)
            said["location"] = {"row": start.row, "column": start.column}
            said["end_location"] = {"row": end.row, "column": end.column}
        return {**said, "start": span.start, "end": span.end}

    def _index(self, path: str) -> LineIndex | None:
        if path not in self._indexes and path in self._sources:
            self._indexes[path] = LineIndex(self._sources[path].text)
        return self._indexes.get(path)


def _gone(one: Known) -> Json:
    return {
        "filename": one.path,
        "code": one.code,
        "fingerprint": one.fingerprint,
        "statement": one.statement,
    }


def place_json(place: Place) -> Json:
    return {
        "filename": place.path,
        "location": {"row": place.row, "column": place.column},
        "end_location": {"row": place.end_row, "column": place.end_column},
    }


def _step(step: Step) -> Json:
    return {**place_json(step.place), "message": step.text}


def _blind_spot(spot: BlindSpot) -> Json:
    return {**place_json(spot.place), "message": spot.message}


def _error(problem: Problem) -> Json:
    return {"filename": problem.path or None, "row": problem.line, "message": problem.message}


def _missing(missing: Missing) -> Json:
    places = [place_json(place) for place in missing.places]
    return {"setting": missing.setting, "key": missing.key, "places": places}


def _summary(result: Result) -> Json:
    counts = Counts.of(result.findings)
    return {
        "files": result.files,
        "findings": counts.total,
        "files_with_findings": counts.files,
        "by_applicability": {kind.value: counts.applicable(kind) for kind in Applicability},
        "by_code": dict(sorted(counts.by_code.items())),
        "by_reason": dict(sorted(counts.by_reason.items())),
        "missing": [_missing(missing) for missing in result.missing],
        "blind_spots": len(result.blind_spots),
        "suppressed": len(result.suppressed),
        "errors": len(result.problems),
    }

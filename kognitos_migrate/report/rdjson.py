"""Findings as Reviewdog Diagnostic Format, for reviewdog.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from kognitos_migrate.findings.result import Finding, Place, Problem
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.escape import json_text, plain
from kognitos_migrate.report.export import ExportedRun, paragraphs

Json = dict[str, object]

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def rdjson_report(run: ExportedRun) -> str:
    """The findings and problems as one JSON object, in ASCII. Columns start at 1 and count bytes of UTF-8.

    There are no suggestions: a reviewer could accept one edit of a conversation without the others.
    """
    diagnostics = [
        *(_diagnostic(run, finding) for finding in run.result.findings),
        *(_problem(run, problem) for problem in run.result.problems),
    ]
    return json_text({"source": {"name": "kognitos-migrate"}, "diagnostics": diagnostics})


def _diagnostic(run: ExportedRun, finding: Finding) -> Json:
    code: Json = {"value": finding.code}
    if finding.url:
        code["url"] = finding.url
    place = run.in_file(finding.place)
    return {
        "message": paragraphs(finding),
        "location": {
            "path": plain(run.path(place.path)),
            "range": {
                "start": _position(run, place, place.row, place.column),
                "end": _position(run, place, place.end_row, place.end_column),
            },
        },
        "severity": _SEVERITIES[finding.severity],
        "code": code,
    }


def _position(run: ExportedRun, place: Place, row: int, column: int) -> Json:
    source = run.sources.get(place.path)
    lines = source.original_text.split("\n") if source is not None else []
    before = lines[row - 1][: column - 1] if row <= len(lines) else " " * (column - 1)
    return {"line": row, "column": len(before.encode("utf-8", "replace")) + 1}


def _problem(run: ExportedRun, problem: Problem) -> Json:
    location: Json = {"path": plain(run.path(problem.path)) if problem.path else ""}
    if problem.line is not None:
        location["range"] = {"start": {"line": problem.line}}
    return {"message": plain(problem.message), "location": location, "severity": "ERROR"}

"""Findings as Reviewdog Diagnostic Format, for reviewdog.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from collections.abc import Sequence
from functools import cache

from kognitos_migrate.findings.result import Finding, Place, Problem
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.escape import json_text, plain
from kognitos_migrate.report.export import ExportedRun, paragraphs
from kognitos_migrate.source.positions import line_ends

Json = dict[str, object]

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def rdjson_report(run: ExportedRun) -> str:
    """The findings and problems as one JSON object, in ASCII. Columns start at 1 and count bytes of UTF-8.

    There are no suggestions: a reviewer could accept one edit of a conversation without the others.
    """
    lines = _LinesOfFiles(run)
    diagnostics = [
        *(_diagnostic(run, finding, lines) for finding in run.result.findings),
        *(_problem(run, problem) for problem in run.result.problems),
    ]
    return json_text({"source": {"name": "kognitos-migrate"}, "diagnostics": diagnostics})


class _LinesOfFiles:
    """The lines of the files of a run, which are split once for all findings in a file."""

    def __init__(self, run: ExportedRun) -> None:
        self._sources = run.sources
        self._lines = cache(self._split)

    def position(self, place: Place, row: int, column: int) -> Json:
        """A row and a column, which counts characters, as Reviewdog has them."""
        lines = self._lines(place.path)
        before = lines[row - 1][: column - 1] if row <= len(lines) else " " * (column - 1)
        return {"line": row, "column": len(before.encode("utf-8", "replace")) + 1}

    def _split(self, path: str) -> Sequence[str]:
        """The lines of a file with their endings. Empty if it isn't among the sources."""
        if path not in self._sources:
            return ()
        text = self._sources[path].original_text
        starts = [0, *line_ends(text)]
        return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _diagnostic(run: ExportedRun, finding: Finding, lines: _LinesOfFiles) -> Json:
    code: Json = {"value": finding.code}
    if finding.url:
        code["url"] = finding.url
    place = run.in_file(finding.place)
    return {
        "message": paragraphs(finding),
        "location": {
            "path": plain(run.path(place.path)),
            "range": {
                "start": lines.position(place, place.row, place.column),
                "end": lines.position(place, place.end_row, place.end_column),
            },
        },
        "severity": _SEVERITIES[finding.severity],
        "code": code,
    }


def _problem(run: ExportedRun, problem: Problem) -> Json:
    location: Json = {"path": plain(run.path(problem.path)) if problem.path else ""}
    if problem.line is not None:
        location["range"] = {"start": {"line": problem.line}}
    return {"message": plain(problem.message), "location": location, "severity": "ERROR"}

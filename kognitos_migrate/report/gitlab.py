"""Findings as GitLab's Code Quality report, which merge requests show."""

from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.escape import json_text, plain
from kognitos_migrate.report.shown import Shown, sentence

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def gitlab_report(shown: Shown) -> str:
    """The report, in ASCII. A finding is known by its fingerprint, so that it stays the same one when
    lines move."""
    return json_text([_finding(shown, finding) for finding in shown.result.findings])


def _finding(shown: Shown, finding: Finding) -> dict[str, object]:
    place = shown.in_file(finding.place)
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {sentence(finding)}",
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": shown.fingerprints[finding].digest,
        "location": {
            "path": plain(shown.path(place.path)),
            "positions": {
                "begin": {"line": place.row, "column": place.column},
                "end": {"line": place.end_row, "column": place.end_column},
            },
        },
    }

"""Findings as GitHub's workflow commands: they become annotations of a pull request."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.findings.finding import Finding, Problem
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.shown import Shown, paragraphs

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_commands(shown: Shown) -> str:
    """One command a line."""
    return "\n".join(_commands(shown))


def _commands(shown: Shown) -> Iterator[str]:
    for finding in shown.result.findings:
        yield _finding(shown, finding)
    for problem in shown.result.problems:
        yield _problem(shown, problem)


def _finding(shown: Shown, finding: Finding) -> str:
    place = shown.in_file(finding.place)
    properties: dict[str, object] = {
        "title": f"kognitos-migrate ({finding.code})",
        "file": shown.path(place.path),
        "line": place.row,
        "endLine": place.end_row,
    }
    if place.end_row == place.row:  # GitHub takes columns only within a line
        properties |= {"col": place.column, "endColumn": place.end_column}
    message = f"{plain(f'{shown.said(finding.place)}: {finding.code}')} {paragraphs(finding)}"
    return _command(_LEVELS[finding.severity], properties, message)


def _problem(shown: Shown, problem: Problem) -> str:
    properties: dict[str, object] = {"title": "kognitos-migrate"}
    if problem.path:
        properties["file"] = shown.path(problem.path)
    if problem.line is not None:
        properties["line"] = problem.line
    return _command("error", properties, plain(problem.message))


def _command(name: str, properties: Mapping[str, object], message: str) -> str:
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {said}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")

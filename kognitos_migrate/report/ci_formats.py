"""Formats of CI systems: GitHub annotations, GitLab Code Quality, JUnit XML."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from kognitos_migrate.findings.result import Finding, Problem, Suppressed
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.escape import json_text, plain, plain_lines, plain_start
from kognitos_migrate.report.export import ExportedRun, paragraphs, sentence

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_commands(run: ExportedRun) -> str:
    """The workflow commands, one per line."""
    return "\n".join(_workflow_commands(run))


def _workflow_commands(run: ExportedRun) -> Iterator[str]:
    for finding in run.result.findings:
        yield _finding_command(run, finding)
    for problem in run.result.problems:
        yield _problem_command(run, problem)


def _finding_command(run: ExportedRun, finding: Finding) -> str:
    place = run.in_file(finding.place)
    properties: dict[str, object] = {
        "title": f"kognitos-migrate ({finding.code})",
        "file": run.path(place.path),
        "line": place.row,
        "endLine": place.end_row,
    }
    if place.end_row == place.row:  # GitHub accepts columns only within a line
        properties |= {"col": place.column, "endColumn": place.end_column}
    message = f"{plain(f'{run.location_text(finding.place)}: {finding.code}')} {paragraphs(finding)}"
    return _workflow_command(_LEVELS[finding.severity], properties, message)


def _problem_command(run: ExportedRun, problem: Problem) -> str:
    properties: dict[str, object] = {"title": "kognitos-migrate"}
    if problem.path:
        properties["file"] = run.path(problem.path)
    if problem.line is not None:
        properties["line"] = problem.line
    return _workflow_command("error", properties, plain(problem.message))


def _workflow_command(name: str, properties: Mapping[str, object], message: str) -> str:
    parameters = ",".join(f"{key}={_escape_property(str(value))}" for key, value in properties.items())
    return f"::{name} {parameters}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(plain(text)).replace(":", "%3A").replace(",", "%2C")


_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def gitlab_report(run: ExportedRun) -> str:
    """The report, in ASCII. Findings are identified by fingerprint, so that moved lines don't make new
    issues."""
    return json_text([_gitlab_issue(run, finding) for finding in run.result.findings])


def _gitlab_issue(run: ExportedRun, finding: Finding) -> dict[str, object]:
    place = run.in_file(finding.place)
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {sentence(finding)}",
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": run.fingerprints[finding].digest,
        "location": {
            "path": plain(run.path(place.path)),
            "positions": {
                "begin": {"line": place.row, "column": place.column},
                "end": {"line": place.end_row, "column": place.end_column},
            },
        },
    }


PACKAGE = "kognitos-migrate"

_NOT_XML = re.compile("[\ufffe\uffff]")


_Case = Finding | Suppressed | Problem
"""A result that is a test case of the report: a failure, a skipped one, or an error."""


def junit_report(run: ExportedRun) -> str:
    """The XML, in ASCII.

    A run without findings has one passed case, since some programs reject an empty report.
    """
    by_file: defaultdict[str, list[_Case]] = defaultdict(list)
    for finding in run.result.findings:
        by_file[run.path(finding.place.path)].append(finding)
    for suppression in run.result.suppressed:
        by_file[run.path(suppression.finding.place.path)].append(suppression)
    for problem in run.result.problems:
        by_file[run.path(problem.path) if problem.path else PACKAGE].append(problem)
    root = ElementTree.Element("testsuites", {"name": PACKAGE})
    for path, cases in sorted(by_file.items()):
        _add_suite(root, path, cases, run)
    if not by_file:
        suite = ElementTree.SubElement(root, "testsuite", {"name": PACKAGE, **_case_counts([]), "tests": "1"})
        ElementTree.SubElement(
            suite, "testcase", {"name": "nothing found", "classname": PACKAGE, "time": "0"}
        )
    all_cases = [case for cases in by_file.values() for case in cases]
    root.attrib.update(_case_counts(all_cases) if all_cases else {**_case_counts([]), "tests": "1"})
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii")


def _add_suite(root: ElementTree.Element, path: str, cases: list[_Case], run: ExportedRun) -> None:
    """Add the test suite of a file to the report."""
    suite = ElementTree.SubElement(root, "testsuite", {"name": _xml_text(path), **_case_counts(cases)})
    for case in cases:
        if isinstance(case, Finding):
            location = run.location_text(case.place)
            element = _add_case(suite, _case_name(case, location, path), path, run.in_file(case.place).row)
            failure = ElementTree.SubElement(
                element, "failure", {"message": _xml_text(sentence(case)), "type": _xml_text(case.code)}
            )
            failure.text = _xml_text(f"{plain_start(location)}: {case.code} {paragraphs(case)}")
        elif isinstance(case, Suppressed):
            name = _case_name(case.finding, run.location_text(case.finding.place), path)
            row = run.in_file(case.finding.place).row
            reason = f"{case.by.value}: {case.reason}" if case.reason else case.by.value
            ElementTree.SubElement(
                _add_case(suite, name, path, row), "skipped", {"message": _xml_text(reason)}
            )
        else:
            element = _add_case(suite, "not checked", path, case.line)
            ElementTree.SubElement(element, "error", {"message": _xml_text(case.message), "type": "error"})


def _case_name(finding: Finding, location: str, path: str) -> str:
    return f"{finding.code} {finding.name} {location.removeprefix(f'{path}:')}"


def _add_case(suite: ElementTree.Element, name: str, path: str, line: int | None) -> ElementTree.Element:
    """Add a test case to a suite, and return its element."""
    attributes = {
        "name": _xml_text(name),
        "classname": _xml_text(path.removesuffix(".py")),
        "file": _xml_text(path),
        "time": "0",
    }
    return ElementTree.SubElement(
        suite, "testcase", attributes | ({} if line is None else {"line": str(line)})
    )


def _case_counts(cases: list[_Case]) -> dict[str, str]:
    failures = sum(isinstance(case, Finding) for case in cases)
    skipped = sum(isinstance(case, Suppressed) for case in cases)
    return {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": str(len(cases) - failures - skipped),
        "skipped": str(skipped),
        "time": "0",
    }


def _xml_text(text: str) -> str:
    """`text` with characters replaced that XML can't represent."""
    return _NOT_XML.sub("\ufffd", plain_lines(text))

"""Exit codes of all commands."""

from enum import IntEnum

from kognitos_migrate.cli.error_boundary import TROUBLE
from kognitos_migrate.findings.result import Result
from kognitos_migrate.findings.severity import Severity


class ExitCode(IntEnum):
    """The exit codes of all commands."""

    CLEAN = 0
    """No use of v1 remains."""
    FOUND = 1
    """Uses of v1 remain."""
    TROUBLE = TROUBLE
    """Bad usage, a bad configuration, or a file that can't be read or written."""


def after_check(result: Result, *, exit_zero: bool, strict: bool, least: Severity) -> ExitCode:
    """The exit code of a check.

    Findings of severity `least` or above count, and with `strict` blind spots do.
    """
    if result.problems:
        return ExitCode.TROUBLE
    has_findings = any(finding.severity.is_at_least(least) for finding in result.findings)
    has_findings = has_findings or (strict and bool(result.blind_spots))
    return ExitCode.FOUND if has_findings and not exit_zero else ExitCode.CLEAN


def after_fix(result: Result) -> ExitCode:
    """The exit code of a fix that has written files: remaining findings count."""
    if result.problems:
        return ExitCode.TROUBLE
    return ExitCode.FOUND if result.remaining else ExitCode.CLEAN


def after_diff(result: Result) -> ExitCode:
    """The exit code of a fix that has written nothing: changes count as well as remaining findings."""
    if result.problems:
        return ExitCode.TROUBLE
    return ExitCode.FOUND if result.changes or result.remaining else ExitCode.CLEAN

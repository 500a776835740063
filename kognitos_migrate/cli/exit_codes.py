"""Exit codes of all commands."""

from enum import IntEnum

from kognitos_migrate.findings.finding import Result
from kognitos_migrate.findings.severity import Severity


class ExitCode(IntEnum):
    """The exit codes of all commands."""

    CLEAN = 0
    """Nothing of v1 is left."""
    FOUND = 1
    """Something of v1 is left."""
    TROUBLE = 2
    """Bad usage, a bad configuration, something that can't be read or written."""


def after_check(
    result: Result, *, exit_zero: bool = False, strict: bool = False, least: Severity = Severity.INFO
) -> ExitCode:
    """The exit code of a check, in which findings count that are as severe as `least`; `strict`: blind spots
    count as findings."""
    if result.problems:
        return ExitCode.TROUBLE
    found = any(finding.severity.reaches(least) for finding in result.findings)
    found = found or (strict and bool(result.blind_spots))
    return ExitCode.FOUND if found and not exit_zero else ExitCode.CLEAN


def after_fix(result: Result) -> ExitCode:
    """The exit code of a fix that was written: what remains counts."""
    if result.problems:
        return ExitCode.TROUBLE
    return ExitCode.FOUND if result.remaining else ExitCode.CLEAN


def after_diff(result: Result) -> ExitCode:
    """The exit code of a fix that was only shown: what would change counts, too."""
    if result.problems:
        return ExitCode.TROUBLE
    return ExitCode.FOUND if result.changes or result.remaining else ExitCode.CLEAN

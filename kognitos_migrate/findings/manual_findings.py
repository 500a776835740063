"""Findings and problems that come without edits: internal errors, unread files, possible uses."""

import posixpath
from collections.abc import Collection, Iterable, Iterator

from kognitos_migrate.discover.prefilter import LARGEST, Unaddressed
from kognitos_migrate.errors import Fault, bug_report, traceback_of
from kognitos_migrate.findings.result import (
    Applicability,
    BlindSpot,
    Finding,
    Fix,
    Place,
    Problem,
    Result,
)
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.rulebook.codes import INTERNAL_ERROR, POSSIBLE, OwnCode
from kognitos_migrate.rulebook.model import Api
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace


def manual_finding(code: OwnCode, message: str, place: Place, to_do: str, reason: str) -> Finding:
    """A finding without edits: `code` at a place, with what to do there."""
    fix = Fix(Applicability.MANUAL, to_do)
    return Finding(code.code, code.name, message, Severity(code.severity), place, fix, reason)


def problem_of(fault: Fault) -> Problem:
    """The fault of a file or path as a problem of the run."""
    message = fault.message if fault.expected is None else f"{fault.message}; {fault.expected}"
    if fault.key is not None:
        message = f"{fault.key}: {message}"
    return Problem(fault.path or "", fault.line, message, fault.detail)


def oversized_file_problem(file: str) -> BlindSpot:
    """A blind spot for a file that is too large to be searched."""
    message = f"{posixpath.basename(file)} is larger than {LARGEST // 1_000_000} MB: not searched"
    return BlindSpot(Place(file, 1, 1, 1, 1), message)


def unparsable_file(fault: Fault) -> BlindSpot:
    """A blind spot for a file without signs of the API that can't be parsed."""
    row = fault.line or 1
    message = f"can't be parsed: {fault.message}; its text has no sign of the API"
    return BlindSpot(Place(fault.path or "", row, 1, row, 1), message)


def unread_archive(file: str) -> BlindSpot:
    """A blind spot for an archive with code that names the old version."""
    message = "this archive contains code that names the old version; unpack it to have it checked"
    return BlindSpot(Place(file, 1, 1, 1, 1), message)


def unaddressed_requests(unaddressed: Unaddressed) -> BlindSpot:
    """A blind spot for a file that sends requests to an unknown host."""
    message = "an API header is sent to an unknown host"
    return BlindSpot(Place(unaddressed.path, unaddressed.row, 1, unaddressed.row, 1), message)


def unaddressed_files(requests: Iterable[Unaddressed], analysed: Collection[str]) -> Iterator[BlindSpot]:
    """The blind spots of files that send requests to unknown hosts. Analysed files have more precise
    findings."""
    return (unaddressed_requests(request) for request in requests if request.path not in analysed)


def internal_error(source: SourceFile, error: Exception) -> Result:
    """The result of a component whose analysis failed: one finding, no changes.

    `source` is the file in which the finding is shown.
    """
    lines = source.text.splitlines() or [""]
    place = Place(source.path, 1, 1, 1, len(lines[0]) + 1)
    message = f"{bug_report(error)}; this file and the files connected to it were not changed"
    finding = manual_finding(
        INTERNAL_ERROR, message, place, "please report it, and migrate the code by hand", "internal-error"
    )
    problem = internal_problem(source.path, error)
    return Result(findings=(finding,), remaining=(finding,), problems=(problem,))


def internal_problem(path: str, error: Exception) -> Problem:
    """An internal error as a problem of the run. `path` is the file that caused it, or empty."""
    return Problem(path, None, bug_report(error), traceback_of(error))


_TODO = "check whether this sends a v1 request; suppress it with an `ignore` comment if it is another API"
_LONGEST = 60


def possible_use(api: Api, written: str, sign: str, place: Place) -> Finding:
    """A finding for a path or field of an API's old version. `sign` describes the evidence."""
    excerpt = written if len(written) <= _LONGEST else f"{written[:_LONGEST]}…"
    shows = f" ({sign})" if sign else ""
    message = (
        f"{excerpt}{shows} may belong to {api.old} of the {api.title}, "
        "and no request could be traced from here"
    )
    return replace(manual_finding(POSSIBLE, message, place, _TODO, "possible-use"), url=api.url)


def sort_problems(problems: set[Problem]) -> tuple[Problem, ...]:
    """Problems by file and line."""
    return tuple(sorted(problems, key=lambda problem: (problem.path, problem.line or 0, problem.message)))

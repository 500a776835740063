"""Findings to show, made in one line each."""

from collections.abc import Sequence
from pathlib import Path

from kognitos_migrate.findings.fingerprint import fingerprints
from kognitos_migrate.findings.result import (
    Applicability,
    BaselineEntry,
    BlindSpot,
    Finding,
    Fix,
    Missing,
    Place,
    Problem,
    Result,
    Step,
    Suppressed,
    SuppressionKind,
)
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.export import ExportedRun, every_finding
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.source.file import SourceFile, decode_module
from kognitos_migrate.source.text_edits import Edit, Span


def source(text: str, path: str = "a.py") -> SourceFile:
    """A source with this text."""
    return decode_module(text.encode(), path)


def place(row: int, column: int, end_column: int, path: str = "a.py", end_row: int | None = None) -> Place:
    """A place on one line, or on several."""
    return Place(path, row, column, end_row or row, end_column)


def finding(
    at: Place,
    applicability: Applicability = Applicability.SAFE,
    code: str = "KOG101",
    message: str = "starts a v1 run",
    reason: str | None = None,
    help: str | None = None,
    edits: tuple[Edit, ...] = (),
) -> Finding:
    """A finding with everything that can be shown."""
    return Finding(
        code=code,
        name="v1-start-run",
        message=message,
        severity=Severity.ERROR,
        place=at,
        fix=Fix(applicability, "moves the whole conversation", edits),
        reason=reason,
        conversation="c1",
        trace=(Step(at, "the request is sent"),),
        url="https://example.com/start",
        help=help,
        notes=("KOGNITOS_URL can override the default",),
    )


RESULT = Result(
    findings=(
        finding(place(1, 1, 4), edits=(Edit(Span("a.py", 0, 3), 0, "new"),)),
        finding(place(2, 1, 4), Applicability.MANUAL, "KOG201", "follows a run", "unknown-key", "a: 1\nb: 2"),
        finding(place(1, 1, 4, "b|.py"), Applicability.ADAPT, "KOG201", "follows a run"),
    ),
    blind_spots=(BlindSpot(place(3, 1, 4), "the method is not known"),),
    problems=(Problem("c.py", 4, "not text"),),
    missing=(Missing("processes", "abc", (place(2, 1, 4),)),),
    files=5,
    suppressed=(
        Suppressed(
            finding(place(4, 1, 4), code="KOG301", message="uploads"),
            SuppressionKind.KEEP,
            place(4, 6, 30),
            "the vendor | is slow",
            "2027-03-31",
        ),
        Suppressed(finding(place(5, 1, 4), code="KOG301", message="uploads"), SuppressionKind.BASELINE),
    ),
    gone=(BaselineEntry("old.py", "KOG101", "0123", "get(1)"),),
)

NASTY = "a%0A::error::[x](http://evil.example),b:c\n\x1b[31m\u202e<&\"'>\x00\ufffe\udcff"
"""Text that would do harm if it were not escaped."""

HOSTILE = Result(
    findings=(
        finding(place(1, 1, 4, f"{NASTY}.py"), message=NASTY, help=NASTY, reason=NASTY),
        finding(place(1, 1, 4, f"{NASTY}.py", 2), Applicability.MANUAL, NASTY, NASTY),
    ),
    problems=(Problem(f"{NASTY}.py", None, NASTY), Problem("", None, NASTY)),
)


def shown(result: Result, sources: Sequence[SourceFile] = (), below: str = "") -> ExportedRun:
    """A result for the formats of other programs."""
    by_path = {source.path: source for source in sources}
    known = fingerprints(every_finding(result), by_path, Path.cwd())
    return ExportedRun(result, by_path, load_rulebook(), known, below)

"""A fast fake engine: `v1/invoke` becomes `v2/runs`.

A line with `unknown share KEY` is fixed by hand, since the configuration lacks KEY. A line with `adapt` is
fixed with `--adapt`. A line with `crash` is a bug.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from kognitos_migrate.cache import NO_STORE, Store
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import (
    Applicability,
    BlindSpot,
    Change,
    Finding,
    Fix,
    Missing,
    Place,
    Result,
    Step,
)
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit, Span

OLD, NEW = "v1/invoke", "v2/runs"

_RANK = {Applicability.SAFE: 0, Applicability.ADAPT: 1, Applicability.UNSAFE: 2, Applicability.MANUAL: 3}


def analyse(
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    level: Applicability | None = Applicability.SAFE,
    given: Collection[str] | None = None,
    workers: int = 1,
    store: Store = NO_STORE,
    chosen: Collection[Place] = (),
) -> Result:
    """All uses of OLD in those of `sources` that are given."""
    sources = [source for source in sources if given is None or source.path in given]
    findings = [finding for source in sources for finding in _findings(source)]
    rank = _RANK[level] if level is not None else -1
    applied = [finding for finding in findings if _RANK[finding.fix.applicability] <= rank]
    remaining = [finding for finding in findings if finding not in applied]
    return Result(
        findings=tuple(findings),
        remaining=tuple(remaining),
        changes=tuple(_changes(sources, applied)),
        missing=tuple(_missing(findings)),
        keys={"processes": tuple(finding.help for finding in findings if finding.help)},
        blind_spots=tuple(_blind_spots(sources)),
    )


def _findings(source: SourceFile) -> Iterator[Finding]:
    index = LineIndex(source.text)
    for use in re.finditer(re.escape(OLD), source.text):
        start = len(source.text[: use.start()].encode())
        place = Place(*index.place(source.path, start, start + len(OLD)))
        line = source.text[use.start() :].splitlines()[0]
        assert "crash" not in line, "the engine crashed"
        edit = Edit(Span(source.path, start, start + len(OLD)), 0, NEW)
        yield _finding(place, line, edit)


def _finding(place: Place, line: str, edit: Edit) -> Finding:
    unknown = re.search(r"unknown share (\w+)", line)
    if unknown:
        fix = Fix(Applicability.MANUAL, "add the key to the configuration")
    elif "adapt" in line:
        fix = Fix(Applicability.ADAPT, "adapts the reply", (edit,))
    else:
        fix = Fix(Applicability.SAFE, "moves the call to v2", (edit,))
    return Finding(
        code="KOG401" if "comment" in line else "KOG101",
        name="v1-start-run",
        message="starts a v1 run",
        severity=Severity.ERROR,
        place=place,
        fix=fix,
        reason="unknown-key" if unknown else None,
        conversation="c1",
        trace=(Step(place, "the URL is put together here"),),
        url="https://example.com/KOG101",
        help=unknown[1] if unknown else None,
    )


def _changes(sources: Sequence[SourceFile], applied: Sequence[Finding]) -> Iterator[Change]:
    for source in sources:
        spans = sorted(
            (edit.span.start, edit.span.end)
            for finding in applied
            for edit in finding.fix.edits
            if edit.span.path == source.path
        )
        data = source.text.encode()
        for start, end in reversed(spans):
            data = data[:start] + NEW.encode() + data[end:]
        if spans:
            yield Change(source.path, source.text, data.decode())


def _missing(findings: Sequence[Finding]) -> Iterator[Missing]:
    for finding in findings:
        if finding.help:
            yield Missing("processes", finding.help, (finding.place,))


def _blind_spots(sources: Sequence[SourceFile]) -> Iterator[BlindSpot]:
    for source in sources:
        for row, line in enumerate(source.text.split("\n"), 1):
            if "getattr" in line:
                yield BlindSpot(Place(source.path, row, 1, row, 1 + len(line)), "the method is not known")

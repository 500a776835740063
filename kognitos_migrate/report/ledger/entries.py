"""From findings to the entries of a ledger: conversations, their state, their source, their diff."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.findings.finding import (
    Applicability,
    Change,
    Finding,
    Migrated,
    Place,
    Result,
    Silence,
)
from kognitos_migrate.report.counts import SUPPRESSIONS, UNANALYSED
from kognitos_migrate.report.diff import FileDiff, parts
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.ledger.model import Entry, Excerpt, SourceLine, State
from kognitos_migrate.rulebook.codes import ADAPTED, HALF_MIGRATED
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.span import Edit, apply_edits

NAMED = "KOG4"
"""How the codes begin of the old version named where it is not called."""
AROUND = 2
"""Lines shown before and after those that matter."""
MOST = 240
"""Lines shown of one conversation."""
LONGEST = 600
"""Characters shown of one line."""

_BY_APPLICABILITY = {
    Applicability.SAFE: State.FIXABLE,
    Applicability.ADAPT: State.ADAPTABLE,
    Applicability.UNSAFE: State.UNSAFE,
    Applicability.MANUAL: State.MANUAL,
}
_HALF_MIGRATED = frozenset(code.code for code in HALF_MIGRATED)


def entries_of(result: Result, sources: Mapping[str, SourceFile]) -> tuple[Entry, ...]:
    """The entries of a result: what is to be done in the order of place, then what is done.

    Places in notebooks are those in their cells.
    """
    kept = {one.finding for one in result.suppressed if one.by is not Silence.BASELINE}
    findings = sorted(
        (*result.findings, *(one.finding for one in result.suppressed)),
        key=lambda finding: (finding.place, finding.code),
    )
    excerpts = Excerpts(sources)
    entries = [
        Entry(
            id=name,
            state=_state(inside, kept),
            findings=tuple(inside),
            excerpts=tuple(_excerpts(inside, excerpts)),
            diffs=tuple(_diffs(inside, sources)),
        )
        for name, inside in _grouped(findings).items()
    ]
    return (*entries, *_migrated(result.migrated))


def _grouped(findings: Sequence[Finding]) -> Mapping[str, list[Finding]]:
    """The findings of each conversation, by its name; what one file names goes together, and the others stand
    alone."""
    groups: dict[str, list[Finding]] = {}
    named: dict[str, str] = {}
    for number, finding in enumerate(findings, 1):
        name = finding.conversation or f"f{number}"
        if finding.conversation is None and finding.code.startswith(NAMED):
            name = named.setdefault(finding.place.path, name)
        groups.setdefault(name, []).append(finding)
    return groups


def _migrated(calls: Iterable[Migrated]) -> Iterator[Entry]:
    groups: dict[str, list[Migrated]] = {}
    for call in calls:
        groups.setdefault(call.conversation, []).append(call)
    for name, inside in groups.items():
        yield Entry(name, State.MIGRATED, calls=tuple(inside))


def _state(findings: Sequence[Finding], kept: set[Finding]) -> State:
    """The state of an entry: that of whatever holds it back the most."""
    if not kept.isdisjoint(findings):
        return State.KEPT
    order = list(State)
    return max(map(_state_of, findings), key=order.index)


def _state_of(finding: Finding) -> State:
    code = finding.code
    if code in _HALF_MIGRATED:
        return State.HALF
    if code == ADAPTED.code:
        return State.ADAPTED
    for prefix, state in (
        (NAMED, State.NAMED),
        (UNANALYSED, State.UNCLEAR),
        (SUPPRESSIONS, State.SUPPRESSION),
    ):
        if code.startswith(prefix):
            return state
    return _BY_APPLICABILITY[finding.fix.applicability]


def _excerpts(findings: Sequence[Finding], sources: Excerpts) -> Iterator[Excerpt]:
    """The lines of the findings and of their traces, and some around them, by file."""
    places: dict[str, dict[Place, None]] = {}
    for finding in findings:
        for place in (finding.place, *(step.place for step in finding.trace)):
            places.setdefault(place.path, {})[place] = None
    left = MOST
    for path, inside in places.items():
        lines = sources.lines(path)
        last = len(lines) if lines and lines[-1] else len(lines) - 1
        rows = sorted(_rows(inside, last))[:left]
        left -= len(rows)
        if rows:
            yield Excerpt(path, tuple(_line(row, lines[row - 1], inside) for row in rows))


def _line(row: int, text: str, places: Iterable[Place]) -> SourceLine:
    """A line; of a very long one, what is around the first place in it."""
    if len(text) <= LONGEST:
        return SourceLine(row, text)
    first = min((place.column for place in places if place.row == row), default=1)
    start = max(0, min(first - 1 - LONGEST // 4, len(text) - LONGEST))
    return SourceLine(row, text[start : start + LONGEST], start + 1)


def _rows(places: Iterable[Place], last: int) -> set[int]:
    return {
        row
        for place in places
        for row in range(max(1, place.row - AROUND), min(last, place.end_row + AROUND) + 1)
    }


def _diffs(findings: Sequence[Finding], sources: Mapping[str, SourceFile]) -> Iterator[FileDiff]:
    """What the edits of one conversation do, file by file. Each of its findings has all of them."""
    by_file: dict[str, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.fix.edits:
            by_file.setdefault(edit.span.path, {})[edit] = None
    for path, edits in by_file.items():
        source = sources.get(path)
        before = source.text if source is not None else None
        change = Change(path, before, apply_edits(before or "", edits))
        yield from parts(change, source)

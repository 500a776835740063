"""The view model of the HTML page: entries, marked source, diffs, bars."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from kognitos_migrate.findings.reasons import Reason, reason_of, unlock_text
from kognitos_migrate.findings.result import MOCKS, Finding, Place, Step
from kognitos_migrate.report.diff import FileDiff
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.ledger.model import (
    BAR,
    URGENCY,
    Ledger,
    LedgerEntry,
    Project,
    SourceExcerpt,
    SourceLine,
    State,
)
from kognitos_migrate.report.ledger.statistics import NOBODY, LedgerComparison, MigrationProgress
from kognitos_migrate.report.place_mapping import cell_path, file_and_cell
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.programs import ProgramProgress, Programs, describe_places, exclude_safe
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.structs import Struct, replace

_KINDS = {"@": "frame", "+": "good", "-": "bad", "\\": "frame"}


class DiffPiece(Struct, frozen=True):
    """A run of characters in a line."""

    text: str
    marked: bool


class DiffLine(Struct, frozen=True):
    """A line of a diff, with its kind: frame, good, bad or same."""

    kind: str
    pieces: tuple[DiffPiece, ...]


class DiffView(Struct, frozen=True):
    """The diff of one file."""

    header: str
    lines: tuple[DiffLine, ...]


def diff_view(diff: FileDiff) -> DiffView:
    """The view of a diff."""
    lines = [line.removesuffix("\r") for line in diff.hunks]
    runs = [(kind, list(run)) for kind, run in groupby(lines, lambda line: _KINDS.get(line[:1], "same"))]
    name = diff.header[1].rstrip("\t").removeprefix("+++ ").removeprefix("b/")
    return DiffView(name, tuple(_diff_lines(runs)))


def _diff_lines(runs: Sequence[tuple[str, list[str]]]) -> Iterator[DiffLine]:
    """The lines of a diff. If as many lines are added as removed, they are paired as changed lines."""
    for index, (kind, run) in enumerate(runs):
        others = _counterpart(runs, index)
        if others is None:
            yield from (DiffLine(kind, (DiffPiece(line, marked=False),)) for line in run)
        else:
            pairs = zip(run, others, strict=True)
            yield from (DiffLine(kind, tuple(_mark_differences(line, other))) for line, other in pairs)


def _counterpart(runs: Sequence[tuple[str, list[str]]], index: int) -> list[str] | None:
    """The added lines for a run of removed ones, or the reverse. None unless they are equally many."""
    kind, run = runs[index]
    neighbor = {"bad": index + 1, "good": index - 1}.get(kind, -1)
    if not 0 <= neighbor < len(runs) or {kind, runs[neighbor][0]} != {"bad", "good"}:
        return None
    return runs[neighbor][1] if len(runs[neighbor][1]) == len(run) else None


def _mark_differences(line: str, other: str) -> Iterator[DiffPiece]:
    """A line with the characters marked that differ from `other`. Nothing is marked if the two have nothing
    in common."""
    before = _common(line[1:], other[1:]) + 1
    most = min(len(line), len(other)) - before
    after = min(most, _common(line[::-1], other[::-1]))
    middle = line[before : len(line) - after]
    if not middle or not (line[1:before].strip() or line[len(line) - after :].strip()):
        yield DiffPiece(line, marked=False)
        return
    yield DiffPiece(line[:before], marked=False)
    yield DiffPiece(middle, marked=True)
    if after:
        yield DiffPiece(line[len(line) - after :], marked=False)


def _common(left: str, right: str) -> int:
    """The length of the common prefix, in characters."""
    differ = (index for index, (mine, others) in enumerate(zip(left, right, strict=False)) if mine != others)
    return next(differ, min(len(left), len(right)))


class BarSegment(Struct, frozen=True):
    """A segment of a bar. `start` and `width` are in thousandths of the whole."""

    state: State
    start: float
    width: float


class LineView(Struct, frozen=True):
    """A line of source, with a flag for a gap before it and the numbers of steps that start on it."""

    row: int
    gap: bool
    steps: str
    pieces: tuple[DiffPiece, ...]

    @property
    def is_marked(self) -> bool:
        """Whether a piece of it is marked."""
        return any(piece.marked for piece in self.pieces)


class SourceView(Struct, frozen=True):
    """Lines of one file."""

    path: str
    lines: tuple[LineView, ...]


class EntryView(Struct, frozen=True):
    """An entry with all that the page shows of it, and the values that it is filtered by."""

    anchor: str
    project: str
    entry: LedgerEntry
    title: str
    codes: tuple[str, ...]
    packages: tuple[str, ...]
    files: tuple[str, ...]
    where: str
    """Its place: the file, the cell of a notebook, and the row."""
    owners: tuple[str, ...]
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    new: bool
    """Whether one of its findings is new since the compared report."""
    steps: tuple[Step, ...]
    sources: tuple[SourceView, ...]
    diffs: tuple[DiffView, ...]

    @property
    def state(self) -> State:
        """The state of the entry."""
        return self.entry.state


class Obstacle(Struct, frozen=True):
    """A reason why findings have no safe fix, with their number and the step that unlocks one."""

    label: str
    count: int
    unlocks: str
    detail: str = ""


def obstacles(views: Iterable[EntryView]) -> Sequence[Obstacle]:
    """The obstacles of the entries' findings, the most frequent first. Kept findings need no fix."""
    findings = (finding for view in views if view.state is not State.KEPT for finding in view.entry.findings)
    by_reason: dict[str, list[str]] = {}
    for finding in findings:
        if (unlocks := unlock_text(finding)) is not None:
            by_reason.setdefault(str(finding.reason), []).append(unlocks)
    return [
        Obstacle(reason, len(unlocks), Counter(unlocks).most_common(1)[0][0])
        for reason, unlocks in sorted(by_reason.items(), key=lambda row: (-len(row[1]), row[0]))
    ]


class BlockerView(Struct, frozen=True):
    """A blocker of a project, with a description of its places."""

    project: str
    message: str
    uses: int
    programs: int
    where: str
    to_do: str


class ProgramsView(Struct, frozen=True):
    """The programs of all projects: the number that `fix` migrates, and the blockers of the others."""

    total: int
    whole: int
    part: int
    blockers: tuple[BlockerView, ...]


def programs_view(ledger: Ledger) -> ProgramsView:
    """The programs of a ledger."""
    total = whole = part = 0
    blockers: list[BlockerView] = []
    for project in ledger.projects:
        programs, left = Programs(project.result.findings), exclude_safe(project.result.findings)
        counts = programs.progress(left)
        total += programs.count
        whole += counts[ProgramProgress.WHOLE]
        part += counts[ProgramProgress.PART]
        blockers.extend(
            BlockerView(
                project.name,
                blocker.message,
                blocker.uses,
                len(blocker.programs),
                describe_places(blocker, DisplayLocations()),
                blocker.to_do or "",
            )
            for blocker in programs.blockers(left)
        )
    return ProgramsView(total, whole, part, tuple(sorted(blockers, key=lambda blocker: -blocker.uses)))


def entry_views(ledger: Ledger, comparison: LedgerComparison | None) -> Sequence[EntryView]:
    """The entries of all projects, ordered by urgency."""
    new = (
        {(difference.project, difference.finding) for difference in comparison.new}
        if comparison is not None
        else set()
    )
    views = [
        _view(ledger, number, project, entry, new)
        for number, project in enumerate(ledger.projects, 1)
        for entry in project.entries
    ]
    return sorted(views, key=lambda view: (URGENCY.index(view.state), view.project, view.entry.place))


def bar_segments(progress: MigrationProgress) -> Iterator[BarSegment]:
    """The segments of the bar that shows `progress`."""
    start = 0.0
    for state in BAR:
        width = 1000 * progress.by_state.get(state, 0) / (progress.total or 1)
        if width:
            yield BarSegment(state, round(start, 2), round(width, 2))
        start += width


def _view(
    ledger: Ledger, number: int, project: Project, entry: LedgerEntry, new: Container[tuple[str, Finding]]
) -> EntryView:
    paths = list(dict.fromkeys(place.path for _, _, place in entry.uses))
    file, cell = file_and_cell(entry.place.path)
    steps = tuple(dict.fromkeys(step for finding in entry.findings for step in finding.trace))
    return EntryView(
        anchor=entry.id if len(ledger.projects) == 1 else f"{entry.id}-{number}",
        project=project.name,
        entry=entry,
        title=_title(entry),
        codes=_distinct_lines(code for code, _, _ in entry.uses),
        packages=_distinct_lines(ledger.package_of(project, path) for path in paths),
        files=_distinct_lines(ledger.path_of(project, file_and_cell(path)[0]) for path in paths),
        where=f"{cell_path(ledger.path_of(project, file), cell)}:{entry.place.row}",
        owners=_distinct_lines(owner for path in paths for owner in project.home(path).owners or (NOBODY,)),
        reasons=_reasons(entry.findings),
        notes=_distinct_lines(note for finding in entry.findings for note in finding.notes),
        new=any((project.name, finding) in new for finding in entry.findings),
        steps=steps,
        sources=tuple(_source_view(excerpt, entry.findings, steps) for excerpt in entry.excerpts),
        diffs=tuple(map(diff_view, entry.diffs)),
    )


def _title(entry: LedgerEntry) -> str:
    """The messages of the entry's findings or calls, and the number of its mocks."""
    messages = [finding.message for finding in entry.findings] or [call.message for call in entry.calls]
    own = [message for message in messages if not message.startswith(MOCKS)]
    mocks = f"; {pluralize(len(messages) - len(own), 'mock')}" if own and len(own) < len(messages) else ""
    return ", ".join(_distinct_lines(own or messages)) + mocks


def _reasons(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    """The reasons of the findings, each with the next step for the first of them."""
    reasons: dict[str, Reason] = {}
    for finding in findings:
        reason, unlocks = reason_of(finding.reason), unlock_text(finding)
        if reason is not None and unlocks is not None:
            reasons.setdefault(reason.name, replace(reason, unlocks=unlocks))
    return tuple(reasons.values())


def _source_view(excerpt: SourceExcerpt, findings: Iterable[Finding], steps: Sequence[Step]) -> SourceView:
    numbers: dict[int, list[int]] = {}
    for number, step in enumerate(steps, 1):
        if step.place.path == excerpt.path:
            numbers.setdefault(step.place.row, []).append(number)
    places = [finding.place for finding in findings if finding.place.path == excerpt.path]
    lines: list[LineView] = []
    before = excerpt.lines[0].row - 1
    for line in excerpt.lines:
        pieces = tuple(_pieces(line, places))
        begun = _ranges(numbers.get(line.row, []))
        lines.append(LineView(line.row, line.row > before + 1, begun, pieces))
        before = line.row
    return SourceView(excerpt.path, tuple(lines))


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as ranges: 1 to 3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}\u2013{run[-1]}" for run in runs)


def _pieces(line: SourceLine, places: Iterable[Place]) -> Iterator[DiffPiece]:
    """The line, cut at the bounds of findings. Its indentation is not marked."""
    text, before = line.text, line.column
    indent = len(text) - len(text.lstrip())
    marks = []
    for place in places:
        if place.row <= line.row <= place.end_row:
            start = max(0, place.column - before) if line.row == place.row else indent
            end = place.end_column - before if line.row == place.end_row else len(text)
            marks.append(range(start, end))
    cuts = sorted({0, len(text), *(cut for mark in marks for cut in (mark.start, mark.stop))})
    if before > 1:
        yield DiffPiece("\u2026", marked=False)
    for start, end in pairwise(cuts):
        if 0 <= start < end <= len(text):
            yield DiffPiece(text[start:end], any(start in mark for mark in marks))


def _distinct_lines(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts, each once and on one line."""
    return tuple(dict.fromkeys(map(plain, texts)))

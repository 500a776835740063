"""A ledger as a Markdown page."""

from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.report.escape import markdown, markdown_code
from kognitos_migrate.report.ledger.model import MEANINGS, WORDS, Ledger, State, join_projects
from kognitos_migrate.report.ledger.statistics import (
    Delta,
    Difference,
    LedgerComparison,
    MigrationProgress,
    Row,
    Tally,
)
from kognitos_migrate.report.markdown import gap, page
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.source.display_locations import DisplayLocations

OTHER = "Other: suppressed, adapted and text findings, and suppressions to fix."
"""The meaning of the column for what doesn't count in the progress."""
BAR = 40
"""The width of the bar in characters."""


def ledger_markdown(ledger: Ledger, comparison: LedgerComparison | None = None) -> str:
    """The ledger as a Markdown page."""
    tally = Tally.of(ledger)
    progress = [
        _progress(tally.conversations),
        _rows("By project", "project", tally.by_project if len(ledger.projects) > 1 else ()),
        *(_comparison_sections(comparison) if comparison is not None else ()),
        _rows("By owner", "owner", tally.by_owner),
        _rows("By package", "package", tally.by_package),
    ]
    gaps = (gap(project.configuration, project.lacking) for project in ledger.projects)
    return page(join_projects(ledger), DisplayLocations(), progress, gaps)


def _progress(done: MigrationProgress) -> Iterator[str]:
    if not any(done.by_state.values()):
        return
    yield "## Progress"
    yield ""
    if done.total:
        filled = done.percent() * BAR // 100
        conversations = pluralize(done.total - done.unclear_count, "conversation")
        unclear = f"; {pluralize(done.unclear_count, 'place')} not understood" if done.unclear_count else ""
        summary = f"{done.migrated_count} of {conversations} on v2{unclear}"
        yield f"`{'█' * filled}{'░' * (BAR - filled)}` **{done.percent()}%**: {summary}"
        yield ""
    yield "| number | state | meaning |"
    yield "| ---: | --- | --- |"
    for state in State:
        if done.by_state.get(state):
            yield f"| {done.by_state[state]} | {WORDS[state]} | {MEANINGS[state]} |"


def _rows(title: str, label: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield f"## {title}"
    yield ""
    yield "Counted in calls."
    yield ""
    yield f"| {label} | on v2 | fixable | not fixable | other |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for row in rows:
        done = row.progress
        fixable = done.by_state.get(State.FIXABLE, 0)
        counts = (done.migrated_count, fixable, done.open - fixable, done.other_count)
        yield f"| {markdown_code(row.label)} | {' | '.join(map(str, counts))} |"
    if any(row.progress.other_count for row in rows):
        yield ""
        yield OTHER


def _comparison_sections(comparison: LedgerComparison) -> Iterator[Iterable[str]]:
    """The sections on changes since the earlier report: numbers, then findings."""
    yield _change_lines(comparison)
    yield _deltas("operation", comparison.by_operation)
    yield _deltas("file", comparison.by_file)
    yield _differences("New", comparison.new)
    yield _differences("No longer there", comparison.gone)


def _change_lines(comparison: LedgerComparison) -> Iterator[str]:
    yield f"## Since the report of {markdown(comparison.since)}"
    yield ""
    before, now = comparison.before, comparison.now
    was = f"{before.migrated_count} before ({before.percent()}%)"
    yield f"{pluralize(now.migrated_count, 'conversation')} on v2 ({now.percent()}%), {was}."
    yield f"{pluralize(len(comparison.gone), 'finding')} gone, {len(comparison.new)} new."


def _deltas(label: str, deltas: Sequence[Delta]) -> Iterator[str]:
    if not deltas:
        return
    yield f"| {label} | before | gone | new | now | on v2 before | on v2 now |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for delta in deltas:
        counts = (delta.before, delta.gone, delta.new, delta.now, delta.migrated_before, delta.migrated_now)
        yield f"| {markdown_code(delta.label)} | {' | '.join(map(str, counts))} |"


def _differences(title: str, differences: Sequence[Difference]) -> Iterator[str]:
    if not differences:
        return
    yield f"### {title}"
    yield ""
    for difference in differences:
        at = f"{difference.path}:{difference.finding.place.row}"
        yield (
            f"- {markdown_code(at)}: {markdown(difference.finding.code)} "
            f"{markdown(difference.finding.message)}"
        )

"""Why findings stay as they are, and what to type next."""

from collections import Counter
from collections.abc import Iterator, Sequence

from kognitos_migrate.findings.finding import Applicability, Finding, Result
from kognitos_migrate.findings.unlock import what_to_do
from kognitos_migrate.report.counts import SUPPRESSIONS, Counts
from kognitos_migrate.report.escape import plain
from kognitos_migrate.source.locations import Locations


def by_reason(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each reason why findings are not simply fixed, the most frequent first: how often, and what
    unlocks a fix."""
    counts = Counter(
        (finding.reason, what_to_do(finding))
        for finding in findings
        if finding.reason and not finding.code.startswith(SUPPRESSIONS)
    )
    width = max((len(str(count)) for count in counts.values()), default=0)
    for (name, todo), count in sorted(counts.items(), key=lambda row: (-row[1], row[0][0], row[0][1] or "")):
        yield f"  {count:>{width}}  {plain(name)}" + (f": {todo}" if todo is not None else "")


def next_after_check(result: Result, where: Locations) -> Iterator[str]:
    """What to type after a check, beside what is said of the configuration."""
    counts = Counts.of(result.findings)
    if result.missing:
        return
    if counts.applicable(Applicability.SAFE):
        yield "Next: `kognitos-migrate fix --diff` shows what would change."
    elif counts.applicable(Applicability.ADAPT):
        yield "Next: `kognitos-migrate fix --adapt --diff` shows what adapting them would do."
    else:
        yield from explain_one(result.findings, where)


def explain_one(findings: Sequence[Finding], where: Locations) -> Iterator[str]:
    """How to learn more of a finding that stays."""
    first = next((one for one in findings if one.fix.applicability is Applicability.MANUAL), None)
    if first is not None:
        said = where.said(first.place.path, first.place.row, first.place.column).rpartition(":")[0]
        place = f"'{plain(said)}'" if " " in said else plain(said)
        yield f"Next: `kognitos-migrate explain {place}` tells what holds it back, and what unlocks a fix."

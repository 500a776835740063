"""The findings of a run without those that comments suppress."""

from collections.abc import Callable, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.finding import Finding, Result
from kognitos_migrate.findings.silences import Silences
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.syntax.logical import Statements, statements


def silenced(
    result: Result,
    texts: Mapping[str, str],
    rulebook: Rulebook,
    settings: Settings,
    read: Callable[[str], Statements] = statements,
) -> Result:
    """`result`, which is all that was found in `texts`, without what comments there suppress, and with what
    is to be said of these comments. `read` finds the comments of a text."""
    silences = Silences.of(texts, rulebook, settings.today, read)
    suppressed = silences.suppressed(result.findings)
    hidden = {one.finding for one in suppressed}
    complaints = list(silences.complaints(result.findings))

    def left(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        shown = [finding for finding in findings if finding not in hidden] if hidden else findings
        kept = [*shown, *complaints]
        return tuple(sorted(kept, key=lambda finding: (finding.place, finding.code)))

    return replace(
        result,
        findings=left(result.findings),
        remaining=left(result.remaining),
        suppressed=tuple(suppressed),
    )

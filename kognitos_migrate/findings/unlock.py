"""What unlocks the fix of a finding, as its reason and its kind of fix say."""

from kognitos_migrate.findings.finding import Applicability, Finding
from kognitos_migrate.findings.reasons import reason_of


def what_to_do(finding: Finding) -> str | None:
    """What unlocks a fix of a finding, or makes one needless, in a few words; None where its reason isn't
    listed."""
    reason = reason_of(finding.reason)
    if reason is None:
        return None
    return f"fix --adapt, or {reason.todo}" if _is_adaptable(finding) else reason.todo


def what_unlocks(finding: Finding) -> str | None:
    """The same in a sentence or two."""
    reason = reason_of(finding.reason)
    if reason is None:
        return None
    if not _is_adaptable(finding):
        return reason.unlocks
    return f"`kognitos-migrate fix --adapt` puts the reply back into its old shape. By hand: {reason.unlocks}"


def _is_adaptable(finding: Finding) -> bool:
    return finding.fix.applicability is Applicability.ADAPT

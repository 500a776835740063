"""What a fix would do, in pieces that can be taken or left each on its own."""

from collections.abc import Collection, Mapping, Sequence

from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.findings.classify import Planned
from kognitos_migrate.findings.finding import Applicability, Change, Finding, Result
from kognitos_migrate.findings.fingerprint import Fingerprint
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.run.changes import applies, changes_of, taken_back
from kognitos_migrate.run.pipeline import Survey
from kognitos_migrate.run.selfcheck import checked
from kognitos_migrate.source.span import Span
from kognitos_migrate.unions import Unions


class Proposal(Struct, frozen=True):
    """Conversations that are changed together: their findings, and what changes. `key` is what it is known by
    when the code is looked at again: no line is in it."""

    key: frozenset[str]
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    members: tuple[Planned, ...]


def proposals(
    survey: Survey, result: Result, level: Applicability, prints: Mapping[Finding, Fingerprint]
) -> list[Proposal]:
    """What fixing up to `level` consists of, in the order of place. `result` are the findings of the survey,
    `prints` their fingerprints."""
    numbers = {id(one.conversation): f"c{number}" for number, one in enumerate(survey.planned, 1)}
    planned = checked(survey.seen, survey.planned, level).planned
    found = []
    for group in _groups([one for one in planned if applies(one, level)]):
        names = {numbers[id(one.conversation)] for one in group}
        findings = tuple(finding for finding in result.findings if finding.conversation in names)
        changes = changes_of(survey.seen.scene, group, level).texts
        if findings and changes:
            key = frozenset(prints[finding].digest for finding in findings)
            found.append(Proposal(key, findings, tuple(changes), tuple(group)))
    return sorted(found, key=lambda one: one.findings[0].place)


def without(survey: Survey, skipped: Collection[Proposal]) -> Survey:
    """The survey with what is skipped left as it is."""
    left = {id(one.conversation) for proposal in skipped for one in proposal.members}
    planned = [
        taken_back(one, "skipped", "it was skipped") if id(one.conversation) in left else one
        for one in survey.planned
    ]
    return replace(survey, planned=planned)


def _groups(planned: Sequence[Planned]) -> list[list[Planned]]:
    """The conversations, those together that change the same text."""
    together = Unions(range(len(planned)))
    reach: tuple[str, int, int] | None = None
    for span, number in sorted((span, number) for number, one in enumerate(planned) for span in _spans(one)):
        if reach is not None and reach[0] == span.path and span.start < reach[1]:
            together.join(reach[2], number)
            reach = (span.path, max(reach[1], span.end), number)
        else:
            reach = (span.path, span.end, number)
    return [[planned[number] for number in group] for group in together.groups()]


def _spans(one: Planned) -> set[Span]:
    """The text that a plan changes, its insertions left out."""
    if not isinstance(one.outcome, Plan):
        return set()
    return {draft.span for draft in one.outcome.drafts if draft.span.start < draft.span.end}

"""The result of a fix, looked at again before it is given out: what would be wrong in it is taken back."""

from collections import Counter
from collections.abc import Iterable

from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.findings.classify import Planned, applicability
from kognitos_migrate.findings.finding import Applicability, Change
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.record import Struct
from kognitos_migrate.run.changes import Changes, applies, changes_of, taken_back
from kognitos_migrate.run.seen import Outline, Seen, outline

LEFT_BEHIND = (
    "the result would still call the old version; this is a bug of kognitos-migrate, please report it"
)


class Checked(Struct, frozen=True):
    """What may be given out: the plans that hold, the changed texts, and what is half-migrated in them."""

    planned: list[Planned]
    changes: list[Change]
    faults: tuple[Fault, ...]


def promised(seen: Seen, planned: list[Planned]) -> Checked:
    """The plans that a fix would carry out, at each level of fixes; no changes are given out.

    A level is checked only where some plan needs it, so that this costs nothing where nothing can be fixed.
    """
    for level in (Applicability.SAFE, Applicability.ADAPT):
        if any(_needs(one, level) for one in planned):
            planned = checked(seen, planned, level).planned
    return Checked(planned, [], seen.faults)


def _needs(one: Planned, level: Applicability) -> bool:
    """Whether a plan is carried out from this level on, and not below it."""
    return isinstance(one.outcome, Plan) and applicability(one.outcome) is level


def checked(seen: Seen, planned: list[Planned], level: Applicability) -> Checked:
    """The changes of the plans whose result shows nothing of the old version, and nothing that is
    half-migrated and was not so before. The others are taken back: those alone, where it can be told."""
    changes = changes_of(seen.scene, planned, level)
    while changes.texts:
        planned = changes.planned
        after = _again(seen, changes)
        if _left_behind(seen, planned, after, level):
            return Checked([taken_back(one, "bug", LEFT_BEHIND) for one in planned], [], seen.faults)
        added = _added(seen, after)
        if not added:
            return Checked(planned, changes.texts, after.faults)
        guilty = _guilty(seen, planned, level)
        message = _message(added[0])
        planned = [taken_back(one, "self-check", message) if one in guilty else one for one in planned]
        changes = changes_of(seen.scene, planned, level)
    return Checked(changes.planned, [], seen.faults)


def faults_by_place(faults: Iterable[Fault]) -> Counter[tuple[str, str, str]]:
    """Faults counted by what tells them apart in two versions of a text: code, file, message."""
    return Counter((fault.kind.code, fault.site.path, fault.message) for fault in faults)


def _again(seen: Seen, changes: Changes) -> Outline:
    """The changed program; to look for what is left behind, nobody has to know whose requests they are."""
    scene = seen.scene
    trees = {**scene.trees, **changes.trees}
    return outline(trees, scene.rules, scene.settings, scene.files.and_these(trees), scene.apart)


def _left_behind(seen: Seen, planned: list[Planned], after: Outline, level: Applicability) -> bool:
    """Whether the changed program still calls the old version where it was to be migrated."""
    accepted = {number for one in planned if applies(one, level) for number in one.conversation.requests}
    kept = {match.request.site for match in seen.every if match.paths and match.request.id not in accepted}
    return len({match.request.site for match in after.every if match.paths}) > len(kept)


def _added(seen: Seen, after: Outline) -> list[Fault]:
    """What is half-migrated in the result, and was not before."""
    more = faults_by_place(after.faults) - faults_by_place(seen.faults)
    return [fault for fault in after.faults if more[(fault.kind.code, fault.site.path, fault.message)]]


def _guilty(seen: Seen, planned: list[Planned], level: Applicability) -> list[Planned]:
    """The conversations whose own changes show it; all, where none does alone."""
    accepted = [one for one in planned if applies(one, level)]
    if len(accepted) == 1:
        return accepted
    alone = []
    for one in accepted:
        changes = changes_of(seen.scene, [one], level)
        if changes.texts and _added(seen, _again(seen, changes)):
            alone.append(one)
    return alone or accepted


def _message(fault: Fault) -> str:
    return (
        f"the result would be half-migrated ({fault.kind.code}: {fault.message}); this is a bug of "
        "kognitos-migrate, please report it"
    )

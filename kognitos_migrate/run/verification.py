"""Verifies the result of plans before it is released."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.findings.factories import PlannedConversation, applicability
from kognitos_migrate.findings.result import Applicability, Change
from kognitos_migrate.half_migrated.checks import calls_that_tests_reach
from kognitos_migrate.half_migrated.new_version_calls import HalfMigratedUse, NewVersionCalls
from kognitos_migrate.half_migrated.outdated_tests import OutdatedTest, tests_of_old_version
from kognitos_migrate.run.plans import PlannedChanges, is_applied, planned_changes, refuse, withdraw
from kognitos_migrate.run.program_analysis import AnalyzedProgram, ProgramOutline, outline_program
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.functions import qualified_name
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.validate.divergence import Comparison, Divergence

REPORT = "this is a bug of kognitos-migrate, please report it"
LEFT_BEHIND = f"the result would still call the old version; {REPORT}"

UNREAD = "write the response as a literal where the test passes it to the code"
"""The help text for a test whose data of the old version no edit reaches."""
UNSHOWN = "migrate this call by hand, and report the program as a bug"


class VerifiedChanges(Struct, frozen=True):
    """The verified plans, the changed texts, and the half-migrated uses in them."""

    planned: list[PlannedConversation]
    changes: list[Change]
    faults: tuple[HalfMigratedUse, ...]


def verifiable_plans(program: AnalyzedProgram, conversations: list[PlannedConversation]) -> VerifiedChanges:
    """The plans that pass verification at the level that applies them. No changes are returned.

    A level without plans is not verified.
    """
    for level in Applicability:
        if any(_is_lowest_level(planned, level) for planned in conversations):
            conversations = verify_changes(program, conversations, level).planned
    return VerifiedChanges(conversations, [], program.faults)


def _is_lowest_level(planned: PlannedConversation, level: Applicability) -> bool:
    """Whether `level` is the lowest level that applies the plan."""
    return isinstance(planned.outcome, Plan) and applicability(planned.outcome) is level


def verify_changes(
    program: AnalyzedProgram, conversations: list[PlannedConversation], level: Applicability
) -> VerifiedChanges:
    """The changes of the plans whose result passes verification.

    The result must not call the old version, behave differently, or contain a half-migrated use or a test
    of the old version that was not there before. The other plans are withdrawn. If the faulty ones can't be
    identified, all are.
    """
    changes = planned_changes(program.context, conversations, level)
    while any(is_applied(planned, level) for planned in changes.planned):
        conversations = changes.planned
        verdict = _verdict(program, changes, level)
        if verdict.calls_old_version:
            return VerifiedChanges(
                [withdraw(planned, "bug", LEFT_BEHIND) for planned in conversations], [], program.faults
            )
        if not (verdict.added or verdict.divergences or verdict.outdated):
            return VerifiedChanges(conversations, changes.texts, verdict.faults)
        if verdict.divergences:
            conversations = [_withdraw_divergent(planned, verdict.divergences) for planned in conversations]
            changes = planned_changes(program.context, conversations, level)
            continue
        conversations = (
            _withdraw_half_migrated(program, conversations, level, verdict.added[0])
            if verdict.added
            else _withdraw_outdating(program, conversations, level, verdict.outdated[0])
        )
        changes = planned_changes(program.context, conversations, level)
    return VerifiedChanges(changes.planned, [], program.faults)


def verify_offers(
    program: AnalyzedProgram, verified: VerifiedChanges, level: Applicability
) -> VerifiedChanges:
    """`verified`, without the plans that only a level above `level` applies and that fail its
    verification: a fix that is offered has to work."""
    conversations = verified.planned
    for higher in Applicability:
        if level.applies(higher) or not any(_is_lowest_level(planned, higher) for planned in conversations):
            continue
        offered = verify_changes(program, conversations, higher).planned
        conversations = [
            planned if is_applied(planned, level) else offer
            for planned, offer in zip(conversations, offered, strict=True)
        ]
    return replace(verified, planned=conversations)


class _OutdatedTest(Struct, frozen=True):
    """A test that expects the old version: its file, its name, and the names of the old version in it."""

    path: str
    name: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, program: ProgramFacts, test: OutdatedTest) -> "_OutdatedTest":
        """A test by its name, which is the same in original and result."""
        name = qualified_name(program.tree(test.site), program.node(test.site))
        return cls(test.site.path, name, tuple(dict.fromkeys(word.text for word in test.words)))

    def place_in(self, program: ProgramFacts) -> Site | None:
        """The definition of the test in a program; None if there is none."""
        tree = program.trees.get(self.path)
        for node in tree.of_kind(cst.FunctionDef) if tree is not None else ():
            if tree is not None and qualified_name(tree, node) == self.name:
                return tree.site(node)
        return None


class _Verdict(Struct, frozen=True):
    """The faults and divergences that the interpretation of a result shows."""

    calls_old_version: bool
    """Whether the result still calls the old version at a migrated request."""
    faults: tuple[HalfMigratedUse, ...]
    added: list[HalfMigratedUse]
    """The half-migrated uses that were not there before."""
    divergences: Mapping[int, Divergence]
    """The first divergence from the original, by request. Empty if anything else is wrong."""
    outdated: list["_OutdatedTest"]
    """The tests that expect the old version of the result, and not of the original. Empty if anything else
    is wrong."""


def _verdict(program: AnalyzedProgram, changes: PlannedChanges, level: Applicability) -> _Verdict:
    """The verdict on the changed program, which is interpreted. Its changed trees are freed."""
    after = _outline_result(program, changes)
    is_left_behind = _still_calls_old_version(program, changes.planned, after, level)
    added = _new_half_migrated_uses(program, after)
    divergence_by_request = (
        {} if is_left_behind or added else _first_divergences(program, changes, after, level)
    )
    is_wrong = is_left_behind or added or divergence_by_request
    outdated = _new_outdated_tests(program, after) if not is_wrong else []
    for tree in changes.trees.values():
        tree.forget()
    return _Verdict(is_left_behind, after.faults, added, divergence_by_request, outdated)


def faults_by_place(faults: Iterable[HalfMigratedUse]) -> Counter[tuple[str, str, str]]:
    """The number of faults by code, file and message, which identify a fault across edits."""
    return Counter((fault.kind.code, fault.site.path, fault.message) for fault in faults)


def _outline_result(program: AnalyzedProgram, changes: PlannedChanges) -> ProgramOutline:
    """The outline of the changed program. Evidence isn't needed to find remaining calls."""
    context = program.context
    trees = {**context.trees, **changes.trees}
    return outline_program(
        trees, context.rules, context.settings, context.files.with_paths(trees), context.surroundings
    )


def _still_calls_old_version(
    program: AnalyzedProgram,
    conversations: list[PlannedConversation],
    after: ProgramOutline,
    level: Applicability,
) -> bool:
    """Whether the changed program still calls the old version at a migrated request."""
    accepted = {
        number
        for planned in conversations
        if is_applied(planned, level)
        for number in planned.conversation.requests
    }
    old_sites = {
        match.request.site
        for match in program.old_layout_matches
        if match.paths and match.request.id not in accepted
    }
    return len({match.request.site for match in after.old_layout_matches if match.paths}) > len(old_sites)


def _new_half_migrated_uses(program: AnalyzedProgram, after: ProgramOutline) -> list[HalfMigratedUse]:
    """The half-migrated uses of the result that were not there before."""
    more = faults_by_place(after.faults) - faults_by_place(program.faults)
    return [fault for fault in after.faults if more[(fault.kind.code, fault.site.path, fault.message)]]


def _new_outdated_tests(program: AnalyzedProgram, after: ProgramOutline) -> list[_OutdatedTest]:
    """The tests that expect the old version of the result, and not of the original."""
    tests = _outdated_tests(after.context, after.calls, after.old_layout_matches)
    before = _outdated_tests(program.context, program.calls, program.matches) if tests else []
    names = {(test.path, test.name) for test in before}
    return [test for test in tests if (test.path, test.name) not in names]


def _outdated_tests(
    program: ProgramFacts, calls: NewVersionCalls, old_calls: Iterable[Match]
) -> list[_OutdatedTest]:
    """The tests of a program that expect the old version. Examples in docstrings are left to the planning."""
    tests = tests_of_old_version(program, calls_that_tests_reach(program, calls), old_calls)
    return [_OutdatedTest.of(program, test) for test in tests if test.site.path in program.facts.tests]


def _first_divergences(
    program: AnalyzedProgram, changes: PlannedChanges, after: ProgramOutline, level: Applicability
) -> Mapping[int, Divergence]:
    """The first divergence of the result from the original, by request."""
    from kognitos_migrate.validate.validation import divergences  # slow to import: only for plans

    accepted = [planned for planned in changes.planned if is_applied(planned, level)]
    migrated = [match for planned in accepted for match in planned.conversation.matches]
    edits = {change.path: change.edits for change in changes.texts}
    divergence_by_request: dict[int, Divergence] = {}
    for divergence in divergences(program.context, after.context, edits, migrated):
        if divergence.comparison is Comparison.DIFFERENT:
            divergence_by_request.setdefault(divergence.request, divergence)
    return divergence_by_request


def _withdraw_divergent(
    planned: PlannedConversation, divergence_by_request: Mapping[int, Divergence]
) -> PlannedConversation:
    """The conversation, withdrawn if one of its requests diverges."""
    own = [
        divergence_by_request[number]
        for number in sorted(planned.conversation.requests)
        if number in divergence_by_request
    ]
    if not own:
        return planned
    message = f"the result couldn't be proven equivalent: {own[0].message}"
    return _without_adapters(planned, message) or withdraw(
        planned, "not-validated", message, own[0].site, UNSHOWN
    )


def _without_adapters(planned: PlannedConversation, message: str) -> PlannedConversation | None:
    """The conversation with the refusal that its adapters avoid, and why they can't. None for a plan without
    adapters."""
    avoided = planned.outcome.avoided_refusal if isinstance(planned.outcome, Plan) else None
    return refuse(planned, avoided.without_adapters(message)) if avoided is not None else None


def _withdraw_half_migrated(
    program: AnalyzedProgram,
    conversations: list[PlannedConversation],
    level: Applicability,
    fault: HalfMigratedUse,
) -> list[PlannedConversation]:
    """The conversations, without the plans to blame for a half-migrated use."""
    guilty = _blamed_plans(
        program, conversations, level, lambda after: _new_half_migrated_uses(program, after)
    )
    message = f"the result would be half-migrated ({fault.kind.code}: {fault.message})"
    return [
        _without_adapters(planned, message) or withdraw(planned, "self-check", f"{message}; {REPORT}")
        if planned in guilty
        else planned
        for planned in conversations
    ]


def _withdraw_outdating(
    program: AnalyzedProgram,
    conversations: list[PlannedConversation],
    level: Applicability,
    test: _OutdatedTest,
) -> list[PlannedConversation]:
    """The conversations, without the plans after which a test would expect the old version."""
    guilty = _blamed_plans(program, conversations, level, lambda after: _new_outdated_tests(program, after))
    words = ", ".join(map(repr, test.words))
    message = f"after the change, this test would still expect the old version ({words})"
    place = test.place_in(program.context)
    return [
        withdraw(planned, "stub", message, place, UNREAD) if planned in guilty else planned
        for planned in conversations
    ]


def _blamed_plans(
    program: AnalyzedProgram,
    conversations: list[PlannedConversation],
    level: Applicability,
    faults_of: Callable[[ProgramOutline], Iterable[object]],
) -> list[PlannedConversation]:
    """The conversations whose changes alone have a fault. All of them if none does alone."""
    accepted = [planned for planned in conversations if is_applied(planned, level)]
    if len(accepted) == 1:
        return accepted
    alone = []
    for planned in accepted:
        changes = planned_changes(program.context, [planned], level)
        if changes.texts and any(True for _ in faults_of(_outline_result(program, changes))):
            alone.append(planned)
    return alone or accepted

"""Tests that distinguish requests by a value in the URL that the new URL lacks."""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.answers_in_turn import are_answered_in_turn
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.tree import Site


def require_distinct_urls(context: PlanContext, matches: Sequence[Match]) -> None:
    """Raises RefusalError if a test has stubs of an operation for several values of a slot that only the old
    path has, and their order doesn't keep them apart. Stubs that expect a body stay distinct, because the
    value is in the new body."""
    groups: dict[tuple[int, str], list[Match]] = {}
    for match in matches:
        if match.request.stub is None or match.request.value(Role.URL):
            test = outermost_frame(context.facts, match.request.frame)
            groups.setdefault((test, match.operation.id), []).append(match)
    for (_, operation), group in groups.items():
        stubs = [match for match in group if match.request.stub is not None]
        bodiless = [stub for stub in stubs if not stub.request.value(Role.JSON)]
        values = [_values(stub) for stub in bodiless]
        several = (stub for stub, own in zip(bodiless, values, strict=True) if own != values[0])
        other = next(several, None) or _repeated_stub(context, bodiless, group)
        of_operation = [match for match in matches if match.operation.id == operation]
        if other is not None and not are_answered_in_turn(context, group, of_operation):
            raise RefusalError(
                other.request.site,
                "stub",
                "another stub of the test gets the same URL in the new version",
                "let each stub expect a body, or stub one call in each test",
            )


def _repeated_stub(context: PlanContext, stubs: Sequence[Match], group: Sequence[Match]) -> Match | None:
    """A stub for several values in a loop that is not around all requests of its test; None if there is
    none."""
    loops = [_loops(context, match) for match in group if match.request.stub is None] or [set()]
    shared = set.intersection(*loops)
    return next((stub for stub in stubs if _may_vary(stub) and not _loops(context, stub) <= shared), None)


def _loops(context: PlanContext, match: Match) -> set[tuple[int, Site]]:
    """The loops, each with the frame, that may repeat a request or a stub."""
    return {
        (number, context.tree(site).site(loop))
        for site, number in context.calls(match.request)
        for loop in loops_around(context.tree(site), context.node(site))
    }


def require_no_lost_decision(expected: ExpectedBodies) -> None:
    """Raises RefusalError if a double decides by a URL with a value that only the old path has, and its test
    sends requests with another value, which get the same URL in the new version."""
    stub, facts = expected.stub, expected.context.facts
    tree, node = expected.context.tree(stub.request.site), expected.context.node(stub.request.site)
    match node:
        case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.NotEqual())]):
            decides = True
        case _:
            decides = isinstance(node, cst.Comparison) and tree.enclosing(node, cst.Assert) is None
    if not decides and not isinstance(tree.parent(node), cst.DictElement):
        return
    own = _values(stub)
    sent = [
        match
        for match in expected.sent
        if facts.frames[outermost_frame(facts, match.request.frame)].path in facts.tests
    ]
    if own and any(not _values(match) <= own for match in sent):
        raise expected.refusal(
            stub.request.site, "the test decides by a part of the URL that the new URL lacks"
        )


def _may_vary(stub: Match) -> bool:
    """Whether a stub may have several values of these slots."""
    values = _values(stub)
    slots = {slot for slot, _ in values}
    return len(values) != len(slots) or any(text is None for _, text in values)


def _values(stub: Match) -> frozenset[tuple[str, str | None]]:
    """The values of the slots that only the old path has. The text of an unknown one is None."""
    new_slots = {part.slot for part in stub.operation.new.path}
    slots = [part.slot for part in stub.operation.old.path if part.slot and part.slot not in new_slots]
    return frozenset((slot, key) for slot in slots for key in stub.keys(slot))

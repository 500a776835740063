"""Tests that distinguish requests by a value in the URL that the new URL lacks."""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.rulebook.model import Role


def require_distinct_urls(context: PlanContext, stubs: Sequence[Match]) -> None:
    """Raises RefusalError if a test has stubs of an operation for several values of a slot that only the old
    path has. Libraries choose between stubs with equal URLs by their order. Stubs that expect a body stay
    distinct, because the value is in the new body."""
    first: dict[tuple[int, str], Match] = {}
    for stub in stubs:
        if not stub.request.value(Role.URL) or stub.request.value(Role.JSON):
            continue
        test = outermost_frame(context.facts, stub.request.frame)
        other = first.setdefault((test, stub.operation.id), stub)
        if _values_only_in_old_path(stub) != _values_only_in_old_path(other):
            raise RefusalError(
                stub.request.site,
                "stub",
                "another stub of the test gets the same URL in the new version",
                "let each stub expect a body, or stub one call in each test",
            )


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
    own = _values_only_in_old_path(stub)
    sent = [
        match
        for match in expected.sent
        if facts.frames[outermost_frame(facts, match.request.frame)].path in facts.tests
    ]
    if own and any(not _values_only_in_old_path(match) <= own for match in sent):
        raise expected.refusal(
            stub.request.site, "the test decides by a part of the URL that the new URL lacks"
        )


def _values_only_in_old_path(stub: Match) -> frozenset[tuple[str, str | None]]:
    """The values of the slots that only the old path has."""
    new_slots = {part.slot for part in stub.operation.new.path}
    slots = [part.slot for part in stub.operation.old.path if part.slot and part.slot not in new_slots]
    return frozenset((slot, key) for slot in slots for key in stub.keys(slot))

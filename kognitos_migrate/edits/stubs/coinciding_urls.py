"""Tests that distinguish requests by a value in the URL that the new URL lacks."""

import re
from collections.abc import Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.edits.config_table_keys import row_of, table_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.imports import module_name_at
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.structural_edits import insert_argument
from kognitos_migrate.edits.stubs.answers_in_turn import are_answered_in_turn, is_of_test
from kognitos_migrate.edits.stubs.asserted_parameters import is_asserted_equality
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_keys import own_field
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.shapes import last_name
from kognitos_migrate.syntax.tree import Site


def coinciding_stubs(context: PlanContext, matches: Sequence[Match]) -> Mapping[int, Sequence[Match]]:
    """The stubs of a test for an operation with several values of a slot that only the old path has, by the
    id of each of them that expects no body. Stubs whose order keeps them apart are left out.

    Stubs that a module's fixtures and set-up methods make count for each of its tests."""
    groups: dict[tuple[int, str], list[Match]] = {}
    prepared: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        site = match.request.site
        is_assertion = is_asserted_equality(context.tree(site), context.node(site))
        if match.request.stub is None or (match.request.value(Role.URL) and not is_assertion):
            test = outermost_frame(context.facts, match.request.frame)
            groups.setdefault((test, match.operation.id), []).append(match)
            if match.request.stub is not None and not is_of_test(context, test):
                path = context.facts.frames[test].path
                prepared.setdefault((path, match.operation.id), []).append(match)
    coinciding: dict[int, list[Match]] = {}
    for (test, operation), own in groups.items():
        path = context.facts.frames[test].path
        group = [*own, *(prepared.get((path, operation), ()) if is_of_test(context, test) else ())]
        stubs = [match for match in group if match.request.stub is not None]
        bodiless = [stub for stub in stubs if not stub.request.value(Role.JSON)]
        is_several = bool(bodiless) and len({_values(stub) for stub in stubs}) > 1
        is_repeated = _is_repeated(context, bodiless, group)
        of_operation = [match for match in matches if match.operation.id == operation]
        if (is_several or is_repeated) and not are_answered_in_turn(context, group, of_operation):
            for stub in bodiless:
                coinciding.setdefault(stub.request.id, []).extend(stubs)
    return coinciding


def limit_to_key(expected: ExpectedBodies, group: Sequence[Match]) -> PendingEdit:
    """The pending edit that limits a stub to requests with its key, which is in the new body: one of several
    stubs with the same new URL. Raises RefusalError if the library has no such argument, or if the key isn't
    known, or the field of the body has the same value for another one."""
    stub = expected.stub
    matcher = _body_matcher(expected, group)
    if matcher is None:
        raise RefusalError(
            stub.request.site,
            "stub",
            "another stub of the test gets the same URL in the new version",
            "let each stub expect a body, or stub one call in each test",
        )
    expected.context.state.compared_rows.add(stub.request.frame)
    return insert_argument(expected.context, stub.request.site, (matcher,))


def _body_matcher(expected: ExpectedBodies, group: Sequence[Match]) -> str | None:
    """The argument that limits a stub to requests with its key; None if there is none."""
    context, request, member = expected.context, expected.stub.request, own_field(expected)
    tree, call = context.tree(request.site), context.node(request.site)
    assert request.stub is not None
    mock = next(mock for mock in context.rules.mocks if mock.id == request.stub.mock)
    narrowing = mock.narrowing
    if member is None or narrowing is None or not isinstance(call, cst.Call):
        return None
    table, rows = table_of(context, expected.stub, member), {}
    same_place = [stub for stub in expected.stubs if stub.request.site == request.site]
    for stub in {each.request.id: each for each in (*group, *same_place)}.values():
        keys = stub.keys(member.slot)
        if len(keys) != 1 or keys[0] is None:
            return None
        rows[keys[0]] = row_of(context, table, keys[0])[member.field or ""]
    keywords = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    library = module_name_at(tree, mock.id, call)
    argument = narrowing.argument.replace("FIELD", member.name)
    is_free = argument not in keywords and not any(argument.star for argument in call.args)
    is_one = len({stub.keys(member.slot)[0] for stub in same_place}) == 1
    is_known = is_free and is_one and len({*rows.values()}) == len(rows)
    if not is_known or last_name(call.func) not in narrowing.functions:
        return None
    if "MODULE" in narrowing.value and library is None:
        return None
    key = expected.stub.keys(member.slot)[0] or ""
    field, value = string_literal(member.name), string_literal(rows[key])
    words = {"FIELD": field, "VALUE": value, "MODULE": library or ""}
    source = re.sub("|".join(words), lambda word: words[word.group()], narrowing.value)
    return f"{argument}={source}"


def _is_repeated(context: PlanContext, stubs: Sequence[Match], group: Sequence[Match]) -> bool:
    """Whether a stub for several values is in a loop that is not around all requests of its test."""
    loops = [_loops(context, match) for match in group if match.request.stub is None] or [set()]
    shared = set.intersection(*loops)
    return any(_may_vary(stub) and not _loops(context, stub) <= shared for stub in stubs)


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

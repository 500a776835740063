"""Tests of a body that decide whether a request gets one: `json.dumps(body) if body else None`."""

from collections.abc import Iterator, Sequence
from enum import Enum

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.body_observers import may_be_false, may_be_none, other_reads_of_name
from kognitos_migrate.edits.body.path_conditions import unshared_conditions
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.side_effects import acts_or_raises
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.shapes import is_none, string_value
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Operand, Prepared
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Json, MemberRef, Ref, Text
from kognitos_migrate.values.texts import known_text

_BODY_HEADERS = ("content-type", "content-length")


class PresenceTest(Enum):
    """A test whether there is a body."""

    NONE = "None means no body"
    TRUTH = "a false value means no body"


def presence_test(context: PlanContext, operands: Sequence[Operand]) -> PresenceTest | None:
    """The weakest test for a body in the functions that pass it on; None if there is no test."""
    tests = {
        PresenceTest.NONE
        if isinstance(tree.parent(other), cst.Comparison | cst.ComparisonTarget)
        else PresenceTest.TRUTH
        for operand in operands
        for tree in (context.tree(operand.site),)
        for other in other_reads_of_name(tree, tree.node(operand.site))
        if test_around(tree, other) is not None
    }
    return next((test for test in (PresenceTest.TRUTH, PresenceTest.NONE) if test in tests), None)


def body_operands(match: Match) -> list[Operand]:
    """The arguments that may supply the body: JSON, or data."""
    data = (operand for operand in match.request.value(Role.DATA) if operand.value != NONE)
    return [*match.request.value(Role.JSON), *data]


def body_may_be_missing(context: PlanContext, match: Match) -> bool:
    """Whether the dict of keyword arguments may lack the body.

    A body that only a test of itself leaves out is expected to be there: `if facts is not None:
    options["json"] = facts`.
    """
    if match.request.optional.isdisjoint((Role.JSON, Role.DATA)):
        return False
    operands = body_operands(match)
    return not operands or not all(_is_sent_if_present(context, match, operand) for operand in operands)


def _is_sent_if_present(context: PlanContext, match: Match, operand: Operand) -> bool:
    """Whether nothing decides that a body is sent but tests of its variable for None or for truth."""
    tree, request = context.tree(operand.site), match.request
    tests = [test_around(tree, other) for other in other_reads_of_name(tree, tree.node(operand.site))]
    own = {tree.site(test.test) for test in tests if isinstance(test, cst.If)}
    sent = Operand(operand.value, request.site, request.frame)
    conditions = unshared_conditions(context, operand, sent)
    return bool(conditions) and all(condition.site in own for condition in conditions)


def decides_method(context: PlanContext, match: Match, operand: Operand) -> bool:
    """Whether a request has another method without the body, and the body may be missing by a test."""
    if len(set(alternatives(match.request.method))) < 2:
        return False
    match presence_test(context, [operand]):
        case PresenceTest.NONE:
            return may_be_none(operand.value)
        case PresenceTest.TRUTH:
            return may_be_false(context, operand.value)
    return False


def may_be_skipped(context: PlanContext, operand: Operand) -> bool:
    """Whether a body is in the branch of an `if` that tests it, and may fail the test: the request is sent
    without it then."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    for other in other_reads_of_name(tree, node):
        test = test_around(tree, other)
        if isinstance(test, cst.If) and any(ancestor is test for ancestor in tree.ancestors(node)):
            is_for_none = isinstance(tree.parent(other), cst.Comparison | cst.ComparisonTarget)
            return may_be_none(operand.value) if is_for_none else may_be_false(context, operand.value)
    return False


def test_around(tree: Tree, tested: cst.CSTNode) -> cst.CSTNode | None:
    """The `if`, conditional expression or `and` that tests an expression for None or for truth; None if there
    is no such test."""
    test = tested
    for parent in tree.ancestors(tested):
        match parent:
            case cst.ComparisonTarget():
                continue
            case cst.Comparison() if test is tested and tests_for_none(parent):
                test = parent
            case cst.UnaryOperation(cst.Not()):
                test = parent
            case cst.If(decision) | cst.IfExp(decision) | cst.BooleanOperation(decision, cst.And()):
                return parent if decision is test else None
            case _:
                return None
    return None


def tests_for_none(comparison: cst.CSTNode | None) -> bool:
    """Whether a comparison has two operands, and one is the literal None."""
    match comparison:
        case cst.Comparison(
            left, [cst.ComparisonTarget(cst.Is() | cst.IsNot() | cst.Equal() | cst.NotEqual(), right)]
        ):
            return is_none(left) or is_none(right)
    return False


def decides_only_body(context: PlanContext, tested: Site, visited: frozenset[Site] = frozenset()) -> bool:
    """Whether a test of an expression for None or for truth decides nothing but the body of a request, and
    the headers that describe it. The request is sent either way."""
    tree = context.tree(tested)
    match test_around(tree, tree.node(tested)):
        case cst.IfExp() | cst.BooleanOperation() as choice:
            return _is_body_or_none(context, tree.site(choice), visited | {tested})
        case cst.If(body=body, orelse=orelse):
            blocks = [body, *([orelse.body] if isinstance(orelse, cst.Else) else [])]
            return not isinstance(orelse, cst.If) and all(
                _is_request_part(context, tree, statement, visited | {tested})
                for block in blocks
                for statement in _small_statements(block)
            )
    return False


def _small_statements(block: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    """The statements of a block, and each of those that share a line."""
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def _is_body_or_none(context: PlanContext, site: Site, visited: frozenset[Site]) -> bool:
    """Whether an expression is the JSON text of a body or no body, and each test of the text for its presence
    decides nothing else, too."""
    choices = context.alternatives_at(site)
    texts = {choice for choice in choices if isinstance(choice, Json)}
    if not all(choice in texts or choice == NONE or _is_empty_text(choice) for choice in choices):
        return False
    kinds = (UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH)
    tests = {
        use.operand or use.site for use in context.facts.uses if use.kind in kinds and use.value in texts
    }
    return all(decides_only_body(context, test, visited | tests) for test in tests - visited)


def _is_empty_text(value: object) -> bool:
    return isinstance(value, Text) and known_text(value) == ""


def _is_request_part(
    context: PlanContext, tree: Tree, statement: cst.CSTNode, visited: frozenset[Site]
) -> bool:
    """Whether a statement only assigns the body, or sets a header that describes it."""
    match statement:
        case cst.Pass():
            return True
        case cst.Assign(
            [cst.AssignTarget(cst.Subscript(options, [cst.SubscriptElement(cst.Index(key))]))], value
        ) if _is_body(context, tree.site(value)):
            return _is_only_sent(context, tree.site(options), string_value(key))
        case cst.Expr(
            cst.Call(cst.Attribute(options, cst.Name("update")), [cst.Arg(value, cst.Name(keyword))])
        ):
            is_body = _is_body(context, tree.site(value))
            return is_body and _is_only_sent(context, tree.site(options), keyword)
        case cst.Assign([cst.AssignTarget(cst.Subscript(_, [cst.SubscriptElement(cst.Index(name))]))], value):
            return _is_body_header(name) and not acts_or_raises(context, tree.site(value))
        case cst.Assign([cst.AssignTarget(cst.Attribute() | cst.Name())], value):
            return _is_body_or_none(context, tree.site(value), visited)
        case cst.Expr(cst.Call(callee, [cst.Arg(name), cst.Arg(value)])):
            is_free = _is_body_header(name) and not acts_or_raises(context, tree.site(value))
            return is_free and all(
                isinstance(choice, MemberRef)
                and isinstance(choice.receiver, Ref)
                and isinstance(context.facts.heap[choice.receiver], Prepared)
                for choice in context.alternatives_at(tree.site(callee))
            )
    return False


def _is_body(context: PlanContext, site: Site) -> bool:
    """Whether an expression is the body of a request."""
    return any(operand.site == site for match in context.matches.values() for operand in body_operands(match))


_SENDING = (AccessKind.FLOW, AccessKind.SEND, AccessKind.WRITE)
"""Accesses that don't read an entry for the program."""


def _is_only_sent(context: PlanContext, options: Site, key: str | None) -> bool:
    """Whether the program doesn't read the entry of a key in a dict of keyword arguments."""
    choices = context.alternatives_at(options)
    return bool(key and choices) and all(
        isinstance(choice, Ref)
        and isinstance(context.facts.heap[choice], DictObject)
        and all(
            access.kind in _SENDING or (access.kind is AccessKind.READ and access.key not in (None, key))
            for accesses in context.facts.accesses.get(choice, {}).values()
            for access in accesses
        )
        for choice in choices
    )


def _is_body_header(name: cst.BaseExpression) -> bool:
    return (string_value(name) or "").lower() in _BODY_HEADERS

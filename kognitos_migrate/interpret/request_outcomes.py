"""Tests of a reply's status, which prove the success or the failure of its request.

if reply.status_code >= 400:
    raise Failed
reply.json()    # the request has succeeded
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from operator import eq, ge, gt, le, lt, ne
from typing import TypeAlias

import libcst as cst

from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import NARROWED, Activation
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Const, Narrowings, Reply, Symbol, Value

STATUS = "the status of the request"
"""The reserved field for the statuses that a reply may have. No field has such a name in JSON."""
SUCCESSES = frozenset(
    status.value for status in HTTPStatus if HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST
)
FAILURES = frozenset(status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
Outcomes: TypeAlias = Mapping[str, frozenset[int]]
_ORDERS: Mapping[type[cst.BaseCompOp], Callable[[int, int], bool]] = {
    cst.Equal: eq,
    cst.NotEqual: ne,
    cst.LessThan: lt,
    cst.LessThanEqual: le,
    cst.GreaterThan: gt,
    cst.GreaterThanEqual: ge,
}


def status_of(value: Symbol) -> int | None:
    """The number of `HTTPStatus.OK` or `codes.ok`; None for other symbols."""
    owner, _, name = value.name.rpartition(".")
    if not owner.endswith(("HTTPStatus", "codes", "status")):
        return None
    return HTTPStatus[name.upper()].value if name.upper() in HTTPStatus.__members__ else None


def possible_statuses(facts: Facts, act: Activation, test: cst.CSTNode, *, outcome: bool) -> Outcomes:
    """By variable with a reply: the statuses that it may have if a test has this outcome."""
    if isinstance(test, cst.Comparison):
        return _outcome_by_comparison(facts, act, test, outcome=outcome)
    name = _owner(act, test)
    if name is None:
        return {}
    value = _value(facts, act, test)
    if _is_part(value, View.OK):
        return {name: SUCCESSES if outcome else FAILURES}
    if _is_part(value, View.FAILED) and outcome:
        return {name: FAILURES}
    return {}


def matched_statuses(
    facts: Facts, act: Activation, subject: cst.CSTNode, literals: Sequence[cst.CSTNode]
) -> Outcomes:
    """By variable with a reply: the statuses that it may have if one of these literals matches its status."""
    name = owner_of_status(facts, act, subject)
    numbers = [_known_numbers(facts, _value(facts, act, literal)) for literal in literals]
    return {name: frozenset[int]().union(*numbers)} if name is not None and numbers and all(numbers) else {}


def _outcome_by_comparison(facts: Facts, act: Activation, test: cst.Comparison, *, outcome: bool) -> Outcomes:
    outcomes: dict[str, frozenset[int]] = {}
    if not outcome and len(test.comparisons) > 1:
        return outcomes  # any of them may be false
    left = test.left
    for target in test.comparisons:
        right, operator = target.comparator, target.operator
        name = owner_of_status(facts, act, left)
        if name is None:
            name, left, right, operator = (
                owner_of_status(facts, act, right),
                right,
                left,
                _mirror_operator(operator),
            )
        if name is not None:
            statuses = _statuses_with_outcome(facts, _value(facts, act, right), operator, outcome=outcome)
            outcomes[name] = outcomes.get(name, SUCCESSES | FAILURES) & statuses
        left = target.comparator
    return outcomes


def _statuses_with_outcome(
    facts: Facts, value: Value, operator: cst.BaseCompOp, *, outcome: bool
) -> frozenset[int]:
    """The statuses for which a comparison with a value may have this outcome."""
    every, numbers = SUCCESSES | FAILURES, _known_numbers(facts, value)
    if isinstance(operator, cst.In | cst.NotIn) and numbers:
        if isinstance(operator, cst.In) is outcome:
            return every & numbers
        return every - numbers if _has_known_length(facts, value) else every
    compare = _ORDERS.get(type(operator))
    if compare is None or not numbers:
        return every
    return frozenset(
        status for status in every if any(compare(status, number) is outcome for number in numbers)
    )


def _has_known_length(facts: Facts, value: Value) -> bool:
    """Whether a value is a list of known length."""
    heap_object = facts.heap.get(value)
    return isinstance(heap_object, SequenceObject) and heap_object.rest is NEVER


def _mirror_operator(operator: cst.BaseCompOp) -> cst.BaseCompOp:
    match operator:
        case cst.LessThan():
            return cst.GreaterThan()
        case cst.LessThanEqual():
            return cst.GreaterThanEqual()
        case cst.GreaterThan():
            return cst.LessThan()
        case cst.GreaterThanEqual():
            return cst.LessThanEqual()
        case cst.In() | cst.NotIn():
            return cst.Is()  # a status contains nothing
        case _:
            return operator


def _known_numbers(facts: Facts, value: Value) -> frozenset[int]:
    """The numbers that a value may be, or that its elements may be; empty unless all are known."""
    numbers: set[int] = set()
    for choice in facts.heap.flat_alternatives(value):
        if isinstance(choice, Const) and isinstance(choice.value, int):
            numbers.add(choice.value)
        elif isinstance(choice, Symbol) and (status := status_of(choice)) is not None:
            numbers.add(status)
        else:
            return frozenset()
    return frozenset(numbers)


def owner_of_status(facts: Facts, act: Activation, node: cst.CSTNode) -> str | None:
    """The variable with the reply whose status an expression reads; None for other expressions."""
    return _owner(act, node) if _is_part(_value(facts, act, node), View.STATUS) else None


def _owner(act: Activation, node: cst.CSTNode) -> str | None:
    """The variable with the reply from which an expression, or the variable that it names, was read."""
    if isinstance(node, cst.Attribute):
        return node.value.value if isinstance(node.value, cst.Name) else None
    state = act.env.get(NARROWED)
    if not isinstance(node, cst.Name) or not isinstance(state, Narrowings):
        return None
    sources = (source for source in state.sources if source.field == STATUS and not source.others)
    return next((source.owner for source in sources if source.name == node.value), None)


def whole_reply_in(facts: Facts, act: Activation, node: cst.CSTNode) -> str | None:
    """The variable with the reply that an expression reads a position of; None unless it is the only one."""
    choices = list(alternatives(_value(facts, act, node)))
    if not choices or not all(isinstance(choice, Reply) and choice.path for choice in choices):
        return None
    names = {
        part.value
        for part in act.tree.descendants_of_kind(node, cst.Name)
        if part.value not in act.outer and _is_whole_reply(_value(facts, act, part))
    }
    return names.pop() if len(names) == 1 else None


def _is_whole_reply(value: Value) -> bool:
    choices = list(alternatives(value))
    return bool(choices) and all(isinstance(choice, Reply) and not choice.path for choice in choices)


def _is_part(value: Value, view: View) -> bool:
    choices = list(alternatives(value))
    return bool(choices) and all(isinstance(choice, Reply) and choice.path == (view,) for choice in choices)


def _value(facts: Facts, act: Activation, node: cst.CSTNode) -> Value:
    return facts.values.get((act.site(node), act.frame.id), UNKNOWN)

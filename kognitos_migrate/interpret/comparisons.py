"""Comparisons of values: `==`, `in`, `is` and others, and what each side is compared with."""

from collections.abc import Iterator
from itertools import product

import libcst as cst

from kognitos_migrate.interpret.branches import is_none
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.comparison_methods import compare_by_methods
from kognitos_migrate.interpret.containers import surely_lacks_key
from kognitos_migrate.interpret.exclusions import comparison_outcome
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of, elements_of, known_elements
from kognitos_migrate.interpret.mocking import recorded_calls, request_assertions
from kognitos_migrate.interpret.mocking.asserted_calls import note_expected_calls
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import ORDERED, SEARCHED
from kognitos_migrate.values.heap import Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Const,
    Json,
    Ref,
    Reply,
    Text,
    Value,
)
from kognitos_migrate.values.texts import known_text


def comparison(interpreter: Interpreter, act: Activation, node: cst.Comparison) -> Value:
    """The value of a comparison: `==`, `in`, `is` and others."""
    left = interpreter.operand(act, node.left)
    outcomes: list[bool | None] = []
    for target in node.comparisons:
        right = interpreter.operand(act, target.comparator)
        operator = target.operator
        if isinstance(operator, (cst.Is, cst.IsNot)):
            positive = isinstance(operator, cst.Is)
            for operand, other in ((left, right), (right, left)):
                if other.value == NONE:
                    interpreter.note_use(UseKind.NONE, operand.value, act, node, operand.site)
                else:
                    interpreter.note_access(AccessKind.FLOW, operand.value, operand.site, act.site(node))
                    replies = (choice for choice in alternatives(operand.value) if isinstance(choice, Reply))
                    interpreter.note_use(
                        UseKind.IDENTITY, join(*replies), act, node, operand.site, other.value
                    )
            if right.value == NONE:
                outcome = is_none(left.value)
                outcomes.append(outcome if outcome is None or positive else not outcome)
            else:
                outcomes.append(comparison_outcome(interpreter, operator, left.value, right.value))
        elif isinstance(operator, cst.In | cst.NotIn):
            note_membership(interpreter, act, node, left, right, type(operator).__name__)
            outcomes.append(
                isinstance(operator, cst.NotIn)
                if surely_lacks_key(interpreter, right.value, left.value)
                else comparison_outcome(interpreter, operator, left.value, right.value)
            )
        else:
            note_comparison(interpreter, act, node, left, right, type(operator).__name__)
            outcomes.append(comparison_outcome(interpreter, operator, left.value, right.value))
        left = right
    if all(outcome is True for outcome in outcomes):
        return Const(value=True)
    if any(outcome is False for outcome in outcomes):
        return Const(value=False)
    return UNKNOWN


def note_membership(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, left: Operand, right: Operand, operator: str
) -> None:
    """Record a membership test; `operator` is the class name of the operator, such as NotIn."""
    if interpreter.notes.stubs and note_expected_calls(interpreter, left.value, right.value):
        return
    interpreter.note_access(
        AccessKind.CONTAINS, right.value, right.site, act.site(node), known_text(left.value)
    )
    for choice in alternatives(right.value):
        if isinstance(choice, Ref) and interpreter.notes.stubs:
            member = Operand(element_of(interpreter, choice), right.site, right.frame)
            if request_assertions.note_request_assertion(EvalPoint(interpreter, act, node), left, member):
                return
        if isinstance(choice, Ref):
            special_methods.call_special_method(
                interpreter, choice, "__contains__", left, point=EvalPoint(interpreter, act, node)
            )
        if isinstance(choice, Reply):
            searched = recorded_calls.searched_position(interpreter, choice, left.value)
            interpreter.note_use(UseKind.CONTAINS, searched, act, node, right.site, left.value)
        elif isinstance(choice, Text | Json):
            interpreter.note_use(UseKind.METHOD, choice, act, node, right.site, detail=SEARCHED)
    members = right._replace(value=elements_of(interpreter, right.value))
    if interpreter.heap.objects_of(left.value) and compare_by_methods(
        EvalPoint(interpreter, act, node), left, members, "Equal"
    ):
        return
    interpreter.note_use(UseKind.COMPARE, left.value, act, node, left.site, right.value, operator)
    is_tracked = interpreter.tracked(left.value) and not recorded_calls.is_received_url(
        interpreter, right.value
    )
    element = (
        element_of(interpreter, right.value)
        if is_tracked or interpreter.heap.objects_of(right.value)
        else NEVER
    )
    if is_tracked or any(isinstance(choice, Reply) for choice in alternatives(element)):
        interpreter.note_use(UseKind.COMPARE, element, act, node, right.site, left.value, operator)


def note_comparison(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, left: Operand, right: Operand, operator: str
) -> None:
    """Record a comparison; `operator` is the class name of the operator, such as NotEqual."""
    point = EvalPoint(interpreter, act, node)
    sides = (left.value, right.value)
    is_assertion = operator == "Equal" or (
        operator == "NotEqual" and any(recorded_calls.is_received_url(interpreter, side) for side in sides)
    )
    if (
        is_assertion
        and interpreter.notes.stubs
        and request_assertions.note_request_assertion(point, left, right)
    ):
        return
    is_equality = operator in ("Equal", "NotEqual")
    pairs = list(_compared_values(interpreter, *sides)) if is_equality else [sides]
    for side in (left, right) if pairs != [sides] else ():
        interpreter.note_access(AccessKind.WHOLE, side.value, side.site, act.site(node))
    for first, second in pairs:
        if compare_by_methods(point, left._replace(value=first), right._replace(value=second), operator):
            continue
        if NONE in (first, second):
            interpreter.note_use(UseKind.NONE, first, act, node, left.site)
            interpreter.note_use(UseKind.NONE, second, act, node, right.site)
        else:
            interpreter.note_use(UseKind.COMPARE, first, act, node, left.site, second, operator)
            interpreter.note_use(UseKind.COMPARE, second, act, node, right.site, first, operator)
    for side in (left, right) if not is_equality else ():
        texts = join(*(choice for choice in alternatives(side.value) if isinstance(choice, Text)))
        interpreter.note_use(UseKind.METHOD, texts, act, node, side.site, detail=ORDERED)


def _compared_values(interpreter: Interpreter, left: Value, right: Value) -> Iterator[tuple[Value, Value]]:
    """The values that `==` compares: those of tuples, or of lists, of the same length element by element."""
    pending, compared = [(left, right)], dict[tuple[Value, Value], None]()
    while pending:
        sides = pending.pop(0)
        if sides in compared:
            continue
        compared[sides] = None
        parts = _compared_parts(interpreter, *sides)
        if parts:
            pending += parts
        else:
            yield sides


def _compared_parts(interpreter: Interpreter, left: Value, right: Value) -> list[tuple[Value, Value]]:
    """The elements that are compared with each other, if each side can only be a tuple or a list of known
    elements."""
    parts: list[tuple[Value, Value]] = []
    for first, second in product(alternatives(left), alternatives(right)):
        elements = [
            known_elements(interpreter, side) if _is_ordered(interpreter, side) else []
            for side in (first, second)
        ]
        if not all(elements):
            return []
        if len(elements[0]) == len(elements[1]):  # others are never equal
            parts += zip(*elements, strict=True)
    return parts


def _is_ordered(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a tuple or a list that is displayed in the program, or an instance."""
    content = interpreter.heap.get(value)
    if not isinstance(content, SequenceObject):
        return isinstance(content, Instance)
    display = interpreter.trees[content.site.path].node(content.site)
    return isinstance(display, cst.Tuple | cst.List)

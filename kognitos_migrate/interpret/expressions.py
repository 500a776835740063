"""Transfer functions of the other expressions: names, comparisons, operators, lambdas, `await`, `yield`."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.branches import (
    TestedExpression,
    is_none,
    merge_environments,
    note_truth_test,
)
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.enums import truth_of
from kognitos_migrate.interpret.classes.generic_types import GENERICS, bind_generic
from kognitos_migrate.interpret.conditions import condition, settable_value
from kognitos_migrate.interpret.containers import item_of, surely_lacks_key
from kognitos_migrate.interpret.displays import key_of
from kognitos_migrate.interpret.exclusions import comparison_outcome, remove_excluded
from kognitos_migrate.interpret.field_tests import narrow, note_binding
from kognitos_migrate.interpret.function_definitions import note_defaults
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.mocking import recorded_calls, request_assertions
from kognitos_migrate.interpret.mocking.asserted_calls import note_expected_calls
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.narrowing import note_name
from kognitos_migrate.interpret.public_surface import note_result
from kognitos_migrate.interpret.slices import rest_behind_prefix, slice_of
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import NARROWED, Activation
from kognitos_migrate.interpret.state.use_details import ORDERED, SEARCHED
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.settable_names import reads_settable
from kognitos_migrate.syntax.shapes import literal_number
from kognitos_migrate.values.heap import (
    DictObject,
    Iterated,
    Operand,
    SequenceObject,
    Task,
    partial_target,
)
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    NUMBER,
    UNKNOWN,
    Class,
    Const,
    Function,
    Json,
    Ref,
    Reply,
    Symbol,
    Text,
    Value,
)
from kognitos_migrate.values.texts import known_text

_MOST_NESTED = 6
"""The depth of sequences in sequences whose elements are compared one by one: a list may contain itself."""
_CONSTANTS = {"True": Const(value=True), "False": Const(value=False), "None": NONE}


def name(interpreter: Interpreter, act: Activation, node: cst.Name) -> Value:
    """The value of a variable."""
    spelled = node.value
    if NARROWED in act.env or interpreter.facts.narrowed:
        note_name(interpreter.facts, act, node)
    if spelled in _CONSTANTS:
        return _CONSTANTS[spelled]
    return settable_value(interpreter, act, node, lookup(interpreter, act, spelled))


def attribute(interpreter: Interpreter, act: Activation, node: cst.Attribute) -> Value:
    """The value of `value.attr`."""
    value = interpreter.evaluate(act, node.value)
    for choice in alternatives(value):
        heap_object = interpreter.heap.get(choice)
        if partial_target(heap_object) is not None:
            interpreter.note_access(AccessKind.WHOLE, choice, act.site(node.value), act.site(node))
        elif isinstance(choice, Ref) and not isinstance(heap_object, DictObject | SequenceObject):
            interpreter.note_access(AccessKind.FLOW, choice, act.site(node.value), act.site(node))
    parts = [interpreter.attribute(act, node, choice, node.attr.value) for choice in alternatives(value)]
    return settable_value(interpreter, act, node, join(*parts))


def subscript(interpreter: Interpreter, act: Activation, node: cst.Subscript) -> Value:
    """The value of `value[key]`."""
    container = interpreter.operand(act, node.value)
    owners = list(alternatives(container.value))
    if isinstance(container.value, Symbol) and container.value.name in GENERICS:
        return bind_generic(interpreter, act, node, container.value)
    if len(node.slice) > 1 and all(isinstance(owner, Symbol | Class) for owner in owners):
        return container.value  # `dict[str, int]`
    rest = rest_behind_prefix(EvalPoint(interpreter, act, node), node, container)
    if rest is not None:
        return rest
    key = key_of(interpreter, act, node)
    if key is None:
        if all(isinstance(owner, Reply) and owner.path == (View.TEXT,) for owner in owners):
            return container.value
        return join(*(slice_of(interpreter, act, node, owner, container.site) for owner in owners))
    if not isinstance(key.value, Text | Const):
        exceptions.note_missing_key(EvalPoint(interpreter, act, node), key)
    parts = [item_of(interpreter, act, node, owner, container.site, key.value) for owner in owners]
    return settable_value(interpreter, act, node, join(*parts))


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
        if NONE in (first, second):
            interpreter.note_use(UseKind.NONE, first, act, node, left.site)
            interpreter.note_use(UseKind.NONE, second, act, node, right.site)
        else:
            interpreter.note_use(UseKind.COMPARE, first, act, node, left.site, second, operator)
            interpreter.note_use(UseKind.COMPARE, second, act, node, right.site, first, operator)
    for side in (left, right) if not is_equality else ():
        texts = join(*(choice for choice in alternatives(side.value) if isinstance(choice, Text)))
        interpreter.note_use(UseKind.METHOD, texts, act, node, side.site, detail=ORDERED)


def _compared_values(
    interpreter: Interpreter, left: Value, right: Value, depth: int = 0
) -> Iterator[tuple[Value, Value]]:
    """The values that `==` compares: those of two tuples, or two lists, element by element."""
    elements = _elements_in_order(interpreter, left), _elements_in_order(interpreter, right)
    if len(elements[0]) != len(elements[1]) or not elements[0] or depth > _MOST_NESTED:
        yield left, right
        return
    for first, second in zip(*elements, strict=True):
        yield from _compared_values(interpreter, first, second, depth + 1)


def _elements_in_order(interpreter: Interpreter, value: Value) -> list[Value]:
    """The elements of a tuple or a list that is displayed in the program, or of a named tuple. None of any
    other value."""
    if not isinstance(value, Ref):
        return []
    sequence = interpreter.heap[value]
    if not isinstance(sequence, SequenceObject):
        return special_methods.tuple_fields(interpreter, value) or []
    display = interpreter.trees[sequence.site.path].node(sequence.site)
    if not isinstance(display, cst.Tuple | cst.List) or sequence.rest is not NEVER or sequence.variants:
        return []
    return [item.value for item in sequence.items]


def boolean(interpreter: Interpreter, act: Activation, node: cst.BooleanOperation) -> Value:
    """The value of `and` and `or`."""
    left = interpreter.operand(act, node.left)
    is_or = isinstance(node.operator, cst.Or)
    interpreter.note_use(UseKind.TRUTH, left.value, act, node, left.site, detail="or" if is_or else "and")
    if is_or and _is_nonempty_dict(interpreter, left.value):
        return left.value
    is_open = reads_settable(act.tree, node.left, interpreter.functions.settable)
    if not is_open and truth_of(interpreter, left.value) is is_or and not interpreter.tracked(left.value):
        return left.value
    before = dict(act.env)
    narrow(interpreter.facts, act, act.env, node.left, outcome=not is_or)
    narrow(interpreter.facts, act, before, node.left, outcome=is_or)
    remove_excluded(interpreter, act, node.left, outcome=not is_or)
    interpreter.guards += 1
    right = interpreter.evaluate(act, node.right)
    interpreter.guards -= 1
    interpreter.note_access(AccessKind.FLOW, right, act.site(node.right), act.site(node))
    act.env = merge_environments([before, act.env])
    left_choices = [
        choice for choice in alternatives(left.value) if truth_of(interpreter, choice) is not (not is_or)
    ]
    return join(*left_choices, right)


def _is_nonempty_dict(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a dict that certainly has an entry."""
    objects = [interpreter.heap.get(choice) for choice in alternatives(value)]
    records = [heap_object for heap_object in objects if isinstance(heap_object, DictObject)]
    return len(records) == len(objects) > 0 and all(
        any(interpreter.regions.surely_has_entry(record, key) for key in record.entries) for record in records
    )


def unary(interpreter: Interpreter, act: Activation, node: cst.UnaryOperation) -> Value:
    """The value of `not` and of the sign operators."""
    operand = interpreter.operand(act, node.expression)
    if isinstance(node.operator, cst.Not):
        note_truth_test(interpreter, act, node, TestedExpression(node.expression, operand.value, "not"))
        outcome = truth_of(interpreter, operand.value)
        return UNKNOWN if outcome is None else Const(not outcome)
    return NUMBER


def conditional(interpreter: Interpreter, act: Activation, node: cst.IfExp) -> Value:
    """The value of `a if test else b`."""
    outcome = condition(interpreter, act, node.test)
    interpreter.guards += 1
    values = []
    before = dict(act.env)
    narrow(interpreter.facts, act, act.env, node.test, outcome=True)
    remove_excluded(interpreter, act, node.test, outcome=True)
    point = EvalPoint(interpreter, act, node)
    if outcome is not False:
        operand = interpreter.operand(act, node.body)
        point.note_flows(operand)
        values.append(operand.value)
    after, act.env = act.env, before
    narrow(interpreter.facts, act, act.env, node.test, outcome=False)
    remove_excluded(interpreter, act, node.test, outcome=False)
    if outcome is not True:
        operand = interpreter.operand(act, node.orelse)
        point.note_flows(operand)
        values.append(operand.value)
    act.env = merge_environments([after, act.env])
    interpreter.guards -= 1
    return join(*values)


def named_expression(interpreter: Interpreter, act: Activation, node: cst.NamedExpr) -> Value:
    """The value of `name := value`."""
    value = interpreter.evaluate(act, node.value)
    interpreter.assign(act, node.target, value, act.site(node.value))
    note_binding(interpreter.facts, act, node.target, node.value)
    return value


def await_expression(interpreter: Interpreter, act: Activation, node: cst.Await) -> Value:
    """The value of `await value`: the result of a task, or the value itself, because coroutines run at their
    call."""
    awaitable = node.expression
    value = interpreter.evaluate(act, awaitable)
    interpreter.note_access(AccessKind.FLOW, value, act.site(awaitable), act.site(node))
    return join(*(_result(interpreter, choice) for choice in alternatives(value)))


def _result(interpreter: Interpreter, value: Value) -> Value:
    heap_object = interpreter.heap.get(value)
    return heap_object.result if isinstance(heap_object, Task) else value


def lambda_expression(interpreter: Interpreter, act: Activation, node: cst.Lambda) -> Value:
    """The value of a lambda."""
    note_defaults(interpreter, act, node)
    interpreter.functions.lambdas[act.site(node)] = act.frame.id
    return Function(act.site(node), act.frame.id)


def yield_expression(interpreter: Interpreter, act: Activation, node: cst.Yield) -> Value:
    """The value of `yield` and `yield from`."""
    value = node.value
    act.generator = True
    act.catches = act.catches or act.handlers > 0
    if isinstance(value, cst.From):
        iterable = interpreter.evaluate(act, value.item)
        interpreter.note_access(AccessKind.WALK, iterable, act.site(value.item), act.site(node))
        act.yields = join(act.yields, element_of(interpreter, iterable))
        note_result(
            interpreter,
            act,
            node,
            Operand(element_of(interpreter, iterable), act.site(value.item), act.frame.id),
        )
        ends = [
            heap_object.returned
            for heap_object in interpreter.heap.objects_of(iterable)
            if isinstance(heap_object, Iterated)
        ]
        return join(*ends) if ends else UNKNOWN
    elif value is not None:
        element = interpreter.evaluate(act, value)
        interpreter.note_access(AccessKind.FLOW, element, act.site(value), act.site(node))
        act.yields = join(act.yields, element)
        note_result(interpreter, act, node, Operand(element, act.site(value), act.frame.id))
        sent_requests = [
            choice
            for choice in alternatives(element)
            if isinstance(choice, Reply) and choice.path == (View.REQUEST,)
        ]
        if sent_requests:  # the client sends the request, and the yield returns the reply
            return join(*(Reply(reply.request) for reply in sent_requests))
    else:
        act.yields = join(act.yields, NONE)
    return UNKNOWN


def starred_expression(interpreter: Interpreter, act: Activation, node: cst.StarredElement) -> Value:
    """The element of `*value`, if the syntax allows only a single value."""
    operand = interpreter.operand(act, node.value)
    EvalPoint(interpreter, act, node).note_access(AccessKind.WALK, operand)
    return element_of(interpreter, operand.value)


def number(_m: Interpreter, _act: Activation, node: cst.CSTNode) -> Value:
    """The constant of a number literal."""
    if isinstance(node, cst.Integer | cst.Float | cst.Imaginary):
        value = literal_number(node)
        return Const(value) if value is not None else UNKNOWN
    return UNKNOWN


def ellipsis(_m: Interpreter, _act: Activation, _node: cst.CSTNode) -> Value:
    """The value of `...`."""
    return UNKNOWN

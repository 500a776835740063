"""Transfer functions of the other expressions: names, operators, lambdas, `await`, `yield`."""

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.branches import (
    TestedExpression,
    merge_environments,
    note_truth_test,
)
from kognitos_migrate.interpret.classes.enums import truth_of
from kognitos_migrate.interpret.classes.generic_types import GENERICS, bind_generic
from kognitos_migrate.interpret.conditions import condition, settable_value
from kognitos_migrate.interpret.containers import item_of
from kognitos_migrate.interpret.displays import key_of
from kognitos_migrate.interpret.exclusions import remove_excluded
from kognitos_migrate.interpret.field_tests import narrow, note_binding
from kognitos_migrate.interpret.function_definitions import note_defaults
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.narrowing import note_name
from kognitos_migrate.interpret.public_surface import note_result
from kognitos_migrate.interpret.slices import rest_behind_prefix, slice_of
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import NARROWED, Activation
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
    NONE,
    NUMBER,
    UNKNOWN,
    Class,
    Const,
    Function,
    Ref,
    Reply,
    Symbol,
    Text,
    Value,
)

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

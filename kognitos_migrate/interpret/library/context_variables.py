"""Models of `contextvars`: variables whose value depends on the thread or task.

A variable has all values that the program sets in any context, and its default.
"""

from kognitos_migrate.interpret.deferred_runs import call_now_and_later
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.library.record_classes import call_instance_method
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, NONE, UNKNOWN, MemberRef, Ref, Value

_VALUE, _IS_VARIABLE = "context value", "context variable"
"""Attributes of a variable's object, under names that no code can spell."""


def make_variable(call: CallPoint) -> Value:
    """The result of `ContextVar("name", default=value)`."""
    ref, variable = call.interpreter.allocate_library_instance(call.act, call.node)
    variable.put(_IS_VARIABLE, call.operand(NONE))
    default = call.arguments.keywords.get("default")
    if default is not None:
        call.note_flows(default)
        variable.put(_VALUE, default)
    return ref


def get_value(call: CallPoint, member: MemberRef) -> Value:
    """The result of `variable.get(default)`. Without a value and a default, it raises LookupError."""
    variable = _variable(call, member)
    if variable is None:
        return call_instance_method(call, member)
    default = call.arguments.first()
    return join(variable.attributes.get(_VALUE, NEVER), default.value if default is not None else NEVER)


def set_value(call: CallPoint, member: MemberRef) -> Value:
    """The result of `variable.set(value)`: a token with the value before."""
    variable, value = _variable(call, member), call.arguments.first()
    if variable is None or value is None:
        return call_instance_method(call, member)
    interpreter = call.interpreter
    owner = call.operand(member.receiver)
    interpreter.transfer.set_attribute(call, owner, _VALUE, value)
    _, contexts = _values_of_contexts(interpreter)
    interpreter.stores += put_entry(interpreter, contexts, call.operand(UNKNOWN), value, call.site)
    token, attributes = interpreter.allocate_library_instance(call.act, call.node)
    attributes.put("var", owner)
    attributes.put("old_value", call.operand(variable.attributes[_VALUE]))
    return token


def reset_value(call: CallPoint, member: MemberRef) -> Value:
    """The result of `variable.reset(token)`. The variable keeps its values: other contexts may have them."""
    return NONE if _variable(call, member) is not None else call_instance_method(call, member)


def _variable(call: CallPoint, member: MemberRef) -> Instance | None:
    variable = call.interpreter.heap.get(member.receiver)
    return variable if isinstance(variable, Instance) and _IS_VARIABLE in variable.attributes else None


def copy_context(call: CallPoint) -> Value:
    """The result of `copy_context()`: a mapping with the values of all variables."""
    return _values_of_contexts(call.interpreter)[0]


def _values_of_contexts(interpreter: Interpreter) -> tuple[Ref, DictObject]:
    return interpreter.heap.allocate(DictObject(Site(next(iter(interpreter.trees)), 0), 0))


def run_in_context(call: CallPoint, member: MemberRef) -> Value:
    """The result of `context.run(function, ...)`: that of the function."""
    contexts, _ = _values_of_contexts(call.interpreter)
    arguments = call.arguments
    if member.receiver != contexts or not arguments.positional:
        return call_unmodeled(call, "the method run of a mapping")
    function, *rest = arguments.positional
    return call_now_and_later(call, function.value, replace(arguments, positional=rest))


SYMBOLS: dict[str, Model] = {
    "contextvars.ContextVar": make_variable,
    "contextvars.copy_context": copy_context,
}
METHODS: dict[str, Method] = {
    "object.get": get_value,
    "object.set": set_value,
    "object.reset": reset_value,
    "dict.run": run_in_context,
}

"""Models of the contexts of commands in `click` and `typer`, and of the object that they hand to commands."""

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.method_receivers import any_instance
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.supplied_parameters import value_at_definition
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled, call_unmodeled_method
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    MemberRef,
    Ref,
    Symbol,
    Value,
)

_CONTEXT_NAMES = ("Context", "pass_context", "pass_obj")
_CONTEXT_TYPES: tuple[Value, ...] = tuple(
    map(Symbol, ("click.Context", "click.core.Context", "typer.Context"))
)
_PASS_CONTEXT, _PASS_OBJECT = Symbol("click.pass_context"), Symbol("click.pass_obj")
CONTEXT_OBJECT = "obj"
"""The attribute of a context that the program sets."""


def receives_context(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether the library may pass its context or the context's `obj` to a function, by the names in its
    head."""
    heads = (function.params, *function.decorators)
    names = (node.value for head in heads for node in tree.descendants_of_kind(head, cst.Name))
    return any(name in _CONTEXT_NAMES for name in names)


def sets_context_object(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether a function may set the `obj` of a context."""
    return any(
        node.attr.value == "ensure_object"
        or (node.attr.value == CONTEXT_OBJECT and isinstance(tree.parent(node), cst.AssignTarget))
        for node in tree.descendants_of_kind(function.body, cst.Attribute)
    )


def context_parameter(
    interpreter: Interpreter,
    inner: Activation,
    definition: cst.FunctionDef | cst.Lambda,
    parameter: cst.Param,
) -> Value:
    """The context or its `obj`, if the library supplies it to a command's parameter; Never for other
    parameters."""
    if not isinstance(definition, cst.FunctionDef) or inner.frame.closure is None:
        return NEVER
    annotation = parameter.annotation.annotation if parameter.annotation is not None else None
    if annotation is not None and _annotation_value(interpreter, inner, annotation) in _CONTEXT_TYPES:
        return _context(interpreter)[0]
    decorators = (
        value_at_definition(interpreter, inner, decorator.decorator)
        for decorator in reversed(definition.decorators)
    )
    passing_decorators = [value for value in decorators if _passing_symbol(value) is not None]
    parameters = [*definition.params.posonly_params, *definition.params.params]
    value = next(
        (
            value
            for candidate, value in zip(parameters, passing_decorators, strict=False)
            if candidate is parameter
        ),
        NEVER,
    )
    if _passing_symbol(value) == _PASS_CONTEXT:
        return _context(interpreter)[0]
    if isinstance(value, Bound):
        return _instances(interpreter, value.receiver)
    ref, context = _context(interpreter)
    interpreter.heap[ref]  # adds it to the reads: a later change starts another round
    return context.attributes.get(CONTEXT_OBJECT, NEVER) if value is not NEVER else NEVER


def _passing_symbol(decorator: Value) -> Symbol | None:
    """The symbol of a decorator that passes the context or its `obj`; None for any other."""
    function = decorator.function if isinstance(decorator, Bound) else decorator
    return function if isinstance(function, Symbol) and function in (_PASS_CONTEXT, _PASS_OBJECT) else None


def _annotation_value(interpreter: Interpreter, inner: Activation, node: cst.BaseExpression) -> Value:
    outer = interpreter.activations.get(inner.frame.closure or 0) or interpreter.modules[inner.frame.path]
    return interpreter.evaluate(outer, node) if isinstance(node, cst.Name | cst.Attribute) else UNKNOWN


def _context(interpreter: Interpreter) -> tuple[Ref, Instance]:
    return interpreter.heap.allocate(Instance(Site(next(iter(interpreter.trees)), 0), 0, None))


def _instances(interpreter: Interpreter, value: Value) -> Value:
    return join(*(any_instance(interpreter, cls) for cls in alternatives(value) if isinstance(cls, Class)))


def command_arguments(call: CallPoint) -> CallPoint:
    """The call of a command's function. Its parameters are filled by the library, so the words of the command
    line escape."""
    words = dict(call.arguments.keywords)
    context_object = words.pop(CONTEXT_OBJECT, None)
    if context_object is not None:
        call.interpreter.stores += _context(call.interpreter)[1].put(CONTEXT_OBJECT, context_object)
    call_unmodeled(replace(call, arguments=replace(call.arguments, keywords=words)), "a command line")
    return replace(call, arguments=Arguments())


def current_context(call: CallPoint) -> Value:
    """The result of `click.get_current_context()`."""
    return _context(call.interpreter)[0]


def make_pass_decorator(call: CallPoint) -> Value:
    """The result of `click.make_pass_decorator(Class)`: a decorator that passes an object of a class."""
    object_type = call.arguments.first("object_type")
    return Bound(_PASS_OBJECT, object_type.value) if object_type is not None else UNKNOWN


def ensure_object(call: CallPoint, member: MemberRef) -> Value:
    """The result of `context.ensure_object(dict)`: the context's `obj`, created if it isn't set."""
    object_type = call.arguments.first("object_type")
    ref, context = _context(call.interpreter)
    if object_type is None or member.receiver != ref:
        return UNKNOWN
    context_object = call.call(object_type.value, Arguments())
    call.interpreter.stores += context.put(CONTEXT_OBJECT, call.operand(context_object))
    call.interpreter.heap[ref]
    return context.attributes[CONTEXT_OBJECT]


def leave(call: CallPoint, member: MemberRef) -> Value:
    """The result of `context.exit(3)`, which raises an error and doesn't read the context's `obj`. The method
    of any other object may do anything, and so may that of a context of the program's own class."""
    classes = call.interpreter.classes.infos.values()
    has_own = any(base in _CONTEXT_TYPES for info in classes for base in info.bases)
    if has_own or member.receiver != _context(call.interpreter)[0]:
        return call_unmodeled_method(call, member)
    return call_unmodeled(call, f"click.Context.{member.name}")


SYMBOLS: dict[str, Model] = {
    "click.get_current_context": current_context,
    "click.make_pass_decorator": make_pass_decorator,
}


METHODS: dict[str, Method] = {
    "object.ensure_object": ensure_object,
    "object.find_object": ensure_object,
    **{f"object.{method}": leave for method in ("abort", "exit", "fail")},
}

"""The context of a command line: what the program puts on it, its commands are given. There is one."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.lookup import any_instance
from kognitos_migrate.interpret.machine import Call, Machine, Method, Model
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.interpret.settings import setting
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.record import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NEVER, UNKNOWN, Bound, Class, Member, Ref, Symbol, Text, Value
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join

_TYPES: tuple[Value, ...] = tuple(map(Symbol, ("click.Context", "click.core.Context", "typer.Context")))
_CONTEXT, _OBJECT = Symbol("click.pass_context"), Symbol("click.pass_obj")
_OWN = "obj"
"""The attribute that is the program's own."""


def carried(
    m: Machine, inner: Activation, definition: cst.FunctionDef | cst.Lambda, parameter: cst.Param
) -> Value:
    """What a library gives a command for a parameter: the context, or the program's own object on it; Never
    for any other parameter."""
    if not isinstance(definition, cst.FunctionDef) or inner.frame.closure is None:
        return NEVER
    said = parameter.annotation.annotation if parameter.annotation is not None else None
    if said is not None and _annotated(m, inner, said) in _TYPES:
        return _context(m)[0]
    known = (_known(m, inner, one.decorator) for one in reversed(definition.decorators))
    passing = [value for value in known if _passed(value) is not None]
    ordered = [*definition.params.posonly_params, *definition.params.params]
    value = next((value for one, value in zip(ordered, passing, strict=False) if one is parameter), NEVER)
    if _passed(value) == _CONTEXT:
        return _context(m)[0]
    if isinstance(value, Bound):
        return _instances(m, value.receiver)
    ref, thing = _context(m)
    m.heap[ref]  # what is put on it later is seen in another round
    return thing.attributes.get(_OWN, NEVER) if value is not NEVER else NEVER


def _passed(decorator: Value) -> Symbol | None:
    """What a decorator of the library gives a command; None for any other."""
    made = decorator.function if isinstance(decorator, Bound) else decorator
    return made if isinstance(made, Symbol) and made in (_CONTEXT, _OBJECT) else None


def _annotated(m: Machine, inner: Activation, node: cst.BaseExpression) -> Value:
    outer = m.activations.get(inner.frame.closure or 0) or m.modules[inner.frame.path]
    return m.evaluate(outer, node) if isinstance(node, cst.Name | cst.Attribute) else UNKNOWN


def _known(m: Machine, inner: Activation, node: cst.BaseExpression) -> Value:
    return m.facts.values.get((inner.site(node), inner.frame.closure or 0), UNKNOWN)


def _context(m: Machine) -> tuple[Ref, Instance]:
    return m.heap.made(Instance(Site(next(iter(m.trees)), 0), 0, None))


def _instances(m: Machine, value: Value) -> Value:
    return join(*(any_instance(m, cls) for cls in alternatives(value) if isinstance(cls, Class)))


def started(call: Call) -> Call:
    """What the call of a command calls its function with: the library gives each parameter what it is to
    have, out of the words of the command line, which are the program's no more."""
    words = dict(call.arguments.keywords)
    given = words.pop(_OWN, None)
    if given is not None:
        call.machine.stores += _context(call.machine)[1].put(_OWN, given)
    unknown_call(replace(call, arguments=replace(call.arguments, keywords=words)), "a command line")
    return replace(call, arguments=Arguments())


def current(call: Call) -> Value:
    """`click.get_current_context()`."""
    return _context(call.machine)[0]


def passing(call: Call) -> Value:
    """`click.make_pass_decorator(Class)`: the decorator that hands on an object of a class."""
    given = call.arguments.first("object_type")
    return Bound(_OBJECT, given.value) if given is not None else UNKNOWN


def ensured(call: Call, member: Value) -> Value:
    """`context.ensure_object(dict)`: the program's own object, made where there is none."""
    given = call.arguments.first("object_type")
    ref, thing = _context(call.machine)
    if given is None or cast(Member, member).receiver != ref:
        return UNKNOWN
    made = call.call(given.value, Arguments())
    call.machine.stores += thing.put(_OWN, call.given(made))
    call.machine.heap[ref]
    return thing.attributes[_OWN]


def declared(call: Call) -> Value:
    """`typer.Option(default, "--name")` in the place of a parameter's default: what users set, or that."""
    default = call.arguments.first("default")
    if default is None or not all(isinstance(one, Text) for one in alternatives(default.value)):
        return unknown_call(call, "an option")
    return setting(call.arguments, default)


SYMBOLS: dict[str, Model] = {
    "click.get_current_context": current,
    "click.make_pass_decorator": passing,
    **dict.fromkeys(("typer.Option", "typer.Argument"), declared),
}
METHODS: dict[str, Method] = {"object.ensure_object": ensured, "object.find_object": ensured}

"""Binding the parameters of a function to what a call gives."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.interpret.classes.lookup import annotated, any_instance, is_anyones, is_descriptor
from kognitos_migrate.interpret.containers import element_of
from kognitos_migrate.interpret.defaults import default_of
from kognitos_migrate.interpret.fills import not_payloads, spread_value, walked
from kognitos_migrate.interpret.injected import injected
from kognitos_migrate.interpret.library.click_ import carried
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.merged import merge_into
from kognitos_migrate.interpret.narrowing import note_argument
from kognitos_migrate.interpret.options import declared_option
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.values.base import NEVER, NONE, UNKNOWN, Class, Function, Lit, Ref, Text, Unknown, Value
from kognitos_migrate.values.heap import Entry, Given
from kognitos_migrate.values.join import join

Definition = cst.FunctionDef | cst.Lambda
_COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")
"""Methods by which sets, dicts, and what sorts compare instances."""


def bind_parameters(call: Call, inner: Activation, definition: Definition, receiver: Value | None) -> None:
    """Give every parameter what the call gives it, else its default, else an unknown value."""
    m, given = call.machine, call.arguments
    walked(call, not_payloads(given))
    parameters = definition.params
    ordered, positional = [*parameters.posonly_params, *parameters.params], list(given.positional)
    method = isinstance(definition, cst.Lambda) or not _static(m, inner, definition)
    if method and receiver is not None and ordered:
        inner.env[ordered.pop(0).name.value] = receiver
    elif method and inner.frame.receiver is not None:
        positional.insert(0, inner.frame.receiver)
    for parameter, value in zip(ordered, positional, strict=False):
        _give(m, inner, parameter.name.value, value)
    by_name = [*ordered[len(positional) :], *parameters.kwonly_params]
    for parameter in by_name:
        name = parameter.name.value
        if name in given.keywords:
            _give(m, inner, name, given.keywords[name])
            if name in given.optional and parameter.default is not None:
                inner.env[name] = join(inner.env[name], _absent(call, inner, definition, parameter))
        else:
            inner.frame.arguments.pop(name, None)
            inner.env[name] = _absent(call, inner, definition, parameter)
    if type(parameters.star_arg) is cst.Param:
        rest = join(*(element_of(m, spread.value) for spread in given.spread))
        left_over = positional[len(ordered) :]
        inner.env[parameters.star_arg.name.value] = m.sequence(inner, parameters.star_arg, left_over, rest)
    if parameters.star_kwarg is not None:
        taken = {parameter.name.value for parameter in by_name}
        inner.env[parameters.star_kwarg.name.value] = _gathered(call, inner, definition, taken)
    if m.looks_into_frames:
        for held in list(inner.env.values()):
            m.use_replies(held, inner, definition, inner.site(definition), "code that looks into frames")


def _gathered(call: Call, inner: Activation, definition: Definition, taken: Collection[str]) -> Ref:
    """The dict that `**kwargs` is: what is given by name, and not taken by other parameters."""
    parameter, given = definition.params.star_kwarg, call.arguments
    assert parameter is not None
    ref, record = call.machine.record(inner, parameter)
    for name, value in given.keywords.items():
        if name not in taken:
            holder = given.holders.get(name, value.site)
            record.put(name, Entry(value, holder, None, name in given.optional))
    for spread in given.keyword_spread:
        merge_into(call.machine, record, spread)
    if _is_read(inner, definition, parameter):
        walked(call, given.keyword_spread)
    return ref


def _is_read(inner: Activation, definition: cst.CSTNode, parameter: cst.Param) -> bool:
    """Whether a function names a parameter of its own."""
    return any(
        isinstance(node, cst.Name) and node.value == parameter.name.value and node is not parameter.name
        for node in inner.tree.descendants(definition)
    )


def _give(m: Machine, inner: Activation, name: str, given: Given) -> None:
    inner.env[name] = given.value
    note_argument(m.facts, inner.env, name, (m.trees[given.site.path], given.site, given.frame))
    inner.frame.arguments[name] = given


def _absent(call: Call, inner: Activation, definition: Definition, parameter: cst.Param) -> Value:
    """What a parameter is that the call doesn't give."""
    m, name = call.machine, parameter.name.value
    opened = inner.frame.call is None or is_anyones(call)
    spread = [element_of(m, given.value) for given in call.arguments.spread]
    default = parameter.default
    text = literal_text(default) if isinstance(default, cst.SimpleString) else ""
    said: Value = NEVER if default is None else UNKNOWN
    if isinstance(default, cst.SimpleString):
        said = Text((Lit(str(text)),))
    elif isinstance(default, cst.Name) and default.value == "None":
        said = NONE
    unknown = spread_value(call, name, said)
    if spread:
        unknown = join(unknown, Unknown(name))
    outer = m.activations.get(inner.frame.closure) if inner.frame.closure is not None else None
    filled = injected(m, outer or m.modules[inner.frame.path], parameter)
    if filled is not NEVER:
        return filled
    if default is not None:
        value = default_of(m, outer or m.modules[inner.frame.path], default)
        if opened:
            return join(value, annotated(m, inner, parameter.annotation, parameter, name))
        return join(value, unknown, *spread)
    option = declared_option(m, inner, definition, name)
    if option is not NEVER:
        return option
    held = carried(m, inner, definition, parameter)
    if held is not NEVER:
        return held
    if opened:
        like = _its_like(m, inner, definition)
        return like if like is not NEVER else annotated(m, inner, parameter.annotation, parameter, name)
    return join(unknown if unknown is not NEVER else Unknown(name), *spread)


def _its_like(m: Machine, inner: Activation, definition: Definition) -> Value:
    """What an instance is compared with that nobody compares in sight: another one of its class."""
    tree = inner.tree
    owner = tree.enclosing(definition, cst.ClassDef)
    if (
        not isinstance(definition, cst.FunctionDef)
        or definition.name.value not in _COMPARING
        or owner is None
    ):
        return NEVER
    info = m.class_info(tree.site(owner))
    return any_instance(m, Class(info.site, info.frame)) if info is not None else NEVER


def _static(m: Machine, inner: Activation, definition: cst.FunctionDef) -> bool:
    if not definition.decorators:
        return False
    function = Function(inner.site(definition), -1)
    return is_descriptor(m, function, "builtins.staticmethod")

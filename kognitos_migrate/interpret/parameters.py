"""Binding the parameters of a function to what a call gives."""

import libcst as cst

from kognitos_migrate.interpret.activation import Activation
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import annotated, is_descriptor
from kognitos_migrate.interpret.containers import element_of, merge_into
from kognitos_migrate.interpret.fills import not_payloads, spread_value, walked
from kognitos_migrate.interpret.library.click_ import carried
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.options import declared_option
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.values.base import NEVER, Function, Lit, Text, Unknown, Value
from kognitos_migrate.values.heap import Entry, Given
from kognitos_migrate.values.join import join


def bind_parameters(
    m: Machine,
    act: Activation | None,
    inner: Activation,
    definition: cst.FunctionDef | cst.Lambda,
    receiver: Value | None,
    arguments: Arguments,
) -> None:
    """Give every parameter its argument, else its default, else an unknown value."""
    parameters = definition.params
    ordered = [*parameters.posonly_params, *parameters.params]
    remaining = list(arguments.positional)
    frame = inner.frame
    node = m.trees[frame.call.path].node(frame.call) if frame.call is not None else None
    if act is not None and node is not None:
        walked(m, act, node, not_payloads(arguments))
    method = isinstance(definition, cst.FunctionDef) and not _static(m, inner, definition)
    if method and receiver is not None and ordered:
        inner.env[ordered.pop(0).name.value] = receiver
    elif method and frame.receiver is not None:
        remaining.insert(0, frame.receiver)
    used: set[str] = set()
    for parameter in ordered:
        name = parameter.name.value
        if remaining:
            _give(inner, name, remaining.pop(0))
        elif name in arguments.keywords:
            used.add(name)
            _give(inner, name, arguments.keywords[name])
        else:
            frame.arguments.pop(name, None)
            inner.env[name] = _absent(m, act, inner, definition, parameter, arguments)
    for parameter in parameters.kwonly_params:
        name = parameter.name.value
        if name in arguments.keywords:
            used.add(name)
            _give(inner, name, arguments.keywords[name])
        else:
            frame.arguments.pop(name, None)
            inner.env[name] = _absent(m, act, inner, definition, parameter, arguments)
    if type(parameters.star_arg) is cst.Param:
        rest = join(*(element_of(m, spread.value) for spread in arguments.spread))
        inner.env[parameters.star_arg.name.value] = m.sequence(inner, parameters.star_arg, remaining, rest)
    if parameters.star_kwarg is not None:
        ref, record = m.record(inner, parameters.star_kwarg)
        for name, given in arguments.keywords.items():
            if name not in used:
                holder = arguments.holders.get(name, given.site)
                record.put(name, Entry(given, holder, None, False))
        for spread in arguments.keyword_spread:
            merge_into(m, record, spread)
        if act is not None and node is not None and _is_read(inner, definition, parameters.star_kwarg):
            walked(m, act, node, arguments.keyword_spread)
        inner.env[parameters.star_kwarg.name.value] = ref
    if m.looks_into_frames:
        for value in list(inner.env.values()):
            m.use_replies(value, inner, definition, inner.site(definition), "code that looks into frames")


def _is_read(inner: Activation, definition: cst.CSTNode, parameter: cst.Param) -> bool:
    """Whether a function names a parameter of its own."""
    return any(
        isinstance(node, cst.Name) and node.value == parameter.name.value and node is not parameter.name
        for node in inner.tree.descendants(definition)
    )


def _give(inner: Activation, name: str, given: Given) -> None:
    inner.env[name] = given.value
    inner.frame.arguments[name] = given


def _absent(
    m: Machine,
    act: Activation | None,
    inner: Activation,
    definition: cst.FunctionDef | cst.Lambda,
    parameter: cst.Param,
    arguments: Arguments,
) -> Value:
    name = parameter.name.value
    spread = [element_of(m, given.value) for given in arguments.spread]
    call = inner.frame.call
    node = m.trees[call.path].node(call) if call is not None else None
    default = parameter.default
    text = literal_text(default) if isinstance(default, cst.SimpleString) else ""
    otherwise = Text((Lit(str(text)),)) if text else NEVER
    unknown = spread_value(m, act, node, arguments, name, otherwise)
    if arguments.spread:
        unknown = join(unknown, Unknown(name))
    if parameter.default is not None:
        outer = m.activations.get(inner.frame.closure) if inner.frame.closure is not None else None
        value = m.evaluate(outer or m.modules[inner.frame.path], parameter.default)
        if inner.frame.call is None:
            unknown = annotated(m, inner, parameter.annotation, parameter, name)
        return join(value, unknown, *spread)
    option = declared_option(m, inner, definition, name)
    if option is not NEVER:
        return option
    held = carried(m, inner, definition, parameter)
    if held is not NEVER:
        return held
    if inner.frame.call is None:
        return join(annotated(m, inner, parameter.annotation, parameter, name), *spread)
    return join(unknown if unknown is not NEVER else Unknown(name), *spread)


def _static(m: Machine, inner: Activation, definition: cst.FunctionDef) -> bool:
    if not definition.decorators:
        return False
    function = Function(inner.site(definition), -1)
    return is_descriptor(m, function, "builtins.staticmethod")

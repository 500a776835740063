"""The defaults of a function as an attribute, which can be read and set."""

import keyword

import libcst as cst

from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import AccessKind, UseKind
from kognitos_migrate.values.base import Bound, Function, Value

DEFAULTS = ("__defaults__", "__kwdefaults__")
"""The attributes by which a function holds them."""


_READING = (cst.Name, cst.Attribute, cst.Subscript, cst.FormattedString, cst.BinaryOperation)
"""Defaults that read variables. One that is called is evaluated where its function is called: some stand for
what a framework gives."""


def note_defaults(m: Machine, act: Activation, definition: cst.FunctionDef | cst.Lambda) -> None:
    """Evaluate the defaults of a function where it is defined: a name in them may be bound again before the
    function is called."""
    for parameter in parameters_of(definition):
        default = parameter.default
        if isinstance(default, _READING) and not _is_keyword(default):
            Here(m, act, definition).flows(m.given(act, default))


def default_of(m: Machine, act: Activation, default: cst.BaseExpression) -> Value:
    """What a default may be: as it is where the function is called, and as it was where that was defined."""
    value = m.evaluate(act, default)
    m.access(AccessKind.FLOW, value, act.site(default), act.site(default))
    return m.facts.values.get((act.site(default), act.frame.id), value)


def _is_keyword(default: cst.BaseExpression) -> bool:
    return isinstance(default, cst.Name) and keyword.iskeyword(default.value)


def parameters_of(definition: cst.FunctionDef | cst.Lambda) -> tuple[cst.Param, ...]:
    """The parameters of a function that may have defaults."""
    listed = definition.params
    return (*listed.posonly_params, *listed.params, *listed.kwonly_params)


def shown_defaults(here: Here, value: Value) -> None:
    """Note that the defaults of a function are read, or set, beside its calls."""
    m = here.machine
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, Function):
        return
    tree = m.trees[function.site.path]
    definition = tree.node(function.site)
    home = m.activations.get(function.closure or 0) or m.modules[function.site.path]
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return
    for parameter in parameters_of(definition):
        if parameter.default is not None:
            value = m.evaluate(home, parameter.default)
            here.use(UseKind.ESCAPE, value, tree.site(parameter.default), detail="a function's defaults")

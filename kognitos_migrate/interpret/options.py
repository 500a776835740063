"""Options of a command line that decorators declare: `@option("--name", default=...)` gives the parameter of
that name what users set, or the default."""

import libcst as cst

from kognitos_migrate.interpret.containers import literal
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.values.base import NEVER, UNKNOWN, Unknown, Value
from kognitos_migrate.values.join import join


def declared_option(
    m: Machine, inner: Activation, definition: cst.FunctionDef | cst.Lambda, name: str
) -> Value:
    """What the decorators of a function give its parameter `name`; never, where none of them declares it with
    a default."""
    if not isinstance(definition, cst.FunctionDef) or inner.frame.closure is None:
        return NEVER
    for decorator in definition.decorators:
        call = decorator.decorator
        if not isinstance(call, cst.Call):
            continue
        said = [(arg.keyword, _known(m, inner, arg.value)) for arg in call.args]
        names = [literal(value) or "" for keyword, value in said if keyword is None]
        defaults = [value for keyword, value in said if keyword is not None and keyword.value == "default"]
        if defaults and name in map(_parameter, names):
            return join(Unknown(f"option {names[0]}", public=True), *defaults)
    return NEVER


def _parameter(option: str) -> str:
    """The parameter that an option is given to where it is not said otherwise."""
    return option.lstrip("-").replace("-", "_")


def _known(m: Machine, inner: Activation, node: cst.CSTNode) -> Value:
    """What an argument of a decorator gave where the function was defined."""
    return m.facts.values.get((inner.site(node), inner.frame.closure or 0), UNKNOWN)

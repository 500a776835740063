"""The defaults of a function as an attribute, which can be read and set."""

import libcst as cst

from kognitos_migrate.interpret.machine import Here
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.values.base import Bound, Function, Value

DEFAULTS = ("__defaults__", "__kwdefaults__")
"""The attributes by which a function holds them."""


def shown_defaults(here: Here, value: Value) -> None:
    """Note that the defaults of a function are read, or set, beside its calls."""
    m = here.machine
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, Function):
        return
    tree = m.trees[function.site.path]
    definition = tree.node(function.site)
    home = m.activations.get(function.closure or 0) or m.modules[function.site.path]
    listed = definition.params if isinstance(definition, cst.FunctionDef | cst.Lambda) else cst.Parameters()
    for parameter in (*listed.posonly_params, *listed.params, *listed.kwonly_params):
        if parameter.default is not None:
            value = m.evaluate(home, parameter.default)
            here.use(UseKind.ESCAPE, value, tree.site(parameter.default), detail="a function's defaults")

"""Functions that code out of sight may import and call, whoever calls them in sight."""

import libcst as cst

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.syntax.public import is_public


def is_exported(m: Machine, act: Activation) -> bool:
    """Whether a function is a public one, or a public method of a public class, of a public module of a
    distribution: what it returns, others may read."""
    if (
        act.frame.path not in m.files.exported
        or act.frame.function is None
        or act.frame.path in m.testing.modules
    ):
        return False
    function = act.tree.node(act.frame.function)
    return isinstance(function, cst.FunctionDef) and is_public(act.tree, function)

"""Functions that code out of sight may import and call, whoever calls them in sight."""

import libcst as cst

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.activation import Activation

_SCOPES = cst.FunctionDef | cst.ClassDef


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
    if not isinstance(function, cst.FunctionDef):
        return False
    around = [node for node in act.tree.ancestors(function) if isinstance(node, _SCOPES)]
    if any(isinstance(node, cst.FunctionDef) for node in around):
        return False
    names = [function.name.value, *(node.name.value for node in around)]
    return all(not name.startswith("_") or name.endswith("__") for name in names)

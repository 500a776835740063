"""Functions that code elsewhere may call, as their names have it."""

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

_SCOPES = cst.FunctionDef | cst.ClassDef


def is_public(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether a function stands at the top of its module, or in classes there, and no name of these begins
    with an underscore; special methods are public."""
    around = [node for node in tree.ancestors(function) if isinstance(node, _SCOPES)]
    if any(isinstance(node, cst.FunctionDef) for node in around):
        return False
    names = [function.name.value, *(node.name.value for node in around)]
    return all(not name.startswith("_") or name.endswith("__") for name in names)

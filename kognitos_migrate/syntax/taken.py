"""The names that a module takes from other modules."""

import re

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

_BY_NAME = re.compile(r"\bimport_module\b|\b__import__\b|\bsys\.modules\b")
"""What gives modules that are named at run time."""

_DOTTED = re.compile(r"\w+(?:\.\w+)+")


def taken_from_modules(tree: Tree) -> frozenset[str]:
    """The names that are imported from modules, or read as attributes of what may be one."""
    anything = _BY_NAME.search(tree.text) is not None
    imported = {name for node in tree.of_kind(cst.Import, cst.ImportFrom) for name in _bound(node)}
    made = _made_by_calls(tree)
    found = {
        node.attr.value
        for node in tree.of_kind(cst.Attribute)
        if anything or _may_be_of_module(tree, node, imported, made)
    }
    for statement in tree.of_kind(cst.ImportFrom):
        if not isinstance(statement.names, cst.ImportStar):
            found.update(alias.name.value for alias in statement.names if isinstance(alias.name, cst.Name))
    for text in filter(_DOTTED.fullmatch, tree.plain_texts):  # as `mock.patch` has it
        found.update(text.split(".")[1:])
    return frozenset(found)


def _bound(node: cst.CSTNode) -> list[str]:
    """The names that an import binds; `*` where they aren't written out."""
    if not isinstance(node, cst.Import | cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
        return ["*"]
    bound = (alias.asname.name if alias.asname is not None else alias.name for alias in node.names)
    return [name for one in bound if (name := _root(one)) is not None]


def _root(node: cst.CSTNode) -> str | None:
    """The name that a dotted one begins with; None where something else is at its beginning."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _made_by_calls(tree: Tree) -> set[str]:
    """The names that nothing is bound to but what calls give."""
    found: set[str] = set()
    others: set[str] = {node.name.value for node in tree.of_kind(cst.Param)}
    for node in tree.of_kind(cst.Assign):
        name = node.targets[0].target
        if len(node.targets) == 1 and isinstance(name, cst.Name):
            called = node.value.expression if isinstance(node.value, cst.Await) else node.value
            (found if isinstance(called, cst.Call) else others).add(name.value)
    return found - others


def _may_be_of_module(tree: Tree, node: cst.Attribute, imported: set[str], made: set[str]) -> bool:
    """Whether what the attribute is read of may be a module: no module is what a call gives."""
    root = _root(node.value)
    return root is not None and (root in imported or "*" in imported or root not in made)

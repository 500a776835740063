"""Decoded data that only its own variable reaches, so that nothing changes it unseen.

CONFIG = tomllib.load(file)["service"]   # no other name has this object,
url = CONFIG["hosts"]["eu"]              # and reads of single entries hand no part of it on
"""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import FieldKind, FieldLocation, is_assigned
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.roles import assignment_to, is_keyword
from kognitos_migrate.syntax.scopes import Scopes, Variable, is_bound
from kognitos_migrate.syntax.shapes import index_of, string_value
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.lattice import Symbol, Unknown


def is_unshared_data(context: PlanContext, field: FieldLocation) -> bool:
    """Whether a field is an item of decoded data in a module's variable, and neither the object with the
    field nor one around it is read as a whole."""
    if field.kind is not FieldKind.ITEM or field.root is None or not _is_fresh(context, field.root):
        return False
    tree = context.tree(field.owner)
    keys = _keys_of(tree.node(field.owner))
    values = field.values(context)
    is_data = bool(values) and all(isinstance(value, Unknown) and value.is_data for value in values)
    return is_data and keys is not None and not _is_handed_on(context, field.root.name, keys)


def _is_fresh(context: PlanContext, variable: Variable) -> bool:
    """Whether a module's variable is bound once, to what a library returns, or an item of that."""
    tree = context.trees[variable.path]
    bindings = tree.memoize(Scopes).bindings(variable)
    if len(bindings) != 1 or not isinstance(tree.nodes[variable.scope], cst.Module):
        return False
    assignment = assignment_to(tree, bindings[0])
    value: cst.CSTNode | None = assignment.value if assignment is not None else None
    while isinstance(value, cst.Subscript):
        value = value.value
    if not isinstance(value, cst.Call):
        return False
    callees = context.alternatives_at(tree.site(value.func))
    return bool(callees) and all(isinstance(callee, Symbol) for callee in callees)


def _keys_of(node: cst.CSTNode, start: cst.CSTNode | None = None) -> tuple[str, ...] | None:
    """The keys from a variable (or `start`) to an item of it. None if one isn't a literal."""
    keys: list[str] = []
    while isinstance(node, cst.Subscript) and node is not start:
        key = string_value(index_of(node))
        if key is None:
            return None
        keys.insert(0, key)
        node = node.value
    return tuple(keys)


def _is_handed_on(context: PlanContext, name: str, keys: tuple[str, ...]) -> bool:
    """Whether code reads the object at `keys`, or one around it, other than for an item with a literal key.
    Raises NeedsFullParseError if a function that isn't parsed mentions the variable."""
    for tree in context.trees.values():
        if tree.gaps.mentions(name):
            raise NeedsFullParseError(tree.path)
        for node in tree.names_spelled(name):
            parent = tree.parent(node)
            if is_keyword(tree, node) or (isinstance(parent, cst.ImportAlias) and parent.asname is None):
                continue
            if is_bound(tree, node):
                continue
            read: cst.CSTNode = node
            if isinstance(parent, cst.Attribute) and parent.attr is node:
                read = parent
            item = _item_read(tree, read)
            own = _keys_of(item, read) or ()
            if own == keys[: len(own)] or is_assigned(tree, item):
                return True
    return False


def _item_read(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The item with literal keys that is read from an expression, or the expression itself."""
    while isinstance(parent := tree.parent(node), cst.Subscript) and parent.value is node:
        if string_value(index_of(parent)) is None:
            break
        node = parent
    return node

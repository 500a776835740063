"""How the value of an expression is used in place: as a condition, or stored in a collection."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.shapes import is_method_call, last_name, receiver_of
from kognitos_migrate.syntax.tree import Tree

_CONTAINERS = (
    *(cst.Element, cst.StarredElement, cst.DictElement, cst.Tuple, cst.List, cst.Set, cst.Dict),
    *(cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp),
)
"""Nodes whose value contains the values of their children."""
STORING_METHODS = ("append", "appendleft", "add", "extend", "insert", "put", "put_nowait", "setdefault")
"""Methods that store an argument in a collection."""


def stored_into(tree: Tree, node: cst.CSTNode) -> str | None:
    """The name of the variable or attribute with the collection that stores a node's value, if one does."""
    child, parent = node, tree.parent(node)
    while isinstance(parent, _CONTAINERS):
        child, parent = parent, tree.parent(parent)
    argument = argument_of(tree, child)
    if argument is not None and is_method_call(argument.call, *STORING_METHODS):
        return last_name(receiver_of(argument.call))
    if isinstance(parent, cst.AugAssign):
        return last_name(parent.target)
    for target in parent.targets if isinstance(parent, cst.Assign) else ():
        if isinstance(target.target, cst.Subscript):
            return last_name(target.target.value)
        if child is not node:
            return last_name(target.target)
    return None


def element_reads(tree: Tree, names: Collection[str]) -> Iterator[cst.CSTNode]:
    """The nodes that may read an element of such collections: subscripts, and all uses of loop variables.

    Loop variables are matched by name in the whole module.
    """
    loops: list[cst.For | cst.CompFor] = [*tree.of_kind(cst.For), *tree.of_kind(cst.CompFor)]
    targets = {
        node.value
        for loop in (loops if names else ())
        if any(last_name(node) in names for node in tree.descendants(loop.iter))
        for node in tree.descendants(loop.target)
        if isinstance(node, cst.Name)
    }
    for name in sorted(targets):
        yield from tree.names_spelled(name)
    for item in tree.of_kind(cst.Subscript) if names else ():
        if last_name(item.value) in names:
            yield item


Tester = cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf
"""A node with a condition."""


def enclosing_test(tree: Tree, node: cst.CSTNode) -> Tester | None:
    """The node whose condition contains `node`, within the same statement; None if there is none."""
    child = node
    for ancestor in tree.ancestors(node):
        if isinstance(ancestor, Tester) and ancestor.test is child:
            return ancestor
        if isinstance(ancestor, cst.BaseSuite):
            return None
        child = ancestor
    return None


def is_condition(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether only the truth value of an expression is used."""
    for ancestor in tree.ancestors(node):
        if isinstance(ancestor, cst.UnaryOperation):
            return isinstance(ancestor.operator, cst.Not)
        if not isinstance(ancestor, cst.BooleanOperation):
            return isinstance(ancestor, Tester) and ancestor.test is node
        node = ancestor
    return False

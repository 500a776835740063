"""The role of an expression: what the node around it does with its value, such as a test of it."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple, TypeAlias

import libcst as cst

from kognitos_migrate.syntax.shapes import is_method_call, last_name, receiver_of
from kognitos_migrate.syntax.tree import Tree

Assignment: TypeAlias = cst.Assign | cst.AnnAssign | cst.AugAssign | cst.NamedExpr
"""A statement or expression that assigns a value to targets."""


def innermost_ancestors(tree: Tree, node: cst.CSTNode, number: int) -> list[cst.CSTNode]:
    """The parent of a node, its parent, and so on: at most `number` nodes, for class patterns."""
    return list(islice(tree.ancestors(node), number))


class Argument(NamedTuple):
    """An argument of a call."""

    call: cst.Call
    arg: cst.Arg

    @property
    def keyword(self) -> str | None:
        """The keyword that names the argument; None for one by position, and for `*` and `**`."""
        return self.arg.keyword.value if self.arg.keyword is not None else None


def argument_of(tree: Tree, node: cst.CSTNode) -> Argument | None:
    """The argument whose value is an expression; None for any other expression, and for a base class."""
    match tree.parent(node):
        case cst.Arg(value=value) as arg if value is node:
            call = tree.parent(arg)
            return Argument(call, arg) if isinstance(call, cst.Call) else None
    return None


def is_keyword(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name is the keyword of an argument."""
    match tree.parent(node):
        case cst.Arg(keyword=keyword):
            return keyword is node
    return False


def call_of(tree: Tree, callee: cst.CSTNode) -> cst.Call | None:
    """The call whose callee is an expression."""
    match tree.parent(callee):
        case cst.Call(func) as call if func is callee:
            return call
    return None


def attribute_of(tree: Tree, owner: cst.CSTNode) -> cst.Attribute | None:
    """The attribute whose owner is an expression."""
    match tree.parent(owner):
        case cst.Attribute(value) as attribute if value is owner:
            return attribute
    return None


def is_attribute_name(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a name is that of an attribute, as `id` in `run.id`."""
    match tree.parent(node):
        case cst.Attribute(attr=attr):
            return attr is node
    return False


def method_call_on(tree: Tree, receiver: cst.CSTNode) -> cst.Call | None:
    """The call of a method whose receiver is an expression."""
    attribute = attribute_of(tree, receiver)
    return call_of(tree, attribute) if attribute is not None else None


def subscript_of(tree: Tree, owner: cst.CSTNode) -> cst.Subscript | None:
    """The subscript that reads or sets an item of an expression."""
    match tree.parent(owner):
        case cst.Subscript(value) as subscript if value is owner:
            return subscript
    return None


def subscript_by(tree: Tree, key: cst.CSTNode) -> cst.Subscript | None:
    """The subscript with an expression as its key."""
    match tree.parent(key):
        case cst.Index() as index:
            return tree.enclosing(index, cst.Subscript)
    return None


def assignment_to(tree: Tree, target: cst.CSTNode) -> Assignment | None:
    """The assignment whose target is an expression; an annotation without a value is none."""
    match tree.parent(target):
        case cst.AssignTarget() as assign_target:
            assign = tree.parent(assign_target)
            return assign if isinstance(assign, cst.Assign) else None
        case cst.AnnAssign() as assignment if assignment.target is target and assignment.value is not None:
            return assignment
        case (cst.AugAssign() | cst.NamedExpr()) as assignment if assignment.target is target:
            return assignment
    return None


def value_assigned_to(tree: Tree, target: cst.CSTNode) -> cst.BaseExpression | None:
    """The value that becomes that of a target; None for `+=` and the like, and without an assignment."""
    assignment = assignment_to(tree, target)
    return None if isinstance(assignment, cst.AugAssign) or assignment is None else assignment.value


def is_deleted(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is the only target of `del`."""
    return isinstance(tree.parent(node), cst.Del)


def outermost_display(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The outermost tuple or list display that contains a node, or the node itself without one."""
    outermost = node
    for ancestor in tree.ancestors(node):
        if not isinstance(ancestor, cst.Element | cst.Tuple | cst.List | cst.StarredElement):
            break
        outermost = ancestor
    return outermost


def parameter_of(tree: Tree, name: cst.CSTNode) -> cst.Param | None:
    """The parameter that a name declares."""
    match tree.parent(name):
        case cst.Param(declared) as parameter if declared is name:
            return parameter
    return None


def is_context_manager(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is the context manager of a `with`."""
    match tree.parent(node):
        case cst.WithItem(item):
            return item is node
    return False


def is_compared(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is an operand of a comparison."""
    return isinstance(tree.parent(node), cst.Comparison | cst.ComparisonTarget)


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


def is_assigned(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an attribute or item is assigned or deleted here."""
    inner = outermost_display(tree, node)
    match tree.parent(inner):
        case cst.AssignTarget() | cst.Del() | cst.AsName():
            return True
        case cst.AnnAssign(target) | cst.AugAssign(target) | cst.For(target) | cst.CompFor(target):
            return target is inner
    return False

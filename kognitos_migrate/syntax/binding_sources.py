"""The expression that supplies the value of a binding, and how it does."""

from enum import Enum
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

_NESTING = (cst.Element, cst.Tuple, cst.List, cst.StarredElement)


class BindingKind(Enum):
    """The ways in which a target gets its value."""

    ASSIGNED = "assigned"
    """The value of an assignment."""
    AUGMENTED = "augmented"
    """Its own value, combined with that of an augmented assignment: `x += 1`."""
    ITERATED = "iterated"
    """An element of the iterable of a `for` or a comprehension."""
    ENTERED = "entered"
    """The result of entering the context manager of a `with`."""
    PARAMETER = "parameter"
    """A parameter of a call. A known call tells which: an argument, the receiver, or the default."""
    ARGUMENT = "argument"
    RECEIVER = "receiver"
    """The object whose method is called, or whose property is read."""
    DEFAULT = "default"
    COLLECTED = "collected"
    """The arguments that a `*` or `**` parameter collects."""
    DEFINED = "defined"
    """A function or class."""
    IMPORTED = "imported"
    """An imported module or name."""
    OTHER = "other"
    """Anything else: a pattern, an exception, a deletion, `import … as`."""


class BindingSource(NamedTuple):
    """The source of a target's value."""

    kind: BindingKind
    target: cst.CSTNode
    node: cst.CSTNode
    """The node that binds the target: an assignment, a loop, a parameter."""
    value: cst.BaseExpression | None
    """The expression that is evaluated for it, if there is one."""
    path: tuple[str, ...]
    """The position of the target in nested targets, from the outside in: `("1",)` for `b` in `a, b = pair`,
    with `*` for a starred one. Empty if the target gets the value as a whole."""


def binding_source(tree: Tree, target: cst.CSTNode) -> BindingSource:
    """The source of the value that a target is bound to: a name, an attribute or an item."""
    inner, parent, path = target, tree.parent(target), list[str]()
    while isinstance(parent, _NESTING):
        if isinstance(parent, cst.Tuple | cst.List):
            path.insert(0, str(next(n for n, sibling in enumerate(parent.elements) if sibling is inner)))
        elif isinstance(parent, cst.StarredElement):
            path.insert(0, "*")
        inner, parent = parent, tree.parent(parent)
    kind, node, value = _source(tree, inner, parent)
    return BindingSource(kind, target, node, value, tuple(path))


def _source(
    tree: Tree, target: cst.CSTNode, parent: cst.CSTNode | None
) -> tuple[BindingKind, cst.CSTNode, cst.BaseExpression | None]:
    """The kind, the node and the expression of the binding of an outermost target."""
    match parent:
        case cst.AssignTarget():
            assign = tree.parent(parent)
            if isinstance(assign, cst.Assign):
                return BindingKind.ASSIGNED, assign, assign.value
        case cst.AnnAssign(value=value) if value is not None and parent.target is target:
            return BindingKind.ASSIGNED, parent, value
        case cst.NamedExpr() if parent.target is target:
            return BindingKind.ASSIGNED, parent, parent.value
        case cst.AugAssign() if parent.target is target:
            return BindingKind.AUGMENTED, parent, parent.value
        case cst.For() | cst.CompFor() if parent.target is target:
            return BindingKind.ITERATED, parent, parent.iter
        case cst.AsName():
            entered = tree.parent(parent)
            if isinstance(entered, cst.WithItem):
                return BindingKind.ENTERED, entered, entered.item
        case cst.Param() if parent.name is target:
            is_collecting = parent.star in ("*", "**")
            return BindingKind.COLLECTED if is_collecting else BindingKind.PARAMETER, parent, parent.default
        case cst.FunctionDef() | cst.ClassDef():
            return BindingKind.DEFINED, parent, None
        case cst.ImportAlias() | cst.ImportFrom() | cst.Attribute():
            return BindingKind.IMPORTED, parent, None
    return BindingKind.OTHER, parent if parent is not None else target, None

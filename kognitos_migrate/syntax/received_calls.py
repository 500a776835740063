"""Reads of the arguments of errors, as opposed to those of calls that doubles received."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.syntax.tree import Tree


def reads_error_arguments(tree: Tree, call_records: Collection[str]) -> bool:
    """Whether the module reads `args` of a value other than `self` and calls that a double received."""
    return any(
        node.attr.value == "args"
        and not (isinstance(node.value, cst.Name) and node.value.value in ("self", "cls"))
        and not _is_received_call(tree, node.value, call_records, frozenset())
        for node in tree.of_kind(cst.Attribute)
    )


def _is_received_call(
    tree: Tree, node: cst.CSTNode, call_records: Collection[str], bound: frozenset[str]
) -> bool:
    """Whether an expression is a call that a double received, an element of a list of such, or a variable
    that is only bound to such, those named in `bound` included."""
    while isinstance(node, cst.Subscript):
        node = node.value
    match node:
        case cst.Attribute(attr=cst.Name(name)):
            return name in call_records
        case cst.Name(name):
            sources = [_bound_value(tree, spelled) for spelled in tree.names_spelled(name)]
            values = [source for source in sources if source is not None]
            return name in bound or (
                bool(values)
                and all(
                    isinstance(value, cst.Attribute | cst.Subscript)
                    and _is_received_call(tree, value, call_records, bound | {name})
                    for value in values
                )
            )
    return False


def _bound_value(tree: Tree, name: cst.Name) -> cst.CSTNode | None:
    """The value that a variable is bound to here, or the list that it is an element of. Another node if the
    binding is of another kind, None if there is none."""
    parent = tree.parent(name)
    match parent:
        case cst.AssignTarget():
            assign = tree.parent(parent)
            return assign.value if isinstance(assign, cst.Assign) else parent
        case cst.For(target=target, iter=iterated) | cst.CompFor(target=target, iter=iterated):
            return iterated if target is name else None
        case cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
            return parent if target is name else None
        case cst.Param(name=parameter):
            return parent if parameter is name else None
        case cst.AsName() | cst.AugAssign() | cst.Element() | cst.Global() | cst.NameItem():
            return parent
    return None

"""The children of a node, without whitespace: what LibCST's `children` gives, at a small part of its cost.

LibCST finds a node's children by visiting it with a visitor that copies it. Here a class's fields are read
directly. Their order in the source is asked of LibCST once for each class.
"""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

import libcst as cst

WHITESPACE = (
    cst.SimpleWhitespace,
    cst.ParenthesizedWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Comment,
)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes right below `node`, in source order, whitespace left out."""
    found: list[cst.CSTNode] = []
    held = _HELD.get(type(node)) or _held(node)
    for value in held(node):
        if not value:
            continue
        kind = type(value)
        if kind is tuple or kind is list:
            found += [one for one in value if _COUNTS[type(one)]]
        elif _COUNTS[kind]:
            found.append(value)
    return found


class _Counts(dict[type, bool]):
    """By type of what a field holds: whether it is a child."""

    def __missing__(self, kind: type) -> bool:
        counts = self[kind] = issubclass(kind, cst.CSTNode) and not issubclass(kind, WHITESPACE)
        return counts


_COUNTS = _Counts()
_HELD: dict[type, Callable[[cst.CSTNode], tuple[Any, ...]]] = {}
"""By class: what gives the fields that may hold children."""


def _held(node: cst.CSTNode) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """Find that for the class of `node`."""
    visited = _Fields(node)
    node.visit(visited)
    # One that is visited only where it isn't empty (the format in an f-string) stands behind the others.
    names = dict.fromkeys((*visited.names, *(field.name for field in fields(node))))
    kept = [name for name in names if _may_hold_nodes(name)]
    # What is asked for less than two names gives no tuple; a class is no child.
    found = _HELD[type(node)] = attrgetter(*kept, "__class__", "__class__")
    return found


class _Fields(cst.CSTVisitor):
    """The names of a node's fields in the order in which they are visited: that of the source."""

    def __init__(self, node: cst.CSTNode) -> None:
        super().__init__()
        self.names: list[str] = []
        self._node = node

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node is self._node

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        self.names.append(attribute)


def _may_hold_nodes(name: str) -> bool:
    return not (name.startswith("whitespace") or name.endswith(("whitespace", "lines")))

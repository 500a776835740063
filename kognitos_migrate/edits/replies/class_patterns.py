"""Class patterns for JSON text in a field whose new value is a list."""

import libcst as cst

from kognitos_migrate.edits.imports import means_builtin
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.syntax.tree import Tree

_OTHER_TYPES = frozenset(("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "set", "tuple"))
"""Builtin classes that neither a text nor a list of entries has."""


def requires_text(tree: Tree, key: cst.CSTNode, mapping: cst.MatchMapping) -> bool:
    """Whether a pattern matches no null under a key, because it requires a text."""
    element = next((element for element in mapping.elements if element.key is key), None)
    match element.pattern if element is not None else None:
        case cst.MatchClass(cst.Name("str") as cls) | cst.MatchAs(cst.MatchClass(cst.Name("str") as cls)):
            return means_builtin(tree, "str", cls)
        case _:
            return False


def list_pattern(tree: Tree, node: cst.CSTNode, *, is_own: bool) -> list[PendingEdit] | None:
    """Pending edits of a class pattern: one for text becomes one for a list, which null doesn't match either.

    None for a class that a list may have, and for other tests of a class. `is_own` says that no other values
    are matched."""
    match node:
        case cst.MatchClass(cst.Name(name) as cls) if means_builtin(tree, name, cls):
            pass
        case _:
            return None
    if name in _OTHER_TYPES:
        return []
    if name != "str" or not is_own or not means_builtin(tree, "list", cls):
        return None
    return [PendingEdit(tree.outer_span(cls), ("list",))]

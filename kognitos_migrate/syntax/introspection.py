"""How a module looks into itself: at more than its names say."""

import re

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

_OF_FRAMES = ("f_locals", "cell_contents", "getgeneratorlocals", "getcoroutinelocals", "getclosurevars")
"""By which a function gets at the variables of another one."""
_FROM_TEXTS = ("eval(", "exec(", "globals(", "vars(")


def reads_names_from_texts(tree: Tree) -> bool:
    """Whether names may be used that stand nowhere but in texts."""
    said = (re.escape(name) for name in _FROM_TEXTS if name in tree.text)
    return any(re.search(rf"\b{name}", tree.text) for name in said)


def looks_into_frames(tree: Tree) -> bool:
    """Whether variables of other functions are read: of their frames, of what closes over them."""
    if not any(name in tree.lowered for name in _OF_FRAMES):
        return False
    return any(node.attr.value in _OF_FRAMES for node in tree.of_kind(cst.Attribute)) or any(
        node.value in _OF_FRAMES for node in tree.of_kind(cst.Name)
    )


def sets_namespaces(tree: Tree) -> tuple[cst.AssignTarget, ...]:
    """Where something takes the place of an instance's attributes: `self.__dict__ = …`."""
    return tuple(
        node
        for node in tree.of_kind(cst.AssignTarget)
        if isinstance(node.target, cst.Attribute) and node.target.attr.value == "__dict__"
    )

"""How a module looks into itself: at more than its names say."""

import re

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

_OF_FRAMES = ("f_locals", "cell_contents", "getgeneratorlocals", "getcoroutinelocals", "getclosurevars")
"""By which a function gets at the variables of another one."""
_FROM_TEXTS = re.compile(r"\b(?:eval|exec|globals|vars)\(")


def reads_names_from_texts(tree: Tree) -> bool:
    """Whether names may be used that stand nowhere but in texts."""
    return _FROM_TEXTS.search(tree.text) is not None


def reads_error_arguments(tree: Tree) -> bool:
    """Whether `args` is read of something that may be an error (of anything but `self`), or the text of
    an error that was caught is looked into."""
    return _looks_into_errors(tree) or any(
        node.attr.value == "args"
        and not (isinstance(node.value, cst.Name) and node.value.value in ("self", "cls"))
        for node in tree.of_kind(cst.Attribute)
    )


def _looks_into_errors(tree: Tree) -> bool:
    """Whether `str(error)` is compared, searched, or taken apart."""
    caught = {
        one.name.name.value
        for one in tree.of_kind(cst.ExceptHandler)
        if one.name is not None and isinstance(one.name.name, cst.Name)
    }
    return any(
        isinstance(call.func, cst.Name)
        and call.func.value in ("str", "repr")
        and any(isinstance(arg.value, cst.Name) and arg.value.value in caught for arg in call.args)
        and isinstance(
            tree.parent(call), cst.Comparison | cst.ComparisonTarget | cst.Attribute | cst.Subscript
        )
        for call in (tree.of_kind(cst.Call) if caught else ())
    )


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

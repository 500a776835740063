"""A fast `isinstance` for LibCST's node classes.

They are abstract base classes, for which `isinstance` asks Python code whether a class was registered as a
subclass: a twelfth of a run. None ever is, so the classes get a metaclass that asks for real subclasses only.
"""

from abc import ABCMeta
from collections.abc import Iterator

import libcst as cst


class _NodeMeta(ABCMeta):
    """The metaclass of node classes without virtual subclasses."""

    __instancecheck__ = type.__instancecheck__


def speed_up_instance_checks() -> None:
    """Make `isinstance` and class patterns fast for all node classes."""
    for node_class in _with_subclasses(cst.CSTNode):  # type: ignore[type-abstract]
        if type(node_class) is ABCMeta:
            node_class.__class__ = _NodeMeta  # type: ignore[method-assign,assignment]


def _with_subclasses(node_class: type[cst.CSTNode]) -> Iterator[type[cst.CSTNode]]:
    yield node_class
    for subclass in node_class.__subclasses__():
        yield from _with_subclasses(subclass)

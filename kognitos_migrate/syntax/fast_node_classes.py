"""Faster `isinstance` and construction for LibCST's node classes.

The classes are abstract base classes, for which `isinstance` asks Python code whether a class was registered
as a subclass: a twelfth of a run. None ever is, so the classes get a metaclass that asks for real subclasses
only. They are frozen dataclasses as well, whose constructors call a function for each field and then validate
the node: a third of the time of LibCST's parser. Nodes come from the parser only, and nobody changes them, so
the most frequent classes get constructors that assign their fields.
"""

from abc import ABCMeta
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import libcst as cst


class _NodeMeta(ABCMeta):
    """The metaclass of node classes without virtual subclasses."""

    __instancecheck__ = type.__instancecheck__


FREQUENT: tuple[type[cst.CSTNode], ...] = (
    *(cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.TrailingWhitespace),
    *(cst.Newline, cst.EmptyLine, cst.Comment),
    *(cst.Name, cst.Attribute, cst.Dot, cst.SimpleString, cst.Integer),
    *(cst.FormattedString, cst.FormattedStringText, cst.FormattedStringExpression),
    *(cst.Call, cst.Arg, cst.Comma, cst.AssignEqual, cst.LeftParen, cst.RightParen),
    *(cst.Subscript, cst.SubscriptElement, cst.Index, cst.LeftSquareBracket, cst.RightSquareBracket),
    *(cst.Dict, cst.DictElement, cst.LeftCurlyBrace, cst.RightCurlyBrace, cst.Colon),
    *(cst.List, cst.Tuple, cst.Element, cst.Comparison, cst.ComparisonTarget),
    *(cst.Param, cst.Parameters, cst.Annotation, cst.FunctionDef),
    *(cst.SimpleStatementLine, cst.IndentedBlock, cst.Expr, cst.Return, cst.If),
    *(cst.Assign, cst.AssignTarget, cst.Import, cst.ImportFrom, cst.ImportAlias),
)
"""The classes of most nodes of a module."""


def speed_up_node_classes() -> None:
    """Make `isinstance` and class patterns fast for all node classes, and construction for the frequent
    ones."""
    for node_class in _with_subclasses(cst.CSTNode):  # type: ignore[type-abstract]
        if type(node_class) is ABCMeta:
            node_class.__class__ = _NodeMeta  # type: ignore[method-assign,assignment]
    names: dict[str, Any] = {"MISSING": MISSING}
    exec("".join(_constructor(node_class, names) for node_class in FREQUENT), names)
    for node_class in FREQUENT:
        node_class.__init__ = names[node_class.__name__]  # type: ignore[method-assign]
        # Those of a frozen dataclass raise an error.
        node_class.__setattr__ = object.__setattr__  # type: ignore[method-assign]
        node_class.__delattr__ = object.__delattr__  # type: ignore[method-assign]


def _with_subclasses(node_class: type[cst.CSTNode]) -> Iterator[type[cst.CSTNode]]:
    yield node_class
    for subclass in node_class.__subclasses__():
        yield from _with_subclasses(subclass)


def _constructor(node_class: type[cst.CSTNode], names: dict[str, Any]) -> str:
    """The source of a constructor with the parameters of the class's own one. Its names are added to
    `names`."""
    parameters, lines = [], []
    for field in fields(node_class):
        default = f"{node_class.__name__}_{field.name}"
        value = field.name
        if field.default_factory is not MISSING:
            names[default] = field.default_factory
            parameters.append(f"{field.name}=MISSING")
            value = f"{default}() if {field.name} is MISSING else {field.name}"
        elif field.default is not MISSING:
            names[default] = field.default
            parameters.append(f"{field.name}={default}")
        else:
            parameters.append(field.name)
        lines.append(f"    self.{field.name} = {value}\n")
    return f"def {node_class.__name__}(self, {', '.join(parameters)}):\n{''.join(lines)}"

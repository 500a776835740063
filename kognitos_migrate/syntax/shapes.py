"""Shapes of expressions: names, method calls, reads of containers, literals."""

from typing import TypeGuard

import libcst as cst

from kognitos_migrate.syntax.literals import literal_text


def variable_name(node: cst.CSTNode | None) -> str | None:
    """The name that an expression consists of; None for any other expression."""
    return node.value if isinstance(node, cst.Name) else None


def last_name(node: cst.CSTNode | None) -> str | None:
    """The name of a variable, or of an attribute."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else None


def is_none(node: cst.CSTNode | None) -> bool:
    """Whether an expression is the literal None."""
    return variable_name(node) == "None"


def string_value(node: cst.CSTNode | None) -> str | None:
    """The text of a string literal; None for bytes and any other expression."""
    text = literal_text(node) if isinstance(node, cst.SimpleString) else None
    return text if isinstance(text, str) else None


def is_primary_expression(node: cst.CSTNode | None) -> bool:
    """Whether an expression binds more tightly than any operator without parentheses around it."""
    return isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.Dict)


def method_name(node: cst.CSTNode | None) -> str | None:
    """The name of the attribute that a call calls, as `get` in `run.get("id")`; None for any other node."""
    match node:
        case cst.Call(cst.Attribute(attr=cst.Name(name))):
            return str(name)
    return None


def is_method_call(node: cst.CSTNode | None, *names: str) -> TypeGuard[cst.Call]:
    """Whether an expression is a call of an attribute with one of these names."""
    return method_name(node) in names


def receiver_of(node: cst.CSTNode | None) -> cst.BaseExpression | None:
    """The owner of the attribute that a call calls, as `run` in `run.get("id")`."""
    match node:
        case cst.Call(cst.Attribute(value=owner)):
            return owner
    return None


def owner_of(node: cst.CSTNode | None) -> cst.BaseExpression | None:
    """The object that an expression reads from: as an item, as an attribute, or by a method."""
    match node:
        case cst.Subscript(value=owner) | cst.Attribute(value=owner):
            return owner
    return receiver_of(node)


def container_of(node: cst.CSTNode | None) -> cst.BaseExpression | None:
    """The container that an expression reads an item from: by a subscript or by a method."""
    match node:
        case cst.Subscript(value=owner):
            return owner
    return receiver_of(node)


def index_of(node: cst.CSTNode | None) -> cst.BaseExpression | None:
    """The only key of a subscript; None for several keys, a slice, and any other node."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(value=key))]):
            return key
    return None


def compared_operands(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The operands of a comparison, or the arguments of a call that compares them; empty for other nodes."""
    match node:
        case cst.Comparison(left, targets):
            return [left, *(target.comparator for target in targets)]
        case cst.Call(args=arguments):
            return [argument.value for argument in arguments]
    return []

"""Shapes of expressions: names, method calls, reads of containers, literals and their values."""

import warnings
from ast import literal_eval
from functools import lru_cache
from typing import TypeGuard

import libcst as cst


def literal_text(node: cst.SimpleString) -> str | bytes | None:
    """The text of a string literal; None if Python rejects it."""
    return _text(node.value)


def verbatim_offset(node: cst.SimpleString) -> int:
    """The offset of a literal's text in its source; -1 if the text is written in another way."""
    return _verbatim_offset(node.value)


def literal_number(node: cst.Integer | cst.Float | cst.Imaginary) -> complex | None:
    """The value of a number literal; None if Python rejects it."""
    return _number(node.value)


@lru_cache(maxsize=10_000)
def written_subscript_key(node: cst.Subscript) -> str | None:
    """The key of a subscript if it is a string literal, else None."""
    index = node.slice[0].slice
    inner = index.value if isinstance(index, cst.Index) else None
    return str(literal_text(inner)) if isinstance(inner, cst.SimpleString) else None


@lru_cache(maxsize=10_000)
def _text(source: str) -> str | bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as invalid escapes in "\d", which are not our concern
        try:
            value: str | bytes = literal_eval(source)
        except (SyntaxError, ValueError):
            return None
    return value


@lru_cache(maxsize=10_000)
def _verbatim_offset(source: str) -> int:
    value = _text(source)
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    start = min(place for quote in "\"'" if (place := source.find(quote)) >= 0)
    quotes = 3 if source[start : start + 3] == 3 * source[start] and len(source) >= start + 6 else 1
    return start + quotes if source[start + quotes : len(source) - quotes] == text else -1


@lru_cache(maxsize=10_000)
def _number(source: str) -> complex | None:
    try:
        value: complex = literal_eval(source)
        str(value)  # hexadecimal literals may be longer than Python writes in decimal
    except (SyntaxError, ValueError):
        return None
    return value


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


def length_cut_off(node: cst.CSTNode) -> cst.Call | None:
    """The call in `values[len(prefix):]`; None for any other node."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(cst.Slice(cst.Call() as call, None, None))]):
            is_single = len(call.args) == 1 and call.args[0].keyword is None and not call.args[0].star
            return call if is_single else None
    return None


def written_integer(node: cst.BaseExpression | None) -> int | None:
    """The value of an expression that is written as a number; None for any other one."""
    match node:
        case cst.Integer(value):
            return int(value, 0)
        case cst.UnaryOperation(cst.Minus(), cst.Integer(value)):
            return -int(value, 0)
    return None


def compared_operands(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The operands of a comparison, or the arguments of a call that compares them; empty for other nodes."""
    match node:
        case cst.Comparison(left, targets):
            return [left, *(target.comparator for target in targets)]
        case cst.Call(args=arguments):
            return [argument.value for argument in arguments]
    return []

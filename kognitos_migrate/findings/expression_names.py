"""The names of expressions, which show that literals beside them are secrets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

_FIELD = re.compile(r"(?P<name>[\w.-]{1,60})[\"']?\s?[=:]\s?[\"']?(?:bearer |basic )?$", re.IGNORECASE)
"""The text before a field that names its value: `?token=`, `"api_key": "`, `Authorization: Bearer `."""
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<field>\w*)[^{}]*\}")
_PERCENT = re.compile(r"%%|%(?:\((?P<field>\w+)\))?[-#0 +\d.]*[a-zA-Z]")
_COMPARING = re.compile(r"compare_digest|assert\w*equals?", re.IGNORECASE)
"""Functions that compare their first two arguments."""
_CREDENTIALS = re.compile(r"[^\s:/]+:[^\s/]\S*")
"""A user and a password."""
_MATCHING = frozenset(("startswith", "endswith", "removeprefix", "removesuffix", "__eq__"))
"""Methods that compare a text with their arguments."""


def _function_name(call: ast.Call) -> str:
    return name_of(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else ""


def name_of(node: ast.expr) -> str:
    """The name that an expression has: a variable's, an attribute's, a key's text, also if a method of that
    text is called."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return name_of(owner) if isinstance(owner, ast.Constant) else ""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return name_of(node.slice)
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return text_of(node.value)
    return ""


def text_of(value: str | bytes) -> str:
    """A constant as text."""
    return value if isinstance(value, str) else value.decode("latin-1")


def compared_values(node: ast.Call | ast.Match) -> Iterator[tuple[str, ast.expr]]:
    """Yield the values that something is compared with, each with its name: by a method, a function of two
    values, or the patterns of a match. An encoded user and password count as well."""
    if isinstance(node, ast.Match):
        name = name_of(node.subject)
        for case in node.cases:
            values = (part for part in ast.walk(case.pattern) if isinstance(part, ast.MatchValue))
            yield from ((name, part.value) for part in values)
    elif isinstance(node.func, ast.Attribute) and node.func.attr in _MATCHING:
        yield from ((name_of(node.func.value), argument) for argument in node.args)
    elif len(node.args) > 1 and _COMPARING.search(function := _function_name(node)):
        is_of_secrets = function == "compare_digest"
        yield "secret" if is_of_secrets else name_of(node.args[0]), node.args[1]
        yield "secret" if is_of_secrets else name_of(node.args[1]), node.args[0]
    elif node.args and _function_name(node) == "b64encode":
        constants = (part for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
        yield from (("password", part) for part in constants if _CREDENTIALS.fullmatch(name_of(part)))


def filled_values(node: ast.Call | ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    """Yield the values that fill the fields of a template, each with the name that the template has before
    its field: `"…?token={}".format(value)`, `"…?token=%s" % value`."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Mod) and (template := _constant(node.left)) is not None:
            yield from _values_of_fields(template, _PERCENT, *_operands(node.right))
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = _constant(node.func.value)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}
        if template is not None:
            yield from _values_of_fields(template, _BRACES, node.args, keywords)


def constant_names(assignments: Iterator[ast.Assign]) -> Mapping[str, str]:
    """The texts of variables that a module assigns constants."""
    return {
        target.id: text
        for node in assignments
        for target in node.targets
        if isinstance(target, ast.Name) and (text := _constant(node.value)) is not None
    }


def values_under_constants(
    node: ast.Assign | ast.Call | ast.Dict, constants: Mapping[str, str]
) -> Iterator[tuple[str, ast.expr]]:
    """Yield the values whose key is a variable with a constant text: `{API_KEY_HEADER: value}`."""
    if isinstance(node, ast.Dict):
        pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None]
    elif isinstance(node, ast.Call):
        pairs = [*zip(node.args, node.args[1:], strict=False)]
    else:
        keys = [target.slice for target in node.targets if isinstance(target, ast.Subscript)]
        pairs = [(key, node.value) for key in keys]
    for key, value in pairs:
        if isinstance(key, ast.Name) and key.id in constants:
            yield constants[key.id], value


def _constant(node: ast.expr) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return name_of(node) if is_text else None


def _operands(node: ast.expr) -> tuple[list[ast.expr], Mapping[str, ast.expr]]:
    """The values of `template % node`: by position, and by name."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [], {name_of(key): value for key, value in pairs if key is not None}
    return (list(node.elts) if isinstance(node, ast.Tuple) else [node]), {}


def _values_of_fields(
    template: str, pattern: re.Pattern[str], operands: list[ast.expr], by_name: Mapping[str, ast.expr]
) -> Iterator[tuple[str, ast.expr]]:
    position, end = 0, 0
    for match in pattern.finditer(template):
        if match[0] in ("{{", "}}", "%%"):
            continue
        field = match["field"] or ""
        at = int(field) if field.isdecimal() else position
        position += not field
        value = by_name.get(field) or (
            operands[at] if at < len(operands) and not by_name.get(field) else None
        )
        name = _FIELD.search(template[max(end, match.start() - 80) : match.start()])
        end = match.end()
        if value is not None and name is not None:
            yield name["name"], value

"""Mutants of a module: the same text with one operator, constant, condition or statement changed."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Change = Callable[[Any], None]

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Mutant:
    """What was changed, and the module's code with it."""

    line: int
    what: str
    code: str


def mutants(text: str) -> Iterator[Mutant]:
    """All mutants of a module."""
    tree = ast.parse(text)
    for number, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(one for count, one in enumerate(ast.walk(changed)) if count == number)
            change(target)
            ast.fix_missing_locations(changed)
            yield Mutant(getattr(node, "lineno", 0), what, ast.unparse(changed))


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        yield f"{ast.unparse(node)} is turned round", _turn
    if isinstance(node, ast.BoolOp):
        yield f"and and or are swapped in {ast.unparse(node)}", _swap
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield f"not: {ast.unparse(node.test)}", _negate
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"without its not: {ast.unparse(node)}", _affirm
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} is the other", _flip
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield f"{node.value} is one more", _increase
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield f"None instead of {ast.unparse(node.value)}", _none
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield f"without {ast.unparse(node.value)}", _nothing


def _turn(node: Any) -> None:
    node.ops[0] = _COMPARED[type(node.ops[0])]()


def _swap(node: Any) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _negate(node: Any) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _affirm(node: Any) -> None:
    node.op = ast.UAdd()
    node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])


def _flip(node: Any) -> None:
    node.value = not node.value


def _increase(node: Any) -> None:
    node.value += 1


def _none(node: Any) -> None:
    node.value = ast.Constant(None)


def _nothing(node: Any) -> None:
    node.value = ast.Constant(None)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None

"""Mutants of a module: the same code with one operator, constant, condition or statement changed.

Some changes are skipped, because they can't be faults: annotations, class options (`frozen` and `slots`
restrict code without changing it), and `strict` of `zip`, which only makes a fault louder. So is None in
place of a `return True` or `return False`, where the mutant of the constant is equivalent, and in place of
UNKNOWN: the interpreter treats both alike, and the type checker notices. A limit that is one higher works as
well, so numbers of two digits or more, and named numbers, become zero instead. So do increments (`events +=
1`): most counts are only compared for equality.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

Change = Callable[[Any], None]

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_BOUND: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


@dataclass(frozen=True)
class Mutant:
    """One change of a module. `number` is its own among those of the module; the changed place is in the
    lines from `line` to `end` of the statement that begins in the line `statement`."""

    number: int
    line: int
    end: int
    statement: int
    what: str


def mutants(text: str) -> list[Mutant]:
    """All mutants of a module."""
    return [
        Mutant(number, node.lineno, node.end_lineno or node.lineno, statement, _shown(what))
        for number, (node, statement, what, _) in enumerate(_changes(ast.parse(text)))
    ]


def changed(text: str, number: int) -> ast.Module:
    """The module with one of its mutants in it."""
    tree = ast.parse(text)
    node, _, _, change = list(_changes(tree))[number]
    change(node)
    return ast.fix_missing_locations(tree)


def _shown(what: str) -> str:
    flat = " ".join(what.split())
    return flat if len(flat) <= 120 else flat[:117] + "…"


def _changes(tree: ast.Module) -> Iterator[tuple[Any, int, str, Change]]:
    """The nodes that can be changed, the lines of their statements, what is changed, and how."""
    for node, statement in _walked(tree, 1):
        for target, what, change in _of(node):
            yield target, statement, what, change


def _walked(node: ast.AST, statement: int) -> Iterator[tuple[ast.AST, int]]:
    """The nodes in order, without annotations, options of data classes, and `strict`."""
    statement = node.lineno if isinstance(node, ast.stmt) else statement
    yield node, statement
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.ClassDef) and child in (*node.decorator_list, *node.keywords):
            continue
        if isinstance(child, ast.keyword) and child.arg == "strict":
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if _counts(node) and child is node.value:
            continue
        yield from _walked(child, statement)


def _of(node: ast.AST) -> Iterator[tuple[ast.AST, str, Change]]:
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in _OPPOSITE or type(op) in _BOUND:
            yield node, f"`{ast.unparse(node)}` is turned round", _turn
        case ast.BoolOp():
            yield node, f"`and` and `or` are swapped in `{ast.unparse(node)}`", _swap
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"without its not: `{ast.unparse(node)}`", _affirm
        case ast.Constant(value=bool() as value):
            yield node, f"`{value}` is the other", _flip
        case ast.Constant(value=int() as value):
            yield (
                (node, f"`{value}` is one more", _increase)
                if value < 10
                else (node, f"`{value}` is 0", _empty)
            )
        case ast.Assign(value=number) | ast.AugAssign(value=number) if _counts(node):
            yield number, f"`{ast.unparse(node)}` with 0", _empty
        case ast.Return(value=ast.expr() as given) if not _is_plain(given):
            yield node, f"None instead of `{ast.unparse(given)}`", _none
        case ast.Expr(value=ast.Call()):
            yield node, f"without `{ast.unparse(node)}`", _nothing
        case ast.Break() | ast.Continue():
            yield node, f"without `{ast.unparse(node)}`", _pass
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if not _has_opposite(test):
            yield test, f"not: `{ast.unparse(test)}`", _negate_test(node)
        case ast.comprehension():
            for index, test in enumerate(node.ifs):
                if not _has_opposite(test):
                    yield test, f"not: `{ast.unparse(test)}`", _negate_filter(node, index)
        case ast.match_case(guard=ast.expr() as guard) if not _has_opposite(guard):
            yield guard, f"not: `{ast.unparse(guard)}`", _negate_guard(node)


def _counts(node: ast.AST) -> TypeGuard[ast.Assign | ast.AugAssign]:
    """Whether a statement gives a number a name, which is a limit, or counts on by one."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() as value)):
            return name.isupper() and value is not True and value is not False and value != 0
        case ast.AugAssign(value=ast.Constant(value=int())):
            return True
    return False


def _has_opposite(test: ast.expr) -> bool:
    """Whether the test's own mutants hold its opposite."""
    return (
        (isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITE)
        or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))
        or isinstance(test, ast.Constant)
    )


def _turn(node: Any) -> None:
    kind = type(node.ops[0])
    node.ops[0] = (_OPPOSITE.get(kind) or _BOUND[kind])()


def _swap(node: Any) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _negate_test(node: Any) -> Change:
    def change(test: Any) -> None:
        node.test = _negated(test)

    return change


def _negate_filter(node: Any, index: int) -> Change:
    def change(test: Any) -> None:
        node.ifs[index] = _negated(test)

    return change


def _negate_guard(node: Any) -> Change:
    def change(test: Any) -> None:
        node.guard = _negated(test)

    return change


def _negated(test: ast.expr) -> ast.expr:
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _affirm(node: Any) -> None:
    """`not x` becomes `not not x`."""
    node.operand = _negated(node.operand)


def _flip(node: Any) -> None:
    node.value = not node.value


def _increase(node: Any) -> None:
    node.value += 1


def _empty(node: Any) -> None:
    node.value = 0


def _none(node: Any) -> None:
    node.value = ast.copy_location(ast.Constant(None), node)


def _nothing(node: Any) -> None:
    node.value = ast.copy_location(ast.Constant(None), node)


def _pass(node: Any) -> None:
    """`break` and `continue` have no expression in them: they become a statement that does nothing."""
    node.__class__ = ast.Pass


def _is_plain(node: ast.expr) -> bool:
    """Whether a value is None, one of the truth values, or what the interpreter does not know."""
    if isinstance(node, ast.Name):
        return node.id == "UNKNOWN"
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))

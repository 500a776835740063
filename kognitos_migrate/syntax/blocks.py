"""Blocks of statements, and the tests that decide whether a part of the code is evaluated."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.syntax.tree import Tree


def statements_beside(tree: Tree, statement: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The statements of the block that a statement belongs to, itself included."""
    match tree.parent(statement):
        case cst.IndentedBlock(body) | cst.Module(body) | cst.SimpleStatementSuite(body):
            return body
    return ()


def last_statement(block: cst.BaseSuite) -> cst.CSTNode | None:
    """The statement that a block ends with; of several on a line, the last one."""
    match block.body[-1:]:
        case [cst.SimpleStatementLine(body)]:
            return body[-1]
        case [statement]:
            return statement
    return None


def with_of(tree: Tree, block: cst.CSTNode) -> cst.With | None:
    """The `with` statement whose body is a block."""
    match tree.parent(block):
        case cst.With() as statement:
            return statement
    return None


def is_statement(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is a statement of its own."""
    return isinstance(tree.parent(node), cst.Expr)


def part_of(tree: Tree, whole: cst.CSTNode, node: cst.CSTNode) -> cst.CSTNode | None:
    """The child of a node that contains another one, or is that; None if there is none."""
    child = node
    for ancestor in tree.ancestors(node):
        if ancestor is whole:
            return child
        child = ancestor
    return None


def enclosing_choices(tree: Tree, node: cst.CSTNode) -> Iterator[cst.If | cst.IfExp]:
    """The `if` statements and conditional expressions around a node, innermost first."""
    return (ancestor for ancestor in tree.ancestors(node) if isinstance(ancestor, cst.If | cst.IfExp))


class Decision(NamedTuple):
    """A test, and the outcome with which the code in question is evaluated."""

    test: cst.BaseExpression
    outcome: bool


def decision_on(choice: cst.CSTNode, part: cst.CSTNode) -> Decision | None:
    """The test that decides whether an `if`, a conditional expression, an `and` or an `or` evaluates a part.
    None for the test itself, and for other nodes."""
    match choice:
        case cst.If(test, body) | cst.IfExp(test, body) if part is not test:
            return Decision(test, part is body)
        case cst.BooleanOperation(left, operator, right) if part is right:
            return Decision(left, isinstance(operator, cst.And))
    return None

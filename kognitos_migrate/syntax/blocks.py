"""Blocks of statements, the loops around a node, and the tests that decide whether code is evaluated."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.syntax.scopes import COMPREHENSIONS, FUNCTIONS
from kognitos_migrate.syntax.tree import Tree


def statements_of_block(tree: Tree, statement: cst.CSTNode) -> Sequence[cst.CSTNode]:
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


def is_earlier_in_block(tree: Tree, small: cst.BaseSmallStatement, node: cst.CSTNode) -> bool:
    """Whether a simple statement is in a line above a node, in a block around it: it ends before the node is
    evaluated."""
    line = tree.parent(small)
    block = tree.parent(line) if isinstance(line, cst.SimpleStatementLine) else None
    if line is None or block is None or not any(ancestor is block for ancestor in tree.ancestors(node)):
        return False
    return tree.end(line) <= tree.number(node)


def with_of(tree: Tree, block: cst.CSTNode) -> cst.With | None:
    """The `with` statement whose body is a block."""
    match tree.parent(block):
        case cst.With() as statement:
            return statement
    return None


def is_statement(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is a statement of its own."""
    return isinstance(tree.parent(node), cst.Expr)


def child_containing(tree: Tree, whole: cst.CSTNode, node: cst.CSTNode) -> cst.CSTNode | None:
    """The child of a node that contains another one, or is that; None if there is none."""
    child = node
    for ancestor in tree.ancestors(node):
        if ancestor is whole:
            return child
        child = ancestor
    return None


def enclosing_conditionals(tree: Tree, node: cst.CSTNode) -> Iterator[cst.If | cst.IfExp]:
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


LOOPS = (cst.For, cst.While, *COMPREHENSIONS)
"""Nodes whose parts are evaluated once for each element or round."""


def loops_around(tree: Tree, node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """The loops that evaluate a node once for each round, within its function, from the inside out.

    The iterable of a `for` and the `else` of a loop are evaluated once. The defaults and decorators of a
    function belong to the function around it.
    """
    loops: list[cst.CSTNode] = []
    inner = node
    for above in tree.ancestors(node):
        if isinstance(above, FUNCTIONS) and inner is above.body:
            break
        if type(above) in LOOPS and not _is_evaluated_once(above, inner):
            loops.append(above)
        inner = above
    return tuple(loops)


def _is_evaluated_once(loop: cst.CSTNode, part: cst.CSTNode) -> bool:
    if isinstance(loop, cst.For) and part is loop.iter:
        return True
    return isinstance(loop, cst.For | cst.While) and part is loop.orelse

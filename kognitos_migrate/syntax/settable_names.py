"""Names that decide whether code is run, and that code out of sight may set.

VERBOSE = False

def start(facts, path=None):
    if path is not None:    # `path` in `start` decides whether this block is run
        ...
    if VERBOSE:             # so does `VERBOSE` in `start`
        ...
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.syntax.tree import Tree


class SettableName(NamedTuple):
    """A name in the tests of a function. The function is empty for code outside of functions."""

    path: str
    function: str
    name: str


def reads_settable(tree: Tree, test: cst.CSTNode, names: Collection[SettableName]) -> bool:
    """Whether a test reads one of the names, as a variable or as an attribute."""
    return bool(names) and any(name in names for name in _names_read(tree, test))


def deciding_names(tree: Tree, node: cst.CSTNode) -> Iterator[SettableName]:
    """The names in the tests and loops around a node, and in the earlier tests that may leave its block."""
    inner = node
    for outer in tree.ancestors(node):
        for test in _tests_between(outer, inner):
            yield from _names_read(tree, test)
        inner = outer


def _names_read(tree: Tree, test: cst.CSTNode) -> Iterator[SettableName]:
    function = tree.enclosing(test, cst.FunctionDef)
    owner = function.name.value if function is not None else ""
    for node in (test, *tree.descendants(test)):
        if isinstance(node, cst.Name):
            yield SettableName(tree.path, owner, node.value)


def _tests_between(outer: cst.CSTNode, inner: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The expressions of `outer` that decide whether its part `inner` is run."""
    match outer:
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test) if inner is not test:
            yield test
        case cst.BooleanOperation(left=left, right=right) if inner is right:
            yield left
        case cst.For(iter=iterable) if inner is not iterable:
            yield iterable
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() | cst.DictComp() if (
            inner is not outer.for_in
        ):
            yield from _tests_of_comprehension(outer.for_in)
        case cst.Match(subject=subject) if inner is not subject:
            yield subject
        case cst.IndentedBlock(body=statements) | cst.Module(body=statements):
            for statement in statements:
                if statement is inner:
                    break
                if isinstance(statement, cst.If):
                    yield statement.test


def _tests_of_comprehension(loop: cst.CompFor) -> Iterator[cst.CSTNode]:
    yield loop.iter
    yield from (condition.test for condition in loop.ifs)
    if loop.inner_for_in is not None:
        yield from _tests_of_comprehension(loop.inner_for_in)

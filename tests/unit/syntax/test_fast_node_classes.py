"""`isinstance` with LibCST's node classes asks no Python code, and answers as before."""

import abc
from collections.abc import Iterator
from types import FunctionType

import libcst as cst
import pytest

from kognitos_migrate.syntax.parsing import parse


def node_classes(node_class: type[cst.CSTNode] = cst.CSTNode) -> Iterator[type[cst.CSTNode]]:
    yield node_class
    for subclass in node_class.__subclasses__():
        yield from node_classes(subclass)


def test_no_class_has_a_subclass_that_is_registered() -> None:
    for node_class in node_classes():
        registered, *_ = abc._get_dump(node_class)  # type: ignore[attr-defined]
        assert not registered, node_class
        assert not isinstance(type(node_class).__instancecheck__, FunctionType), node_class


def test_instances_are_those_of_the_class_and_its_bases() -> None:
    (line,) = parse("a.py", "f(1)\n").module.body
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(line, cst.BaseStatement)
    assert not isinstance(line, cst.BaseCompoundStatement)
    assert not isinstance(line, cst.BaseExpression)
    match line.body[0]:
        case cst.Expr(cst.Call(cst.Name("f"), [cst.Arg(cst.Integer("1"))])):
            return
    pytest.fail("a pattern of classes doesn't match")


def test_abstract_classes_have_no_instances() -> None:
    with pytest.raises(TypeError):
        cst.BaseExpression()  # type: ignore[abstract]

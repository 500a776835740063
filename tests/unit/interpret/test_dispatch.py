"""The interpreter has a transfer function for each kind of expression and statement that LibCST parses."""

import inspect
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import libcst as cst
import pytest

from kognitos_migrate.interpret import library
from kognitos_migrate.interpret.dispatch import EXPRESSIONS, STATEMENTS
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import UNSUPPORTED, parse

_STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.BaseSuite, cst.SimpleStatementLine)


def _kinds(base: type[object]) -> Iterator[type[object]]:
    """The public classes of LibCST at or below a class that nodes are made of."""
    kind = getattr(cst, base.__name__, None)
    if kind is not None and not inspect.isabstract(kind):
        yield kind
    for derived in base.__subclasses__():
        yield from _kinds(derived)


def test_each_kind_of_expression_has_a_transfer_function() -> None:
    assert {*_kinds(cst.BaseExpression)} - EXPRESSIONS.keys() - UNSUPPORTED.keys() == set()


def test_each_kind_of_statement_has_a_transfer_function() -> None:
    kinds = {kind for base in _STATEMENTS for kind in _kinds(base)}
    assert kinds - STATEMENTS.keys() - UNSUPPORTED.keys() == set()


def test_each_function_of_a_library_has_one_model() -> None:
    modules = [
        import_module(f"{library.__name__}.{module.name}") for module in iter_modules(library.__path__)
    ]
    for models in ([module.SYMBOLS for module in modules], [module.METHODS for module in modules]):
        names = Counter(name for own in models for name in own)
        assert [name for name, number in names.items() if number > 1] == []


@pytest.mark.skipif(not UNSUPPORTED, reason="LibCST before 1.9 doesn't parse it")
@pytest.mark.parametrize(
    "statement",
    [
        "lazy import requests",
        "lazy from urls import BASE",
        "runs = {**run(number) for number in numbers}",
        "runs = [*run(number) for number in numbers]",
        "runs = {*run(number) for number in numbers}",
        "total = sum(*run(number) for number in numbers)",
    ],
)
def test_a_module_with_syntax_that_has_none_is_not_parsed(statement: str) -> None:
    with pytest.raises(SourceSyntaxError, match="isn't supported yet") as error:
        parse("a.py", f"import requests\n\n\ndef runs():\n    {statement}\n")
    assert error.value.line == 5
    assert error.value.reason == "syntax-unsupported"


def test_starred_elements_elsewhere_are_parsed() -> None:
    assert parse("a.py", "all_runs = [*runs, *more]\nfirst, *rest = all_runs\n")

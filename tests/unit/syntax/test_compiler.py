"""Python's own compiler refuses what a parser lets through."""

import warnings

import pytest

from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import parse, require_compilable

WRONG = [
    "print({n: v for n, v in (last := poll()).items()})\n",
    "def f(a):\n    global a\n",
    "def f():\n    return [await g() for g in h]\n",
    "class A:\n    return 1\n",
    "x = 1\nfrom __future__ import annotations\n",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_text_that_only_the_compiler_refuses(text: str) -> None:
    parse("a.py", text)
    with pytest.raises(SourceSyntaxError):
        require_compilable("a.py", "x = 1\n", text)
    with pytest.raises(SourceSyntaxError):
        require_compilable("a.py", None, text)


@pytest.mark.parametrize("text", WRONG)
def test_a_text_that_did_not_compile_before_says_nothing(text: str) -> None:
    require_compilable("a.py", text, text + "y = 2\n")


def test_cells_of_a_notebook_await_at_their_top() -> None:
    require_compilable("a.ipynb", "await poll()\n", "await ask()\n")
    with pytest.raises(SourceSyntaxError):
        require_compilable("a.ipynb", "await poll()\n", "await ask()\nreturn 1\n")
    with pytest.raises(SourceSyntaxError):
        require_compilable("a.py", "poll()\n", "await poll()\n")


def test_a_byte_order_mark_and_warnings_are_no_faults() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require_compilable("a.py", "\ufeffx = 1\n", "\ufeffx = '\\d' is 1\n")

"""Text in code is that text and nothing else, whatever it holds."""

import ast
import tokenize
from doctest import DocTestParser
from io import StringIO

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kognitos_migrate.edits.literals import (
    comment,
    docstring,
    identifier,
    literal_in_style,
    needs_no_escape,
    string_literal,
)

NASTY = st.text(
    alphabet=st.one_of(st.sampled_from("\"'\\{}\n\r\t\0\f\x1a#nxuN\u2028\u202e\ud800é"), st.characters())
)


@given(NASTY, st.sampled_from(['"', "'", '"""', "'''"]))
def test_a_literal_is_its_text(text: str, quote: str) -> None:
    source = string_literal(text, quote)
    assert ast.literal_eval(source) == text
    assert "\n" not in source


@given(NASTY, st.sampled_from(["''", '""', 'r""', "R'''x'''", 'u""', '""""""']))
def test_a_literal_is_written_as_another_is(text: str, node: str) -> None:
    expression = cst.parse_expression(node)
    assert isinstance(expression, cst.SimpleString)
    assert ast.literal_eval(literal_in_style(expression, text)) == text


@pytest.mark.parametrize("text", ["Sum.", '"a" and "b"', 'x"""; f(); """y', "C:\\new\\u00e9\\", "é > > ü"])
def test_a_docstring_is_its_text(text: str) -> None:
    assert ast.literal_eval(docstring(text)) == text
    assert ast.literal_eval(docstring(text, f"    {text}")) == f"{text}\n    {text}"


@given(NASTY)
def test_a_comment_is_one_line(text: str) -> None:
    source = f"{comment(text)}\nx = 1\n".encode("utf-8", "replace").decode()
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Assign)
    kinds = [token.type for token in tokenize.generate_tokens(StringIO(source).readline)]
    assert kinds.count(tokenize.COMMENT) == 1


@given(NASTY)
def test_a_name_is_a_name(text: str) -> None:
    assert isinstance(ast.parse(f"{identifier(text)} = 1\n").body[0], ast.Assign)


@pytest.mark.parametrize(
    ("text", "plain"), [("done", True), ("it's", False), ("a\\b", False), ("a\nb", False)]
)
def test_a_plain_text_can_stand_in_any_literal(text: str, plain: bool) -> None:
    assert needs_no_escape(text) == plain


@given(NASTY, NASTY)
def test_a_docstring_has_one_line_for_each_text_and_no_other_statement(first: str, second: str) -> None:
    source = docstring(first, f"    {second}", "    ", examples=("    >>> f()",))
    module = ast.parse(f"def f():\n    {source}\n    return 1")
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert len(module.body) == 1
    assert len(function.body) == 2
    text = ast.get_docstring(function, clean=False)
    assert text is not None
    assert len(text.split("\n")) == 4


@pytest.mark.parametrize("text", [">>> f()", "x\n\n    >>> f()", "\t>>> f()", ">>>>>> f()", "x\r>>> f()"])
def test_a_text_in_a_docstring_is_no_doctest(text: str) -> None:
    assert not DocTestParser().get_examples(ast.literal_eval(docstring(text, text)))
    assert (
        len(DocTestParser().get_examples(ast.literal_eval(docstring(text, "", examples=(">>> g()",))))) == 1
    )

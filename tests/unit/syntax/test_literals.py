"""The values of literals, and literals that Python rejects."""

import sys
import warnings

import libcst as cst
import pytest

from kognitos_migrate.syntax.shapes import literal_number, literal_text


@pytest.mark.parametrize(
    ("code", "said"),
    [("'a'", "a"), ("b'a'", b"a"), (r"'\d'", r"\d"), (r"'\x'", None), (r"'\N{nope}'", None), ("'\0'", None)],
)
def test_texts(code: str, said: str | bytes | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert literal_text(cst.SimpleString(code)) == said


def test_numbers() -> None:
    assert literal_number(cst.Integer("0x1f")) == 31


@pytest.mark.skipif(not hasattr(sys, "get_int_max_str_digits"), reason="Python takes any number")
def test_a_number_that_python_does_not_take() -> None:
    assert literal_number(cst.Integer("9" * 5_000)) is None

"""Values of literals, None where Python rejects what LibCST accepts."""

import warnings
from ast import literal_eval
from functools import lru_cache

import libcst as cst


def literal_text(node: cst.SimpleString) -> str | bytes | None:
    """The text of a string literal, None where Python would not take it."""
    return _text(node.value)


def literal_number(node: cst.Integer | cst.Float | cst.Imaginary) -> complex | None:
    """The number that a literal says, None where Python would not take it."""
    return _number(node.value)


@lru_cache(maxsize=10_000)
def _text(written: str) -> str | bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of "\d", say: the program's own affair
        try:
            found: str | bytes = literal_eval(written)
        except (SyntaxError, ValueError):
            return None
    return found


@lru_cache(maxsize=10_000)
def _number(written: str) -> complex | None:
    try:
        found: complex = literal_eval(written)
    except (SyntaxError, ValueError):
        return None
    return found

"""Values of literals; None if Python rejects a literal that LibCST accepts."""

import warnings
from ast import literal_eval
from functools import lru_cache

import libcst as cst


def literal_text(node: cst.SimpleString) -> str | bytes | None:
    """The text of a string literal; None if Python rejects it."""
    return _text(node.value)


def literal_number(node: cst.Integer | cst.Float | cst.Imaginary) -> complex | None:
    """The value of a number literal; None if Python rejects it."""
    return _number(node.value)


@lru_cache(maxsize=10_000)
def written_subscript_key(node: cst.Subscript) -> str | None:
    """The key of a subscript if it is a string literal, else None."""
    index = node.slice[0].slice
    inner = index.value if isinstance(index, cst.Index) else None
    return str(literal_text(inner)) if isinstance(inner, cst.SimpleString) else None


@lru_cache(maxsize=10_000)
def _text(source: str) -> str | bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as invalid escapes in "\d", which are not our concern
        try:
            value: str | bytes = literal_eval(source)
        except (SyntaxError, ValueError):
            return None
    return value


@lru_cache(maxsize=10_000)
def _number(source: str) -> complex | None:
    try:
        value: complex = literal_eval(source)
        str(value)  # hexadecimal literals may be longer than Python writes in decimal
    except (SyntaxError, ValueError):
        return None
    return value

"""What a literal says. The parser takes some that Python does not: `"\\x"`, a null byte, a huge number."""

import warnings

import libcst as cst


def literal_text(node: cst.SimpleString) -> str | bytes | None:
    """The text of a string literal, None where Python would not take it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of "\d", say: the program's own affair
        try:
            return node.evaluated_value
        except (SyntaxError, ValueError):
            return None


def literal_number(node: cst.Integer | cst.Float | cst.Imaginary) -> complex | None:
    """The number that a literal says, None where Python would not take it."""
    try:
        return node.evaluated_value
    except (SyntaxError, ValueError):
        return None

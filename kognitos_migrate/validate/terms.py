"""Terms: what an expression's value is made of, in words that an original and its result share."""

import ast
from collections.abc import Iterator
from enum import Enum

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site

Anchor = tuple[Site, int]
"""An expression or a statement, and the activation in which it is evaluated: both of the original."""


class TermKind(Enum):
    """Kinds of terms."""

    LITERAL = "literal"
    """A constant: `detail` says which."""
    SYMBOL = "symbol"
    """Something imported or built in, by its qualified name."""
    TEXT = "text"
    """The texts of the operands, one behind the other."""
    REPLY = "reply"
    """The reply to the request that is sent at the anchor."""
    FIELD = "field"
    """The slot `detail` of a reply's JSON, which the operand gives."""
    TABLE = "table"
    """The configured table called `detail`."""
    ITEM = "item"
    """The entry of the first operand under the second."""
    ATTRIBUTE = "attribute"
    """The attribute `detail` of the operand."""
    ELEMENT = "element"
    """Some element of the operand, in one round of what walks over it at the anchor."""
    LAST = "last"
    """The operand, as the loop at the anchor has left it."""
    PARAMETER = "parameter"
    """What whoever calls the function gives for the parameter at the anchor."""
    MERGE = "merge"
    """One of several definitions of the variable `detail`, which meet at the anchor."""
    CALL = "call"
    """The result of a call: the operands are the function and its arguments."""
    DISPLAY = "display"
    """A dict, a list or a set that is made at the anchor."""
    TUPLE = "tuple"
    """The operands in their order."""
    OPERATION = "operation"
    """Any other expression: `detail` says which, the operands are its parts."""
    FUNCTION = "function"
    """A function or a class of the program, or a module."""
    OPAQUE = "opaque"
    """The value of the expression at the anchor, of which no more is known."""


class Term(Struct, frozen=True):
    """What a value is made of. Two equal terms, whose merged definitions are equal too, are one value."""

    kind: TermKind
    detail: str = ""
    operands: tuple["Term", ...] = ()
    anchor: Anchor | None = None

    def parts(self) -> Iterator["Term"]:
        """The term and all that it is made of."""
        yield self
        for operand in self.operands:
            yield from operand.parts()


def literal(value: object) -> Term:
    """The term of a constant."""
    return Term(TermKind.LITERAL, f"{type(value).__name__} {value!r}")


def text_of(parts: list[Term]) -> Term:
    """The term of texts, one behind the other."""
    merged: list[Term] = []
    inner = (part.operands if part.kind is TermKind.TEXT else (part,) for part in parts)
    for part in (one for flat in inner for one in flat):
        if merged and is_text(part) and is_text(merged[-1]):
            merged[-1] = literal(text_value(merged[-1]) + text_value(part))
        elif part != literal(""):
            merged.append(part)
    if len(merged) == 1 and (is_text(merged[0]) or len(parts) == 1):
        return merged[0]
    return Term(TermKind.TEXT, "", tuple(merged)) if merged else literal("")


def is_text(term: Term) -> bool:
    """Whether a term is a literal text."""
    return term.kind is TermKind.LITERAL and term.detail.startswith("str ")


def text_value(term: Term) -> str:
    """The text of a literal."""
    return str(ast.literal_eval(term.detail.partition(" ")[2]))

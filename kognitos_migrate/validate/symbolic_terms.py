"""Terms describe the provenance of a value, in names that an original and its result share."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from kognitos_migrate.structs import HashedEnum, Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import TEXT_SIZE

Anchor = tuple[Site, int]
"""An expression or a statement, and the frame that evaluates it. Both are those of the original."""


class TermKind(HashedEnum):
    """Kinds of terms."""

    LITERAL = "literal"
    """The constant described by `detail`."""
    SYMBOL = "symbol"
    """An imported or built-in object, by its qualified name."""
    TEXT = "text"
    """The concatenation of the operands."""
    REPLY = "reply"
    """The reply to the request that is sent at the anchor."""
    FIELD = "field"
    """The slot `detail` of a reply's JSON. The operand is the reply."""
    TABLE = "table"
    """The configured table called `detail`."""
    ITEM = "item"
    """The item of the first operand at the key in the second."""
    ATTRIBUTE = "attribute"
    """The attribute `detail` of the operand."""
    ELEMENT = "element"
    """An element of the operand, in one iteration of the loop at the anchor."""
    LAST = "last"
    """The operand after the loop at the anchor."""
    PARAMETER = "parameter"
    """The argument that callers pass for the parameter at the anchor."""
    MERGE = "merge"
    """One of several definitions of the variable `detail`, which meet at the anchor."""
    CALL = "call"
    """The result of a call. The operands are the function and its arguments."""
    DISPLAY = "display"
    """A dict, a list or a set that is created at the anchor."""
    TUPLE = "tuple"
    """A tuple of the operands."""
    OPERATION = "operation"
    """Any other expression of the type `detail`. The operands are its subexpressions."""
    FUNCTION = "function"
    """A function or a class of the program, or a module."""
    OPAQUE = "opaque"
    """The value of the expression at the anchor, without further knowledge."""


class Term(Struct, frozen=True, cache_hash=True):
    """The provenance of a value.

    Two equal terms denote one value if their merged definitions are equal, too.
    """

    kind: TermKind
    detail: str = ""
    operands: tuple["Term", ...] = ()
    anchor: Anchor | None = None

    def parts(self) -> Iterator["Term"]:
        """The term and all its direct and indirect operands."""
        yield self
        for operand in self.operands:
            yield from operand.parts()


def literal_term(value: object) -> Term:
    """The term of a constant."""
    return Term(TermKind.LITERAL, f"{type(value).__name__} {value!r}")


_MOST_PIECES = 10_000
"""The limit on the operands of a text's term."""
_LARGE_TEXT = "large text"


def text_of(parts: list[Term]) -> Term:
    """The term of concatenated texts. Adjacent literals are joined.

    A text that is too large is an operation on `parts`, which it shares with other terms.
    """
    merged: list[Term] = []
    pieces: list[Term] = []
    size = 0
    for part in parts:
        inner = part.operands if part.kind is TermKind.TEXT else (part,)
        size += sum(len(piece.detail) for piece in inner if is_text(piece))
        pieces += inner
        if size > TEXT_SIZE or len(pieces) > _MOST_PIECES:
            return Term(TermKind.OPERATION, _LARGE_TEXT, tuple(parts))
    for is_literal, group in groupby(pieces, key=is_text):
        run = list(group)
        if is_literal and len(run) > 1:
            run = [literal_term("".join(map(text_value, run)))]
        merged += (part for part in run if part != literal_term(""))
    if len(merged) == 1 and (is_text(merged[0]) or len(parts) == 1):
        return merged[0]
    return Term(TermKind.TEXT, "", tuple(merged)) if merged else literal_term("")


def is_text(term: Term) -> bool:
    """Whether a term is a literal string."""
    return term.kind is TermKind.LITERAL and term.detail.startswith("str ")


def text_value(term: Term) -> str:
    """The string of a literal term."""
    return _string_of(term.detail.partition(" ")[2])


def literal_value(term: Term) -> object:
    """The value of a literal term."""
    return _constant_in(term.detail.partition(" ")[2])


@lru_cache(maxsize=4096)
def _string_of(literal: str) -> str:
    return str(ast.literal_eval(literal))


@lru_cache(maxsize=4096)
def _constant_in(literal: str) -> object:
    return ast.literal_eval(literal)

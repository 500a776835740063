"""Patterns of nodes and terms that tracing recognizes, such as the test of a value for a word."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, literal_term
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Const, Function, Symbol, Text, Value

DECODED = "decoded"
"""The detail of an operation that builds a dict from a reply's entries, in any encoding."""
GATHERED = "gathered"
"""The detail of an operation that builds a dict from another list of entries."""


def constant_of(value: Value) -> Term | None:
    """The term of a value that is a single constant. None for any other value."""
    choices = list(alternatives(value))
    if len(choices) != 1:
        return None
    (only,) = choices
    if isinstance(only, Text) and only.literal is not None:
        return literal_term(only.literal)
    if isinstance(only, Const):
        return literal_term(only.value)
    if isinstance(only, Symbol):
        return Term(TermKind.SYMBOL, only.name)
    return None


def is_join_call(node: cst.CSTNode) -> bool:
    """Whether an expression is a call of `join`, whose value is none of the joined texts."""
    match node:
        case cst.Call(cst.Attribute(_, cst.Name("join"))):
            return True
    return False


def without_compared_words(term: Term) -> Term:
    """The term of a test.

    A test of a reply is reduced to the fields that it reads, since the values to compare with differ between
    the versions.
    """
    operands = dict.fromkeys(part for part in term.parts() if part.kind in (TermKind.FIELD, TermKind.REPLY))
    return Term(TermKind.OPERATION, "a test", tuple(operands)) if operands else term


def without_default(term: Term) -> Term:
    """The field that a term reads with a default. Any other term is returned unchanged."""
    is_choice = term.kind is TermKind.OPERATION and term.detail == "BooleanOperation"
    if is_choice and term.operands[1].detail == "Or":
        return without_default(term.operands[0])
    if term.kind is TermKind.CALL and term.operands[0].detail == "get" and len(term.operands) > 1:
        if term.operands[1].kind is TermKind.FIELD:
            return Term(TermKind.FIELD, term.operands[1].detail, term.operands[0].operands)
    return term


def is_read_of_operand(term: Term) -> bool:
    """Whether a term reads a key of its first operand, or is the method `get` of it or its call."""
    is_call = term.kind is TermKind.CALL and bool(term.operands)
    called = term.operands[0] if is_call else term
    return term.kind is TermKind.ITEM or (called.kind is TermKind.ATTRIBUTE and called.detail == "get")


def have_other_keys(before: Term, after: Term) -> bool:
    """Whether two terms read different literal keys."""
    left, right = _read_key(before), _read_key(after)
    return left is not None and right is not None and left != right


def _read_key(term: Term) -> Term | None:
    """The key in a read of the first operand, if it is a literal. None for any other term."""
    key = term.operands[1] if is_read_of_operand(term) and len(term.operands) > 1 else None
    return key if key is not None and key.kind is TermKind.LITERAL else None


def subscripted_key(node: cst.BaseExpression, name: str) -> str | None:
    """The literal key in a subscript of the variable `name`. None for any other node."""
    match node:
        case cst.Subscript(cst.Name(owner), [cst.SubscriptElement(cst.Index(cst.SimpleString() as key))]):
            return str(key.evaluated_value) if owner == name else None
    return None


def function_of(value: Value) -> Function | None:
    if isinstance(value, Bound):
        value = value.function
    return value if isinstance(value, Function) else None


_PUNCTUATION = frozenset(
    (
        cst.Comma,
        cst.LeftCurlyBrace,
        cst.LeftParen,
        cst.LeftSquareBracket,
        cst.RightCurlyBrace,
        cst.RightParen,
        cst.RightSquareBracket,
    )
)


def children_of(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The direct children of a node, without punctuation."""
    return (child for child in tree.children(node) if type(child) not in _PUNCTUATION)


class WordTest:
    """A test of a value for equality with a constant, or for membership in several ones."""

    def __init__(self, subject: Term, words: set[Term], *, is_negated: bool) -> None:
        self.subject, self.words, self.is_negated = subject, words, is_negated

    @staticmethod
    def of(term: Term) -> "WordTest | None":
        """The test in a comparison. None for any other term."""
        if term.kind is not TermKind.OPERATION or term.detail != "Comparison" or len(term.operands) != 2:
            return None
        subject, target = term.operands
        if len(target.operands) != 2:
            return None
        operator, other = target.operands[0].detail, target.operands[1]
        if operator in ("Equal", "NotEqual"):
            if subject.kind is TermKind.LITERAL:
                subject, other = other, subject
            words = {other}
        elif operator in ("In", "NotIn"):
            words = set(other.operands)
        else:
            return None
        if not words or any(word.kind is not TermKind.LITERAL for word in words):
            return None
        return WordTest(subject, words, is_negated=operator.startswith("Not"))

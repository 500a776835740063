"""Lists of entries in the result, compared with the JSON text in the original."""

from __future__ import annotations

import pytest

from kognitos_migrate.validate.encoded_entries import have_other_entries
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, literal_term

KEYS = {(literal_term("name"), literal_term("value"))}


def display(kind: str, *parts: Term) -> Term:
    return Term(TermKind.DISPLAY, kind, parts)


def entry(name: str, value: object) -> Term:
    elements = (
        display("DictElement", literal_term("name"), literal_term(name)),
        display("DictElement", literal_term("value"), literal_term(value)),
    )
    return display("Dict", *elements)


def differ(text: str, after: Term) -> bool:
    return have_other_entries(literal_term(text), after, KEYS, lambda left, right: left != right)


def test_the_entries_of_the_text_are_the_same() -> None:
    assert not differ('{"a": true, "b": 1}', display("List", entry("a", True), entry("b", 1)))
    assert not differ("{}", display("List"))


@pytest.mark.parametrize(
    "after",
    [
        display("List", entry("a", 1), entry("b", 1)),
        display("List", entry("a", True), entry("b", 1.0)),
        display("List", entry("b", 1), entry("a", True)),
        display("List", entry("a", True)),
        Term(TermKind.SYMBOL, "rows"),
    ],
)
def test_other_entries_differ(after: Term) -> None:
    assert differ('{"a": true, "b": 1}', after)


def test_a_list_that_is_not_written_out_differs_from_no_entries() -> None:
    assert differ("{}", Term(TermKind.SYMBOL, "rows"))

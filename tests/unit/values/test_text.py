"""Texts are made of texts, and remember where their parts are from."""

import re

import pytest

from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import TEXT_WIDTH, concat, format_pieces, plain_text
from kognitos_migrate.values.lattice import (
    MANY,
    NONE,
    UNKNOWN,
    Const,
    Hole,
    Join,
    Lit,
    Text,
    environment_variable,
    setting_at,
)
from kognitos_migrate.values.texts import holes, may_be_key

SITE, OTHER = Site("a.py", 1), Site("a.py", 2)
HOST = Text((Lit("https://h", SITE, 1),))
PATH = Text((Lit("/p", OTHER, 1),))
HOLE = Hole(UNKNOWN, OTHER, 0)


def test_plain_text_stands_nowhere() -> None:
    assert plain_text("a") == Text((Lit("a"),))
    assert plain_text("") == Text(())


def test_literal_is_the_text_without_holes() -> None:
    assert Text((*HOST.parts, *PATH.parts)).literal == "https://h/p"
    assert Text(()).literal == ""


def test_literal_looks_through_holes_that_hold_text() -> None:
    inner = Text((Hole(PATH, SITE, 0), Lit("/q")))
    assert Text((Hole(HOST, SITE, 0), Hole(inner, SITE, 0))).literal == "https://h/p/q"


def test_literal_is_none_with_a_hole_of_which_nothing_is_known() -> None:
    assert Text((Lit("a"), HOLE)).literal is None
    assert Text((Lit("a"), Hole(Text((HOLE,)), SITE, 0))).literal is None


def test_pieces_of_text_are_the_text() -> None:
    assert format_pieces(HOST, SITE, 0) == [HOST]


def test_pieces_of_anything_else_are_a_hole() -> None:
    assert format_pieces(Const(1), SITE, 3) == [Text((Hole(Const(1), SITE, 3),))]
    assert format_pieces(NONE, SITE, 3) == [Text((Hole(NONE, SITE, 3),))]


def test_pieces_of_a_join_are_those_of_its_values() -> None:
    assert format_pieces(Join((HOST, UNKNOWN)), SITE, 0) == [HOST, Text((Hole(UNKNOWN, SITE, 0),))]


def test_concat_takes_one_of_each() -> None:
    assert concat([[HOST], [PATH]]) == Text((*HOST.parts, *PATH.parts))
    either = concat([[HOST, PATH], [PATH]])
    assert either == Join((Text((*HOST.parts, *PATH.parts)), Text((*PATH.parts, *PATH.parts))))


def test_concat_of_nothing_is_the_empty_text() -> None:
    assert concat([]) == Text(())


def test_concat_stops_at_its_width() -> None:
    choices = [plain_text(str(number)) for number in range(TEXT_WIDTH)]
    whole = concat([choices])
    assert isinstance(whole, Join)
    assert len(whole.values) == TEXT_WIDTH
    assert concat([choices, choices]) == MANY, "no text is dropped in silence"


def test_concat_of_too_many_settings_keeps_each_choice() -> None:
    setting = Join((environment_variable("HOST"), setting_at("host")))
    either = [HOST, Text((Hole(setting, SITE, 0),))]
    keys = [plain_text(str(number)) for number in range(TEXT_WIDTH - 4)]
    whole = concat([either, either, keys])
    assert isinstance(whole, Join)
    known = [Text((*HOST.parts, *HOST.parts, *key.parts)) for key in keys]
    others = [
        Text((*HOST.parts, *either[1].parts, *keys[0].parts)),
        Text((*either[1].parts, *HOST.parts, *keys[0].parts)),
    ]
    assert whole == Join((*known, *others))


def test_holes_are_those_of_the_text() -> None:
    assert holes(Text((Lit("a"), HOLE, Lit("b"), Hole(HOST, SITE, 0)))) == [HOLE, Hole(HOST, SITE, 0)]


@pytest.mark.parametrize(
    ("literals", "key", "expected"),
    [
        (["a", "b"], "a--b", True),
        (["a", "b"], "a--b-", False),
        (["", "b", ""], "b", True),
        (["", "ab", "ab"], "ab", False),
        (["", "ab", "b"], "abbb", True),
        (["a", "\n", "b"], "a\n\nb", True),
        (["", *"a" * 200, "b"], "a" * 400, False),
        (["", *"a" * 200, "b"], "a" * 400 + "b", True),
    ],
)
def test_a_text_with_holes_may_be_a_key(literals: list[str], key: str, expected: bool) -> None:
    parts = [part for literal in literals for part in (HOLE, Lit(literal))][1:]
    assert may_be_key(Text(tuple(parts)), key) is expected
    assert may_be_key(Text((Lit("<"), Hole(Text(tuple(parts)), SITE, 0))), f"<{key}") is expected
    assert may_be_key(Text(tuple(parts)), key.upper(), re.IGNORECASE) is expected

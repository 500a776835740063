"""The outcome of a condition: true, false, or None for unknown."""

import libcst as cst
import pytest

from kognitos_migrate.interpret import branches, dynamic_attributes
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Class,
    Const,
    Function,
    Hole,
    Join,
    Json,
    Lit,
    Ref,
    Reply,
    Text,
    Value,
)

SITE = Site("main.py", 7)
HOLE = Hole(UNKNOWN, SITE, 0)
RUN, STATE = Reply(1), Reply(1, (View.JSON, "state"))


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (Const(0), False),
        (Const(2), True),
        (NONE, False),
        (plain_text(""), False),
        (plain_text("a"), True),
        (Text((HOLE,)), None),
        (Text((HOLE, Lit("/"))), True),
        (Text((Hole(plain_text(""), SITE, 0),)), False),
        (Function(SITE, 0), True),
        (Class(SITE, 0), None),
        (Ref(1), None),
        (UNKNOWN, None),
        (STATE, None),
    ],
)
def test_whether_a_value_is_true(value: Value, known: bool | None) -> None:
    assert branches.truth(value) is known


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (NONE, True),
        (Const(0), False),
        (plain_text("a"), False),
        (Ref(1), False),
        (Json(STATE, SITE, 0), False),
        (Join((plain_text("a"), Const(1))), False),
        (Join((plain_text("a"), NONE)), None),
        (Join((plain_text("a"), UNKNOWN)), None),
        (UNKNOWN, None),
        (RUN, False),
        (STATE, None),
        (Join((RUN, STATE)), None),
        (NEVER, None),
    ],
)
def test_whether_a_value_is_none(value: Value, known: bool | None) -> None:
    assert branches.is_none(value) is known


@pytest.mark.parametrize(
    ("left", "right", "known"),
    [
        (Const(1), Const(1), True),
        (Const(1), Const(2), False),
        (plain_text("a"), plain_text("a"), True),
        (plain_text("a"), plain_text("b"), False),
        (plain_text("a"), Text((HOLE,)), None),
        (Text((HOLE,)), plain_text("a"), None),
        (Text((HOLE,)), Text((HOLE,)), None),
        (plain_text("a"), Const(1), False),
        (Const(1), plain_text("a"), False),
        (NEVER, plain_text("a"), None),
        (plain_text("a"), NEVER, None),
        (plain_text("a"), UNKNOWN, None),
        (STATE, Const(1), None),
        (Const(1), STATE, None),
    ],
)
def test_whether_values_are_equal(left: Value, right: Value, known: bool | None) -> None:
    assert branches.are_equal(left, right) is known


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("a is None", plain_text("x")),
        ("not a", plain_text("x")),
        ("a is not None", Join((plain_text("x"), NONE))),
        ("a == None", Join((plain_text("x"), NONE))),
        ("a is b", Join((plain_text("x"), NONE))),
        ("a is None is b", Join((plain_text("x"), NONE))),
        ("b is None", Join((plain_text("x"), NONE))),
        ("a.b is None", Join((plain_text("x"), NONE))),
        ("not a.b", Join((plain_text("x"), NONE))),
        ("-a", Join((plain_text("x"), NONE))),
        ("a", Join((plain_text("x"), NONE))),
    ],
)
def test_what_is_left_of_a_name_where_a_test_does_not_hold(test: str, kept: Value) -> None:
    env: dict[str, Value] = {"a": Join((plain_text("x"), NONE))}
    branches.remove_none(env, cst.parse_expression(test))
    assert env == {"a": kept}


def test_a_name_that_is_none_stays_where_a_test_does_not_hold() -> None:
    env: dict[str, Value] = {"a": NONE}
    branches.remove_none(env, cst.parse_expression("a is None"))
    assert env == {"a": NONE}


@pytest.mark.parametrize(
    ("asked", "name", "fits"),
    [
        (plain_text("on_done"), "on_done", True),
        (plain_text("on_done"), "on_done2", False),
        (Text((Lit("on_"), HOLE)), "on_done", True),
        (Text((Lit("on_"), HOLE)), "on_", True),
        (Text((Lit("on_"), HOLE)), "of_done", False),
        (Text((HOLE, Lit("_done"))), "on_done", True),
        (Text((HOLE, Lit("_done"))), "on_done_", False),
        (Text((Lit("on_"), HOLE, Lit("_done"))), "on_a_done", True),
        (Text((Lit("on_"), HOLE, Lit("_done"))), "on_done", False),
        (Text((Lit("a"), HOLE, Lit("b"), HOLE, Lit("c"))), "a1b2c", True),
        (Text((Lit("a"), HOLE, Lit("b"), HOLE, Lit("c"))), "abc", True),
        (Text((Lit("a"), HOLE, Lit("b"), HOLE, Lit("c"))), "ac", False),
        (Text((Lit("ab"), HOLE, Lit("bc"), HOLE, Lit("cd"))), "abcd", False),
        (Text((Lit("o"), Lit("n"), HOLE)), "on", True),
        (UNKNOWN, "any", True),
        (Const(1), "any", True),
    ],
)
def test_whether_a_text_may_be_a_name(asked: Value, name: str, fits: bool) -> None:
    assert dynamic_attributes.may_equal(asked, name) is fits


def test_what_is_bound_where_ways_meet() -> None:
    first: dict[str, Value] = {"a": plain_text("x"), "b": NONE}
    second: dict[str, Value] = {"a": plain_text("y"), "c": NONE}
    assert branches.merge_environments([first, second]) == {
        "a": Join((plain_text("x"), plain_text("y"))),
        "b": NONE,
        "c": NONE,
    }

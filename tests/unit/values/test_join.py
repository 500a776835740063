"""The join covers its values and nothing else."""

import pytest

from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import WIDTH, alternatives, join
from kognitos_migrate.values.lattice import (
    MANY,
    NEVER,
    NONE,
    UNKNOWN,
    Const,
    Hole,
    Join,
    Lit,
    Reply,
    Text,
    Unknown,
    Value,
)

ONE, TWO, THREE = Const(1), Const(2), Const(3)


def url(value: Value, node: int = 1) -> Text:
    """A text that ends with the value of an expression."""
    return Text((Lit("/run/"), Hole(value, Site("main.py", node), 0)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param((), NEVER, id="nothing is never"),
        pytest.param((NEVER, NEVER), NEVER, id="never and never is never"),
        pytest.param((ONE,), ONE, id="one value is itself"),
        pytest.param((ONE, NEVER), ONE, id="never adds nothing"),
        pytest.param((ONE, ONE), ONE, id="a value twice is itself"),
        pytest.param((ONE, TWO), Join((ONE, TWO)), id="two values are either"),
        pytest.param((Join((ONE, TWO)), THREE), Join((ONE, TWO, THREE)), id="a join is taken apart"),
        pytest.param((Join((ONE, TWO)), ONE), Join((ONE, TWO)), id="a value of the join adds nothing"),
        pytest.param((ONE, UNKNOWN), Join((ONE, UNKNOWN)), id="what is known is kept beside the unknown"),
        pytest.param((NONE, ONE), Join((NONE, ONE)), id="None is a value"),
        pytest.param((UNKNOWN, Unknown("x")), Unknown("x"), id="an unknown with a source says more"),
        pytest.param((url(UNKNOWN), url(Unknown("x"))), url(Unknown("x")), id="so does a text with its hole"),
        pytest.param(
            (url(UNKNOWN), url(Unknown("x"), node=2)),
            Join((url(UNKNOWN), url(Unknown("x"), node=2))),
            id="a hole of another expression is another text",
        ),
        pytest.param(
            (url(UNKNOWN), url(ONE)), Join((url(UNKNOWN), url(ONE))), id="a known hole leaves the unknown one"
        ),
        pytest.param(
            (Unknown("x"), Unknown("y")), Join((Unknown("x"), Unknown("y"))), id="two sources are two"
        ),
    ],
)
def test_join(values: tuple[Value, ...], expected: Value) -> None:
    assert join(*values) == expected


def test_join_of_too_many_is_one_of_many_and_stays_so() -> None:
    numbers = [Const(number) for number in range(WIDTH + 1)]
    assert isinstance(join(*numbers[:WIDTH]), Join)
    assert join(*numbers) == MANY
    assert join(MANY, UNKNOWN, *numbers[:2]) == MANY


def test_positions_in_replies_are_known_among_many() -> None:
    numbers = [Const(number) for number in range(WIDTH + 1)]
    assert join(*numbers, Reply(1)) == Join((MANY, Reply(1)))
    assert join(MANY, Reply(1), Reply(2)) == Join((MANY, Reply(1), Reply(2)))


def test_join_keeps_apart_what_python_finds_equal() -> None:
    assert join(Const(1), Const(2), Const(1)) == Join((Const(1), Const(2)))


@pytest.mark.parametrize("values", [(ONE, TWO, THREE), (NONE, ONE, UNKNOWN)])
def test_join_is_the_same_in_any_grouping(values: tuple[Value, ...]) -> None:
    one, two, three = values
    assert join(one, join(two, three)) == join(join(one, two), three) == join(*values)


def test_alternatives_leave_never_out() -> None:
    assert list(alternatives(NEVER, Join((ONE, TWO)), THREE)) == [ONE, TWO, THREE]

"""Tests that share what they look at come one after the other, in the order in which each worker has them."""

from itertools import groupby

import pytest

from tests.together import group_of, together


@pytest.mark.parametrize("name", together(["one", "other"]))
def test_a_first(name: str, request: pytest.FixtureRequest) -> None:
    assert group_of(request.node) == name


@pytest.mark.parametrize("name", together(["one", "other"]))
def test_b_second(name: str, request: pytest.FixtureRequest) -> None:
    assert group_of(request.node) == name


def test_groups_are_not_parted(request: pytest.FixtureRequest) -> None:
    found = [group for group, _ in groupby(request.session.items, group_of) if group]
    assert sorted({*found}) == sorted(found)

"""Things that are put together pair by pair."""

import pytest

from kognitos_migrate.disjoint_sets import DisjointSets


@pytest.mark.parametrize(
    ("pairs", "groups"),
    [
        ([], ["a", "b", "c", "d"]),
        ([("a", "a")], ["a", "b", "c", "d"]),
        ([("d", "a")], ["ad", "b", "c"]),
        ([("a", "b"), ("b", "c")], ["abc", "d"]),
        ([("c", "d"), ("a", "b"), ("d", "b"), ("b", "d")], ["abcd"]),
    ],
)
def test_groups_are_in_the_order_of_the_things(pairs: list[tuple[str, str]], groups: list[str]) -> None:
    unions = DisjointSets("abcd")
    for one, other in pairs:
        unions.join(one, other)
    assert ["".join(group) for group in unions.groups()] == groups
    assert ("a" in unions, "e" in unions) == (True, False)

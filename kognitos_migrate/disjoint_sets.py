"""Union-find: disjoint sets that grow pair by pair."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


class DisjointSets(Generic[Thing]):
    """Groups of things, each alone at first."""

    def __init__(self, things: Iterable[Thing]) -> None:
        """All that there are."""
        self._above = {thing: thing for thing in things}

    def __contains__(self, thing: Thing) -> bool:
        """Whether it is one of the things."""
        return thing in self._above

    def join(self, one: Thing, other: Thing) -> None:
        """Put the groups of both together."""
        self._above[self._root(other)] = self._root(one)

    def groups(self) -> list[list[Thing]]:
        """The groups in the order of their first things, each in the order of the things."""
        found: dict[Thing, list[Thing]] = {}
        for thing in self._above:
            found.setdefault(self._root(thing), []).append(thing)
        return list(found.values())

    def _root(self, thing: Thing) -> Thing:
        while self._above[thing] != thing:
            self._above[thing] = thing = self._above[self._above[thing]]
        return thing

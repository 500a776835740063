"""Union-find: disjoint sets that are joined pair by pair."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Element = TypeVar("Element", bound=Hashable)


class DisjointSets(Generic[Element]):
    """Disjoint sets of elements, each element alone at first."""

    def __init__(self, elements: Iterable[Element]) -> None:
        """A set for each of `elements`."""
        self._above = {element: element for element in elements}

    def __contains__(self, element: Element) -> bool:
        """Whether `element` is in one of the sets."""
        return element in self._above

    def join(self, first: Element, second: Element) -> None:
        """Join the sets of both elements."""
        self._above[self._root(second)] = self._root(first)

    def groups(self) -> list[list[Element]]:
        """The sets in the order of their first elements, with elements in their original order."""
        groups: dict[Element, list[Element]] = {}
        for element in self._above:
            groups.setdefault(self._root(element), []).append(element)
        return list(groups.values())

    def _root(self, element: Element) -> Element:
        while self._above[element] != element:
            self._above[element] = element = self._above[self._above[element]]
        return element

"""Regions that code may leave early: the bodies of functions, by `return`, and of loops, by `continue`."""

from collections.abc import Iterator
from contextlib import contextmanager

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.values.heap import DictObject, RegionKey

_BODY = -1
"""In place of a loop's node: the region is the function's body."""


class _Region(Struct, eq=False):
    """A region that is running. `guards` are the conditions around its code, `has_exit` whether one of its
    exits lies behind."""

    key: RegionKey
    guards: int
    has_exit: bool = False


class Regions(Struct, eq=False):
    """The regions that are running, from the outside in."""

    running: list[_Region] = field(default_factory=list)
    used: set[RegionKey] = field(default_factory=set)
    """The regions that must be running for what was read to be certain."""
    _exits_before: dict[int, frozenset[RegionKey]] = field(default_factory=dict)
    """By id of an object: the regions with an exit before its creation."""

    @contextmanager
    def run_region(self, frame: int, guards: int, loop: int = _BODY) -> Iterator[None]:
        """Run the body of a function, or that of a loop by its node."""
        self.running.append(_Region((frame, loop), guards))
        try:
            yield
        finally:
            self.running.pop()

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Run code that isn't a part of the regions that are running."""
        running, self.running = self.running, []
        try:
            yield
        finally:
            self.running = running

    def note_exit(self, guards: int, *, of_function: bool) -> None:
        """Record an exit under so many conditions. One under the conditions of its region ends the region."""
        for region in reversed(self.running):
            if (region.key[1] == _BODY) is of_function:
                region.has_exit |= guards > region.guards
                return

    def note_creation(self, number: int) -> None:
        """Record the creation of an object, by its id."""
        self._exits_before.setdefault(number, self.with_exits())

    def exits_since_creation(self, number: int) -> frozenset[RegionKey]:
        """The regions with an exit since the creation of an object. Outside of them, what is stored in it now
        may be missing."""
        return self.with_exits() - self._exits_before.get(number, frozenset())

    def surely_has_entry(self, record: DictObject, key: str) -> bool:
        """Whether a dict has an entry of `key` on every path to the code that is running."""
        if record.has_surely(key):
            return True
        if not record.has_surely(key, self.with_exits()):
            return False
        self.used.update(*(entry.within for entry in record.entries[key]))
        return True

    def with_exits(self) -> frozenset[RegionKey]:
        """The running regions with an exit before the current place."""
        return frozenset(region.key for region in self.running if region.has_exit)

"""What a run looked at, as plain data: by that it is known whether another would give the same."""

from kognitos_migrate.record import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Value
from kognitos_migrate.values.heap import State


class Looks(Struct, eq=False):
    """What a run looked at besides the heap, as it was then."""

    names: dict[tuple[int, str], Value] = field(default_factory=dict)
    """By frame and name: what functions inside read of it. Never where it had no such name."""
    given: dict[int, Value] = field(default_factory=dict)
    """By frame: what it was said to give, where its function is called in the midst of itself."""
    asked: dict[Site, int] = field(default_factory=dict)
    """By class whose instances were asked for: how many there were."""
    classes: dict[Site, int] = field(default_factory=dict)
    """By class: how often its attributes had changed."""

    def add(self, other: "Looks", own: int) -> None:
        """Add what a run inside looked at, but for the names of its own frame."""
        for place, value in other.names.items():
            if place[0] != own:
                self.names.setdefault(place, value)
        for frame, value in other.given.items():
            self.given.setdefault(frame, value)
        for site, number in other.asked.items():
            self.asked.setdefault(site, number)
        for site, number in other.classes.items():
            self.classes.setdefault(site, number)


class Recalled(Struct, frozen=True):
    """What a run gave, and all that it went by."""

    value: Value
    things: dict[int, State]
    looks: Looks
    stubs: int
    requests: bool
    round: int

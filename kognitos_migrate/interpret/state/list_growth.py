"""Lists that a function creates and extends itself, element by element, such as the segments of a URL.

parts = [BASE]
parts.append("run")
parts.append(ident)

The elements keep their order if each statement surely runs once after the list was created. All other changes
of a list are weak updates.
"""

from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import join

Place = tuple[Site, tuple[int, ...]]
"""An expression that extends a list, with the numbers of the elements that the loops around it are at."""


class Conditions(Struct, eq=False):
    """The conditions with an unknown outcome around the code that is running: a number for each, which no
    other condition has."""

    running: list[int] = field(default_factory=list)
    repeating: set[int] = field(default_factory=set)
    """The conditions of loops. Code under one may run any number of times."""
    _newest: int = 0

    def set_depth(self, depth: int) -> None:
        """Enter or leave conditions, until there are `depth`."""
        del self.running[depth:]
        while len(self.running) < depth:
            self._newest += 1
            self.running.append(self._newest)

    def note_repetition(self) -> None:
        """Record that the innermost condition is that of a loop."""
        self.repeating.add(self.running[-1])


class _Creation(Struct, eq=False):
    """The newest creation of a list: the activation, the conditions around it, and the places that have
    extended the list since."""

    act: Activation
    conditions: tuple[int, ...]
    is_first: bool
    places: set[Place] = field(default_factory=set)


class ListGrowth(Struct, eq=False):
    """The lists that are extended in order, by the id of the heap object."""

    conditions: Conditions
    _creations: dict[int, _Creation] = field(default_factory=dict)
    _elements: dict[tuple[int, Place], list[Operand]] = field(default_factory=dict)
    """By list and place: the elements that the place adds, with the join of their values."""

    def note_creation(self, number: int, act: Activation) -> bool:
        """Record that an activation creates a list. Returns whether the list was extended before, so that it
        starts with its own elements again."""
        earlier = self._creations.get(number)
        conditions = tuple(self.conditions.running)
        self._creations[number] = _Creation(act, conditions, earlier is None)
        return earlier is not None and bool(earlier.places)

    def is_own(self, number: int, act: Activation) -> bool:
        """Whether an activation creates a list itself."""
        creation = self._creations.get(number)
        return creation is not None and creation.act is act

    def is_certain(self, number: int) -> bool:
        """Whether code that runs now surely runs once after each creation of a list. In a loop that may skip
        the creation, it may also run again."""
        created, running = self._creations[number].conditions, self.conditions.running
        may_skip_creation = len(created) > len(running)
        is_repeated = not self.conditions.repeating.isdisjoint(running)
        return list(created[: len(running)]) == running and not (may_skip_creation and is_repeated)

    def runs_at_most_once(self, number: int) -> bool:
        """Whether code that runs now runs at most once after each creation of a list, if it isn't in a loop
        over known elements."""
        created = self._creations[number].conditions
        running = self.conditions.running
        return tuple(running[: len(created)]) == created and self.conditions.repeating.isdisjoint(
            running[len(created) :]
        )

    def record_addition(
        self, number: int, place: Place, elements: list[Operand]
    ) -> tuple[list[Operand], bool] | None:
        """The elements that a place adds to a list, with the join of the values of all runs, and whether they
        are new. None if the place has added elements already, or others to the same list before."""
        creation = self._creations[number]
        earlier = self._elements.get((number, place))
        if place in creation.places or (earlier is None and not creation.is_first):
            return None
        if earlier is not None:
            if [(old.site, old.frame) for old in earlier] != [(new.site, new.frame) for new in elements]:
                return None
            elements = [
                new._replace(value=join(old.value, new.value))
                for old, new in zip(earlier, elements, strict=True)
            ]
        creation.places.add(place)
        self._elements[number, place] = elements
        return elements, elements != earlier

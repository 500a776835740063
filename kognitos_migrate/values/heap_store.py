"""The store of heap objects, by number and by allocating expression, with the states that were read."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import filterfalse
from typing import TypeVar

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    ExpectedCall,
    HeapObject,
    Instance,
    Iterated,
    SequenceObject,
    ServiceDouble,
    StubContent,
    Task,
)
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Function, MemberRef, ModuleRef, Ref, Value

Made = TypeVar("Made", bound=HeapObject)

State = tuple[object, ...]
"""The content of an object at some point in time. Objects with equal states have equal content."""


def object_state(heap_object: HeapObject) -> State:
    """The current content of a heap object."""
    if isinstance(heap_object, Instance):
        namespace = heap_object.namespace
        return (
            *heap_object.attributes.items(),
            *((*namespace.spreads, namespace.others) if namespace is not None else ()),
        )
    if isinstance(heap_object, DictObject):
        entries = tuple((key, tuple(stored)) for key, stored in heap_object.entries.items())
        return (
            entries,
            tuple(heap_object.spreads),
            heap_object.others,
            heap_object.names,
            heap_object.open,
            frozenset(heap_object.removals),
            *sorted(heap_object.removed_keys),
        )
    if isinstance(heap_object, SequenceObject):
        return (tuple(heap_object.items), heap_object.rest, *map(tuple, heap_object.variants or ()))
    if isinstance(heap_object, Iterated):
        return (heap_object.element, heap_object.returned)
    if isinstance(heap_object, ServiceDouble):
        assignments = tuple(
            (namespace, tuple(operands)) for namespace, operands in heap_object.assigned.items()
        )
        return (tuple(heap_object.bases), heap_object.name, assignments)
    if isinstance(heap_object, ExpectedCall):
        return (tuple(heap_object.positional), tuple(heap_object.keywords.items()))
    if isinstance(heap_object, StubContent):
        return tuple((part, tuple(operands)) for part, operands in heap_object.parts.items())
    return (heap_object.result,) if isinstance(heap_object, Task) else (heap_object.request,)


def corresponding_values(heap_object: HeapObject, other: HeapObject) -> list[tuple[Value, Value]] | None:
    """The values at the same positions of two objects; None if they can't be compared."""
    match heap_object, other:
        case Instance(), Instance():
            return [
                (value, other.attributes.get(name, NEVER)) for name, value in heap_object.attributes.items()
            ]
        case DictObject(), DictObject():
            return [(heap_object.get(key), other.get(key)) for key in heap_object.entries]
        case SequenceObject(), SequenceObject():
            if len(heap_object.items) == len(other.items) and heap_object.rest is other.rest is NEVER:
                pairs = zip(heap_object.items, other.items, strict=True)
                return [(item.value, expected.value) for item, expected in pairs]
            return [(heap_object.element(), other.element())]
        case Iterated(), Iterated() | SequenceObject():
            element = other.element if isinstance(other, Iterated) else other.element()
            return [(heap_object.element, element)]
        case Task(), Task():
            return [(heap_object.result, other.result)]
    return None


class Heap(Struct, eq=False):
    """All heap objects, by number.

    A site has one object per frame and kind, per class that is instantiated, and per round of `rounds`.
    """

    objects: list[HeapObject] = field(default_factory=list)
    states_read: dict[int, State] = field(default_factory=dict)
    """The states of the objects that were read since this was last cleared, as of their first read."""
    escaped: set[Ref] = field(default_factory=set)
    """The objects that were passed to code that isn't analysed."""
    exposed: dict[Value, None] = field(default_factory=dict)
    """The objects, classes and modules that expressions without a model read from, and those that were passed
    to code that isn't analysed."""
    rounds: tuple[tuple[Site, int], ...] = ()
    """The loops whose elements are known and that are running, each with the number of the element."""
    _allocated: dict[tuple[object, Site, int, tuple[tuple[Site, int], ...]], Ref] = field(
        default_factory=dict
    )

    @contextmanager
    def in_round(self, loop: Site, number: int) -> Iterator[None]:
        """Run a loop for one of its elements. Objects that it creates are those of this round."""
        before, self.rounds = self.rounds, (*self.rounds, (loop, number))
        try:
            yield
        finally:
            self.rounds = before

    def new(self, heap_object: HeapObject) -> Ref:
        """Allocate an object, or find the one of its kind that its site has allocated in its frame.

        Returns its `Ref`.
        """
        kind = (
            (Instance, heap_object.cls, heap_object.client)
            if isinstance(heap_object, Instance)
            else type(heap_object)
        )
        key = (kind, heap_object.site, heap_object.frame, self.rounds)
        ref = self._allocated.get(key)
        if ref is None:
            ref = self._allocated[key] = self.add(heap_object)
        return ref

    def add(self, heap_object: HeapObject) -> Ref:
        """The `Ref` of an object that no site allocates again."""
        self.objects.append(heap_object)
        return Ref(len(self.objects) - 1)

    def allocate(self, heap_object: Made) -> tuple[Ref, Made]:
        """Allocate an object as `new` does. Returns its `Ref`, and the object allocated first."""
        ref = self.new(heap_object)
        allocated = self[ref]
        assert isinstance(allocated, type(heap_object))
        return ref, allocated

    def at(
        self,
        kind: Callable[[Site, int], DictObject | SequenceObject | Iterated | Task],
        site: Site,
        frame: int,
    ) -> Ref:
        """The object of a kind allocated by `site` in `frame`, which is empty at first."""
        return self._allocated.get((kind, site, frame, self.rounds)) or self.new(kind(site, frame))

    def expose(self, value: Value) -> int:
        """Record that the value of an expression may be any that these objects lead to. Returns how many of
        them are new."""
        previous = len(self.exposed)
        for choice in alternatives(value):
            while isinstance(choice, MemberRef):
                choice = choice.receiver
            if isinstance(choice, Ref | Class | ModuleRef | Bound | Function):
                self.exposed[choice] = None
        return len(self.exposed) - previous

    def with_merged_dicts(self, record: DictObject) -> list[DictObject]:
        """The dict `record` and all dicts merged into it, directly or indirectly."""
        dicts = [record]
        for merged in dicts:
            for choice in (choice for spread in merged.spreads for choice in alternatives(spread.value)):
                inner = self.get(choice)
                if isinstance(inner, DictObject) and not any(inner is visited for visited in dicts):
                    dicts.append(inner)
        return dicts

    def have_states(self, states: Mapping[int, State]) -> bool:
        """Whether objects still have these states. Unchanged objects count as read."""
        for number, state in states.items():
            if object_state(self.objects[number]) != state:
                return False
            self.states_read.setdefault(number, state)
        return True

    def read_all(self, refs: Collection[Ref]) -> list[HeapObject]:
        """The objects that `refs` name. Each is recorded as read, with its current state."""
        numbers = [ref.id for ref in refs]
        for number in filterfalse(self.states_read.__contains__, numbers):
            self.states_read[number] = object_state(self.objects[number])
        return [self.objects[number] for number in numbers]

    def get(self, value: Value) -> HeapObject | None:
        """The object that a value refers to; None for any other value."""
        return self[value] if isinstance(value, Ref) else None

    def objects_of(self, *values: Value) -> list[HeapObject]:
        """The objects that values may refer to."""
        return [self[choice] for choice in alternatives(*values) if isinstance(choice, Ref)]

    def flat_alternatives(self, value: Value) -> Iterator[Value]:
        """The alternatives of a value, with the elements of lists and tuples in their place, also of nested
        ones. A list that contains itself is looked at once."""
        visited: set[Ref] = set()
        pending = [*reversed(alternatives(value))]
        while pending:
            choice = pending.pop()
            sequence = self.get(choice)
            if not isinstance(choice, Ref) or not isinstance(sequence, SequenceObject):
                yield choice
            elif choice not in visited:
                visited.add(choice)
                pending.extend(reversed(alternatives(sequence.element())))

    def __getitem__(self, ref: Ref) -> HeapObject:
        heap_object = self.objects[ref.id]
        if ref.id not in self.states_read:
            self.states_read[ref.id] = object_state(heap_object)
        return heap_object

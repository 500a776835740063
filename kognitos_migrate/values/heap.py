"""The abstract heap: dicts, lists, instances and sessions, each named by a `Ref`.

The heap is weak: a thing keeps all that was ever put into it, with the place that put it there.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from kognitos_migrate.rulebook.model import StubArgument
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Class, Ref, Value


class Operand(NamedTuple):
    """A value with the expression that gave it, as evaluated in `frame`."""

    value: Value
    site: Site
    frame: int


class DictEntry(Struct, frozen=True):
    """One entry of a dict: its value, the node that put it there (a dict element, an argument, an
    assignment), the node of the key, and whether it may be missing."""

    given: Operand
    holder: Site
    key: Site | None
    optional: bool


class DictObject(Struct, eq=False):
    """A dict. `spreads` are what was merged into it whole, never in a circle; `open` means keys that aren't
    known."""

    site: Site
    frame: int
    entries: dict[str, list[DictEntry]] = field(default_factory=dict)
    spreads: list[Operand] = field(default_factory=list)
    others: Value = NEVER
    names: Value = NEVER
    open: bool = False
    shrinks: bool = False
    """Entries are taken out again."""
    gone: set[str] = field(default_factory=set)
    """The keys that were taken out and not put in again, as far as is known."""
    writes: dict[Site, None] = field(default_factory=dict)
    """Where it is changed without an entry that says so: a key that isn't known, one that is taken out."""
    _values: dict[str, Value] = field(default_factory=dict)
    """By key: what `get` gave since something was put there."""
    _any: Value | None = None
    """What `any_entry` gave since something was put in."""

    @property
    def is_closed(self) -> bool:
        """Whether its entries are all that it has."""
        return not (self.spreads or self.open)

    def put(self, key: str, entry: DictEntry) -> bool:
        """Add an entry, once; whether that was news."""
        known = self.entries.setdefault(key, [])
        if not entry.optional:
            self.gone.discard(key)
        if entry in known:
            return False
        known[:] = [
            other for other in known if other.holder != entry.holder or other.given.frame != entry.given.frame
        ]
        known.append(entry)
        self._values.pop(key, None)
        self._any = None
        return True

    def take_out(self, key: str | None, site: Site) -> None:
        """Take the entry of a key out again at a site; None: nobody knows which."""
        self.shrinks = True
        self.writes[site] = None
        self.gone.update(self.entries if key is None else (key,))

    def has_surely(self, key: str) -> bool:
        """Whether there is an entry of a key, whatever was done."""
        return key not in self.gone and any(not entry.optional for entry in self.entries.get(key, ()))

    def set_after(self, key: str, spread: Operand) -> bool:
        """Whether an entry is written behind what was merged into the dict, and so wins."""
        return any(
            not entry.optional
            and entry.holder.path == spread.site.path
            and entry.holder.node > spread.site.node
            and entry.given.frame == spread.frame
            for entry in self.entries.get(key, ())
        )

    def take_over(self, other: "DictObject") -> None:
        """Add the entries of a dict that this one was merged into before: each may be missing."""
        for key, entries in other.entries.items():
            for entry in entries:
                self.put(key, replace(entry, optional=True))
        self.others, self.names = join(self.others, other.others), join(self.names, other.names)
        self.open, self.shrinks = self.open or other.open, self.shrinks or other.shrinks
        self.writes.update(other.writes)
        self.gone.update(other.gone)

    def get(self, key: str) -> Value:
        """What `key` may hold; Never where it was never put."""
        found = self._values.get(key)
        if found is None:
            found = join(*(entry.given.value for entry in self.entries.get(key, ())))
            self._values[key] = found
        return found

    def any_entry(self) -> Value:
        """What any key that is known may hold."""
        if self._any is None:
            self._any = join(*map(self.get, self.entries))
        return self._any


class Namespace(DictObject, eq=False):
    """The attributes of an instance, as a dict: what is put into the one is in the other."""

    owner: "Instance | None" = None
    of_class: frozenset[str] | None = frozenset()
    """The names that its class has; None where it may have others. As far as it was asked for them."""

    def put(self, key: str, entry: DictEntry) -> bool:
        """Add an entry, and an attribute with it."""
        news = super().put(key, entry)
        if self.owner is not None and entry.given not in self.owner.origins.get(key, ()):
            news |= self.owner.put(key, entry.given)
        return news

    def note(self, name: str, given: Operand) -> None:
        """Add an attribute that the instance has."""
        if all(entry.given != given for entry in self.entries.get(name, ())):
            super().put(name, DictEntry(given, given.site, None, True))


class SequenceObject(Struct, eq=False):
    """A list, tuple or set. `items` are those whose places are known, `rest` any others."""

    site: Site
    frame: int
    items: list[Operand] = field(default_factory=list)
    rest: Value = NEVER

    def element(self) -> Value:
        """What any element may be."""
        return join(self.rest, *(item.value for item in self.items))

    def disorder(self) -> None:
        """From here on nobody knows which element is at which place, or whether it is there."""
        self.items, self.rest = [], self.element()


class Instance(Struct, eq=False):
    """An instance of a class of the program; of an HTTP session where `client` says so."""

    site: Site
    frame: int
    cls: Class | None
    client: str | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, list[Operand]] = field(default_factory=dict)
    """By attribute: what was assigned to it, and where."""
    namespace: Namespace | None = None
    """Its attributes as a dict, once they are asked for."""

    def put(self, name: str, given: Operand) -> bool:
        """Add to what an attribute may hold; whether that was news."""
        before = self.attributes.get(name, NEVER)
        self.attributes[name] = join(before, given.value)
        known = self.origins.setdefault(name, [])
        if given not in known:
            known.append(given)
            if self.namespace is not None:
                self.namespace.note(name, given)
        return self.attributes[name] != before


class Iterated(Struct, eq=False):
    """What `for` gets out of something: an iterator, a generator, a queue."""

    site: Site
    frame: int
    element: Value = NEVER
    returned: Value = NEVER
    """What a generator gives in the end, to `yield from`."""


class Prepared(Struct, eq=False):
    """An HTTP request that is sent later, by its number."""

    site: Site
    frame: int
    request: int


class Task(Struct, eq=False):
    """A coroutine or a call that runs by itself, and what it gives in the end."""

    site: Site
    frame: int
    result: Value = NEVER


class ServiceDouble(Struct, eq=False):
    """An object that answers in the place of a service: a library's own, in which stubs are made."""

    site: Site
    frame: int
    mock: str
    bases: list[Operand] = field(default_factory=list)
    """What stands in front of relative URLs."""
    name: str = ""
    """Of what it stands in for."""
    function: Site | None = None
    """The program's own function that it stands in for."""
    told: dict[tuple[str, ...], list[Operand]] = field(default_factory=dict)
    """What is set on it, by the names that lead there."""


class StubContent(Struct, eq=False):
    """What a mock library's reply, or its matcher, says: by part, what may give it."""

    site: Site
    frame: int
    mock: str
    parts: dict[StubArgument, list[Operand]] = field(default_factory=dict)


def join_operands(known: list[Operand], new: list[Operand]) -> list[Operand]:
    """What an argument gave before and gives now, by expression."""
    found = {(given.site, given.frame): given for given in known}
    for given in new:
        before = found.get((given.site, given.frame))
        value = given.value if before is None else join(before.value, given.value)
        found[given.site, given.frame] = Operand(value, given.site, given.frame)
    return list(found.values())


HeapObject = DictObject | SequenceObject | Instance | Iterated | Prepared | Task | ServiceDouble | StubContent
Made = TypeVar("Made", bound=HeapObject)

KINDS: Mapping[type, str] = {
    DictObject: "dict",
    Namespace: "dict",
    SequenceObject: "list",
    Iterated: "iterator",
    Instance: "object",
    Prepared: "request",
    Task: "task",
    ServiceDouble: "double",
    StubContent: "saying",
}
"""What each is called where methods are looked up."""

State = tuple[object, ...]
"""What a thing held at some time: equal states, equal things."""


def object_state(thing: HeapObject) -> State:
    """What `thing` holds now."""
    if isinstance(thing, Instance):
        names = thing.namespace
        return (*thing.attributes.items(), *((*names.spreads, names.others) if names is not None else ()))
    if isinstance(thing, DictObject):
        entries = tuple((key, tuple(held)) for key, held in thing.entries.items())
        return (
            entries,
            tuple(thing.spreads),
            thing.others,
            thing.names,
            thing.open,
            thing.shrinks,
            *sorted(thing.gone),
        )
    if isinstance(thing, SequenceObject):
        return (tuple(thing.items), thing.rest)
    if isinstance(thing, Iterated):
        return (thing.element, thing.returned)
    if isinstance(thing, ServiceDouble):
        told = tuple((names, tuple(given)) for names, given in thing.told.items())
        return (tuple(thing.bases), thing.name, told)
    if isinstance(thing, StubContent):
        return tuple((part, tuple(given)) for part, given in thing.parts.items())
    return (thing.result,) if isinstance(thing, Task) else (thing.request,)


class Heap(Struct, eq=False):
    """All things, by number; one thing for a site in a frame, or one of each class that is called there."""

    things: list[HeapObject] = field(default_factory=list)
    seen: dict[int, State] = field(default_factory=dict)
    """The things that were looked at since this was emptied, as they were then."""
    _known: dict[tuple[object, Site, int], Ref] = field(default_factory=dict)

    def new(self, thing: HeapObject) -> Ref:
        """Allocate `thing`, or name the one allocated at that site in that frame before."""
        kind = (Instance, thing.cls, thing.client) if isinstance(thing, Instance) else type(thing)
        key = (kind, thing.site, thing.frame)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Ref(len(self.things))
            self.things.append(thing)
        return known

    def made(self, thing: Made) -> tuple[Ref, Made]:
        """`thing`, or the one of its kind that was made at that site in that frame before, with its name."""
        ref = self.new(thing)
        held = self[ref]
        assert isinstance(held, type(thing))
        return ref, held

    def at(
        self,
        kind: Callable[[Site, int], DictObject | SequenceObject | Iterated | Task],
        site: Site,
        frame: int,
    ) -> Ref:
        """The thing of a kind that is made at that site in that frame: an empty one at first."""
        return self._known.get((kind, site, frame)) or self.new(kind(site, frame))

    def parts(self, record: DictObject) -> list[DictObject]:
        """A dict, and those that were merged into it, however far."""
        found = [record]
        for part in found:
            for spread in part.spreads:
                inner = self[spread.value] if isinstance(spread.value, Ref) else None
                if isinstance(inner, DictObject) and not any(inner is known for known in found):
                    found.append(inner)
        return found

    def unchanged(self, states: Mapping[int, State]) -> bool:
        """Whether things are as they were; that is a look at them."""
        for one, state in states.items():
            if object_state(self.things[one]) != state:
                return False
            self.seen.setdefault(one, state)
        return True

    def __getitem__(self, ref: Ref) -> HeapObject:
        thing = self.things[ref.id]
        if ref.id not in self.seen:
            self.seen[ref.id] = object_state(thing)
        return thing

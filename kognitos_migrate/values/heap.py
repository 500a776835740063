"""The objects on the abstract heap: dicts, lists, instances and sessions, each named by a `Ref`.

Updates are weak: an object keeps everything that was ever stored in it, with the site that stored it.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from kognitos_migrate.rulebook.model import StubRole
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Class, Ref, Value

PARTIAL_TARGET = "partial target"
"""The attribute of an instance that holds the function of a partial application."""
PARTIAL_METHOD = "partial method"
"""The attribute of an instance that holds the function of a `functools.partialmethod`."""


class Operand(NamedTuple):
    """A value and the expression that it came from, as evaluated in `frame`."""

    value: Value
    site: Site
    frame: int


RegionKey = tuple[int, int]
"""A region of code: the frame, and the node of a loop in it, or -1 for the whole body of the function."""


class DictEntry(Struct, frozen=True):
    """An entry of a dict: its value, the node that stored it, and the node of its key.

    `holder` is a dict element, an argument or an assignment. `optional` means that the entry may be missing.
    `within` are the regions that may have been left before it was stored.
    """

    operand: Operand
    holder: Site
    key: Site | None
    optional: bool
    within: frozenset[RegionKey] = frozenset()

    def is_sure(self, regions: Collection[RegionKey] = ()) -> bool:
        """Whether the entry is there for code in these regions."""
        return not self.optional and all(region in regions for region in self.within)


class DictObject(Struct, eq=False):
    """A dict. `spreads` are mappings that were merged into it, without cycles.

    `others` joins the values and `names` the texts of unknown keys. `open` means that it may have keys that
    aren't in `entries`.
    """

    site: Site
    frame: int
    entries: dict[str, list[DictEntry]] = field(default_factory=dict)
    spreads: list[Operand] = field(default_factory=list)
    others: Value = NEVER
    names: Value = NEVER
    open: bool = False
    removals: set[str | None] = field(default_factory=set)
    """The keys whose entries are removed, also if they are stored again. None is an unknown key."""
    is_view: bool = False
    """Whether it is a mapping that is no dict, which can't be encoded as JSON."""
    ignores_case: bool = False
    """Whether it may contain headers, whose names are the same in upper and lower case."""
    has_attributes: bool = False
    """Whether its entries are attributes, too, as those of a library's mapping."""
    removed_keys: set[str] = field(default_factory=set)
    """The known keys that were removed and not stored again."""
    writes: dict[Site, None] = field(default_factory=dict)
    """The sites of changes that no entry records: writes to unknown keys, and removals."""
    _values: dict[str, Value] = field(default_factory=dict)
    """The cached results of `get`, by key. `put` invalidates them."""
    _any: Value | None = None
    """The cached result of `any_entry`, which `put` invalidates."""

    @property
    def is_closed(self) -> bool:
        """Whether it has no other entries than those in `entries`."""
        return not (self.spreads or self.open)

    @property
    def has_known_entries(self) -> bool:
        """Whether each of its keys is known and surely has the value of one entry."""
        if not self.is_closed or self.has_removals or self.others is not NEVER or self.names is not NEVER:
            return False
        return all(len(entries) == 1 and entries[0].is_sure() for entries in self.entries.values())

    @property
    def all_entries(self) -> list[DictEntry]:
        """The entries of all known keys."""
        return [entry for entries in self.entries.values() for entry in entries]

    @property
    def has_removals(self) -> bool:
        """Whether entries are removed from it."""
        return bool(self.removals)

    def may_lose(self, key: str) -> bool:
        """Whether an entry of `key` may be removed from it."""
        return not self.removals.isdisjoint((key, None))

    def put(self, key: str, entry: DictEntry) -> bool:
        """Add an entry and return whether the dict has changed.

        An earlier entry of the same holder and frame is replaced. One that may be missing stays so, or loops
        that add both in turn would never settle. If the key was removed, and an exit lies before this entry,
        earlier entries are sure behind the exit only, too.
        """
        entries = self.entries.setdefault(key, [])
        if not entry.optional:
            if key in self.removed_keys and entry.within:
                entries[:] = [replace(old, within=old.within | entry.within) for old in entries]
            self.removed_keys.discard(key)
        earlier = [
            previous.within
            for previous in entries
            if (previous.holder, previous.operand.frame) == (entry.holder, entry.operand.frame)
        ]
        if any(earlier):
            entry = replace(entry, within=entry.within.union(*earlier))
        if entry in entries or replace(entry, optional=True) in entries:
            return False
        entries[:] = [
            previous
            for previous in entries
            if previous.holder != entry.holder or previous.operand.frame != entry.operand.frame
        ]
        entries.append(entry)
        self._values.pop(key, None)
        self._any = None
        return True

    def note_removal(self, key: str | None, site: Site) -> None:
        """Record that a site removes the entry of a key; None is an unknown key."""
        self.writes[site] = None
        for name in (key, *(self.other_spellings(key, self) if key is not None else ())):
            self.removals.add(name)
            self.removed_keys.update(self.entries if name is None else (name,))

    def other_spellings(self, key: str, record: "DictObject") -> list[str]:
        """The keys of a dict, this one or one that was merged into it, that are `key` in another case."""
        names = record.entries if self.ignores_case else ()
        return [name for name in names if name != key and name.lower() == key.lower()]

    def has_surely(self, key: str, regions: Collection[RegionKey] = ()) -> bool:
        """Whether the dict has an entry of `key` on every path to code in these regions."""
        return key not in self.removed_keys and any(
            entry.is_sure(regions) for entry in self.entries.get(key, ())
        )

    def surely_overrides(self, key: str, spread: Operand) -> bool:
        """Whether an entry of `key` is written behind `spread` in its file and frame, and so overrides it."""
        return any(
            entry.is_sure()
            and entry.holder.path == spread.site.path
            and entry.holder.node > spread.site.node
            and entry.operand.frame == spread.frame
            for entry in self.entries.get(key, ())
        )

    def merge_entries(self, other: "DictObject") -> None:
        """Add the entries of a dict that was merged into this one. Each may be missing, unless this dict got
        it from the same write."""
        for key, entries in other.entries.items():
            own_entries = self.entries.get(key, ())
            for entry in entries:
                if replace(entry, optional=False) not in own_entries:
                    self.put(key, replace(entry, optional=True))
        self.others, self.names = join(self.others, other.others), join(self.names, other.names)
        self.open = self.open or other.open
        self.removals.update(other.removals)
        self.writes.update(other.writes)
        self.removed_keys.update(other.removed_keys)

    def get(self, key: str) -> Value:
        """The join of the values stored at `key`; Never if there are none."""
        value = self._values.get(key)
        if value is None:
            value = join(*(entry.operand.value for entry in self.entries.get(key, ())))
            self._values[key] = value
        return value

    def any_entry(self) -> Value:
        """The join of the values at all known keys."""
        if self._any is None:
            self._any = join(*map(self.get, self.entries))
        return self._any


class Namespace(DictObject, eq=False):
    """The attributes of an instance, as a dict. A write to either one changes both."""

    owner: "Instance | None" = None
    ref: Ref | None = None
    of_class: frozenset[str] | None = frozenset()
    """The names that the class defines, as far as they were looked up; None if it may define other names."""

    def put(self, key: str, entry: DictEntry) -> bool:
        """Add an entry and the attribute that it sets. Returns whether either one has changed."""
        has_changed = super().put(key, entry)
        if self.owner is not None and entry.operand not in self.owner.origins.get(key, ()):
            has_changed |= self.owner.put(key, entry.operand)
        return has_changed

    def note(self, name: str, operand: Operand) -> None:
        """Add an entry for an attribute that the instance has."""
        if all(entry.operand != operand for entry in self.entries.get(name, ())):
            super().put(name, DictEntry(operand, operand.site, None, optional=True))


class SequenceObject(Struct, eq=False):
    """A list, tuple or set. `items` are the elements with a known index, `rest` joins all others."""

    site: Site
    frame: int
    items: list[Operand] = field(default_factory=list)
    rest: Value = NEVER
    variants: list[list[Operand]] | None = None
    """The elements in order, of each list that it may be. None if it surely has `items`, or if the order of
    the others isn't known."""
    has_copies: bool = False
    """Whether it also stands for copies of it, which may be changed apart from it."""

    def element(self) -> Value:
        """The join of all elements."""
        return join(self.rest, *(item.value for item in self.items))

    def all_items(self, at: Operand) -> list[Operand]:
        """All elements. The ones without a known index are one operand at the place of the list, `at`."""
        return self.items if self.rest is NEVER else [*self.items, at._replace(value=self.rest)]

    def add(self, value: Value) -> bool:
        """Add an element at an unknown index, and return whether the list has changed."""
        self.variants = None
        return self.add_optional(value)

    def add_optional(self, value: Value) -> bool:
        """Add an element that may be missing, and return whether the list has changed."""
        before = self.rest
        self.rest = join(before, value)
        return self.rest != before

    def forget_order(self) -> None:
        """Forget the indexes of the elements, and which of them exist."""
        self.items, self.rest, self.variants = [], self.element(), None

    @property
    def known_variants(self) -> list[list[Operand]] | None:
        """The elements of each list that it may be. None if they aren't known."""
        return self.variants or ([self.items] if self.rest is NEVER else None)


class Instance(Struct, eq=False):
    """An instance of a class of the program; if `client` is set, an HTTP session of that library."""

    site: Site
    frame: int
    cls: Class | None
    client: str | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, list[Operand]] = field(default_factory=dict)
    """The operands assigned to each attribute."""
    namespace: Namespace | None = None
    """The attributes as a dict; None until `__dict__` or `vars()` is used."""

    def put(self, name: str, operand: Operand) -> bool:
        """Join a value into an attribute, and return whether the attribute has changed."""
        before = self.attributes.get(name, NEVER)
        self.attributes[name] = join(before, operand.value)
        operands = self.origins.setdefault(name, [])
        if operand not in operands:
            operands.append(operand)
            if self.namespace is not None:
                self.namespace.note(name, operand)
        return self.attributes[name] != before


class DictView(NamedTuple):
    """A view of a dict, by the method that returns it: `keys`, `values` or `items`."""

    method: str
    record: Ref


class Iterated(Struct, eq=False):
    """An object that is iterated over without indexes: an iterator, a generator, a queue."""

    site: Site
    frame: int
    element: Value = NEVER
    returned: Value = NEVER
    """The return value of a generator, which is the value of `yield from`."""
    views: set[DictView] = field(default_factory=set)
    """The dicts whose keys, values or items it may yield."""


class Prepared(Struct, eq=False):
    """An HTTP request that is sent later, by its number."""

    site: Site
    frame: int
    request: int


class Task(Struct, eq=False):
    """A coroutine or a concurrent call, with its result."""

    site: Site
    frame: int
    result: Value = NEVER


class ErrorMessage(Task, eq=False):
    """The values in the text of an error, as the result. A concurrent call at its site isn't the same."""


class ServiceDouble(Struct, eq=False):
    """An object of a mock library that answers in place of a service, and in which stubs are registered."""

    site: Site
    frame: int
    mock: str
    bases: list[Operand] = field(default_factory=list)
    """The URLs that relative URLs are resolved against."""
    name: str = ""
    """The name of the object that it replaces."""
    function: Site | None = None
    """The program's own function that it replaces."""
    assigned: dict[tuple[str, ...], list[Operand]] = field(default_factory=dict)
    """The values set on it, by the path of attributes that leads to them."""


class StubContent(Struct, eq=False):
    """The content of a canned reply or a matcher of a mock library: the operands in each role."""

    site: Site
    frame: int
    mock: str
    parts: dict[StubRole, list[Operand]] = field(default_factory=dict)


class ExpectedCall(Struct, eq=False):
    """A call that a test compares with those that a double received. `names` lead from the double to the
    attribute that is called."""

    site: Site
    frame: int
    names: tuple[str, ...]
    positional: list[Operand] = field(default_factory=list)
    keywords: dict[str, Operand] = field(default_factory=dict)


def join_operands(before: list[Operand], after: list[Operand]) -> list[Operand]:
    """The operands of `before` and `after`, joined by expression and frame."""
    joined = {(operand.site, operand.frame): operand for operand in before}
    for operand in after:
        previous = joined.get((operand.site, operand.frame))
        value = operand.value if previous is None else join(previous.value, operand.value)
        joined[operand.site, operand.frame] = Operand(value, operand.site, operand.frame)
    return list(joined.values())


HeapObject = (
    DictObject
    | SequenceObject
    | Instance
    | Iterated
    | Prepared
    | Task
    | ServiceDouble
    | StubContent
    | ExpectedCall
)


def partial_target(heap_object: HeapObject | None) -> Value | None:
    """The function of a partial application; None for all other objects."""
    return heap_object.attributes.get(PARTIAL_TARGET) if isinstance(heap_object, Instance) else None


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
    ExpectedCall: "expected call",
}
"""The name of each type in the method tables."""

"""Observers of a dict entry, other than the request that sends it."""

from collections.abc import Collection, Iterator
from enum import Enum

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.calling_contexts import builds_only_for
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Access, AccessKind, UseKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictEntry,
    DictObject,
    HeapObject,
    Instance,
    Iterated,
    Operand,
    SequenceObject,
    Task,
)
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Json, Ref, Value

_SHALLOW = frozenset(
    (
        AccessKind.FLOW,
        AccessKind.MERGE,
        AccessKind.WRITE,
        AccessKind.READ,
        AccessKind.CONTAINS,
        AccessKind.WALK,
        AccessKind.TRUTH,
    )
)
"""Accesses to a container that don't read the content of its elements."""
_TEXT_USES = frozenset(
    (UseKind.ESCAPE, UseKind.KEY, UseKind.COMPARE, UseKind.ITERATE, UseKind.METHOD, UseKind.DECODE)
)
"""Uses that depend on the layout of a JSON text."""


class EntryChange(Enum):
    """The change of a dict entry."""

    REMOVED = "it is removed, or another one is added"
    REPLACED = "it has another value"


class Observation(Struct, frozen=True):
    """A place that sees an entry. For a test of truth, the site is the tested expression."""

    site: Site
    kind: AccessKind


def observations_of(
    context: PlanContext, match: Match, entry: DictEntry, change: EntryChange
) -> list[Observation]:
    """The places that see a change of an entry: in its dict, in a copy, or through a container. Requests of
    the match's operation don't count."""
    index = context.memoize(_Index.of)
    observations: dict[Observation, None] = {}
    for ref, key in index.entries.get(entry.holder, ()):
        query = _Query(context, index, match, key, change)
        observations.update(dict.fromkeys(query.observations(ref)))
    return list(observations)


def observations_at(context: PlanContext, match: Match, site: Site, change: EntryChange) -> list[Observation]:
    """The places that see a change of an expression's value, through the dicts and instances that it is put
    into."""
    index = context.memoize(_Index.of)
    entries = index.values.get(site, ())
    observations = [
        observation for entry in entries for observation in observations_of(context, match, entry, change)
    ]
    for ref in index.instances.get(site, ()):
        observations += _Query(context, index, match, "", change).observations(ref, holds=True)
    return observations


def observations_of_containers(
    context: PlanContext, match: Match, ref: Ref, frames: Collection[int]
) -> Iterator[Observation]:
    """The places that see the content of a container which code in these frames has put an object into."""
    index = context.memoize(_Index.of)
    query = _Query(context, index, match, "", EntryChange.REPLACED)
    for container in index.containers.get(ref, ()):
        if context.facts.heap[container].frame in frames:
            yield from query.observations(container, holds=True)


def observations_of_list(context: PlanContext, match: Match, ref: Ref) -> list[Observation]:
    """The places that see an added element of a list, other than tests of membership and truth."""
    unaware = (AccessKind.CONTAINS, AccessKind.TRUTH)
    observations = observations_of_elements(context, match, ref)
    return [observation for observation in observations if observation.kind not in unaware]


def observations_of_elements(context: PlanContext, match: Match, ref: Ref) -> list[Observation]:
    """The places that see a removed element of a list."""
    query = _Query(context, context.memoize(_Index.of), match, "", EntryChange.REMOVED)
    return list(query.observations(ref))


def innermost_replaceable_argument(
    context: PlanContext, match: Match, operand: Operand, role: Role, observed: Collection[Observation]
) -> Operand | None:
    """The innermost argument that only this operation uses and that can be replaced without being observed.
    None of the observers may be behind it. None if there is no such argument."""
    inner_functions: set[Site | None] = set()
    for level in context.argument_chain(operand, role):
        if any(_function_of(context, observation.site) in inner_functions for observation in observed):
            return None
        is_seen = observations_at(context, match, level.site, EntryChange.REPLACED)
        if builds_only_for(context, match, level.site) and not is_seen:
            tree = context.tree(level.site)
            if isinstance(tree.parent(tree.node(level.site)), cst.Arg | cst.DictElement):
                return level
        inner_functions.add(context.read_frame(level.frame).function)
    return None


def _function_of(context: ProgramTrees, site: Site) -> Site | None:
    tree = context.tree(site)
    function = tree.enclosing(tree.node(site), cst.FunctionDef, cst.Lambda)
    return tree.site(function) if function is not None else None


class _Index(Struct, frozen=True):
    """The holders of each object on the heap."""

    entries: dict[Site, list[tuple[Ref, str]]]
    """By holder of an entry: the dicts that contain it, with its key."""
    values: dict[Site, list[DictEntry]]
    """By expression: the entries that have its value."""
    instances: dict[Site, list[Ref]]
    """By expression: the objects that have its value as an attribute."""
    containers: dict[Ref, list[Ref]]
    copies: dict[Ref, list[Ref]]
    """By dict: the dicts that it was merged into."""
    senders: dict[Ref, list[int]]
    """By object: the requests that are sent with it."""

    @staticmethod
    def of(context: ProgramFacts) -> "_Index":
        """The index of a program's heap."""
        index = _Index({}, {}, {}, {}, {}, {})
        for request in context.facts.requests:
            for operand in (
                *(argument for operands in request.operands.values() for argument in operands),
                *request.session_headers,
            ):
                for ref in _refs(operand.value):
                    index.senders.setdefault(ref, []).append(request.id)
        for number, heap_object in enumerate(context.facts.heap.objects):
            own = Ref(number)
            if isinstance(heap_object, DictObject):
                for key, entries in heap_object.entries.items():
                    for entry in entries:
                        index.entries.setdefault(entry.holder, []).append((own, key))
                        index.values.setdefault(entry.operand.site, []).append(entry)
                for spread in heap_object.spreads:
                    for ref in _refs(spread.value):
                        index.copies.setdefault(ref, []).append(own)
            if isinstance(heap_object, Instance):
                for origins in heap_object.origins.values():
                    for origin in origins:
                        index.instances.setdefault(origin.site, []).append(own)
            for value in _contents(heap_object):
                for ref in _refs(value):
                    index.containers.setdefault(ref, []).append(own)
        return index


def _refs(value: Value) -> Iterator[Ref]:
    return (choice for choice in alternatives(value) if isinstance(choice, Ref))


def _contents(heap_object: HeapObject) -> list[Value]:
    match heap_object:
        case DictObject():
            return [*(heap_object.get(key) for key in heap_object.entries), heap_object.others]
        case SequenceObject():
            return [heap_object.element()]
        case Iterated():
            return [heap_object.element, heap_object.returned]
        case Task():
            return [heap_object.result]
        case Instance():
            return list(heap_object.attributes.values())
        case _:
            return []


class _Query(Struct, frozen=True):
    """A search for the observers of a change of an entry."""

    context: PlanContext
    index: _Index
    match: Match
    key: str
    change: EntryChange

    def observations(self, ref: Ref, *, holds: bool = False) -> Iterator[Observation]:
        """The places that see the change in a dict, or in its container (`holds`), and in its copies and
        containers."""
        seen: set[tuple[Ref, bool]] = set()
        waiting = [(ref, holds)]
        while waiting:
            current, holds = waiting.pop()
            if (current, holds) in seen:
                continue
            seen.add((current, holds))
            yield from self._container_observations(current, holds=holds)
            waiting += [(copy, holds) for copy in self.index.copies.get(current, ())]
            waiting += [(container, True) for container in self.index.containers.get(current, ())]

    def _container_observations(self, ref: Ref, *, holds: bool) -> Iterator[Observation]:
        accesses = self.context.facts.accesses.get(ref, {})
        for site in self.context.aliases_of(ref):
            if site not in accesses:
                yield Observation(site, AccessKind.WHOLE)
        for site, noted in accesses.items():
            for access in noted:
                if access.kind is AccessKind.ENCODE:
                    yield from self._text_observations(site)
                elif access.kind is AccessKind.SEND and not holds and self._is_sent_by_operation_only(ref):
                    continue
                elif (holds and access.kind not in _SHALLOW) or (not holds and self._observes(access)):
                    place = site if access.kind is AccessKind.TRUTH else access.place
                    yield Observation(place, access.kind)

    def _observes(self, access: Access) -> bool:
        """Whether an access to the dict itself, or to a copy, sees the change."""
        match access.kind:
            case AccessKind.FLOW | AccessKind.MERGE | AccessKind.WRITE:
                return False
            case AccessKind.READ:
                return access.key in (None, self.key) and not self._is_forwarded_entry(access.place)
            case AccessKind.CONTAINS:
                return self.change is EntryChange.REMOVED and access.key in (None, self.key)
            case AccessKind.TRUTH | AccessKind.WALK:
                return self.change is EntryChange.REMOVED
            case _:
                return True

    def _is_forwarded_entry(self, read: Site) -> bool:
        """Whether a read only passes the entry on to a request of the operation, which then sends the new
        value."""
        users = self.context.requests.by_argument.get(read)
        return (
            self.change is EntryChange.REPLACED
            and bool(users)
            and self.context.requests.are_calls_of(users or (), self.match)
        )

    def _is_sent_by_operation_only(self, ref: Ref) -> bool:
        """Whether an object is sent by requests of the operation only."""
        sent = self.index.senders.get(ref, ())
        return bool(sent) and self.context.requests.are_calls_of(sent, self.match)

    def _text_observations(self, encoded: Site) -> Iterator[Observation]:
        for use in self.context.memoize(_text_uses).get(encoded, ()):
            yield Observation(use, AccessKind.WHOLE)


def _text_uses(context: ProgramFacts) -> dict[Site, list[Site]]:
    """By expression that is encoded as JSON text: the places that see the text."""
    sites: dict[Site, list[Site]] = {}
    for use in context.facts.uses:
        if isinstance(use.value, Json) and use.kind in _TEXT_USES:
            sites.setdefault(use.value.site, []).append(use.site)
    return sites

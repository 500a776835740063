"""The value of a key that a dict keeps: its own entry, or one that is merged in."""

from collections.abc import Iterable, Iterator
from enum import Enum

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Ref, Value
from kognitos_migrate.values.texts import may_be_key

_DEPTH = 8
_LOOPS = (cst.For, cst.While)


class Precedence(Enum):
    """The precedence of an entry over other values of its key."""

    SOLE = "nothing else has the key"
    LAST = "the entry is put in after all that may have the key, and replaces it"
    UNPROVEN = "another value may win, or it is not known which"


class _ValueSource(Struct, frozen=True):
    """Code that may set the key's value."""

    site: Site
    frame: int


def precedence(context: ProgramFacts, values: Iterable[Value], entry: DictEntry, key: str) -> Precedence:
    """The precedence of `entry` in the dicts that `values` may be."""
    weakest = Precedence.SOLE
    for choice in (choice for value in values for choice in alternatives(value)):
        record = context.facts.heap.get(choice)
        if isinstance(record, DictObject):
            weakest = _lower_precedence(weakest, _precedence_in_record(context, record, entry, key, 0))
        elif choice != NONE:
            return Precedence.UNPROVEN
    return weakest


def may_have(context: ProgramFacts, value: Value, key: str, depth: int = 0) -> bool:
    """Whether a value may be a dict that has the key."""
    for choice in alternatives(value):
        record = context.facts.heap.get(choice)
        if isinstance(record, DictObject) and depth < _DEPTH:
            if key in record.entries or _names_may_be(record, key):
                return True
            if any(may_have(context, spread.value, key, depth + 1) for spread in record.spreads):
                return True
        elif choice != NONE:
            return True
    return False


def _lower_precedence(left: Precedence, right: Precedence) -> Precedence:
    order = list(Precedence)
    return order[max(order.index(left), order.index(right))]


def _precedence_in_record(
    context: ProgramFacts, record: DictObject, entry: DictEntry, key: str, depth: int
) -> Precedence:
    """The precedence of the entry in one dict, as its own entry or in a dict merged into it."""
    if depth > _DEPTH:
        return Precedence.UNPROVEN
    inner = Precedence.SOLE
    places = [_ValueSource(entry.holder, entry.operand.frame)] if entry in record.entries.get(key, ()) else []
    for spread in record.spreads:
        part = context.facts.heap.get(spread.value)
        if isinstance(part, DictObject) and _contains_entry(context, part, entry, key, depth + 1):
            inner = _lower_precedence(inner, _precedence_in_record(context, part, entry, key, depth + 1))
            places.append(_ValueSource(spread.site, spread.frame))
    others = list(_other_sources(context, record, entry, key, depth))
    if not places:
        return Precedence.UNPROVEN if others or _names_may_be(record, key) else inner
    if len(places) > 1:
        return Precedence.UNPROVEN
    if _names_may_be(record, key):
        others += [_ValueSource(site, record.frame) for site in (record.writes or {record.site: None})]
    if not others:
        return inner
    is_last = all(_always_overwrites(context, record, places[0], other) for other in others)
    return _lower_precedence(inner, Precedence.LAST) if is_last else Precedence.UNPROVEN


def _contains_entry(
    context: ProgramFacts, record: DictObject, entry: DictEntry, key: str, depth: int
) -> bool:
    if entry in record.entries.get(key, ()):
        return True
    parts = [context.facts.heap[spread.value] for spread in record.spreads if isinstance(spread.value, Ref)]
    return depth < _DEPTH and any(
        isinstance(part, DictObject) and _contains_entry(context, part, entry, key, depth + 1)
        for part in parts
    )


def _other_sources(
    context: ProgramFacts, record: DictObject, entry: DictEntry, key: str, depth: int
) -> Iterator[_ValueSource]:
    """The code that may set another value at the entry's key."""
    for other in record.entries.get(key, ()):
        if other != entry:
            yield _ValueSource(other.holder, other.operand.frame)
    for spread in record.spreads:
        part = context.facts.heap.get(spread.value)
        if isinstance(part, DictObject) and _contains_entry(context, part, entry, key, depth + 1):
            continue
        if may_have(context, spread.value, key, depth + 1):
            yield _ValueSource(spread.site, spread.frame)


def _always_overwrites(
    context: ProgramTrees, record: DictObject, place: _ValueSource, other: _ValueSource
) -> bool:
    """Whether the dict always gets the value of `place` after the value of `other`."""
    if _is_in_creation(context, record, other.site) and not _is_in_creation(context, record, place.site):
        return True
    if (place.site.path, place.frame) != (other.site.path, other.frame):
        return False
    tree = context.tree(place.site)
    if place.site.node <= other.site.node:
        return False
    ancestors = set(tree.ancestors(tree.node(place.site)))
    creation_ancestors = (
        set(tree.ancestors(tree.node(record.site))) if record.site.path == place.site.path else frozenset()
    )
    loops = [loop for loop in tree.ancestors(tree.node(other.site)) if isinstance(loop, _LOOPS)]
    return all(loop not in ancestors or loop in creation_ancestors for loop in loops)


def _is_in_creation(context: ProgramTrees, record: DictObject, site: Site) -> bool:
    """Whether a site is inside the expression that creates the dict."""
    return context.span(record.site).contains(context.span(site))


def _names_may_be(record: DictObject, key: str) -> bool:
    """Whether a key of the dict that is computed at run time may be equal to this one."""
    return any(may_be_key(choice, key) for choice in alternatives(record.names))

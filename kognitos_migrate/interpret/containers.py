"""Reading from containers, and from replies, which are containers that are not here yet."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import computed
from kognitos_migrate.interpret.classes import protocols
from kognitos_migrate.interpret.classes.lookup import lineage
from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.mocking import puppets, sent
from kognitos_migrate.interpret.modules import named_module
from kognitos_migrate.interpret.namespaces import is_of_module
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import MERGED, AccessKind, UseKind
from kognitos_migrate.interpret.state.tracked import texts_in
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    NEVER,
    UNKNOWN,
    Class,
    Const,
    Decoding,
    Join,
    Json,
    Lit,
    Member,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import KINDS, Double, Given, Instance, Record, Sequence, Task, Thing
from kognitos_migrate.values.join import alternatives, join

_ELEMENT = "an element of "
_CHARACTERS = 8
"""Characters of the longest text whose characters are told apart where it is walked over."""


def item_of(
    m: Machine, act: Activation, node: cst.CSTNode, container: Value, operand: Site, key: Value
) -> Value:
    """`container[key]`; a read of a reply is noted."""
    if isinstance(container, Reply):
        return read(m, act, node, container, operand, key)
    if container == Const(None) or puppets.puppet(m, container) is not None:
        return NEVER
    if isinstance(container, Member) and is_of_module(container):
        asked = Given(key, operand, act.frame.id)
        return computed.attributes(
            Here(m, act, node), Given(container.receiver, operand, act.frame.id), asked
        )
    if isinstance(container, Member) and isinstance(container.receiver, Reply):
        m.use(UseKind.METHOD, container.receiver, act, node, operand, detail=container.name)
    if not isinstance(container, Ref):
        m.use(UseKind.ESCAPE, key, act, node, operand, detail="an index")
        if isinstance(container, Unknown) or (
            isinstance(container, Symbol) and container.name != "os.environ"
        ):
            m.notes.outside(act).gets.update(dict.fromkeys(texts_in(key, m.heap)))
    if isinstance(container, Symbol) and container.name == "sys.modules":
        return named_module(m, act, key)
    if isinstance(container, Symbol) and container.name == "os.environ":
        return Unknown(f"environment variable {literal(key) or ''}".strip(), public=True)
    if isinstance(container, Symbol) and container.name == "sys.argv":
        return Unknown("an argument of the program", public=True)
    if isinstance(container, Unknown) and container.source:
        return container.inside(f"[{literal(key) or '…'}]")
    if isinstance(container, Class | Symbol) and _is_type(m, key):  # `Queue[str]`
        return container
    if isinstance(container, Class):
        info = m.class_info(container.site)
        return info.attributes.get(literal(key) or "", UNKNOWN) if info else UNKNOWN
    if not isinstance(container, Ref):
        return UNKNOWN
    use_as_key(m, act, node, key, operand, container)
    return _item_of_thing(m, act, node, container, operand, key)


def _item_of_thing(
    m: Machine, act: Activation, node: cst.CSTNode, container: Ref, operand: Site, key: Value
) -> Value:
    """The same of what is on the heap."""
    thing = m.heap[container]
    m.access(AccessKind.READ, container, operand, act.site(node), literal(key))
    if isinstance(thing, Record):
        read_of_merged(Here(m, act, node), thing, key, operand)
        return record_item(m, thing, key)
    if isinstance(thing, Sequence):
        if isinstance(key, Const) and isinstance(key.value, int) and thing.rest is NEVER:
            try:
                return thing.items[key.value].value
            except IndexError:
                return UNKNOWN
        return thing.element() if thing.element() is not NEVER else UNKNOWN
    if isinstance(thing, Double):
        return sent.item(m, act, thing, key)
    if isinstance(thing, Instance):
        found = protocols.item(m, container, Given(key, operand, act.frame.id))
        if found is None:
            m.use(UseKind.METHOD, container, act, node, operand, detail="an item")
        return UNKNOWN if found is None else found
    return UNKNOWN


def use_as_key(
    m: Machine, act: Activation, node: cst.CSTNode, key: Value, operand: Site, owner: Value | None = None
) -> None:
    """Note that a value is the key of a dict."""
    note_key(m, Given(key, act.site(node), act.frame.id), key, operand, owner)


def note_key(m: Machine, place: Given, key: Value, operand: Site, owner: Value | None = None) -> None:
    """Note that a value is the key of a dict where `place` is evaluated; a task is known by itself, not by
    what it gives."""
    held = [
        choice
        for choice in alternatives(key)
        if not (isinstance(choice, Ref) and isinstance(m.heap[choice], Task))
    ]
    m.use_at(UseKind.KEY, join(*held), place, operand, owner)


def use_in_set(m: Machine, act: Activation, node: cst.CSTNode, given: Given) -> None:
    """Note that a value is an element of a set, which has each only once: a text, a word, what holds words,
    an instance that is compared by its fields."""
    held: list[Value] = []
    for choice in alternatives(given.value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Text):
            held += m.leaves(choice)
        by_fields = isinstance(thing, Instance) and thing.cls is not None and lineage(m, thing.cls).family
        if isinstance(choice, Reply) or isinstance(thing, Sequence) or by_fields:
            held += [leaf for leaf in m.leaves(choice) if isinstance(leaf, Reply) and len(leaf.path) > 1]
    m.use(UseKind.KEY, join(*held), act, node, given.site)


def _is_type(m: Machine, key: Value) -> bool:
    """Whether `key` is a class, or several."""
    if isinstance(key, Ref) and isinstance(thing := m.heap[key], Sequence):
        return bool(thing.items) and all(_is_type(m, one.value) for one in thing.items)
    return isinstance(key, Class | Symbol)


def record_item(m: Machine, thing: Record, key: Value) -> Value:
    """What a dict may hold at `key`."""
    word = literal(key)
    values = [thing.any_entry() if word is None else thing.get(word), thing.others]
    for choice in _merged_for(m, thing, word):
        if isinstance(choice, Ref) and isinstance(inner := m.heap[choice], Record) and inner is not thing:
            values.append(record_item(m, inner, key))
        elif isinstance(choice, Reply):
            values.append(choice.at(word if word is not None else Decoding.ANY))
        else:
            values.append(UNKNOWN)
    found = join(*values)
    return UNKNOWN if found is NEVER else found


def read_of_merged(here: Here, thing: Record, key: Value, operand: Site, detail: str = MERGED) -> None:
    """Note that `key` is read of a dict: it is read of the replies that were merged into it."""
    for choice in _merged_for(here.machine, thing, literal(key)):
        inner = here.machine.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(inner, Record) and inner is not thing:
            read_of_merged(here, inner, key, operand, detail)
        elif isinstance(choice, Reply) and choice.path == (View.JSON,):
            here.use(UseKind.READ, choice, operand, key, detail)


def _merged_for(m: Machine, thing: Record, word: str | None) -> Iterator[Value]:
    """What was merged into a dict and may give it the value at a key."""
    own = word is not None and word in thing.entries
    for spread in thing.spreads:
        if word is None or not own or _may_replace(m, spread, thing, word):
            yield from alternatives(spread.value)


def replacements(m: Machine, record: Record, name: str) -> Value:
    """The values, but for those of replies, that entries of unknown keys may put in the place of an entry;
    Never where there are none."""
    values = [record.others]
    for spread in record.spreads:
        if record.set_after(name, spread):
            continue
        for choice in alternatives(spread.value):
            inner = m.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(inner, Record):
                values.append(replacements(m, inner, name) if inner is not record else NEVER)
            elif not isinstance(choice, Reply) and choice != Const(None):
                values.append(Unknown(name))
    return join(*values)


def _may_replace(m: Machine, spread: Given, thing: Record, word: str) -> bool:
    """Whether what was merged into a dict may take the place of an entry: it has the key, and is not
    written before the entry."""
    held = [m.heap[choice] for choice in alternatives(spread.value) if isinstance(choice, Ref)]
    if held and all(isinstance(one, Record) and _lacks(one, word) for one in held):
        return False
    return not thing.set_after(word, spread)


def _lacks(record: Record, word: str) -> bool:
    """Whether a dict surely has no such key."""
    return not (word in record.entries or record.spreads or record.open)


def read(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    reply: Reply,
    operand: Site,
    key: Value,
    detail: str = "",
) -> Value:
    """A key of a reply."""
    if not reply.path and m.facts.requests[reply.request].stub is not None:
        return _of_sent(m, reply, key)
    words = [literal(choice) for choice in alternatives(key)]
    if any(word is None for word in words) or not words:
        if isinstance(key, Const):
            m.use(UseKind.ITERATE, reply, act, node, operand, detail="an index")
            return reply.at(Decoding.ANY)
        m.use(UseKind.READ, reply, act, node, operand, key, detail)
        return reply.at(Decoding.ANY)
    m.use(UseKind.READ, reply, act, node, operand, key, detail)
    return join(*(reply.at(word) for word in words if word is not None))


def _of_sent(m: Machine, reply: Reply, key: Value) -> Value:
    """An item of all that was sent to a stub: one of the requests, or a part that has a name."""
    view = m.views(reply.request).get(literal(key) or "")
    if view is None or view is View.SELF:
        return reply
    return UNKNOWN if view is View.OTHER else reply.at(view)


def literal(value: Value) -> str | None:
    """The text that `value` is, if it is known."""
    return value.literal if isinstance(value, Text) else None


def element_of(m: Machine, value: Value) -> Value:
    """What walking over `value` gives."""
    return join(*(_element(m, choice) for choice in alternatives(value)))


def _element(m: Machine, value: Value) -> Value:
    if isinstance(value, Reply):
        whole = not value.path and m.facts.requests[value.request].stub is not None
        return value if whole else value.at(Decoding.ANY)
    if isinstance(value, Unknown) and value.source:
        return (
            value if value.source.startswith(_ELEMENT) else replace(value, source=f"{_ELEMENT}{value.source}")
        )
    if isinstance(value, Class) and (info := m.class_info(value.site)):
        members = [member for member in info.attributes.values() if isinstance(member, Text | Const)]
        return join(*members) if members else UNKNOWN
    if isinstance(value, Text) and 0 < len(text := value.literal or "") <= _CHARACTERS:
        return join(*(Text((Lit(character),)) for character in text))
    if not isinstance(value, Ref):
        return UNKNOWN
    thing = m.heap[value]
    if isinstance(thing, Record):
        return keys_of(m, thing)
    if isinstance(thing, Instance):
        return _element_of_instance(m, value)
    found = thing.element() if isinstance(thing, Sequence) else getattr(thing, "element", UNKNOWN)
    return UNKNOWN if found is NEVER else found


def _element_of_instance(m: Machine, ref: Ref) -> Value:
    fields = protocols.places(m, ref)
    if fields is not None:
        return join(*fields)
    walked = protocols.iterator(m, ref)
    others = [choice for choice in alternatives(walked) if choice != ref] if walked is not None else []
    own = protocols.following(m, ref) if walked is None or ref in alternatives(walked) else None
    found = [*(element_of(m, choice) for choice in others), *([own] if own is not None else [])]
    return join(*found) if found else UNKNOWN


def keys_of(m: Machine, thing: Record) -> Value:
    """The keys of a dict, as texts that remember where they are written."""
    keys: list[Value] = [thing.names]
    for name, entries in thing.entries.items():
        written = [entry.key for entry in entries if entry.key is not None]
        keys.append(_written(m, name, written[0]) if written else Text((Lit(name),)))
    for spread in thing.spreads:
        keys.append(element_of(m, spread.value))
    found = join(*keys)
    return UNKNOWN if found is NEVER else found


def _written(m: Machine, name: str, site: Site) -> Value:
    node = m.trees[site.path].node(site)
    if isinstance(node, cst.SimpleString):
        start = len(node.prefix) + len(node.quote)
        return Text((Lit(name, site, start),))
    return Text((Lit(name),))


def values_of(m: Machine, thing: Record) -> Value:
    """The values of a dict."""
    values = [thing.others, thing.any_entry()]
    for spread in thing.spreads:
        for choice in alternatives(spread.value):
            if isinstance(choice, Ref) and isinstance(inner := m.heap[choice], Record) and inner is not thing:
                values.append(values_of(m, inner))
            elif isinstance(choice, Reply):
                values.append(choice.at(Decoding.ANY))
            else:
                values.append(UNKNOWN)
    found = join(*values)
    return UNKNOWN if found is NEVER else found


def iterated_uses(m: Machine, act: Activation, node: cst.CSTNode, given: Given, how: str) -> None:
    """Note that `given` is walked over."""
    m.access(AccessKind.WALK, given.value, given.site, act.site(node))
    for choice in alternatives(given.value):
        if isinstance(choice, Reply | Json):
            m.use(UseKind.ITERATE, choice, act, node, given.site, detail=how)


def things(m: Machine, value: Value) -> list[Thing]:
    """The things on the heap that `value` may be."""
    choices = value.values if isinstance(value, Join) else (value,)
    return [m.heap[choice] for choice in choices if isinstance(choice, Ref)]


def kind_of(m: Machine, value: Value) -> str:
    """What methods of a value are looked up under."""
    if isinstance(value, Ref):
        return KINDS[type(m.heap[value])]
    kinds = {Text: "str", Reply: "reply", Const: "const", Json: "json", Class: "class"}
    return kinds.get(type(value), "unknown")

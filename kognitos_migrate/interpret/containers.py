"""Reads from containers and from replies."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import dynamic_attributes
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, metaclasses, mro_of
from kognitos_migrate.interpret.classes.declared_types import is_generic
from kognitos_migrate.interpret.error_messages import ERRORS, note_error
from kognitos_migrate.interpret.framework_settings import setting, settings_mapping
from kognitos_migrate.interpret.ini_options import is_parser, note_defaults_shown, sections_named
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import mock_objects, recorded_calls, request_assertions
from kognitos_migrate.interpret.named_modules import named_module
from kognitos_migrate.interpret.names import MODULES, is_module_namespace
from kognitos_migrate.interpret.state.facts import INDEX, MERGED, SLICED, AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.tracked_values import texts_in
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    KINDS,
    DictObject,
    HeapObject,
    Instance,
    Operand,
    SequenceObject,
    ServiceDouble,
    Task,
)
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Decoding,
    Function,
    Join,
    Json,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
    environment_variable,
)
from kognitos_migrate.values.texts import known_text


def _note_outside_item(
    m: Interpreter, act: Activation, node: cst.CSTNode, container: Value, operand: Site, key: Value
) -> None:
    """Record a read of an item of a text, or of an object that isn't known."""
    if isinstance(container, Text):
        m.use(UseKind.METHOD, container, act, node, operand, detail=SLICED)
    m.use(UseKind.ESCAPE, key, act, node, operand, detail=INDEX)
    if isinstance(container, Unknown) or (isinstance(container, Symbol) and container.name != "os.environ"):
        m.notes.outside_names(act).gets.update(dict.fromkeys(texts_in(key, m.heap)))


def item_of(
    m: Interpreter, act: Activation, node: cst.CSTNode, container: Value, operand: Site, key: Value
) -> Value:
    """The value of `container[key]`; a read of a reply is recorded."""
    if isinstance(container, Reply):
        note_absent_keys(EvalPoint(m, act, node), container, key)
        return read_reply_key(m, act, node, container, operand, key)
    if container == Const(None) or mock_objects.mock_object(m, container) is not None:
        return NEVER
    if isinstance(container, MemberRef) and is_module_namespace(container):
        name = Operand(key, operand, act.frame.id)
        return dynamic_attributes.attributes_by_text(
            EvalPoint(m, act, node), Operand(container.receiver, operand, act.frame.id), name
        )
    if isinstance(container, MemberRef) and isinstance(container.receiver, Reply):
        m.use(UseKind.METHOD, container.receiver, act, node, operand, detail=container.name)
    if not isinstance(container, Ref):
        _note_outside_item(m, act, node, container, operand, key)
    if container == MODULES:
        return named_module(m, act, key)
    if isinstance(container, Symbol) and container.name == "os.environ":
        return environment_variable(known_text(key) or "")
    if isinstance(container, Symbol) and container.name == "sys.argv":
        return Unknown("an argument of the program", public=True)
    if (source := settings_mapping(container)) and (word := known_text(key)) is not None:
        return setting(m, act, source, word)
    if isinstance(container, Unknown) and container.source in ERRORS:
        return UNKNOWN  # built-in errors have no items
    if isinstance(container, Unknown) and container.source:
        return _item_of_unknown(EvalPoint(m, act, node), container, key)
    if isinstance(container, Class):
        return _item_of_class(EvalPoint(m, act, node), container, Operand(key, operand, act.frame.id))
    if isinstance(container, Symbol) and _is_type(m, key):  # `Queue[str]`
        return container
    if not isinstance(container, Ref):
        return UNKNOWN
    use_as_key(m, act, node, key, operand, container)
    return _item_of_object(m, act, node, container, operand, key)


def _item_of_unknown(point: EvalPoint, container: Unknown, key: Value) -> Value:
    """The value of `container[key]` for an object of a library: a section of a settings file that a parser
    has read, or an item that isn't known."""
    note_defaults_shown(point, container.source, "an item")
    section = sections_named(point.machine, key) if is_parser(container) else NEVER
    return section if section is not NEVER else container.item(known_text(key) or None)


def _item_of_class(point: EvalPoint, cls: Class, key: Operand) -> Value:
    """The value of `Class[key]`: by a method of its metaclass or of its own, its alias with a type as a
    parameter, or the member of an enum."""
    m = point.machine
    candidates = [class_attribute(m, meta, "__getitem__") for meta in metaclasses(m, cls)]
    for method in (*candidates, class_attribute(m, cls, "__class_getitem__")):
        if isinstance(method, Function):
            return point.call(Bound(method, cls), Arguments([key]))
        if method is not NEVER:
            return UNKNOWN
    if _is_type(m, key.value):
        return cls
    info = m.class_info(cls.site)
    return info.attributes.get(known_text(key.value) or "", UNKNOWN) if info else UNKNOWN


def _item_of_object(
    m: Interpreter, act: Activation, node: cst.CSTNode, container: Ref, operand: Site, key: Value
) -> Value:
    """The value of `container[key]` for a heap object."""
    heap_object = m.heap[container]
    m.access(AccessKind.READ, container, operand, act.site(node), known_text(key))
    if isinstance(heap_object, DictObject):
        note_merged_read(EvalPoint(m, act, node), heap_object, key, operand)
        return record_item(m, heap_object, key)
    if isinstance(heap_object, SequenceObject):
        if isinstance(key, Const) and isinstance(key.value, int) and heap_object.rest is NEVER:
            try:
                return heap_object.items[key.value].value
            except IndexError:
                return UNKNOWN
        return heap_object.element() if heap_object.element() is not NEVER else UNKNOWN
    if isinstance(heap_object, ServiceDouble):
        return recorded_calls.stub_by_name(m, act, heap_object, key)
    if isinstance(heap_object, Instance):
        value = special_methods.item_of_instance(
            m, container, Operand(key, operand, act.frame.id), EvalPoint(m, act, node)
        )
        if value is None:
            m.use(UseKind.METHOD, container, act, node, operand, detail="an item")
        return UNKNOWN if value is None else value
    return UNKNOWN


def use_as_key(
    m: Interpreter, act: Activation, node: cst.CSTNode, key: Value, operand: Site, owner: Value | None = None
) -> None:
    """Record that a value is used as the key of a dict."""
    if owner is not None and m.notes.stubs and request_assertions.note_request_key(m, key, owner):
        return
    note_key(m, Operand(key, act.site(node), act.frame.id), key, operand, owner)


def note_key(m: Interpreter, place: Operand, key: Value, operand: Site, owner: Value | None = None) -> None:
    """Record that a value is used as the key of a dict at `place`. A task is compared by identity, so it is
    left out."""
    key_values = [
        choice
        for choice in alternatives(key)
        if not (isinstance(choice, Ref) and isinstance(m.heap[choice], Task))
    ]
    m.use_at(UseKind.KEY, join(*key_values), place, operand, owner)


def use_in_set(m: Interpreter, act: Activation, node: cst.CSTNode, element: Operand) -> None:
    """Record that a value is an element of a set, which compares it with the others.

    This concerns texts, words, containers of words, and instances that are compared by their fields.
    """
    leaves: list[Value] = []
    for choice in alternatives(element.value):
        heap_object = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Text):
            leaves += m.leaves(choice)
        by_fields = (
            isinstance(heap_object, Instance)
            and heap_object.cls is not None
            and mro_of(m, heap_object.cls).family
        )
        if isinstance(choice, Reply) or isinstance(heap_object, SequenceObject) or by_fields:
            leaves += [leaf for leaf in m.leaves(choice) if isinstance(leaf, Reply) and len(leaf.path) > 1]
    m.use(UseKind.KEY, join(*leaves), act, node, element.site)


def _is_type(m: Interpreter, key: Value) -> bool:
    """Whether `key` is a class, or a tuple of classes."""
    if isinstance(key, Ref) and isinstance(sequence := m.heap[key], SequenceObject):
        return bool(sequence.items) and all(_is_type(m, item.value) for item in sequence.items)
    return isinstance(key, Class | Symbol) or is_generic(key)


def lacks(m: Interpreter, container: Value, key: Value) -> bool:
    """Whether a value is certainly a dict without a key: one that all of the program never stores in it."""
    word = known_text(key)
    records = [m.heap[choice] if isinstance(choice, Ref) else None for choice in alternatives(container)]
    closed = [record for record in records if type(record) is DictObject and record.is_closed]
    return (
        word is not None
        and bool(closed)
        and len(closed) == len(records)
        and not any(record.others is not NEVER or word in record.entries for record in closed)
    )


def record_item(m: Interpreter, record: DictObject, key: Value) -> Value:
    """The value that a dict may have at `key`."""
    word = known_text(key)
    values: list[Value] = []
    for owner, merged in _suppliers(m, record, word):
        own = [owner.any_entry() if word is None else owner.get(word), owner.others]
        is_supplied = own != [NEVER, NEVER] or bool(merged)
        values += own if is_supplied else [UNKNOWN]
        for choice in merged:
            if isinstance(choice, Reply):
                values.append(choice.at(word if word is not None else Decoding.ANY))
            elif _merged_dict(m, owner, choice) is None:
                values.append(UNKNOWN)
    return join(*values)


def note_merged_read(
    point: EvalPoint, record: DictObject, key: Value, operand: Site, detail: str = MERGED
) -> None:
    """Record the read of `key` for the replies that were merged into a dict."""
    for _, merged in _suppliers(point.machine, record, known_text(key)):
        for choice in merged:
            if isinstance(choice, Reply) and choice.path == (View.JSON,):
                point.use(UseKind.READ, choice, operand, key, detail)


def _suppliers(
    m: Interpreter, record: DictObject, word: str | None
) -> Iterator[tuple[DictObject, list[Value]]]:
    """A dict and those merged into it that may supply the value at a key, once each, with the values merged
    into them."""
    reached: dict[DictObject, None] = {record: None}
    waiting = [record]
    while waiting:
        owner = waiting.pop()
        merged = list(_merged_values(m, owner, word))
        yield owner, merged
        inner = [_merged_dict(m, owner, choice) for choice in reversed(merged)]
        new = [each for each in inner if each is not None and each not in reached]
        reached.update(dict.fromkeys(new))
        waiting += new


def _merged_dict(m: Interpreter, owner: DictObject, merged: Value) -> DictObject | None:
    """The dict that a value merged into another dict is. None for any other value."""
    inner = m.heap[merged] if isinstance(merged, Ref) else None
    return inner if isinstance(inner, DictObject) and inner is not owner else None


def _merged_values(m: Interpreter, record: DictObject, word: str | None) -> Iterator[Value]:
    """The merged values of a dict that may supply the value at a key."""
    own = word is not None and word in record.entries
    spreads = record.spreads if word is None else record.spreads[_last_certain(m, record, word) :]
    for spread in spreads:
        if word is None or not own or _may_replace(m, spread, record, word):
            yield from alternatives(spread.value)


def _last_certain(m: Interpreter, record: DictObject, word: str) -> int:
    """The index of the last mapping in a display that surely has the key, and so replaces what is in front
    of it. 0 if there is none."""
    for number, spread in reversed(list(enumerate(record.spreads))):
        inner = m.heap[spread.value] if isinstance(spread.value, Ref) else None
        if isinstance(inner, DictObject) and m.regions.surely_have(inner, word) and not inner.spreads:
            return number if _are_of_one_display(m, record, number) else 0
    return 0


def _are_of_one_display(m: Interpreter, record: DictObject, last: int) -> bool:
    """Whether the mappings up to an index are elements of the display that creates the dict, in order and
    once each."""
    tree = m.trees[record.site.path]
    display = tree.node(record.site)
    elements = display.elements if isinstance(display, cst.Dict) else ()
    written = [
        tree.site(element.value) for element in elements if isinstance(element, cst.StarredDictElement)
    ]
    merged = [spread.site for spread in record.spreads[: last + 1]]
    return all(spread.frame == record.frame for spread in record.spreads[: last + 1]) and (
        merged == written[: last + 1]
    )


def replacements(m: Interpreter, record: DictObject, name: str) -> Value:
    """The values that entries with unknown keys may put in place of an entry; Never if there are none.

    Values of replies are left out.
    """
    values = [record.others]
    for spread in record.spreads:
        if record.set_after(name, spread):
            continue
        for choice in alternatives(spread.value):
            inner = m.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(inner, DictObject):
                values.append(replacements(m, inner, name) if inner is not record else NEVER)
            elif not isinstance(choice, Reply) and choice != Const(None):
                values.append(Unknown(name))
    return join(*values)


def _may_replace(m: Interpreter, spread: Operand, record: DictObject, word: str) -> bool:
    """Whether a merged value may replace an entry: it may have the key, and the entry isn't set after the
    merge."""
    objects = [m.heap[choice] for choice in alternatives(spread.value) if isinstance(choice, Ref)]
    if objects and all(
        isinstance(heap_object, DictObject) and _lacks(heap_object, word) for heap_object in objects
    ):
        return False
    return not record.set_after(word, spread)


def _lacks(record: DictObject, word: str) -> bool:
    """Whether a dict certainly doesn't have the key."""
    return not (word in record.entries or record.spreads or record.open)


def read_reply_key(
    m: Interpreter,
    act: Activation,
    node: cst.CSTNode,
    reply: Reply,
    operand: Site,
    key: Value,
    detail: str = "",
) -> Value:
    """The value at a key of a reply; the read is recorded."""
    if not reply.path and m.facts.requests[reply.request].stub is not None:
        return _item_of_recorded(EvalPoint(m, act, node), reply, key)
    words = [known_text(choice) for choice in alternatives(key)]
    if any(word is None for word in words) or not words:
        if isinstance(key, Const):
            m.use(UseKind.ITERATE, reply, act, node, operand, detail=INDEX)
            return reply.at(Decoding.ANY)
        m.use(UseKind.READ, reply, act, node, operand, key, detail)
        return reply.at(Decoding.ANY)
    m.use(UseKind.READ, reply, act, node, operand, key, detail)
    return join(*(reply.at(word) for word in words if word is not None))


def note_absent_keys(point: EvalPoint, reply: Reply, key: Value) -> None:
    """Record that a handler may receive a KeyError that contains the name of an absent key."""
    words = [known_text(choice) for choice in alternatives(key)]
    if reply.path == (View.JSON,):
        names = [reply.at(Decoding.MISSING).at(word) for word in words if word is not None]
        note_error(point, Symbol("builtins.KeyError"), names)


def _item_of_recorded(point: EvalPoint, reply: Reply, key: Value) -> Value:
    """An item of the requests that a stub received: one of them, those of a method and URL, or a named
    part."""
    if (requests := request_assertions.requests_at_key(point, reply, key)) is not None:
        return requests
    view = point.machine.views(reply.request).get(known_text(key) or "")
    if view is None and not isinstance(key, Const):
        point.use(UseKind.READ, reply, point.site, key)
    if view is None or view is View.SELF:
        return reply
    return UNKNOWN if view is View.OTHER else reply.at(view)


def class_of(m: Interpreter, value: Value) -> Class | None:
    """The class of an instance; None for any other value."""
    heap_object = m.heap[value] if isinstance(value, Ref) else None
    return heap_object.cls if isinstance(heap_object, Instance) else None


def heap_objects(m: Interpreter, value: Value) -> list[HeapObject]:
    """The heap objects that `value` may be."""
    choices = value.values if isinstance(value, Join) else (value,)
    return [m.heap[choice] for choice in choices if isinstance(choice, Ref)]


def kind_of(m: Interpreter, value: Value) -> str:
    """The key of a value's type in the method tables: `str`, `reply`, `dict`, …"""
    if isinstance(value, Ref):
        return KINDS[type(m.heap[value])]
    kinds = {Text: "str", Reply: "reply", Const: "const", Json: "json", Class: "class"}
    return kinds.get(type(value), "unknown")

"""Reads from containers and from replies."""

from itertools import chain

import libcst as cst

from kognitos_migrate.interpret import dynamic_attributes
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, metaclasses, mro_of
from kognitos_migrate.interpret.classes.comparison_methods import key_by_methods
from kognitos_migrate.interpret.classes.enums import enum_members, has_own_comparison
from kognitos_migrate.interpret.classes.generic_types import is_generic
from kognitos_migrate.interpret.dict_entries import keys_with_text, note_merged_read, record_item
from kognitos_migrate.interpret.dynamic_imports import named_module
from kognitos_migrate.interpret.error_contents import ERRORS, note_error_creation
from kognitos_migrate.interpret.framework_settings import setting, settings_mapping
from kognitos_migrate.interpret.ini_options import is_parser, note_defaults_shown, sections_named
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import (
    double_arguments,
    mock_objects,
    recorded_calls,
    request_assertions,
)
from kognitos_migrate.interpret.names import MODULES, is_module_namespace
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind, texts_in
from kognitos_migrate.interpret.state.use_details import INDEX, SLICED
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.shapes import index_of, written_integer
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    KINDS,
    DictObject,
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
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, container: Value, operand: Site, key: Value
) -> None:
    """Record a read of an item of a text, or of an object that isn't known."""
    if isinstance(container, Text):
        interpreter.note_use(UseKind.METHOD, container, act, node, operand, detail=SLICED)
    interpreter.note_use(UseKind.ESCAPE, key, act, node, operand, detail=INDEX)
    if isinstance(container, Unknown) or (isinstance(container, Symbol) and container.name != "os.environ"):
        interpreter.notes.outside_names(act).gets.update(dict.fromkeys(texts_in(key, interpreter.heap)))


def item_of(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, container: Value, operand: Site, key: Value
) -> Value:
    """The value of `container[key]`; a read of a reply is recorded."""
    if isinstance(container, Reply):
        note_absent_keys(EvalPoint(interpreter, act, node), container, key)
        return read_reply_key(interpreter, act, node, container, operand, key)
    if container == Const(None) or mock_objects.mock_object(interpreter, container) is not None:
        return NEVER
    if isinstance(container, MemberRef) and is_module_namespace(container):
        name = Operand(key, operand, act.frame.id)
        return dynamic_attributes.attributes_by_text(
            EvalPoint(interpreter, act, node), Operand(container.receiver, operand, act.frame.id), name
        )
    if isinstance(container, MemberRef) and isinstance(container.receiver, Reply):
        interpreter.note_use(UseKind.METHOD, container.receiver, act, node, operand, detail=container.name)
    if not isinstance(container, Ref):
        _note_outside_item(interpreter, act, node, container, operand, key)
    if container == MODULES:
        return named_module(interpreter, act, key)
    if isinstance(container, Symbol) and container.name == "os.environ":
        return environment_variable(known_text(key) or "")
    if isinstance(container, Symbol) and container.name == "sys.argv":
        return Unknown("an argument of the program", public=True)
    if (source := settings_mapping(container)) and (word := known_text(key)) is not None:
        return setting(interpreter, act, source, word)
    if isinstance(container, Unknown) and container.source in ERRORS:
        return UNKNOWN  # built-in errors have no items
    if isinstance(container, Unknown) and container.source:
        return _item_of_unknown(EvalPoint(interpreter, act, node), container, key)
    if isinstance(container, Class):
        return _item_of_class(
            EvalPoint(interpreter, act, node), container, Operand(key, operand, act.frame.id)
        )
    if isinstance(container, Symbol) and _is_type(interpreter, key):  # `Queue[str]`
        return container
    if not isinstance(container, Ref):
        return UNKNOWN
    use_as_key(EvalPoint(interpreter, act, node), key, operand, container)
    return _item_of_object(interpreter, act, node, container, operand, key)


def _item_of_unknown(point: EvalPoint, container: Unknown, key: Value) -> Value:
    """The value of `container[key]` for an object of a library: a section of a settings file that a parser
    has read, or an item that isn't known."""
    note_defaults_shown(point, container.source, "an item")
    section = sections_named(point.interpreter, key) if is_parser(container) else NEVER
    return section if section is not NEVER else container.item(known_text(key) or None)


def _item_of_class(point: EvalPoint, cls: Class, key: Operand) -> Value:
    """The value of `Class[key]`: by a method of its metaclass or of its own, its alias with a type as a
    parameter, or the member of an enum."""
    interpreter = point.interpreter
    candidates = [class_attribute(interpreter, meta, "__getitem__") for meta in metaclasses(interpreter, cls)]
    for method in (*candidates, class_attribute(interpreter, cls, "__class_getitem__")):
        if isinstance(method, Function):
            return point.call(Bound(method, cls), Arguments([key]))
        if method is not NEVER:
            return UNKNOWN
    if _is_type(interpreter, key.value):
        return cls
    info, name = interpreter.class_info(cls.site), known_text(key.value)
    if info is not None and name is None and mro_of(interpreter, cls).is_enum:
        return join(*enum_members(interpreter, info))
    return info.attributes.get(name or "", UNKNOWN) if info else UNKNOWN


def _item_of_object(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, container: Ref, operand: Site, key: Value
) -> Value:
    """The value of `container[key]` for a heap object."""
    heap_object = interpreter.heap[container]
    interpreter.note_access(AccessKind.READ, container, operand, act.site(node), known_text(key))
    if isinstance(heap_object, DictObject):
        note_merged_read(EvalPoint(interpreter, act, node), heap_object, key, operand)
        is_error = _is_empty_in_test(interpreter, container, heap_object)
        return NEVER if is_error else record_item(interpreter, heap_object, key)
    if isinstance(heap_object, SequenceObject):
        if isinstance(key, Const) and isinstance(key.value, int) and heap_object.rest is NEVER:
            try:
                return heap_object.items[key.value].value
            except IndexError:
                return UNKNOWN
        return heap_object.element() if heap_object.element() is not NEVER else UNKNOWN
    if isinstance(heap_object, ServiceDouble):
        return recorded_calls.stub_by_name(interpreter, act, heap_object, key)
    if isinstance(heap_object, Instance):
        value = special_methods.item_of_instance(
            EvalPoint(interpreter, act, node), container, Operand(key, operand, act.frame.id)
        )
        if value is None:
            interpreter.note_use(UseKind.METHOD, container, act, node, operand, detail="an item")
        return UNKNOWN if value is None else value
    return UNKNOWN


def _is_empty_in_test(interpreter: Interpreter, ref: Ref, record: DictObject) -> bool:
    """Whether a dict is written as `{}` in a test, and nothing stores an entry in it, nor code that isn't
    analysed. A double that looks there for its response raises an error."""
    site = record.site
    if site.path not in interpreter.testing.modules or record.entries or not record.is_closed:
        return False
    is_written = isinstance(interpreter.trees[site.path].node(site), cst.Dict)
    mutations = interpreter.facts.mutations.values()
    return (
        is_written
        and record.others is NEVER
        and record.names is NEVER
        and not any(ref in alternatives(mutation.value) for each in mutations for mutation in each)
    )


def use_as_key(point: EvalPoint, key: Value, operand: Site, owner: Value | None = None) -> None:
    """Record that a value is used as the key of a dict."""
    interpreter = point.interpreter
    if (
        owner is not None
        and interpreter.notes.stubs
        and request_assertions.note_request_key(interpreter, key, owner)
    ):
        return
    note_key(interpreter, point.operand(key), key, operand, owner)


def note_key(
    interpreter: Interpreter, place: Operand, key: Value, operand: Site, owner: Value | None = None
) -> None:
    """Record that a value is used as the key of a dict at `place`. A task is compared by identity, so it is
    left out, and so is an object that the program's methods compare."""
    act = interpreter.activations.get(place.frame)
    if act is not None and act.tree.path == place.site.path and interpreter.heap.objects_of(key):
        point = EvalPoint(interpreter, act, act.tree.node(place.site))
        key = key_by_methods(point, Operand(key, operand, place.frame))
    key_values = [
        choice for choice in alternatives(key) if not isinstance(interpreter.heap.get(choice), Task)
    ]
    interpreter.note_use_at(UseKind.KEY, join(*key_values), place, operand, owner)


def use_in_set(point: EvalPoint, element: Operand) -> None:
    """Record that a value is an element of a set, which compares it with the others.

    This concerns texts, words, containers of words, and instances that are compared by their fields.
    """
    interpreter, leaves = point.interpreter, list[Value]()
    for choice in alternatives(key_by_methods(point, element)):
        heap_object = interpreter.heap.get(choice)
        if isinstance(choice, Text):
            leaves += interpreter.tracked_leaves(choice)
        by_fields = (
            isinstance(heap_object, Instance)
            and heap_object.cls is not None
            and mro_of(interpreter, heap_object.cls).family
        )
        if isinstance(choice, Reply) or isinstance(heap_object, SequenceObject) or by_fields:
            leaves += [
                leaf
                for leaf in interpreter.tracked_leaves(choice)
                if isinstance(leaf, Reply) and len(leaf.path) > 1
            ]
    point.note_use(UseKind.KEY, join(*leaves), element.site)


def _is_type(interpreter: Interpreter, key: Value) -> bool:
    """Whether `key` is a class, or a tuple of classes."""
    if isinstance(sequence := interpreter.heap.get(key), SequenceObject):
        return bool(sequence.items) and all(_is_type(interpreter, item.value) for item in sequence.items)
    return isinstance(key, Class | Symbol) or is_generic(key)


def surely_lacks_key(interpreter: Interpreter, container: Value, key: Value) -> bool:
    """Whether a value is certainly a dict without a key: one that all of the program never stores in it, and
    that no code outside of the program can store in it."""
    word = known_text(key)
    records = [interpreter.heap.get(choice) for choice in alternatives(container)]
    closed = [record for record in records if type(record) is DictObject and record.is_closed]
    return (
        word is not None
        and bool(closed)
        and len(closed) == len(records)
        and not any(record.others is not NEVER or word in record.entries for record in closed)
        and not any(
            has_own_comparison(interpreter, choice)
            for choice in alternatives(
                key, *chain.from_iterable(keys_with_text(interpreter, each) for each in closed)
            )
        )
        and not any(
            record in closed for record in heap_objects_behind(interpreter.heap.escaped, interpreter.heap)
        )
    )


def read_reply_key(
    interpreter: Interpreter,
    act: Activation,
    node: cst.CSTNode,
    reply: Reply,
    operand: Site,
    key: Value,
    detail: str = "",
) -> Value:
    """The value at a key of a reply; the read is recorded."""
    if not reply.path and interpreter.facts.requests[reply.request].stub is not None:
        return _item_of_recorded(EvalPoint(interpreter, act, node), reply, key)
    if Decoding.MATCHED in reply.path:
        interpreter.note_use(UseKind.READ, reply, act, node, operand, key)
        return UNKNOWN
    if reply.path[-1:] == (Decoding.HALVES,) and key == Const(value=0):
        return Reply(reply.request, reply.path[:-1])  # the URL without its query
    if reply.path[-1:] == (Decoding.SEGMENTS,):
        interpreter.note_use(UseKind.READ, reply, act, node, operand, key)
        index = written_integer(index_of(node))
        return reply.at(str(index)) if index is not None else UNKNOWN
    words = [known_text(choice) for choice in alternatives(key)]
    if any(word is None for word in words) or not words:
        if isinstance(key, Const):
            interpreter.note_use(UseKind.ITERATE, reply, act, node, operand, detail=INDEX)
            return reply.at(Decoding.ANY)
        interpreter.note_use(UseKind.READ, reply, act, node, operand, key, detail)
        return reply.at(Decoding.ANY)
    interpreter.note_use(UseKind.READ, reply, act, node, operand, key, detail)
    return join(*(reply.at(word) for word in words if word is not None))


def note_absent_keys(point: EvalPoint, reply: Reply, key: Value) -> None:
    """Record that a handler may receive a KeyError that contains the name of an absent key."""
    words = [known_text(choice) for choice in alternatives(key)]
    if reply.path == (View.JSON,):
        names = [reply.at(Decoding.MISSING).at(word) for word in words if word is not None]
        note_error_creation(point, Symbol("builtins.KeyError"), names)


def _item_of_recorded(point: EvalPoint, reply: Reply, key: Value) -> Value:
    """An item of the requests that a stub received: one of them, those of a method and URL, or a named
    part."""
    if (requests := request_assertions.requests_at_key(point, reply, key)) is not None:
        return requests
    if isinstance(key, Const) and isinstance(key.value, int):
        return double_arguments.part_of_call(point, reply, key.value)
    view = point.interpreter.reply_members(reply.request).get(known_text(key) or "")
    if view is None and (argument := double_arguments.keyword_argument(point, reply, key)) is not None:
        return argument
    if view is None and not isinstance(key, Const):
        point.note_use(UseKind.READ, reply, point.site, key)
    if view is None or view is View.SELF:
        return reply
    return UNKNOWN if view is View.OTHER else reply.at(view)


def class_of(interpreter: Interpreter, value: Value) -> Class | None:
    """The class of an instance; None for any other value."""
    heap_object = interpreter.heap.get(value)
    return heap_object.cls if isinstance(heap_object, Instance) else None


def kind_of(interpreter: Interpreter, value: Value) -> str:
    """The key of a value's type in the method tables: `str`, `reply`, `dict`, …"""
    if isinstance(value, Ref):
        return KINDS[type(interpreter.heap[value])]
    kinds = {Text: "str", Reply: "reply", Const: "const", Json: "json", Class: "class"}
    return kinds.get(type(value), "unknown")

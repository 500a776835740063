"""Models of the methods of dicts."""

from typing import cast

from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.containers import surely_lacks_key, use_as_key
from kognitos_migrate.interpret.dict_entries import note_merged_read, record_item, surely_has_key
from kognitos_migrate.interpret.dict_merge import merge_and_note, merge_display
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model, receiver_of
from kognitos_migrate.interpret.iteration import (
    element_of,
    joined_keys,
    joined_values,
)
from kognitos_migrate.interpret.library.list_methods import ignore_elements, note_receiver_write
from kognitos_migrate.interpret.pair_merge import merge_argument
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, DictView, Iterated, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Lit,
    MemberRef,
    Ref,
    Text,
    Value,
)
from kognitos_migrate.values.texts import known_text


def _record(call: CallPoint, member: MemberRef) -> tuple[Ref, DictObject]:
    ref = cast(Ref, member.receiver)
    heap_object = call.interpreter.heap[ref]
    assert isinstance(heap_object, DictObject)
    return ref, heap_object


def get(call: CallPoint, member: MemberRef) -> Value:
    """The result of `get(key, default)`."""
    ref, record = _record(call, member)
    key = call.arguments.first("key")
    default = call.arguments.first("default", "fallback", place=1)
    if key is None:
        return UNKNOWN
    use_as_key(call, key.value, key.site, ref)
    operand = receiver_of(call)
    call.interpreter.note_access(AccessKind.READ, ref, operand, call.site, known_text(key.value))
    if default is not None:
        call.note_flows(default)
    note_merged_read(call, record, key.value, operand)
    is_lookup = _is_registry(record) or _is_written_in_settings(key.value)
    if is_lookup and surely_lacks_key(call.interpreter, ref, key.value):
        return default.value if default else NONE
    value = record_item(call.interpreter, record, key.value)
    is_present = surely_has_key(call.interpreter, record, key.value)
    return value if is_present else join(value, default.value if default else NONE)


def _is_registry(record: DictObject) -> bool:
    """Whether the entries of a dict are functions and classes of the program: handlers by name."""
    values = [choice for entry in record.all_entries for choice in alternatives(entry.operand.value)]
    return bool(values) and all(isinstance(value, Function | Bound | Class) for value in values)


def _is_written_in_settings(key: Value) -> bool:
    """Whether a key is written in a settings file: the dict is a layer that the file is merged into."""
    literals = key.parts if isinstance(key, Text) else ()
    sites = [part.site for part in literals if isinstance(part, Lit)]
    return len(sites) == len(literals) == 1 and sites[0] is not None and is_data_file(sites[0].path)


def pop(call: CallPoint, member: MemberRef) -> Value:
    """The result of `pop(key, default)`."""
    value = get(call, member)
    ref, record = _record(call, member)
    key = call.arguments.first("key")
    note_receiver_write(call, ref)
    record.open = True
    record.note_removal(known_text(key.value) if key is not None else None, call.site)
    return value


def set_default(call: CallPoint, member: MemberRef) -> Value:
    """The result of `setdefault(key, default)`."""
    ref, record = _record(call, member)
    key, default = call.arguments.first(), call.arguments.first(place=1)
    note_receiver_write(call, ref)
    if key is not None and default is not None:
        call.interpreter.stores += put_entry(call.interpreter, record, key, default, call.site, optional=True)
    return get(call, member)


def update(call: CallPoint, member: MemberRef) -> Value:
    """The result of `update(other, name=value)`."""
    ref, record = _record(call, member)
    note_receiver_write(call, ref)
    optional = call.interpreter.guards > call.interpreter.guard_of.get(ref.id, 0)
    within = call.interpreter.regions.exits_since_creation(ref.id)
    for argument in call.arguments.positional:
        merge_argument(call, record, argument)
    for argument in call.arguments.keyword_spread:
        merge_and_note(call, record, argument)
    for name, argument in call.arguments.keywords.items():
        holder: Site = call.arguments.holders.get(name, argument.site)
        call.note_flows(argument)
        call.interpreter.stores += record.put(name, DictEntry(argument, holder, None, optional, within))
    return NONE


def copy_dict(call: CallPoint, member: MemberRef) -> Value:
    """The result of `copy()` of a dict."""
    ref, record = call.interpreter.allocate_dict(call.act, call.node)
    merge_and_note(
        call,
        record,
        Operand(member.receiver, receiver_of(call), call.act.frame.id),
    )
    return ref


def from_keys(call: CallPoint) -> Value:
    """The result of `dict.fromkeys(keys, value)`."""
    ref, record = call.interpreter.allocate_dict(call.act, call.node)
    iterable, value = call.arguments.first(), call.arguments.first(place=1)
    record.open = True
    if iterable is not None:
        names = element_of(call.interpreter, iterable.value)
        use_as_key(call, names, iterable.site)
        record.names = join(record.names, names)
    record.others = join(record.others, value.value if value else NONE)
    return ref


def duplicate(call: CallPoint) -> Value:
    """The result of `copy.copy(value)` and `copy.deepcopy(value)`: the value itself, or its own copy."""
    argument = call.arguments.first()
    if argument is None:
        return UNKNOWN
    call.note_flows(argument)
    copies = special_methods.copy_of(call, argument.value)
    for heap_object in heap_objects_behind(alternatives(copies), call.interpreter.heap):
        if isinstance(heap_object, SequenceObject):
            heap_object.has_copies = True
    return copies


def pop_item(call: CallPoint, member: MemberRef) -> Value:
    """The result of `popitem()`."""
    ref, record = _record(call, member)
    note_receiver_write(call, ref)
    record.open = True
    record.note_removal(None, call.site)
    frame = call.act.frame.id
    pair = [
        Operand(joined_keys(call.interpreter, record), call.site, frame),
        Operand(joined_values(call.interpreter, record), call.site, frame),
    ]
    return call.interpreter.allocate_sequence(call.act, call.node, pair)


def set_item(call: CallPoint, member: MemberRef) -> Value:
    """The result of `__setitem__(key, value)`."""
    ref, record = _record(call, member)
    key, value = call.arguments.first(), call.arguments.first(place=1)
    if call.arguments.spread:
        unknown = call.arguments.spread[0]._replace(value=UNKNOWN)
        key, value = key or unknown, value or unknown
    if key is not None and value is not None:
        note_receiver_write(call, ref)
        call.note_flows(value)
        call.interpreter.stores += put_entry(call.interpreter, record, key, value, call.site, optional=True)
    return NONE


def clear(call: CallPoint, member: MemberRef) -> Value:
    """The result of `clear()`."""
    ref, record = _record(call, member)
    note_receiver_write(call, ref)
    record.note_removal(None, call.site)
    return NONE


def _function_of_method(name: str, method: Method) -> Model:
    """The model of a dict's method as a function of the dict: `dict.update(first, other)`."""

    def call_method(call: CallPoint) -> Value:
        first = call.arguments.first()
        choices = alternatives(first.value) if first is not None else ()
        records = [choice for choice in choices if isinstance(call.interpreter.heap.get(choice), DictObject)]
        if first is None or not records or len(records) < len(choices):
            return call_unmodeled(call, "a dict method of an unknown object")
        inner = replace(call, arguments=replace(call.arguments, positional=call.arguments.positional[1:]))
        return join(*(method(inner, MemberRef(record, name)) for record in records))

    return call_method


update_dict = _function_of_method("update", update)
"""The model of `dict.update(values, more, name=value)`."""


def or_in_place(call: CallPoint, member: MemberRef) -> Value:
    """The result of `operator.ior(first, other)`: the extended dict."""
    update(call, member)
    return member.receiver


def or_dicts(call: CallPoint) -> Value:
    """The result of `operator.or_(first, other)`."""
    return merge_display(call.interpreter, call.act, call.node, list(call.arguments.positional))


def keys(call: CallPoint, member: MemberRef) -> Value:
    """The result of `keys()`."""
    return _view(call, member, AccessKind.WALK, joined_keys(call.interpreter, _record(call, member)[1]))


def values(call: CallPoint, member: MemberRef) -> Value:
    """The result of `values()`."""
    return _view(call, member, AccessKind.READ, joined_values(call.interpreter, _record(call, member)[1]))


def items(call: CallPoint, member: MemberRef) -> Value:
    """The result of `items()`."""
    _, record = _record(call, member)
    pair = [
        call.operand(joined_keys(call.interpreter, record)),
        call.operand(joined_values(call.interpreter, record)),
    ]
    return _view(call, member, AccessKind.READ, call.interpreter.allocate_sequence(call.act, call.node, pair))


def _view(call: CallPoint, member: MemberRef, kind: AccessKind, element: Value) -> Value:
    """The view that a method returns, with its element. `kind` is how it shows the dict."""
    receiver, _ = _record(call, member)
    call.interpreter.note_access(kind, receiver, receiver_of(call), call.site)
    view = call.interpreter.allocate_iterator(call.act, call.node, element)
    iterator = call.interpreter.heap[view]
    assert isinstance(iterator, Iterated)
    iterator.views.add(DictView(member.name, receiver))
    return view


SYMBOLS: dict[str, Model] = {
    "builtins.dict.update": update_dict,
    "builtins.dict.__setitem__": _function_of_method("__setitem__", set_item),
    "operator.ior": _function_of_method("__ior__", or_in_place),
    "operator.or_": or_dicts,
    "builtins.dict.fromkeys": from_keys,
    "copy.copy": duplicate,
    "copy.deepcopy": duplicate,
}


METHODS: dict[str, Method] = {
    "dict.get": get,
    **{f"dict.{name}": ignore_elements for name in ("getboolean", "getfloat", "getint")},
    "dict.pop": pop,
    "dict.setdefault": set_default,
    "dict.update": update,
    "dict.__init__": update,
    "dict.copy": copy_dict,
    "dict.clear": clear,
    "dict.__delitem__": pop,
    "dict.__getitem__": get,
    "dict.__setitem__": set_item,
    "dict.popitem": pop_item,
    "dict.__ior__": or_in_place,
    "dict.items": items,
    "dict.keys": keys,
    "dict.values": values,
}

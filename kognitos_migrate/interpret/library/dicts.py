"""Methods of dicts."""

from typing import cast

from kognitos_migrate.interpret.containers import (
    element_of,
    keys_of,
    literal,
    read_of_merged,
    record_item,
    use_as_key,
    values_of,
)
from kognitos_migrate.interpret.displays import put
from kognitos_migrate.interpret.machine import Call, Method, Model, receiver_of
from kognitos_migrate.interpret.merged import absorb, merged_records
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.interpret.state.events import AccessKind
from kognitos_migrate.record import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, UNKNOWN, Member, Ref, Value
from kognitos_migrate.values.heap import Entry, Given, Record
from kognitos_migrate.values.join import alternatives, join


def _record(call: Call, member: Value) -> tuple[Ref, Record]:
    ref = cast(Ref, cast(Member, member).receiver)
    thing = call.machine.heap[ref]
    assert isinstance(thing, Record)
    return ref, thing


def _written(call: Call, ref: Ref) -> None:
    call.machine.access(AccessKind.WRITE, ref, receiver_of(call), call.site)


def _walked(call: Call, member: Value, kind: AccessKind) -> None:
    call.machine.access(kind, _record(call, member)[0], receiver_of(call), call.site)


def get(call: Call, member: Value) -> Value:
    """`get(key, default)`."""
    ref, record = _record(call, member)
    key, default = call.arguments.first("key"), call.arguments.first("default", place=1)
    if key is None:
        return UNKNOWN
    use_as_key(call.machine, call.act, call.node, key.value, key.site, ref)
    operand = receiver_of(call)
    call.machine.access(AccessKind.READ, ref, operand, call.site, literal(key.value))
    if default is not None:
        call.flows(default)
    read_of_merged(call, record, key.value, operand)
    word = literal(key.value)
    value = record_item(call.machine, record, key.value)
    known = word is not None and record.has_surely(word)
    return value if known else join(value, default.value if default else NONE)


def pop(call: Call, member: Value) -> Value:
    """`pop(key, default)`."""
    found = get(call, member)
    record, key = _record(call, member)[1], call.arguments.first("key")
    record.open = True
    record.take_out(literal(key.value) if key is not None else None, call.site)
    return found


def set_default(call: Call, member: Value) -> Value:
    """`setdefault(key, default)`."""
    _ref, record = _record(call, member)
    key, default = call.arguments.first(), call.arguments.first(place=1)
    if key is not None and default is not None:
        call.machine.stores += put(call.machine, record, key, default, call.site, True)
    return get(call, member)


def update(call: Call, member: Value) -> Value:
    """`update(other, name=value)`."""
    ref, record = _record(call, member)
    _written(call, ref)
    optional = call.machine.guards > call.machine.guard_of.get(ref.id, 0)
    for given in [*call.arguments.positional, *call.arguments.keyword_spread]:
        absorb(call.machine, call.act, call.node, record, given)
    for name, given in call.arguments.keywords.items():
        holder: Site = call.arguments.holders.get(name, given.site)
        call.flows(given)
        call.machine.stores += record.put(name, Entry(given, holder, None, optional))
    return NONE


def keys(call: Call, member: Value) -> Value:
    """`keys()`."""
    _walked(call, member, AccessKind.WALK)
    return call.machine.iterated(call.act, call.node, keys_of(call.machine, _record(call, member)[1]))


def values(call: Call, member: Value) -> Value:
    """`values()`."""
    _walked(call, member, AccessKind.READ)
    return call.machine.iterated(call.act, call.node, values_of(call.machine, _record(call, member)[1]))


def items(call: Call, member: Value) -> Value:
    """`items()`."""
    _, record = _record(call, member)
    _walked(call, member, AccessKind.READ)
    frame = call.act.frame.id
    pair = [
        Given(keys_of(call.machine, record), call.site, frame),
        Given(values_of(call.machine, record), call.site, frame),
    ]
    return call.machine.iterated(call.act, call.node, call.machine.sequence(call.act, call.node, pair))


def copy(call: Call, member: Value) -> Value:
    """`copy()`."""
    ref, record = call.machine.record(call.act, call.node)
    absorb(
        call.machine,
        call.act,
        call.node,
        record,
        Given(cast(Member, member).receiver, receiver_of(call), call.act.frame.id),
    )
    return ref


def from_keys(call: Call) -> Value:
    """`dict.fromkeys(keys, value)`."""
    ref, record = call.machine.record(call.act, call.node)
    given, value = call.arguments.first(), call.arguments.first(place=1)
    record.open = True
    if given is not None:
        names = element_of(call.machine, given.value)
        use_as_key(call.machine, call.act, call.node, names, given.site)
        record.names = join(record.names, names)
    record.others = join(record.others, value.value if value else NONE)
    return ref


def duplicate(call: Call) -> Value:
    """`copy.copy(value)`, `copy.deepcopy(value)`."""
    given = call.arguments.first()
    if given is not None:
        call.flows(given)
    return given.value if given else UNKNOWN


def pop_item(call: Call, member: Value) -> Value:
    """`popitem()`."""
    record = _record(call, member)[1]
    record.open = True
    record.take_out(None, call.site)
    frame = call.act.frame.id
    pair = [
        Given(keys_of(call.machine, record), call.site, frame),
        Given(values_of(call.machine, record), call.site, frame),
    ]
    return call.machine.sequence(call.act, call.node, pair)


def set_item(call: Call, member: Value) -> Value:
    """`__setitem__(key, value)`."""
    ref, record = _record(call, member)
    key, value = call.arguments.first(), call.arguments.first(place=1)
    if key is not None and value is not None:
        _written(call, ref)
        call.flows(value)
        call.machine.stores += put(call.machine, record, key, value, call.site, True)
    return NONE


def clear(call: Call, member: Value) -> Value:
    """`clear()`."""
    ref, record = _record(call, member)
    _written(call, ref)
    record.take_out(None, call.site)
    return NONE


def _unbound(method: Method) -> Model:
    """A method of dicts as a function: `dict.update(first, other)`, `operator.ior(first, other)`."""

    def call_method(call: Call) -> Value:
        first = call.arguments.first()
        choices = alternatives(first.value) if first is not None else ()
        records = [
            one for one in choices if isinstance(one, Ref) and isinstance(call.machine.heap[one], Record)
        ]
        if first is None or not records or len(records) < len(choices):
            return unknown_call(call, "a method of what may be no dict")
        inner = replace(call, arguments=replace(call.arguments, positional=call.arguments.positional[1:]))
        return join(*(method(inner, Member(one, method.__name__)) for one in records))

    return call_method


def merge(call: Call, member: Value) -> Value:
    """`operator.ior(first, other)`: the dict, which has more."""
    update(call, member)
    return cast(Member, member).receiver


def unite(call: Call) -> Value:
    """`operator.or_(first, other)`."""
    return merged_records(call.machine, call.act, call.node, list(call.arguments.positional))


def set_by_operator(call: Call) -> Value:
    """`operator.setitem(container, key, value)`: code out of sight that sets an item."""
    value = unknown_call(call, "operator.setitem")
    _unbound(set_item)(call)
    return value


SYMBOLS: dict[str, Model] = {
    "operator.setitem": set_by_operator,
    "builtins.dict.update": _unbound(update),
    "builtins.dict.__setitem__": _unbound(set_item),
    "operator.ior": _unbound(merge),
    "operator.or_": unite,
    "builtins.dict.fromkeys": from_keys,
    "copy.copy": duplicate,
    "copy.deepcopy": duplicate,
}
METHODS: dict[str, Method] = {
    "dict.get": get,
    "dict.pop": pop,
    "dict.setdefault": set_default,
    "dict.update": update,
    "dict.keys": keys,
    "dict.values": values,
    "dict.items": items,
    "dict.copy": copy,
    "dict.clear": clear,
    "dict.__delitem__": pop,
    "dict.__getitem__": get,
    "dict.__setitem__": set_item,
    "dict.popitem": pop_item,
}

"""Models of the methods that return views of a dict."""

from typing import cast

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model, receiver_of
from kognitos_migrate.interpret.iteration import joined_keys, joined_values
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.values.heap import DictObject, DictView, Iterated, Operand
from kognitos_migrate.values.lattice import MemberRef, Ref, Value


def keys(call: CallPoint, member: Value) -> Value:
    """The result of `keys()`."""
    return _view(call, member, AccessKind.WALK, joined_keys(call.interpreter, _record(call, member)))


def values(call: CallPoint, member: Value) -> Value:
    """The result of `values()`."""
    return _view(call, member, AccessKind.READ, joined_values(call.interpreter, _record(call, member)))


def items(call: CallPoint, member: Value) -> Value:
    """The result of `items()`."""
    record, frame = _record(call, member), call.act.frame.id
    pair = [
        Operand(joined_keys(call.interpreter, record), call.site, frame),
        Operand(joined_values(call.interpreter, record), call.site, frame),
    ]
    return _view(call, member, AccessKind.READ, call.interpreter.allocate_sequence(call.act, call.node, pair))


def _record(call: CallPoint, member: Value) -> DictObject:
    record = call.interpreter.heap[cast(Ref, cast(MemberRef, member).receiver)]
    assert isinstance(record, DictObject)
    return record


def _view(call: CallPoint, member: Value, kind: AccessKind, element: Value) -> Value:
    """The view that a method returns, with its element. `kind` is how it shows the dict."""
    callee = cast(MemberRef, member)
    receiver = cast(Ref, callee.receiver)
    call.interpreter.note_access(kind, receiver, receiver_of(call), call.site)
    view = call.interpreter.allocate_iterator(call.act, call.node, element)
    iterator = call.interpreter.heap[view]
    assert isinstance(iterator, Iterated)
    iterator.views.add(DictView(callee.name, receiver))
    return view


SYMBOLS: dict[str, Model] = {}
METHODS: dict[str, Method] = {"dict.items": items, "dict.keys": keys, "dict.values": values}

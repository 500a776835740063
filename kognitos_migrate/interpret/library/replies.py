"""Methods of replies: of the reply object, as its client's rule says, and of what is in it."""

from typing import cast

from kognitos_migrate.interpret import carriers
from kognitos_migrate.interpret.containers import read
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.mocking import mocks, sent
from kognitos_migrate.interpret.state.events import HOOKS, TAKEN, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import NONE, UNKNOWN, Const, Decoding, Member, Reply, Text, Value
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import alternatives, join

_CASES = ("upper", "lower")
_SAME_TEXT = ("strip", "rstrip", "lstrip", "decode", "encode")


def method(call: Call, member: Value) -> Value:
    """A method of a position in a reply."""
    called = cast(Member, member)
    reply = cast(Reply, called.receiver)
    if not reply.path:
        return _of_reply_object(call, reply, called.name)
    if reply.path == (View.REQUEST,):
        return carriers.asked_of(call.machine, reply, called.name)
    if called.name == "get":
        return _get(call, reply)
    if called.name == "pop" and call.arguments.first() is not None:
        return _pop(call, reply)
    if called.name in ("items", "keys", "values"):
        call.use(UseKind.ITERATE, reply, call.site, detail=called.name)
        return _walk(call, reply, called.name)
    if called.name == "copy":
        return reply
    is_text = reply.path in ((View.TEXT,), (View.ADDRESS,))
    if called.name in _SAME_TEXT and (is_text or called.name != "encode"):
        if not is_text:
            call.use(UseKind.METHOD, reply, call.site, detail=called.name)
        return reply
    if called.name in _CASES and len(reply.path) == 2:
        call.use(UseKind.METHOD, reply, call.site, detail=called.name)
        return reply.at(Decoding.CASED)
    asked = call.arguments.first() if reply.path == (View.ADDRESS,) else None
    other = asked.value if asked is not None else None
    call.use(UseKind.METHOD, reply, call.site, other, called.name)
    for given in call.arguments.everything() if asked is None else ():
        call.use(UseKind.ESCAPE, given.value, given.site, detail=called.name)
    return UNKNOWN


def _of_reply_object(call: Call, reply: Reply, name: str) -> Value:
    machine = call.machine
    if sent.is_sent(machine, reply) and (more := mocks.said_later(call, reply, name)) is not None:
        return more
    view = machine.views(reply.request).get(f"{name}()")
    if view in (View.STATUS, View.OK, View.ADDRESS):
        return reply.at(view)
    if view in (View.JSON, View.TEXT):
        if not all(map(_harmless, call.arguments.everything())):
            call.use(UseKind.METHOD, reply.at(view), call.site, detail=HOOKS)
        return reply.at(view)
    if view is View.SELF:
        return reply
    if view is View.NOTHING:
        return NONE
    if view is None:
        call.use(UseKind.METHOD, reply, call.site, detail=name)
    return UNKNOWN


def _harmless(given: Given) -> bool:
    """Whether an argument of a decoding says nothing of the value: an encoding, a switch."""
    return all(
        isinstance(choice, Text) or (isinstance(choice, Const) and isinstance(choice.value, bool | None))
        for choice in alternatives(given.value)
    )


def _get(call: Call, reply: Reply) -> Value:
    key, default = call.arguments.first("key"), call.arguments.first("default", place=1)
    if key is None:
        return UNKNOWN
    found = read(call.machine, call.act, call.node, reply, call.site, key.value)
    return join(found, default.value if default else NONE)


def _pop(call: Call, reply: Reply) -> Value:
    key, default = call.arguments.first(), call.arguments.first(place=1)
    assert key is not None
    found = read(call.machine, call.act, call.node, reply, call.site, key.value, TAKEN)
    return join(found, default.value) if default is not None else found


def _walk(call: Call, reply: Reply, name: str) -> Value:
    frame = call.act.frame.id
    if name == "items":
        pair = [
            Given(reply.at(Decoding.NAMES), call.site, frame),
            Given(reply.at(Decoding.ANY), call.site, frame),
        ]
        return call.machine.iterated(call.act, call.node, call.machine.sequence(call.act, call.node, pair))
    step = Decoding.NAMES if name == "keys" else Decoding.ANY
    return call.machine.iterated(call.act, call.node, reply.at(step))


SYMBOLS: dict[str, Model] = {}
METHODS: dict[str, Method] = {"reply.*": method}

"""Models of the methods of replies and of prepared requests."""

from typing import cast

from kognitos_migrate.interpret import request_hooks
from kognitos_migrate.interpret.containers import known_text, note_absent_keys, read_reply_key
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.mocking import recorded_calls, stubs
from kognitos_migrate.interpret.state.facts import HOOKS, TAKEN_APART, UseKind
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, Prepared
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Const, Decoding, MemberRef, Ref, Reply, Text, Value

_CASES = ("upper", "lower")
_SAME_TEXT = ("strip", "rstrip", "lstrip", "decode", "encode")


def reply_method(call: CallPoint, member: Value) -> Value:
    """The result of a method of a reply or of a position in one."""
    called = cast(MemberRef, member)
    reply = cast(Reply, called.receiver)
    if not reply.path:
        return _of_reply_object(call, reply, called.name)
    if reply.path == (View.REQUEST,):
        return request_hooks.hook_request_method(call.machine, reply, called.name)
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
    if reply.path == (View.HEADERS,) and _is_outside(call, reply, called.name):
        return UNKNOWN
    asked = call.arguments.first() if reply.path == (View.ADDRESS,) else None
    other = asked.value if asked is not None else None
    call.use(UseKind.METHOD, reply, call.site, other, called.name)
    for given in call.arguments.everything() if asked is None else ():
        call.use(UseKind.ESCAPE, given.value, given.site, detail=called.name)
    return UNKNOWN


def _of_reply_object(call: CallPoint, reply: Reply, name: str) -> Value:
    machine = call.machine
    if recorded_calls.is_sent(machine, reply) and (more := stubs.refine_stub(call, reply, name)) is not None:
        return more
    view = machine.views(reply.request).get(f"{name}()")
    if view in (View.STATUS, View.OK, View.ADDRESS, View.HEADERS):
        return reply.at(view)
    if view is View.HEADER:
        return _header(call, reply)
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


def _is_outside(call: CallPoint, reply: Reply, name: str) -> bool:
    """Whether a method of the headers gives what both versions have alike, as its client's rule file says."""
    member = f"{View.HEADERS.value}.{name}()"
    return call.machine.views(reply.request).get(member) is View.OTHER


def _harmless(given: Operand) -> bool:
    """Whether an argument of a decoding doesn't affect the decoded value: an encoding, a switch."""
    return all(
        isinstance(choice, Text) or (isinstance(choice, Const) and isinstance(choice.value, bool | None))
        for choice in alternatives(given.value)
    )


def _header(call: CallPoint, reply: Reply) -> Value:
    """The header that a method's first argument names; any one without an argument."""
    name, default = call.arguments.first("name"), call.arguments.first("default", place=1)
    headers = reply.at(View.HEADERS)
    if name is None:
        return headers.at(Decoding.ANY)
    header = read_reply_key(call.machine, call.act, call.node, headers, call.site, name.value)
    return join(header, default.value if default else NONE)


def _get(call: CallPoint, reply: Reply) -> Value:
    key, default = call.arguments.first("key"), call.arguments.first("default", place=1)
    if key is None:
        return UNKNOWN
    found = read_reply_key(call.machine, call.act, call.node, reply, call.site, key.value)
    return join(found, default.value if default else NONE)


def _pop(call: CallPoint, reply: Reply) -> Value:
    key, default = call.arguments.first(), call.arguments.first(place=1)
    assert key is not None
    value = read_reply_key(call.machine, call.act, call.node, reply, call.site, key.value, TAKEN_APART)
    if default is None:
        note_absent_keys(call, reply, key.value)
    return join(value, default.value) if default is not None else value


def _walk(call: CallPoint, reply: Reply, name: str) -> Value:
    frame = call.act.frame.id
    if name == "items":
        pair = [
            Operand(reply.at(Decoding.NAMES), call.site, frame),
            Operand(reply.at(Decoding.ANY), call.site, frame),
        ]
        return call.machine.iterated(call.act, call.node, call.machine.sequence(call.act, call.node, pair))
    step = Decoding.NAMES if name == "keys" else Decoding.ANY
    return call.machine.iterated(call.act, call.node, reply.at(step))


def request_method(call: CallPoint, member: Value) -> Value:
    """The result of a method of a prepared request, as its client's rule file describes it."""
    called = cast(MemberRef, member)
    thing = call.machine.heap[cast(Ref, called.receiver)]
    assert isinstance(thing, Prepared)
    request = call.machine.facts.requests[thing.request]
    client = call.machine.libraries.clients[request.client]
    role = client.request.get(f"{called.name}()")
    if role is Role.HEADER:
        _add_header(call, thing)
        return NONE
    if role is Role.REQUEST:
        return called.receiver
    if role is None and f"{called.name}()" in client.carriers.asked:
        return Reply(thing.request, (View.ADDRESS,))
    if role is None and any(True for _ in call.arguments.everything()):
        unknown = f"a request whose {called.name} is called"
        reply = Reply(thing.request)
        call.use(UseKind.METHOD, reply, call.site, detail=unknown)
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, given.value, given.site, detail=called.name)
    return UNKNOWN


def _add_header(call: CallPoint, thing: Prepared) -> None:
    name, value = call.arguments.first("key"), call.arguments.first("val", place=1)
    if name is None or value is None:
        return
    machine = call.machine
    ref, record = machine.record_at(thing.site, thing.frame)
    assert isinstance(record, DictObject)
    known = known_text(name.value)
    if known is not None:
        record.put(known, DictEntry(value, call.site, None, optional=False))
    else:
        record.names = join(record.names, name.value)
        record.others = join(record.others, value.value)
        record.open = True
    request = machine.facts.requests[thing.request]
    given = Operand(ref, thing.site, thing.frame)
    if given not in request.given.setdefault(Role.HEADERS, []):
        request.given[Role.HEADERS].append(given)
    machine.use_at(UseKind.REQUEST, value.value, given, value.site)


SYMBOLS: dict[str, Model] = {}


METHODS: dict[str, Method] = {"reply.*": reply_method, "request.*": request_method}

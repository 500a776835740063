"""Models of the methods of replies and of prepared requests."""

from typing import cast

from kognitos_migrate.interpret import request_hooks
from kognitos_migrate.interpret.containers import note_absent_keys, read_reply_key
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.mocking import recorded_calls, stubs
from kognitos_migrate.interpret.narrowing import note_success
from kognitos_migrate.interpret.reply_attributes import read_part_of_prepared
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.use_details import HOOKS, POPPED
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, Prepared
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Const, Decoding, MemberRef, Ref, Reply, Text, Value
from kognitos_migrate.values.texts import known_text

_CASE_METHODS = ("upper", "lower")
_OF_TEXTS = frozenset(dir(str)).difference(dir(dict), dir(list), dir(tuple))
"""The methods that texts have, and other arguments of a call don't."""
_OF_TEXTS_AND_LISTS = ("count", "index")
"""The methods that texts have, and the lists of a double's calls."""
_TEXT_METHODS = ("strip", "rstrip", "lstrip", "decode", "encode")


def reply_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of a method of a reply or of a position in one."""
    reply = cast(Reply, member.receiver)
    if not reply.path:
        return _reply_object_method(call, reply, member.name)
    if reply.path == (View.REQUEST,):
        return request_hooks.hook_request_method(call.interpreter, reply, member.name)
    if recorded_calls.is_part_of_received_request(call.interpreter, reply) and reply.path == (View.ADDRESS,):
        view = call.interpreter.reply_members(reply.request).get(f"{member.name}()")
        if view in (View.ADDRESS, View.OTHER):  # of a request object that the double received
            return reply if view is View.ADDRESS else UNKNOWN
    if member.name == "get":
        return _get(call, reply)
    if member.name == "pop" and call.arguments.first() is not None:
        return _pop(call, reply)
    if member.name in ("items", "keys", "values"):
        call.note_use(UseKind.ITERATE, reply, call.site, detail=member.name)
        return _iterate(call, reply, member.name)
    if member.name == "copy":
        return reply
    is_text = reply.path in ((View.TEXT,), (View.ADDRESS,))
    if member.name in _TEXT_METHODS and (is_text or member.name != "encode"):
        if not is_text:
            call.note_use(UseKind.METHOD, reply, call.site, detail=member.name)
        return reply
    if member.name in _CASE_METHODS and len(reply.path) == 2:
        call.note_use(UseKind.METHOD, reply, call.site, detail=member.name)
        return reply.at(Decoding.CASED)
    if reply.path == (View.HEADERS,) and _is_same_in_both_versions(call, reply, member.name):
        return UNKNOWN
    operand = call.arguments.first() if reply.path == (View.ADDRESS,) else None
    other = operand.value if operand is not None else None
    call.note_use(UseKind.METHOD, reply, call.site, other, member.name)
    for argument in call.arguments.everything() if operand is None else ():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail=member.name)
    return _parts_of_url(call, reply, member.name)


def _parts_of_url(call: CallPoint, reply: Reply, name: str) -> Value:
    """The parts of a URL that a stub received, if a method splits it at each slash, or at its query."""
    is_received = recorded_calls.is_part_of_received_request(call.interpreter, reply)
    words = [known_text(argument.value) for argument in call.arguments.everything()]
    if not is_received or reply.path != (View.ADDRESS,):
        return UNKNOWN
    if name == "split" and words == ["/"]:
        return reply.at(Decoding.SEGMENTS)
    if name in ("split", "partition") and words == ["?"]:
        return reply.at(Decoding.HALVES)
    return UNKNOWN


def _reply_object_method(call: CallPoint, reply: Reply, name: str) -> Value:
    """The result of a method of a response, as its client's rule file describes it."""
    interpreter = call.interpreter
    if (
        recorded_calls.is_part_of_received_request(interpreter, reply)
        and (refinement := stubs.call_stub_method(call, reply, name)) is not None
    ):
        return refinement
    argument = call.arguments.first() if name in _OF_TEXTS_AND_LISTS else None
    is_of_text = name in _OF_TEXTS or (argument is not None and known_text(argument.value) is not None)
    address = recorded_calls.text_address(interpreter, reply) if is_of_text else None
    if address is not None:
        return reply_method(call, MemberRef(address, name))
    view = interpreter.reply_members(reply.request).get(f"{name}()")
    if view in (View.STATUS, View.OK, View.FAILED, View.ADDRESS, View.HEADERS):
        return reply.at(view)
    if view is View.HEADER:
        return _header(call, reply)
    if view in (View.JSON, View.TEXT):
        is_length = view is View.TEXT and recorded_calls.is_part_of_received_request(interpreter, reply)
        if not is_length and not all(map(_is_harmless, call.arguments.everything())):
            call.note_use(UseKind.METHOD, reply.at(view), call.site, detail=HOOKS)
        return reply.at(view)
    if name in interpreter.libraries.clients[interpreter.facts.requests[reply.request].client].checks:
        note_success(interpreter.facts, call.act, call.node)
    if view is View.SELF:
        return reply
    if view is View.NOTHING:
        return NONE
    if view is None:
        call.note_use(UseKind.METHOD, reply, call.site, detail=name)
    return UNKNOWN


def _is_same_in_both_versions(call: CallPoint, reply: Reply, name: str) -> bool:
    """Whether a method of the headers returns the same in both versions, as its client's rule file says."""
    member = f"{View.HEADERS.value}.{name}()"
    return call.interpreter.reply_members(reply.request).get(member) is View.OTHER


def _is_harmless(argument: Operand) -> bool:
    """Whether an argument of a decoding doesn't affect the decoded value: an encoding, a switch."""
    return all(
        isinstance(choice, Text) or (isinstance(choice, Const) and isinstance(choice.value, bool | None))
        for choice in alternatives(argument.value)
    )


def _header(call: CallPoint, reply: Reply) -> Value:
    """The header that a method's first argument names; any one without an argument."""
    name, default = call.arguments.first("name"), call.arguments.first("default", place=1)
    headers = reply.at(View.HEADERS)
    if name is None:
        return headers.at(Decoding.ANY)
    header = read_reply_key(call.interpreter, call.act, call.node, headers, call.site, name.value)
    return join(header, default.value if default else NONE)


def _get(call: CallPoint, reply: Reply) -> Value:
    """The result of `reply.get(key, default)`."""
    key, default = call.arguments.first("key"), call.arguments.first("default", place=1)
    if key is None:
        return UNKNOWN
    value = read_reply_key(call.interpreter, call.act, call.node, reply, call.site, key.value)
    return join(value, default.value if default else NONE)


def _pop(call: CallPoint, reply: Reply) -> Value:
    """The result of `reply.pop(key, default)`: the key's value, or an element of a list for an index."""
    key, default = call.arguments.first(), call.arguments.first(place=1)
    assert key is not None
    if any(isinstance(choice, Const) for choice in alternatives(key.value)):
        call.note_use(UseKind.METHOD, reply, call.site, key.value, "pop")
        return reply.at(Decoding.ANY)
    value = read_reply_key(call.interpreter, call.act, call.node, reply, call.site, key.value, POPPED)
    if default is None:
        note_absent_keys(call, reply, key.value)
    return join(value, default.value) if default is not None else value


def _iterate(call: CallPoint, reply: Reply, name: str) -> Value:
    """The result of the method `items`, `keys` or `values`: an iterator over positions in the reply."""
    frame = call.act.frame.id
    if name == "items":
        pair = [
            Operand(reply.at(Decoding.NAMES), call.site, frame),
            Operand(reply.at(Decoding.ANY), call.site, frame),
        ]
        return call.interpreter.allocate_iterator(
            call.act, call.node, call.interpreter.allocate_sequence(call.act, call.node, pair)
        )
    step = Decoding.NAMES if name == "keys" else Decoding.ANY
    return call.interpreter.allocate_iterator(call.act, call.node, reply.at(step))


def prepared_request_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of a method of a prepared request, as its client's rule file describes it."""
    prepared = call.interpreter.heap[cast(Ref, member.receiver)]
    assert isinstance(prepared, Prepared)
    request = call.interpreter.facts.requests[prepared.request]
    client = call.interpreter.libraries.clients[request.client]
    role = client.request.get(f"{member.name}()")
    if role is Role.HEADER:
        _add_header(call, prepared)
        return NONE
    if role is Role.REQUEST:
        return member.receiver
    if role is not None:
        return _read_part(call, member, prepared, role)
    if f"{member.name}()" in client.hook_spelling.content_attributes:
        return Reply(prepared.request, (View.ADDRESS,))
    if any(True for _ in call.arguments.everything()):
        unknown = f"a request after a call of its {member.name}"
        reply = Reply(prepared.request)
        call.note_use(UseKind.METHOD, reply, call.site, detail=unknown)
    for argument in call.arguments.everything():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail=member.name)
    return UNKNOWN


def _read_part(call: CallPoint, member: MemberRef, prepared: Prepared, role: Role) -> Value:
    """The result of a method that gives a part of the request, such as `request.get_header(name)`."""
    assert isinstance(member.receiver, Ref)
    part = read_part_of_prepared(call.interpreter, call.act, call.node, prepared, role)
    if role is not Role.HEADERS:
        return part
    name = call.arguments.first("header_name")
    key = known_text(name.value) if name is not None else None
    call.interpreter.note_access(AccessKind.READ, part, call.site, call.site, key)
    return UNKNOWN


def _add_header(call: CallPoint, prepared: Prepared) -> None:
    """Record the header that a call like `request.add_header(key, val)` adds."""
    interpreter, unknown = call.interpreter, Operand(UNKNOWN, call.site, call.act.frame.id)
    name = call.arguments.first("key") or unknown
    value = call.arguments.first("val", place=1) or unknown
    ref, record = interpreter.allocate_dict_at(prepared.site, prepared.frame)
    assert isinstance(record, DictObject)
    header_name = known_text(name.value)
    if header_name is not None:
        record.put(header_name, DictEntry(value, call.site, None, optional=False))
    else:
        record.names = join(record.names, name.value)
        record.others = join(record.others, value.value)
        record.open = True
    request = interpreter.facts.requests[prepared.request]
    headers = Operand(ref, prepared.site, prepared.frame)
    if headers not in request.operands.setdefault(Role.HEADERS, []):
        request.operands[Role.HEADERS].append(headers)
    interpreter.note_use_at(UseKind.REQUEST, value.value, headers, value.site)


SYMBOLS: dict[str, Model] = {}


METHODS: dict[str, Method] = {"reply.*": reply_method, "request.*": prepared_request_method}

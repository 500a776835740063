"""Attributes of replies, and of prepared requests."""

import libcst as cst

from kognitos_migrate.interpret import request_hooks
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import recorded_calls
from kognitos_migrate.interpret.mocking.double_arguments import received_arguments
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import SENT_CONTENT
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.heap import KINDS, Operand, Prepared
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Decoding,
    Json,
    MemberRef,
    Ref,
    Reply,
    Value,
)

_PARTS = frozenset(
    (View.STATUS, View.OK, View.FAILED, View.TEXT, View.JSON, View.ADDRESS, View.HEADERS, View.VERB)
)
"""The attributes of a reply that are positions in it."""


_MODELLED_METHODS = ("get", "items", "keys", "values", "copy")
"""Methods of a reply that are modelled even if they are called later."""


def _is_unknown_member(interpreter: Interpreter, reply: Reply, name: str) -> bool:
    """Whether the rule file of a client doesn't describe a member of its reply."""
    if recorded_calls.is_part_of_received_request(interpreter, reply):
        return False
    return not {name, f"{name}()"} & interpreter.reply_members(reply.request).keys()


def is_method(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: Ref | Reply, name: str
) -> bool:
    """Whether an attribute is a method that is modelled, or is called on the spot."""
    if is_callee(act, node):
        return True
    if isinstance(value, Reply):
        return name in _MODELLED_METHODS
    return f"{KINDS[type(interpreter.heap[value])]}.{name}" in interpreter.transfer.methods


def is_callee(act: Activation, node: cst.CSTNode) -> bool:
    parent = act.tree.parent(node)
    return isinstance(parent, cst.Call) and parent.func is node


def attribute_of_reply(point: EvalPoint, reply: Reply, name: str) -> Value:
    interpreter = point.interpreter
    if not reply.path:
        return _attribute_of_response(point, reply, name)
    if reply.path == (View.REQUEST,):
        return request_hooks.hook_request_attribute(interpreter, reply, name)
    if reply.path == (View.ADDRESS,) and recorded_calls.is_part_of_received_request(interpreter, reply):
        return recorded_calls.attribute_of_address(interpreter, reply, name)
    if reply.path == (View.ADDRESS,) and not is_callee(point.act, point.node):
        client = interpreter.libraries.clients[interpreter.facts.requests[reply.request].client]
        if name in client.hook_spelling.verbs:
            return Reply(reply.request, (View.VERB,))
        if client.is_body(name):
            return reply.at(name)
        return UNKNOWN if name in recorded_calls.OF_HOST else reply
    if not is_method(interpreter, point.act, point.node, reply, name):
        point.note_use(UseKind.METHOD, reply, point.site, detail=name)
    return MemberRef(reply, name)


def _attribute_of_response(point: EvalPoint, reply: Reply, name: str) -> Value:
    """An attribute of the response object of a client."""
    interpreter = point.interpreter
    view = interpreter.reply_members(reply.request).get(name)
    if view is View.ARGUMENTS:
        return received_arguments(point, reply)
    if view in (View.SELF, View.CALL):
        return reply
    if view is not None and view in _PARTS:
        return reply.at(view)
    if view is View.HEADER:
        return reply.at(View.HEADERS).at(Decoding.ANY)
    if view is View.NOTHING and recorded_calls.is_part_of_received_request(interpreter, reply):
        return reply.at(view)
    if view is View.OTHER:
        return UNKNOWN
    if _is_unknown_member(interpreter, reply, name) and not is_callee(point.act, point.node):
        point.note_use(UseKind.METHOD, reply, point.site, detail=name)
    return MemberRef(reply, name)


def attribute_of_prepared(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, ref: Ref, prepared: Prepared, name: str
) -> Value:
    request = interpreter.facts.requests[prepared.request]
    client = interpreter.libraries.clients.get(request.client)
    role = client.request.get(name) if client else None
    is_set = role is not None and bool(request.value(role))
    is_url = client is not None and role is None and name in client.hook_spelling.url_attributes
    is_body = client is not None and client.is_body(name)
    if role is not None and (is_set or not is_body or role in (Role.HEADERS, Role.DATA)):
        return read_part_of_prepared(interpreter, act, node, prepared, role)
    if client is not None and (is_url or is_body):
        address = Reply(prepared.request, (View.ADDRESS,))
        if not is_url and role is None and f"{name}()" not in client.hook_spelling.content_attributes:
            interpreter.note_use(
                UseKind.METHOD, address, act, node, act.site(node), detail="the body of the sent request"
            )
        return address
    if not is_callee(act, node):
        interpreter.note_use(
            UseKind.METHOD, Reply(prepared.request), act, node, act.site(node), detail=f"a request's {name}"
        )
    return MemberRef(ref, name)


def read_part_of_prepared(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, prepared: Prepared, role: Role
) -> Value:
    """The value of a part of a prepared request that the program reads. Its headers are a dict of those that
    the program adds. Reading the method, or content that isn't followed, is a use of what is sent."""
    request = interpreter.facts.requests[prepared.request]
    if role is Role.HEADERS:
        headers, _ = interpreter.allocate_dict_at(prepared.site, prepared.frame)
        operand = Operand(headers, prepared.site, prepared.frame)
        if operand not in request.operands.setdefault(role, []):
            request.operands[role].append(operand)
        return headers
    value = join(*(operand.value for operand in request.value(role))) if request.value(role) else UNKNOWN
    is_content = role is Role.DATA and any(
        choice != NONE and not isinstance(choice, Json | Ref | Reply) for choice in alternatives(value)
    )
    if role is Role.METHOD or is_content:
        part = Reply(prepared.request, (View.ADDRESS, SENT_CONTENT) if is_content else (View.VERB,))
        interpreter.note_use(UseKind.METHOD, part, act, node, act.site(node), detail="a part of a request")
    return value


def replies_with_methods(interpreter: Interpreter, value: Value) -> Value:
    """The replies whose methods `value` may be. A caller of these methods reads the reply."""
    replies: list[Value] = []
    for choice in alternatives(value):
        if isinstance(choice, MemberRef) and isinstance(reply := choice.receiver, Reply):
            if f"{choice.name}()" in interpreter.reply_members(reply.request):
                replies.append(reply)
    return join(*replies)

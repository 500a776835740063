"""An HTTP call, as a client's rule spells it, becomes a request; what it gives is a reply."""

import libcst as cst

from kognitos_migrate.interpret.classes import class_attribute
from kognitos_migrate.interpret.events import Request, UseKind
from kognitos_migrate.interpret.machine import Activation, Arguments, Machine
from kognitos_migrate.rulebook.model import Client, Role, Verb
from kognitos_migrate.values.base import Bound, Function, Lit, Ref, Text, Unknown, Value
from kognitos_migrate.values.heap import Given, Instance


def session_call(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    ref: Ref,
    session: Instance,
    name: str,
    arguments: Arguments,
) -> Value:
    """A method of a session; a subclass that overrides the method that all verbs go through sees it."""
    client = next(client for client in m.clients if client.id == session.client)
    verb = client.session_methods.get(name)
    if verb is None:
        return Unknown(name)
    through = class_attribute(m, session.cls, client.session_through or "") if session.cls else None
    if isinstance(through, Function) and verb.method is not None:
        method = Given(Text((Lit(verb.method, act.site(node)),)), act.site(node), act.frame.id)
        redirected = Arguments(
            [method],
            dict(arguments.keywords),
            arguments.spread,
            arguments.keyword_spread,
            dict(arguments.holders),
        )
        for role, given in zip(verb.arguments, arguments.positional, strict=False):
            if role is Role.URL:
                redirected.positional.append(given)
            else:
                redirected.keywords[client.keyword(role)] = given
                redirected.holders[client.keyword(role)] = given.site
        if "url" in redirected.keywords and len(redirected.positional) == 1:
            redirected.positional.append(redirected.keywords.pop(client.keyword(Role.URL)))
        return m.call(act, node, Bound(through, ref), redirected)
    return send(m, act, node, client, verb, arguments, session)


def base_session_call(
    m: Machine, act: Activation, node: cst.CSTNode, receiver: Value, name: str, arguments: Arguments
) -> Value:
    """`super().request(...)` and its kin: the library's own method, whatever the subclass overrides."""
    session = m.heap[receiver] if isinstance(receiver, Ref) else None
    client = next(
        (client for client in m.clients if isinstance(session, Instance) and client.id == session.client),
        None,
    )
    if client is None or not isinstance(session, Instance) or name not in client.session_methods:
        return Unknown(name)
    return send(m, act, node, client, client.session_methods[name], arguments, session)


def send(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    client: Client,
    verb: Verb,
    arguments: Arguments,
    session: Instance | None,
) -> Value:
    """Note the request that a call sends."""
    given: dict[Role, list[Given]] = {}
    holders = {
        role: [arguments.holders[name]] for name, role in client.keywords.items() if name in arguments.holders
    }
    for role, value in zip(verb.arguments, arguments.positional, strict=False):
        given[role] = [value]
    for name, role in client.keywords.items():
        if name in arguments.keywords:
            given.setdefault(role, []).append(arguments.keywords[name])
    method: Value = Text((Lit(verb.method),)) if verb.method else Unknown("method")
    if verb.method is None and given.get(Role.METHOD):
        method = given[Role.METHOD][0].value
    headers = []
    if session is not None:
        headers = [
            held
            for name, role in client.session_attributes.items()
            if role is Role.HEADERS
            for held in session.origins.get(name, [])
        ]
    reply = m.request(Request(-1, act.site(node), act.frame.id, client.id, method, given, holders, headers))
    for values in given.values():
        for value in values:
            m.use(UseKind.REQUEST, value.value, act, node, value.site)
    hooked = given.get(Role.HOOKS) or (
        session is not None
        and any(
            role is Role.HOOKS and name in session.attributes
            for name, role in client.session_attributes.items()
        )
    )
    if hooked:
        m.use(UseKind.ESCAPE, reply, act, node, act.site(node), detail="a hook")
    return reply

"""An HTTP call, as a client's rule spells it, becomes a request; what it gives is a reply."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.activation import Activation
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import class_attribute, open_session
from kognitos_migrate.interpret.events import Request, UseKind
from kognitos_migrate.interpret.library.urllib_ import leading, resolved
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.strings import pieces
from kognitos_migrate.rulebook.model import Client, Joining, OwnHeaders, Role, Verb, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Function,
    Hole,
    Lit,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Given, Instance, Prepared, Record, Sequence, together
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.text import plain

Said = dict[Role, list[Given]]

_SENT_LAST = "the reply to what was sent last"


def new_session(
    m: Machine, act: Activation, node: cst.CSTNode, client: Client, arguments: Arguments
) -> Value:
    """A session, with what its constructor was given."""
    ref, thing = m.instance(act, node, client.id)
    open_session(m, thing, arguments)
    return ref


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
    assert session.client is not None
    client = m.libraries.clients[session.client]
    if name == client.session_receive:
        return act.env.get(_sent_last(ref)) or session.attributes.get(_SENT_LAST, UNKNOWN)
    verb = client.session_methods.get(name)
    if verb is None:
        return Unknown(name)
    through = class_attribute(m, session.cls, client.session_through or "") if session.cls else None
    if isinstance(through, Function) and verb.method is not None:
        return m.call(act, node, Bound(through, ref), _redirected(act, node, client, verb, arguments))
    return _sent(m, act, node, client, verb, arguments, ref, session)


def _redirected(
    act: Activation, node: cst.CSTNode, client: Client, verb: Verb, arguments: Arguments
) -> Arguments:
    """The arguments of a verb, as the method that all verbs go through gets them."""
    method = Given(Text((Lit(verb.method or "", act.site(node)),)), act.site(node), act.frame.id)
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
    url = client.keyword(Role.URL)
    if url in redirected.keywords and len(redirected.positional) == 1:
        redirected.positional.append(redirected.keywords.pop(url))
    return redirected


def base_session_call(
    m: Machine, act: Activation, node: cst.CSTNode, receiver: Value, name: str, arguments: Arguments
) -> Value:
    """`super().request(...)` and its kin: the library's own method, whatever the subclass overrides."""
    session = m.heap[receiver] if isinstance(receiver, Ref) else None
    client = m.libraries.clients.get(session.client or "") if isinstance(session, Instance) else None
    if client is None or not isinstance(session, Instance) or not isinstance(receiver, Ref):
        return Unknown(name)
    if name == "__init__":
        open_session(m, session, arguments)
        return NONE
    if name not in client.session_methods:
        return Unknown(name)
    return _sent(m, act, node, client, client.session_methods[name], arguments, receiver, session)


def _sent(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    client: Client,
    verb: Verb,
    arguments: Arguments,
    ref: Ref,
    session: Instance,
) -> Value:
    reply = send(m, act, node, client, verb, arguments, session)
    if client.session_receive is None:
        return reply
    act.env[_sent_last(ref)] = reply
    session.put(_SENT_LAST, Given(reply, act.site(node), act.frame.id))
    return NONE


def _sent_last(ref: Ref) -> str:
    """The name under which an activation keeps the reply that a session will give; no name of Python."""
    return f"{_SENT_LAST} {ref.id}"


def send(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    client: Client,
    verb: Verb,
    arguments: Arguments,
    session: Instance | None,
) -> Value:
    """Note the request that a call sends, or makes to be sent later."""
    given, holders = _said(client, verb, arguments)
    targets = [*given.pop(Role.REQUEST, []), *given.pop(Role.URL, [])]
    made = [choice for target in targets for choice in _prepared(m, target.value)]
    urls = [rest for target in targets if (rest := _without(m, target)) is not None]
    found: list[Value] = []
    for ref in made:
        reply = _add(m, act, node, client, ref, given, session)
        if verb.gives is not View.REQUEST:
            _hook(m, act, node, client, given, session, reply)
        found.append(ref if verb.gives is View.REQUEST else reply)
    if urls or not made:
        bases = _bases(act, node, client, session)
        if urls:
            given[Role.URL] = [_based(url, bases, client.session_joins) for url in urls]
        request = Request(
            -1,
            act.site(node),
            act.frame.id,
            client.id,
            _method(verb, given),
            given,
            [base for _, base in bases],
            holders,
            _headers(client, session, given),
        )
        reply = m.notes.request(request)
        for values in given.values():
            for value in values:
                m.use(UseKind.REQUEST, value.value, act, node, value.site)
        if verb.gives is View.REQUEST:
            found.append(m.heap.new(Prepared(act.site(node), act.frame.id, reply.request)))
        else:
            _hook(m, act, node, client, given, session, reply)
            found.append(reply)
    given_back = join(*(_given(choice, verb.gives) for choice in found))
    return m.task(act, node, given_back) if verb.gives is View.FUTURE else given_back


def _given(value: Value, view: View) -> Value:
    """What a call gives that would give the reply `value`."""
    if isinstance(value, Reply) and view in (View.JSON, View.TEXT, View.STATUS, View.OK):
        return value.at(view)
    return NONE if view is View.NOTHING else value


def _said(client: Client, verb: Verb, arguments: Arguments) -> tuple[Said, dict[Role, list[Site]]]:
    """What the arguments say, and where keyword arguments stand."""
    given: Said = {}
    holders = {
        role: [arguments.holders[name]] for name, role in client.keywords.items() if name in arguments.holders
    }
    for role, value in zip(verb.arguments, arguments.positional, strict=False):
        given[role] = [value]
    for name, role in client.keywords.items():
        if name in arguments.keywords:
            given.setdefault(role, []).append(arguments.keywords[name])
    return given, holders


def _method(verb: Verb, given: Said) -> Value:
    said = [value.value for value in given.get(Role.METHOD, []) if value.value != NONE]
    if said:
        return join(*said)
    if verb.method is None:
        return Unknown("method")
    bodies = [
        choice
        for role in (Role.DATA, Role.JSON, Role.FILES)
        for value in given.get(role, [])
        for choice in alternatives(value.value)
    ]
    if verb.with_body is None or all(choice == NONE for choice in bodies):
        return plain(verb.method)
    if any(choice == NONE for choice in bodies):
        return join(plain(verb.method), plain(verb.with_body))
    return plain(verb.with_body)


def _headers(client: Client, session: Instance | None, given: Said) -> list[Given]:
    """The headers of the session that are sent with a request of which this is said."""
    own = [choice for one in given.get(Role.HEADERS, ()) for choice in alternatives(one.value)]
    instead = client.own_headers is OwnHeaders.INSTEAD and own and NONE not in own
    if session is None or instead:
        return []
    return [
        held
        for name, role in client.session_attributes.items()
        if role is Role.HEADERS
        for held in session.origins.get(name, [])
    ]


# The URL.


def _bases(
    act: Activation, node: cst.CSTNode, client: Client, session: Instance | None
) -> list[tuple[Text, Given]]:
    """What stands in front of a relative URL: as text, and where it is given."""
    found: list[tuple[Text, Given]] = []
    if client.base is not None:
        held = Given(plain(client.base), act.site(node), act.frame.id)
        found.append((Text((Hole(held.value, held.site, held.frame),)), held))
    for name, role in client.session_attributes.items() if session is not None else ():
        for held in session.origins.get(name, []) if session is not None else ():
            for choice in alternatives(held.value) if role in (Role.BASE, Role.HOST) else ():
                whole = isinstance(choice, Text) and "://" in leading(choice)
                front = (Lit("https://"),) if role is Role.HOST and not whole else ()
                if choice != NONE:
                    found.append((Text((*front, Hole(choice, held.site, held.frame))), held))
    return found


def _based(url: Given, bases: list[tuple[Text, Given]], joins: Joining) -> Given:
    """A URL, with the base in front where it is relative."""
    found: list[Value] = []
    for choice in alternatives(url.value):
        known = isinstance(choice, Text) and leading(choice)
        starts = isinstance(choice, Unknown) or (
            isinstance(choice, Text) and (known or len(choice.parts) == 1)
        )
        if not bases or not starts or (known and "://" in known):
            found.append(choice)
            continue
        texts = [choice] if isinstance(choice, Text) else pieces(Given(choice, url.site, url.frame))
        for text in texts:
            for base, _ in bases:
                appended = Text((*base.parts, Lit("/"), *text.parts))
                found.append(resolved(base, text) if joins is Joining.RESOLVE else appended)
    return url._replace(value=join(*found))


# Requests that are made before they are sent.


def _prepared(m: Machine, value: Value) -> Iterator[Ref]:
    for choice in alternatives(value):
        if isinstance(choice, Ref) and isinstance(m.heap[choice], Prepared):
            yield choice


def _without(m: Machine, target: Given) -> Given | None:
    """A target without the requests that were made before; None where it is nothing else."""
    made = list(_prepared(m, target.value))
    rest = [choice for choice in alternatives(target.value) if choice not in made]
    return target._replace(value=join(*rest)) if rest or not made else None


def _add(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    client: Client,
    ref: Ref,
    given: Said,
    session: Instance | None,
) -> Reply:
    """Send a request that was made before, with what is said now."""
    thing = m.heap[ref]
    assert isinstance(thing, Prepared)
    for role, values in given.items():
        for value in values:
            _say(m, thing, role, value)
            m.use(UseKind.REQUEST, value.value, act, node, value.site)
    request = m.facts.requests[thing.request]
    request.session_headers = together(request.session_headers, _headers(client, session, given))
    return Reply(thing.request)


def say_later(
    m: Machine, act: Activation, node: cst.CSTNode, thing: Prepared, name: str, given: Given
) -> None:
    """An attribute of a request is set before it is sent."""
    request = m.facts.requests[thing.request]
    client = m.libraries.clients[request.client]
    role = client.request.get(name)
    if role is None:
        m.use(UseKind.ESCAPE, given.value, act, node, given.site, detail=f"the request's {name}")
        unknown = f"a request whose {name} is set"
        m.use(UseKind.METHOD, Reply(thing.request), act, node, given.site, detail=unknown)
        return
    if isinstance(given.value, Function):
        given = given._replace(value=m.call(act, node, given.value, Arguments()))
    _say(m, thing, role, given)
    m.use(UseKind.REQUEST, given.value, act, m.trees[thing.site.path].node(thing.site), given.site)


def _say(m: Machine, thing: Prepared, role: Role, given: Given) -> None:
    request = m.facts.requests[thing.request]
    client = m.libraries.clients[request.client]
    m.notes.events += 1
    request.given[role] = together(request.given.get(role, []), [given])
    verbs = [
        verb for verb in (*client.functions.values(), *client.session_methods.values()) if verb.with_body
    ]
    made = next((verb for verb in verbs if verb.gives is View.REQUEST), None)
    if role is Role.METHOD or (made is not None and not request.given.get(Role.METHOD)):
        request.method = _method(made, request.given) if made is not None else given.value


# Hooks.


def _hook(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    client: Client,
    given: Said,
    session: Instance | None,
    reply: Reply,
) -> None:
    """Whoever is hooked in sees the reply: functions of the program are called with it."""
    hooks = [value.value for value in given.get(Role.HOOKS, [])]
    for name, role in client.session_attributes.items() if session is not None else ():
        if role is Role.HOOKS and session is not None and name in session.attributes:
            hooks.append(session.attributes[name])
    seen = Given(reply, act.site(node), act.frame.id)
    for hook in _members(m, join(*hooks) if hooks else NEVER):
        if not isinstance(hook, Function | Bound):
            m.use(UseKind.ESCAPE, reply, act, node, act.site(node), detail="a hook")
            continue
        kept = m.call(act, node, hook, Arguments([seen]))
        if any(choice not in (NONE, reply) for choice in alternatives(kept)):
            m.use(UseKind.ESCAPE, reply, act, node, act.site(node), detail="a hook")


def _members(m: Machine, value: Value) -> Iterator[Value]:
    """The values in dicts and lists."""
    for choice in alternatives(value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Record) and not thing.spreads and not thing.open:
            for name in thing.entries:
                yield from _members(m, thing.get(name))
            yield from _members(m, thing.others)
        elif isinstance(thing, Sequence):
            yield from _members(m, thing.element())
        else:
            yield choice

"""Stubs, as the file of a mock library spells them: what a test waits for, replies, and was sent.

A stub is noted as a request of its own. What was sent to it is, to the program, the reply to that request.
"""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import puppets
from kognitos_migrate.interpret.activation import Activation
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.events import Request, Stub, UseKind
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.replied import Said, replies
from kognitos_migrate.interpret.sent import is_sent, mock_of, recorded, word_of
from kognitos_migrate.rulebook.model import Mock, Part, Role, Stubbing, View
from kognitos_migrate.values.base import (
    UNKNOWN,
    Hole,
    Lit,
    Member,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Double, Given, Saying, Sequence
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.text import plain

_EXPECTED = {Part.URL: Role.URL, Part.QUERY: Role.QUERY, Part.JSON: Role.JSON}


def named(m: Machine, act: Activation, name: str) -> Value:
    """What a qualified name of a library gives: what its stubs were sent, a method, or the thing itself."""
    mock = m.libraries.mock_names.get(name)
    if mock is not None and name in mock.recorded:
        return recorded(m, act, mock)
    return plain(mock.constants[name]) if mock is not None and name in mock.constants else Symbol(name)


def called(m: Machine, act: Activation, node: cst.CSTNode, name: str, arguments: Arguments) -> Value | None:
    """What calling a library's function or type gives; None where it has nothing to do with stubs."""
    mock = m.libraries.mock_names.get(name)
    if mock is None:
        return None
    if name in mock.functions:
        return _stub(m, act, node, mock, mock.functions[name], arguments, None)
    if name in mock.types:
        return double(m, act, node, mock, arguments)
    saying = mock.replies.get(name) or mock.matchers.get(name)
    return _saying(m, act, node, mock, saying, arguments) if saying is not None else None


def double(m: Machine, act: Activation, node: cst.CSTNode, mock: Mock, arguments: Arguments) -> Ref:
    """An object that answers in the place of a service."""
    ref, thing = m.heap.made(Double(act.site(node), act.frame.id, mock.id))
    given = next((one for word, one in arguments.keywords.items() if word.startswith(Part.BASE.value)), None)
    if given is not None and given not in thing.bases:
        thing.bases.append(given)
    if mock.puppets:
        puppets.made(m, act, node, ref, arguments)
    return ref


def member(m: Machine, act: Activation, ref: Ref, thing: Double, name: str) -> Value:
    """A member of an object that answers in the place of a service."""
    mock = m.libraries.mocks[thing.mock]
    if mock.puppets:
        return Member(ref, name)
    if mock.sent.get(name) is View.SELF:
        return recorded(m, act, mock)
    return UNKNOWN if mock.sent.get(name) is View.OTHER else Member(ref, name)


def method(call: Call, value: Value) -> Value:
    """A method of an object that answers in the place of a service."""
    assert isinstance(value, Member)
    assert isinstance(value.receiver, Ref)
    machine, thing = call.machine, call.machine.heap[value.receiver]
    assert isinstance(thing, Double)
    mock = machine.libraries.mocks[thing.mock]
    stubbing = mock.methods.get(value.name)
    if stubbing is not None:
        return _stub(machine, call.act, call.node, mock, stubbing, call.arguments, thing)
    return UNKNOWN


def said_later(call: Call, reply: Reply, name: str) -> Value | None:
    """A method that says more of a stub; None where it isn't one."""
    stubbing = mock_of(call.machine, reply).route.get(name)
    if stubbing is None or reply.path:
        return None
    said = _said(stubbing, call.arguments)
    say(call.machine, call.act, call.node, reply, said)
    return reply


def set_later(m: Machine, act: Activation, node: cst.CSTNode, reply: Reply, name: str, given: Given) -> None:
    """An attribute of a stub is set: what it replies, or something that isn't understood."""
    parts = {word: part for one in mock_of(m, reply).route.values() for word, part in one.keywords.items()}
    if name in parts:
        say(m, act, node, reply, {parts[name]: [given]})
    else:
        m.use(UseKind.METHOD, reply, act, node, given.site, detail=f"its {name} is set")


def say(m: Machine, act: Activation, node: cst.CSTNode, stub: Value, said: Said) -> None:
    """Say more of stubs."""
    for choice in alternatives(stub):
        if isinstance(choice, Reply) and (noted := m.facts.requests[choice.request].stub) is not None:
            m.notes.events += 1
            noted.replies.update(replies(m, act, node, choice, said))


def _saying(
    m: Machine, act: Activation, node: cst.CSTNode, mock: Mock, stubbing: Stubbing, arguments: Arguments
) -> Ref:
    """A reply or a matcher that a library makes."""
    for given in arguments.everything():
        m.use(
            UseKind.ESCAPE, _replies_in(m, given.value), act, node, given.site, detail="a reply that is made"
        )
    ref, thing = m.heap.made(Saying(act.site(node), act.frame.id, mock.id))
    for part, values in _said(stubbing, arguments).items():
        known = thing.parts.setdefault(part, [])
        known.extend(one for one in values if one not in known)
    return ref


def _replies_in(m: Machine, value: Value) -> Value:
    return join(*(leaf for leaf in m.leaves(value) if isinstance(leaf, Reply)))


def _stub(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    mock: Mock,
    stubbing: Stubbing,
    arguments: Arguments,
    thing: Double | None,
) -> Value:
    """Note a stub; what it was sent is what the call gives. A call that says nothing of one asks what was
    sent."""
    said = _said(stubbing, arguments)
    if not said and stubbing.method is None:
        return recorded(m, act, mock)
    whole = _made_before(m, said.get(Part.METHOD, []))
    if whole is not None:
        return whole
    given = {role: list(_patterns(m, said[part])) for part, role in _EXPECTED.items() if part in said}
    for matcher in _sayings(m, said.get(Part.MATCHERS, [])):
        for part, values in matcher.parts.items():
            if part in _EXPECTED:
                given.setdefault(_EXPECTED[part], []).extend(values)
    bases = list(thing.bases) if thing is not None else []
    if Role.URL in given and bases:
        given[Role.URL] = [_based(url, bases) for url in given[Role.URL]]
    method_ = join(*(one.value for one in said[Part.METHOD])) if Part.METHOD in said else None
    fixed = plain(stubbing.method) if stubbing.method is not None else Unknown("method")
    request = Request(
        -1,
        act.site(node),
        act.frame.id,
        mock.client,
        method_ if method_ is not None else fixed,
        given,
        bases,
        stub=Stub(mock.id, name=next((word_of(one.value) for one in said.get(Part.NAME, [])), None)),
    )
    if Part.METHOD in said:
        request.given[Role.METHOD] = said[Part.METHOD]
    reply = m.notes.request(request)
    noted = m.facts.requests[reply.request].stub
    assert noted is not None
    noted.replies.update(replies(m, act, node, reply, said))
    for held in (one for values in given.values() for one in values):
        m.use(UseKind.REQUEST, held.value, act, node, held.site)
    return reply


def _based(url: Given, bases: list[Given]) -> Given:
    """A URL, with the bases in front where it is relative."""
    found: list[Value] = []
    for choice in alternatives(url.value):
        if not isinstance(choice, Text) or "://" in (choice.literal or ""):
            found.append(choice)
            continue
        for base in bases:
            front = Hole(base.value, base.site, base.frame)
            found.append(Text((front, Lit("/"), *choice.parts)))
    return url._replace(value=join(*found))


def _patterns(m: Machine, given: list[Given]) -> Iterator[Given]:
    """What is given; of a compiled pattern, its text."""
    for one in given:
        things = [m.heap[choice] for choice in alternatives(one.value) if isinstance(choice, Ref)]
        texts = [
            held for thing in things if isinstance(thing, Saying) for held in thing.parts.get(Part.URL, [])
        ]
        yield from texts or [one]


def compiled(call: Call) -> Value:
    """`re.compile(text)`."""
    given = call.arguments.first("pattern")
    ref, thing = call.machine.heap.made(Saying(call.site, call.act.frame.id, "re"))
    if given is not None and given not in thing.parts.setdefault(Part.URL, []):
        thing.parts[Part.URL].append(given)
    return ref


def _made_before(m: Machine, given: list[Given]) -> Value | None:
    """The stub that was made before and is only handed in here, in the method's place."""
    found = [choice for one in given for choice in alternatives(one.value) if is_sent(m, choice)]
    return join(*found) if found else None


def _said(stubbing: Stubbing, arguments: Arguments) -> Said:
    """What the arguments say, by part."""
    said: Said = {}
    for part, given in zip(stubbing.arguments, arguments.positional, strict=False):
        said.setdefault(part, []).append(given)
    for name, given in arguments.keywords.items():
        if name in stubbing.keywords:
            said.setdefault(stubbing.keywords[name], []).append(given)
    return said


def _sayings(m: Machine, given: list[Given]) -> Iterator[Saying]:
    """The replies or matchers that are given, alone or in lists."""
    for one in given:
        for choice in alternatives(one.value):
            thing = m.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(thing, Saying):
                yield thing
            elif isinstance(thing, Sequence):
                yield from _sayings(m, [*thing.items, Given(thing.rest, one.site, one.frame)])

"""Stubs, as the file of a mock library spells them: what a test waits for, replies, and was sent.

A stub is noted as a request of its own. What was sent to it is, to the program, the reply to that request.
"""

from collections.abc import Iterator, Sequence

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.machine import Call, Here, Machine
from kognitos_migrate.interpret.mocking import puppets
from kognitos_migrate.interpret.mocking.replied import Said, replies
from kognitos_migrate.interpret.mocking.sent import is_sent, method_of, mock_of, recorded, word_of
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import Request, Stub, UseKind
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
    Value,
)
from kognitos_migrate.values.heap import Double, Given, Saying
from kognitos_migrate.values.heap import Sequence as SequenceThing
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.text import plain

_EXPECTED = {Part.URL: Role.URL, Part.QUERY: Role.QUERY, Part.JSON: Role.JSON}


def named(m: Machine, act: Activation, name: str) -> Value:
    """What a qualified name of a library gives: what its stubs were sent, a method, or the thing itself."""
    mock = m.libraries.mock_names.get(name)
    if mock is not None and name in mock.recorded:
        return recorded(m, act, mock)
    return plain(mock.constants[name]) if mock is not None and name in mock.constants else Symbol(name)


def called(call: Call, name: str) -> Value | None:
    """What calling a library's function or type gives; None where it has nothing to do with stubs."""
    mock = call.machine.libraries.mock_names.get(name)
    if mock is None:
        return None
    if name in mock.functions:
        return _stub(call, mock, mock.functions[name])
    if name in mock.types:
        return double(call, mock)
    saying = mock.replies.get(name) or mock.matchers.get(name)
    return _saying(call, mock, saying) if saying is not None else None


def double(call: Call, mock: Mock) -> Ref:
    """An object that answers in the place of a service."""
    ref, thing = call.machine.heap.made(Double(call.site, call.act.frame.id, mock.id))
    keywords = call.arguments.keywords
    given = next((one for word, one in keywords.items() if word.startswith(Part.BASE.value)), None)
    if given is not None and given not in thing.bases:
        thing.bases.append(given)
    if mock.puppets:
        puppets.made(call, ref)
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
    thing = call.machine.heap[value.receiver]
    assert isinstance(thing, Double)
    mock = call.machine.libraries.mocks[thing.mock]
    stubbing = mock.methods.get(value.name)
    return _stub(call, mock, stubbing, thing.bases) if stubbing is not None else UNKNOWN


def said_later(call: Call, reply: Reply, name: str) -> Value | None:
    """A method that says more of a stub; None where it isn't one."""
    stubbing = mock_of(call.machine, reply).route.get(name)
    if stubbing is None or reply.path:
        return None
    say(call, reply, _said(stubbing, call.arguments))
    return reply


def set_later(here: Here, reply: Reply, name: str, given: Given) -> None:
    """An attribute of a stub is set: what it replies, or something that isn't understood."""
    route = mock_of(here.machine, reply).route
    parts = {word: part for one in route.values() for word, part in one.keywords.items()}
    if name in parts:
        say(here, reply, {parts[name]: [given]})
    else:
        here.use(UseKind.METHOD, reply, given.site, detail=f"its {name} is set")


def say(here: Here, stub: Value, said: Said) -> None:
    """Say more of stubs."""
    m = here.machine
    for choice in alternatives(stub):
        if isinstance(choice, Reply) and (noted := m.facts.requests[choice.request].stub) is not None:
            m.notes.events += 1
            noted.replies.update(replies(here, choice, said))


def _saying(call: Call, mock: Mock, stubbing: Stubbing) -> Ref:
    """A reply or a matcher that a library makes."""
    m = call.machine
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, _replies_in(m, given.value), given.site, detail="a reply that is made")
    ref, thing = m.heap.made(Saying(call.site, call.act.frame.id, mock.id))
    for part, values in _said(stubbing, call.arguments).items():
        known = thing.parts.setdefault(part, [])
        known.extend(one for one in values if one not in known)
    return ref


def _replies_in(m: Machine, value: Value) -> Value:
    return join(*(leaf for leaf in m.leaves(value) if isinstance(leaf, Reply)))


def _stub(call: Call, mock: Mock, stubbing: Stubbing, bases: Sequence[Given] = ()) -> Value:
    """Note a stub; what it was sent is what the call gives. A call that says nothing of one asks what was
    sent."""
    m, said = call.machine, _said(stubbing, call.arguments)
    if not said and stubbing.method is None:
        return recorded(m, call.act, mock)
    whole = _made_before(m, said.get(Part.METHOD, []))
    if whole is not None:
        return whole
    expected = _expected(m, said)
    if Role.URL in expected and bases:
        expected[Role.URL] = [_based(url, bases) for url in expected[Role.URL]]
    method = said.get(Part.METHOD, [])
    name = next((word_of(one.value) for one in said.get(Part.NAME, [])), None)
    request = Request(
        -1,
        call.site,
        call.act.frame.id,
        mock.client,
        join(*(one.value for one in method)) if method else method_of(stubbing.method),
        {**expected, Role.METHOD: method} if method else expected,
        list(bases),
        stub=Stub(mock.id, name=name),
    )
    reply = m.notes.request(request)
    noted = m.facts.requests[reply.request].stub
    assert noted is not None
    noted.replies.update(replies(call, reply, said))
    for held in (one for values in expected.values() for one in values):
        call.use(UseKind.REQUEST, held.value, held.site)
    return reply


def _expected(m: Machine, said: Said) -> dict[Role, list[Given]]:
    """What a request has that a stub waits for."""
    expected = {role: list(_patterns(m, said[part])) for part, role in _EXPECTED.items() if part in said}
    for matcher in _sayings(m, said.get(Part.MATCHERS, [])):
        for part, values in matcher.parts.items():
            if part in _EXPECTED:
                expected.setdefault(_EXPECTED[part], []).extend(values)
    return expected


def _based(url: Given, bases: Sequence[Given]) -> Given:
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
            elif isinstance(thing, SequenceThing):
                yield from _sayings(m, [*thing.items, Given(thing.rest, one.site, one.frame)])

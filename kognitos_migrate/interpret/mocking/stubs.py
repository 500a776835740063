"""Stubs, as the rule file of a mock library spells them.

A stub is recorded as a request of its own. The request that it received is, to the program, the reply to that
request.
"""

from collections.abc import Iterator, Sequence

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import mock_objects
from kognitos_migrate.interpret.mocking.recorded_calls import (
    Said,
    is_sent,
    known_word,
    method_of,
    mock_library_of,
    recorded_requests,
    stub_replies,
)
from kognitos_migrate.interpret.state.facts import Request, Stub, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import Mock, Role, StubArgument, Stubbing, View
from kognitos_migrate.values.heap import Operand, SequenceObject, ServiceDouble, StubContent
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import UNKNOWN, Hole, Lit, MemberRef, Ref, Reply, Symbol, Text, Value

_EXPECTED = {StubArgument.URL: Role.URL, StubArgument.QUERY: Role.QUERY, StubArgument.JSON: Role.JSON}


def library_value(m: Interpreter, act: Activation, name: str) -> Value:
    """The value of a library's qualified name: the requests that its stubs received, a constant, or the
    symbol itself."""
    mock = m.libraries.mock_names.get(name)
    if mock is not None and name in mock.recorded:
        return recorded_requests(m, act, mock)
    return plain_text(mock.constants[name]) if mock is not None and name in mock.constants else Symbol(name)


def library_call(call: CallPoint, name: str) -> Value | None:
    """The result of a call of a mock library's function or type; None if it doesn't concern stubs."""
    mock = call.machine.libraries.mock_names.get(name)
    if mock is None:
        return None
    if name in mock.functions:
        return _stub(call, mock, mock.functions[name])
    if name in mock.types:
        return service_double(call, mock)
    saying = mock.replies.get(name) or mock.matchers.get(name)
    return _saying(call, mock, saying) if saying is not None else None


def service_double(call: CallPoint, mock: Mock) -> Ref:
    """An object that answers in place of a service."""
    ref, thing = call.machine.heap.made(ServiceDouble(call.site, call.act.frame.id, mock.id))
    keywords = call.arguments.keywords
    given = next((one for word, one in keywords.items() if word.startswith(StubArgument.BASE.value)), None)
    if given is not None and given not in thing.bases:
        thing.bases.append(given)
    if mock.puppets:
        mock_objects.configure_from_keywords(call, ref)
    return ref


def double_member(m: Interpreter, act: Activation, ref: Ref, thing: ServiceDouble, name: str) -> Value:
    """A member of an object that answers in place of a service."""
    mock = m.libraries.mocks[thing.mock]
    if mock.puppets:
        return MemberRef(ref, name)
    if mock.sent.get(name) is View.SELF:
        return recorded_requests(m, act, mock)
    return UNKNOWN if mock.sent.get(name) is View.OTHER else MemberRef(ref, name)


def double_method(call: CallPoint, value: Value) -> Value:
    """The result of a method of an object that answers in place of a service."""
    assert isinstance(value, MemberRef)
    assert isinstance(value.receiver, Ref)
    thing = call.machine.heap[value.receiver]
    assert isinstance(thing, ServiceDouble)
    mock = call.machine.libraries.mocks[thing.mock]
    stubbing = mock.methods.get(value.name)
    return _stub(call, mock, stubbing, thing.bases) if stubbing is not None else UNKNOWN


def refine_stub(call: CallPoint, reply: Reply, name: str) -> Value | None:
    """The result of a method that adds to a stub; None if it isn't one."""
    stubbing = mock_library_of(call.machine, reply).route.get(name)
    if stubbing is None or reply.path:
        return None
    update_stubs(call, reply, _said(stubbing, call.arguments))
    return reply


def set_stub_attribute(here: EvalPoint, reply: Reply, name: str, given: Operand) -> None:
    """Set an attribute of a stub: a part of its reply, or one that isn't modelled."""
    route = mock_library_of(here.machine, reply).route
    parts = {word: part for one in route.values() for word, part in one.keywords.items()}
    if name in parts:
        update_stubs(here, reply, {parts[name]: [given]})
    else:
        here.use(UseKind.METHOD, reply, given.site, detail=f"its {name} is set")


def update_stubs(here: EvalPoint, stub: Value, said: Said) -> None:
    """Add arguments to stubs."""
    m = here.machine
    for choice in alternatives(stub):
        if isinstance(choice, Reply) and (noted := m.facts.requests[choice.request].stub) is not None:
            m.notes.events += 1
            noted.replies.update(stub_replies(here, choice, said))


def _saying(call: CallPoint, mock: Mock, stubbing: Stubbing) -> Ref:
    """A canned reply or a matcher that a library creates."""
    m = call.machine
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, _replies_in(m, given.value), given.site, detail="a reply that is made")
    ref, thing = m.heap.made(StubContent(call.site, call.act.frame.id, mock.id))
    for part, values in _said(stubbing, call.arguments).items():
        known = thing.parts.setdefault(part, [])
        known.extend(one for one in values if one not in known)
    return ref


def _replies_in(m: Interpreter, value: Value) -> Value:
    return join(*(leaf for leaf in m.leaves(value) if isinstance(leaf, Reply)))


def _stub(call: CallPoint, mock: Mock, stubbing: Stubbing, bases: Sequence[Operand] = ()) -> Value:
    """Record a stub, and return the request that it received. A call without arguments for a stub returns the
    recorded requests."""
    m, said = call.machine, _said(stubbing, call.arguments)
    if not said and stubbing.method is None:
        return recorded_requests(m, call.act, mock)
    whole = _made_before(m, said.get(StubArgument.METHOD, []))
    if whole is not None:
        return whole
    expected = _expected(m, said)
    if Role.URL in expected and bases:
        expected[Role.URL] = [_based(url, bases) for url in expected[Role.URL]]
    method = said.get(StubArgument.METHOD, [])
    name = next((known_word(one.value) for one in said.get(StubArgument.NAME, [])), None)
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
    noted.replies.update(stub_replies(call, reply, said))
    for held in (one for values in expected.values() for one in values):
        call.use(UseKind.REQUEST, held.value, held.site)
    return reply


def _expected(m: Interpreter, said: Said) -> dict[Role, list[Operand]]:
    """The parts of the request that a stub expects."""
    expected = {role: list(_patterns(m, said[part])) for part, role in _EXPECTED.items() if part in said}
    for matcher in _sayings(m, said.get(StubArgument.MATCHERS, [])):
        for part, values in matcher.parts.items():
            if part in _EXPECTED:
                expected.setdefault(_EXPECTED[part], []).extend(values)
    return expected


def _based(url: Operand, bases: Sequence[Operand]) -> Operand:
    """A URL, prefixed with the bases if it is relative."""
    found: list[Value] = []
    for choice in alternatives(url.value):
        if not isinstance(choice, Text) or "://" in (choice.literal or ""):
            found.append(choice)
            continue
        for base in bases:
            front = Hole(base.value, base.site, base.frame)
            found.append(Text((front, Lit("/"), *choice.parts)))
    return url._replace(value=join(*found))


def _patterns(m: Interpreter, given: list[Operand]) -> Iterator[Operand]:
    """The operands; for a compiled pattern, its text."""
    for one in given:
        things = [m.heap[choice] for choice in alternatives(one.value) if isinstance(choice, Ref)]
        texts = [
            held
            for thing in things
            if isinstance(thing, StubContent)
            for held in thing.parts.get(StubArgument.URL, [])
        ]
        yield from texts or [one]


def compiled_pattern(call: CallPoint) -> Value:
    """The result of `re.compile(text)`."""
    given = call.arguments.first("pattern")
    ref, thing = call.machine.heap.made(StubContent(call.site, call.act.frame.id, "re"))
    if given is not None and given not in thing.parts.setdefault(StubArgument.URL, []):
        thing.parts[StubArgument.URL].append(given)
    return ref


def _made_before(m: Interpreter, given: list[Operand]) -> Value | None:
    """The existing stub that is passed in place of the method; None if there is none."""
    found = [choice for one in given for choice in alternatives(one.value) if is_sent(m, choice)]
    return join(*found) if found else None


def _said(stubbing: Stubbing, arguments: Arguments) -> Said:
    """The arguments by their part in a stub."""
    said: Said = {}
    for part, given in zip(stubbing.arguments, arguments.positional, strict=False):
        said.setdefault(part, []).append(given)
    for name, given in arguments.keywords.items():
        if name in stubbing.keywords:
            said.setdefault(stubbing.keywords[name], []).append(given)
    return said


def _sayings(m: Interpreter, given: list[Operand]) -> Iterator[StubContent]:
    """The canned replies or matchers that are passed, alone or in lists."""
    for one in given:
        for choice in alternatives(one.value):
            thing = m.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(thing, StubContent):
                yield thing
            elif isinstance(thing, SequenceObject):
                yield from _sayings(m, [*thing.items, Operand(thing.rest, one.site, one.frame)])

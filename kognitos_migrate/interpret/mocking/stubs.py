"""Stubs, as the rule file of a mock library spells them.

A stub is recorded as a request of its own. The request that it received is, to the program, the reply to that
request.
"""

from collections.abc import Iterator, Sequence

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import asserted_calls, mock_objects
from kognitos_migrate.interpret.mocking.recorded_calls import (
    StubArguments,
    is_part_of_received_request,
    method_of_verb,
    mock_library_of,
    recorded_requests,
    stub_replies,
    with_bases,
)
from kognitos_migrate.interpret.state.canned_replies import Stub
from kognitos_migrate.interpret.state.facts import Request, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import STUB_RESPONSE
from kognitos_migrate.rulebook.model import Mock, Role, Stubbing, StubRole, View
from kognitos_migrate.values.heap import Operand, SequenceObject, ServiceDouble, StubContent, join_operands
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Function,
    Hole,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Value,
)
from kognitos_migrate.values.texts import REST, known_text

ENTERING = ("__enter__", "__aenter__")
"""The methods that `with` calls. They return the object itself."""

_ROLE_OF_PART = {
    StubRole.URL: Role.URL,
    StubRole.URL_PREFIX: Role.URL,
    StubRole.URL_PATTERN: Role.URL,
    StubRole.QUERY: Role.QUERY,
    StubRole.JSON: Role.JSON,
}


def library_value(interpreter: Interpreter, act: Activation, name: str) -> Value:
    """The value of a library's qualified name: the requests that its stubs received, a constant, or the
    symbol itself."""
    mock = interpreter.libraries.mocks_by_name.get(name)
    if mock is not None and name in mock.recorded:
        return recorded_requests(interpreter, act, mock)
    return plain_text(mock.constants[name]) if mock is not None and name in mock.constants else Symbol(name)


def library_call(call: CallPoint, name: str) -> Value | None:
    """The result of a call of a mock library's function or type; None if it doesn't concern stubs."""
    mock = call.interpreter.libraries.mocks_by_name.get(name)
    if mock is None:
        return asserted_calls.expected_call(call, name)
    if name in mock.functions:
        return _record_stub(call, mock, mock.functions[name])
    if name in mock.types:
        return service_double(call, mock)
    saying = mock.replies.get(name) or mock.matchers.get(name)
    return _stub_content(call, mock, saying) if saying is not None else None


def service_double(call: CallPoint, mock: Mock) -> Ref:
    """An object that answers in place of a service."""
    ref, double = call.interpreter.heap.allocate(ServiceDouble(call.site, call.act.frame.id, mock.id))
    keywords = call.arguments.keywords
    base = next(
        (argument for word, argument in keywords.items() if word.startswith(StubRole.BASE.value)), None
    )
    if base is not None and base not in double.bases:
        double.bases.append(base)
    if mock.object_spelling:
        mock_objects.configure_from_keywords(call, ref)
    return ref


def double_member(
    interpreter: Interpreter, act: Activation, ref: Ref, double: ServiceDouble, name: str
) -> Value:
    """A member of an object that answers in place of a service."""
    mock = interpreter.libraries.mocks[double.mock]
    if mock.object_spelling:
        return MemberRef(ref, name)
    if mock.sent.get(name) is View.SELF:
        return recorded_requests(interpreter, act, mock)
    return UNKNOWN if mock.sent.get(name) is View.OTHER else MemberRef(ref, name)


def double_method(call: CallPoint, value: Value) -> Value:
    """The result of a method of an object that answers in place of a service."""
    assert isinstance(value, MemberRef)
    assert isinstance(value.receiver, Ref)
    double = call.interpreter.heap[value.receiver]
    assert isinstance(double, ServiceDouble)
    mock = call.interpreter.libraries.mocks[double.mock]
    stubbing = mock.methods.get(value.name)
    if stubbing is None and value.name in ENTERING:
        return value.receiver
    return _record_stub(call, mock, stubbing, double.bases) if stubbing is not None else UNKNOWN


def call_stub_method(call: CallPoint, reply: Reply, name: str) -> Value | None:
    """The result of a method that adds to a stub; None if it isn't one."""
    stubbing = mock_library_of(call.interpreter, reply).route.get(name)
    if stubbing is None or reply.path:
        return None
    update_stubs(call, reply, _stub_arguments(stubbing, call.arguments))
    return reply


def set_stub_attribute(point: EvalPoint, reply: Reply, name: str, operand: Operand) -> None:
    """Set an attribute of a stub: a part of its reply, or one that isn't modelled."""
    route = mock_library_of(point.interpreter, reply).route
    parts = {word: part for stubbing in route.values() for word, part in stubbing.keywords.items()}
    if name in parts:
        update_stubs(point, reply, {parts[name]: [operand]})
    else:
        point.note_use(UseKind.METHOD, reply, operand.site, detail=f"assignment to {name}")


def update_stubs(point: EvalPoint, stub: Value, arguments: StubArguments) -> None:
    """Add arguments to stubs."""
    interpreter = point.interpreter
    for choice in alternatives(stub):
        if (
            isinstance(choice, Reply)
            and (record := interpreter.facts.requests[choice.request].stub) is not None
        ):
            interpreter.notes.events += 1
            for site, canned in stub_replies(point, choice, arguments).items():
                record.add_reply(site, canned)


def _stub_content(call: CallPoint, mock: Mock, stubbing: Stubbing) -> Ref:
    """A canned reply or a matcher that a library creates."""
    interpreter = call.interpreter
    for argument in call.arguments.everything():
        call.note_use(
            UseKind.ESCAPE, _replies_in(interpreter, argument.value), argument.site, detail=STUB_RESPONSE
        )
    ref, content = interpreter.heap.allocate(StubContent(call.site, call.act.frame.id, mock.id))
    for part, values in _stub_arguments(stubbing, call.arguments).items():
        operands = content.parts.setdefault(part, [])
        operands.extend(operand for operand in values if operand not in operands)
    return ref


def set_content_attribute(point: EvalPoint, content: StubContent, name: str, operand: Operand) -> bool:
    """Set an attribute of a canned reply, and return whether it is a part of it, as `_content` is."""
    interpreter = point.interpreter
    mock = interpreter.libraries.mocks.get(content.mock)
    parts = (
        [stubbing.keywords[name] for stubbing in mock.replies.values() if name in stubbing.keywords]
        if mock
        else []
    )
    if not parts:
        return False
    point.note_use(
        UseKind.ESCAPE, _replies_in(interpreter, operand.value), operand.site, detail=STUB_RESPONSE
    )
    operands = content.parts.setdefault(parts[0], [])
    if operand not in operands:
        operands.append(operand)
        interpreter.stores += 1
    return True


def _replies_in(interpreter: Interpreter, value: Value) -> Value:
    return join(*(leaf for leaf in interpreter.tracked_leaves(value) if isinstance(leaf, Reply)))


def _record_stub(call: CallPoint, mock: Mock, stubbing: Stubbing, bases: Sequence[Operand] = ()) -> Value:
    """Record a stub, and return the request that it received. A call without arguments for a stub returns the
    recorded requests."""
    interpreter, arguments = call.interpreter, _stub_arguments(stubbing, call.arguments)
    for part in (StubRole.METHOD, StubRole.URL):
        if arguments.get(part) and all(_is_wildcard(mock, operand) for operand in arguments[part]):
            arguments[part] = []
    if not arguments and stubbing.method is None:
        return recorded_requests(interpreter, call.act, mock)
    whole = _existing_stub(interpreter, arguments.get(StubRole.METHOD, []))
    if whole is not None:
        return whole
    expected = _expected_parts(interpreter, arguments)
    if Role.URL in expected and bases:
        expected[Role.URL] = [with_bases(url, bases) for url in expected[Role.URL]]
    method = arguments.get(StubRole.METHOD, [])
    name = next((known_text(operand.value) for operand in arguments.get(StubRole.NAME, [])), None)
    request = Request(
        -1,
        call.site,
        call.act.frame.id,
        mock.client,
        join(*(operand.value for operand in method)) if method else method_of_verb(stubbing.method),
        {**expected, Role.METHOD: method} if method else expected,
        list(bases),
        stub=Stub(mock.id, name=name, is_pattern=_is_pattern(interpreter, arguments)),
    )
    reply = interpreter.notes.request(request)
    stub = interpreter.facts.requests[reply.request].stub
    assert stub is not None
    stub.replies.update(stub_replies(call, reply, arguments))
    for part, matchers in (
        (StubRole.BODY, stub.body_matchers),
        (StubRole.HEADERS, stub.header_matchers),
        (StubRole.SOME_HEADERS, stub.required_headers),
    ):
        own = [
            operand
            for operand in _matchers(interpreter, arguments, part)
            if part is not StubRole.BODY or not _is_function_called(call, operand.value, reply)
        ]
        matchers[:] = join_operands(matchers, own)
    for operand in (expectation for values in expected.values() for expectation in values):
        call.note_use(UseKind.REQUEST, operand.value, operand.site)
    return reply


def _is_wildcard(mock: Mock, operand: Operand) -> bool:
    """Whether an argument is a constant of the library that matches anything."""
    return isinstance(operand.value, Symbol) and operand.value.name in mock.wildcards


def _is_function_called(call: CallPoint, matcher: Value, received: Reply) -> bool:
    """Whether a matcher is a function of the program, or a list of such and of matchers with a model. The
    functions are called with the received request."""
    interpreter = call.interpreter
    if _is_matcher(interpreter, matcher):
        return True
    functions: list[Value] = []
    for choice in alternatives(matcher):
        heap_object = interpreter.heap.get(choice)
        if isinstance(heap_object, SequenceObject):
            inner = (
                leaf for leaf in alternatives(heap_object.element()) if not _is_matcher(interpreter, leaf)
            )
            functions += inner
        else:
            functions.append(choice)
    if not all(isinstance(choice, Function | Bound) for choice in functions):
        return False
    for choice in functions:
        call.call(choice, Arguments([call.operand(received)]))
    return True


_ANY_URL = (".*", ".+", "^.*$", "^.+$", "https?://.*", "https?://.+")
"""Regular expressions that match all URLs of a service."""


def _expected_parts(interpreter: Interpreter, arguments: StubArguments) -> dict[Role, list[Operand]]:
    """The parts of the request that a stub expects."""
    expected: dict[Role, list[Operand]] = {}
    for part, role in _ROLE_OF_PART.items():
        operands = [
            operand
            for operand in _pattern_texts(interpreter, arguments.get(part, []))
            if known_text(operand.value) not in _ANY_URL
        ]
        if part is StubRole.URL_PREFIX:
            operands = [operand._replace(value=url_with_prefix(operand)) for operand in operands]
        if operands:
            expected.setdefault(role, []).extend(operands)
    for matcher in _stub_contents(interpreter, arguments.get(StubRole.MATCHERS, [])):
        for part, values in matcher.parts.items():
            if part in _ROLE_OF_PART:
                expected.setdefault(_ROLE_OF_PART[part], []).extend(values)
    return expected


def _matchers(interpreter: Interpreter, arguments: StubArguments, part: StubRole) -> Iterator[Operand]:
    """The expressions that a stub compares a part of the request with, itself or by a matcher. A matcher
    without a model may compare the body."""
    yield from arguments.get(part, [])
    matchers = arguments.get(StubRole.MATCHERS, [])
    for matcher in _stub_contents(interpreter, matchers):
        yield from matcher.parts.get(part, [])
    for operand in matchers if part is StubRole.BODY else ():
        if not all(_is_matcher(interpreter, leaf) for leaf in alternatives(operand.value)):
            yield operand


def _is_matcher(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a matcher with a model, or a list of such."""
    return all(
        choice == NONE or isinstance(interpreter.heap.get(choice), StubContent)
        for choice in interpreter.heap.flat_alternatives(value)
    )


def _is_pattern(interpreter: Interpreter, arguments: StubArguments) -> bool:
    """Whether the URL that a stub expects is a regular expression."""
    urls = arguments.get(StubRole.URL, [])
    return StubRole.URL_PATTERN in arguments or [*_pattern_texts(interpreter, urls)] != urls


def url_with_prefix(prefix: Operand) -> Value:
    """The URLs that begin with a prefix: its texts, each with a rest that isn't known."""
    rest = Hole(REST, prefix.site, prefix.frame)
    return join(
        *(
            Text((*choice.parts, rest)) if isinstance(choice, Text) else choice
            for choice in alternatives(prefix.value)
        )
    )


def _pattern_texts(interpreter: Interpreter, operands: list[Operand]) -> Iterator[Operand]:
    """The operands; for a compiled pattern, its text."""
    for operand in operands:
        objects = interpreter.heap.objects_of(operand.value)
        texts = [
            text
            for heap_object in objects
            if isinstance(heap_object, StubContent)
            for text in heap_object.parts.get(StubRole.URL, [])
        ]
        yield from texts or [operand]


def compiled_pattern(call: CallPoint) -> Value:
    """The result of `re.compile(text)`."""
    pattern = call.arguments.first("pattern")
    ref, content = call.interpreter.heap.allocate(StubContent(call.site, call.act.frame.id, "re"))
    if pattern is not None and pattern not in content.parts.setdefault(StubRole.URL, []):
        content.parts[StubRole.URL].append(pattern)
    if pattern is not None and call.act.frame.path not in call.interpreter.testing.modules:
        call.note_use(UseKind.ESCAPE, pattern.value, pattern.site, detail="re.compile")
    return ref


def _existing_stub(interpreter: Interpreter, operands: list[Operand]) -> Value | None:
    """The existing stub that is passed in place of the method; None if there is none."""
    stubs = [
        choice
        for operand in operands
        for choice in alternatives(operand.value)
        if is_part_of_received_request(interpreter, choice)
    ]
    return join(*stubs) if stubs else None


def _stub_arguments(stubbing: Stubbing, arguments: Arguments) -> StubArguments:
    """The arguments by their part in a stub."""
    parts: StubArguments = {}
    for part, argument in zip(stubbing.arguments, arguments.positional, strict=False):
        parts.setdefault(part, []).append(argument)
    for name, argument in arguments.keywords.items():
        if name in stubbing.keywords:
            parts.setdefault(stubbing.keywords[name], []).append(argument)
    return parts


def _stub_contents(interpreter: Interpreter, operands: list[Operand]) -> Iterator[StubContent]:
    """The canned replies or matchers that are passed, alone or in lists."""
    for operand in operands:
        for choice in alternatives(operand.value):
            heap_object = interpreter.heap.get(choice)
            if isinstance(heap_object, StubContent):
                yield heap_object
            elif isinstance(heap_object, SequenceObject):
                yield from _stub_contents(interpreter, heap_object.all_items(operand))

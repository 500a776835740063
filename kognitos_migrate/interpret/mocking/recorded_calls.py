"""Requests that a stub received, and the replies that it returns."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import CannedReply, Request, Stub, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import Mock, Role, StubArgument, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject, ServiceDouble, StubContent
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Function,
    Hole,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)

Said = dict[StubArgument, list[Operand]]
"""The arguments of a stub, by part."""


def stub_replies(here: EvalPoint, sent: Reply, said: Said) -> dict[Site, CannedReply]:
    """The canned replies in the arguments, by the site that creates them."""
    own = CannedReply()
    found: dict[Site, CannedReply] = {}
    for part, into in (
        (StubArgument.REPLY_JSON, own.json),
        (StubArgument.REPLY_TEXT, own.text),
        (StubArgument.STATUS, own.status),
    ):
        for given in said.get(part, []):
            into.extend(_answered(here, sent, given))
    if own.json or own.text or own.status:
        found[here.site] = own
    for given in said.get(StubArgument.REPLY, []):
        for answer in _answered(here, sent, given):
            _collect(here.machine, answer, found, here.site)
    return found


def _answered(here: EvalPoint, sent: Reply, given: Operand) -> Iterator[Operand]:
    """The operands; for a function, its result for the request that the stub received."""
    for choice in alternatives(given.value):
        if not isinstance(choice, Function | Bound):
            yield Operand(choice, given.site, given.frame)
            continue
        asked = [here.given(sent), here.given(UNKNOWN)]
        wanted = asked[: _parameters(here.machine, choice)]
        yield Operand(here.call(choice, Arguments(wanted)), given.site, given.frame)


def _parameters(m: Interpreter, function: Function | Bound) -> int:
    """The number of positional arguments that a function requires."""
    inner = function.function if isinstance(function, Bound) else function
    definition = m.trees[inner.site.path].node(inner.site) if isinstance(inner, Function) else None
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return 1
    wanted = [one for one in definition.params.params if one.default is None]
    return len(wanted) - isinstance(function, Bound)


def _collect(m: Interpreter, given: Operand, found: dict[Site, CannedReply], at: Site) -> None:
    """Collect the canned replies in a value.

    They are created by a library, written as a tuple of status, headers and body, or as a dict of a stub's
    keyword arguments.
    """
    for choice in alternatives(given.value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, StubContent):
            parts = thing.parts
            found[thing.site] = CannedReply(
                list(parts.get(StubArgument.REPLY_JSON, [])),
                list(parts.get(StubArgument.REPLY_TEXT, [])),
                list(parts.get(StubArgument.STATUS, [])),
            )
        elif isinstance(thing, SequenceObject) and len(thing.items) == 3 and _is_status(thing.items[0].value):
            found[thing.site] = CannedReply(text=[thing.items[2]], status=[thing.items[0]])
        elif isinstance(thing, SequenceObject):
            for item in (*thing.items, Operand(thing.rest, given.site, given.frame)):
                _collect(m, item, found, at)
        elif isinstance(thing, DictObject):
            found[thing.site] = _of_record(m, thing)
        elif _is_status(choice):
            found[at] = CannedReply(status=[Operand(choice, given.site, given.frame)])
        elif choice not in (NONE, NEVER) and not _is_error(choice):
            found[at] = CannedReply(json=[Operand(choice, given.site, given.frame)])


def _of_record(m: Interpreter, record: DictObject) -> CannedReply:
    canned = CannedReply()
    into = {
        StubArgument.REPLY_JSON: canned.json,
        StubArgument.REPLY_TEXT: canned.text,
        StubArgument.STATUS: canned.status,
    }
    for mock in m.libraries.mocks.values():
        for stubbing in (*mock.methods.values(), *mock.route.values()):
            for word, part in stubbing.keywords.items():
                for entry in record.entries.get(word, ()):
                    if part in into and entry.given not in into[part]:
                        into[part].append(entry.given)
    return canned


def _is_status(value: Value) -> bool:
    return isinstance(getattr(value, "value", None), int)


def _is_error(value: Value) -> bool:
    """Whether a value is an error that is raised instead of a reply."""
    name = value.name if isinstance(value, Symbol) else value.source if isinstance(value, Unknown) else ""
    return name.rstrip("()").endswith(("Error", "Exception", "Timeout"))


OF_HOST = ("scheme", "netloc", "hostname", "host", "port")
"""Parts of a URL that don't depend on the version of the API."""
_DEPTH = 4
"""The maximum depth of nested lists that are compared by element."""


def is_sent(m: Interpreter, value: Value) -> bool:
    """Whether a value is a position in a request that a stub received."""
    return isinstance(value, Reply) and m.facts.requests[value.request].stub is not None


def is_address(m: Interpreter, value: Value) -> bool:
    """Whether a value is the URL that a stub received."""
    return all(_address(m, choice) is not None for choice in alternatives(value))


def recorded_requests(m: Interpreter, act: Activation, mock: Mock) -> Value:
    """The requests that stubs of a library received: those of this test, else of this module, else of any."""
    stubs = [one for one in m.facts.requests if one.stub is not None and one.stub.mock == mock.id]
    here = _root(m, act.frame.id)
    own = [one for one in stubs if _root(m, one.frame) == here]
    near = own or [one for one in stubs if one.site.path == act.frame.path] or stubs
    return join(*(Reply(one.id) for one in near)) if near else UNKNOWN


def stub_by_name(m: Interpreter, act: Activation, thing: ServiceDouble, key: Value) -> Value:
    """An item of an object that answers in place of a service: the stubs of that name."""
    name = known_word(key)
    named = [one for one in m.facts.requests if one.stub is not None and one.stub.name == name]
    mock = m.libraries.mocks[thing.mock]
    return join(*(Reply(one.id) for one in named)) if name and named else recorded_requests(m, act, mock)


def method_of(verb: str | None) -> Value:
    """The HTTP method of a stub; Unknown if `verb` is None."""
    return plain_text(verb) if verb is not None else Unknown("method")


def known_word(value: Value) -> str | None:
    """The text of a value; None if it isn't known."""
    return value.literal if isinstance(value, Text) else None


def _root(m: Interpreter, frame: int) -> int:
    """The outermost function activation around a frame: that of the test."""
    caller = m.facts.frames[frame].caller
    return frame if caller is None or m.facts.frames[frame].function is None else _root(m, caller)


def note_url_assertion(here: EvalPoint, left: Operand, right: Operand) -> bool:
    """Record an assertion on the URL that a stub received as an expected request, and return whether it was
    one."""
    return _says_address(here.machine, here.given(UNKNOWN), left, right)


def _says_address(m: Interpreter, place: Operand, left: Operand, right: Operand) -> bool:
    """Record such an assertion at `place`, and return whether it was one."""
    for one, other in ((left, right), (right, left)):
        sent = [address for choice in alternatives(one.value) if (address := _address(m, choice))]
        if sent and all(isinstance(choice, Text) for choice in alternatives(other.value)):
            first = m.facts.requests[sent[0].request]
            assert first.stub is not None
            method = first.method if len(sent) == 1 else method_of(None)
            expected = {Role.URL: [other]}
            frame, stub = place.frame, Stub(first.stub.mock)
            m.notes.request(Request(-1, place.site, frame, first.client, method, expected, stub=stub))
            return True
    return False


def compared_pairs(
    m: Interpreter, left: Operand, right: Operand, depth: int = 0
) -> Iterator[tuple[Operand, Operand]]:
    """The pairs of operands that a comparison compares: for lists, their elements.

    Each element of a list of known length is paired with the join of the elements of a list of unknown
    length.
    """
    ours, theirs = _lists(m, left.value), _lists(m, right.value)
    if not ours or not theirs or depth > _DEPTH:
        yield left, right
        return
    if any(one.items and one.rest is NEVER for one in ours) and not any(one.items for one in theirs):
        yield from ((one, other) for other, one in compared_pairs(m, right, left, depth))
        return
    for number, item in enumerate(item for one in theirs for item in one.items):
        held = join(*(_at(one, number) for one in ours))
        yield from compared_pairs(m, Operand(held, left.site, left.frame), item, depth + 1)


def _lists(m: Interpreter, value: Value) -> list[SequenceObject]:
    things = [m.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref)]
    return [thing for thing in things if isinstance(thing, SequenceObject)]


def _at(one: SequenceObject, place: int) -> Value:
    known = one.rest is NEVER and place < len(one.items)
    return one.items[place].value if known else one.element()


def note_url_assertions(here: EvalPoint, left: Operand, right: Operand) -> bool:
    """Record the assertions in a comparison of lists with URLs that stubs received, each at its own place.
    Return whether there were any."""
    m = here.machine
    found = list(compared_pairs(m, left, right))
    held = [one for pair in found for one in pair if recorded_url(m, one.value) is not None]
    if (len(found) == 1 and found[0] == (left, right)) or not held:
        return False
    for one, other in found:
        sent = one if any(is_sent(m, choice) for choice in alternatives(one.value)) else other
        written = other if sent is one else one
        if not _says_address(m, written, one, other):
            m.use_at(UseKind.COMPARE, sent.value, written, sent.site, written.value, "Equal")
    return True


def recorded_url(m: Interpreter, value: Value) -> Reply | None:
    """The URL that a stub received, if a value may be one."""
    found = (_address(m, choice) for choice in alternatives(value))
    return next((Reply(one.request, (View.ADDRESS,)) for one in found if one is not None), None)


def _address(m: Interpreter, value: Value) -> Reply | None:
    """The URL that a stub received, also if it is formatted as a text."""
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(part := value.parts[0], Hole):
        return _address(m, part.value)
    if isinstance(value, Reply) and is_sent(m, value):
        bare = not value.path and mock_library_of(m, value).puppets
        return value if bare or value.path == (View.ADDRESS,) else None
    return None


def is_stub(m: Interpreter, value: Value) -> bool:
    """Whether a value is a stub itself."""
    return all(
        isinstance(choice, Reply) and not choice.path and is_sent(m, choice) for choice in alternatives(value)
    )


def mock_library_of(m: Interpreter, reply: Reply) -> Mock:
    """The mock library of a stub. `reply` is a position in the request that the stub received."""
    stub = m.facts.requests[reply.request].stub
    assert stub is not None
    return m.libraries.mocks[stub.mock]

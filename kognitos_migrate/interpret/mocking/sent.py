"""What stubs were sent, which is the reply to them: asked of one by name, of all, or compared with a URL."""

from collections.abc import Iterator

from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import Request, Stub, UseKind
from kognitos_migrate.rulebook.model import Mock, Role, View
from kognitos_migrate.values.base import (
    NEVER,
    UNKNOWN,
    Hole,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Double, Given, Sequence
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.text import plain

OF_HOST = ("scheme", "netloc", "hostname", "host", "port")
"""Parts of a URL that say nothing of the version."""
_DEPTH = 4
"""How far lists in lists are compared."""


def is_sent(m: Machine, value: Value) -> bool:
    """Whether a value is a position in what was sent to a stub."""
    return isinstance(value, Reply) and m.facts.requests[value.request].stub is not None


def is_address(m: Machine, value: Value) -> bool:
    """Whether a value is the URL that a stub was sent."""
    return all(_address(m, choice) is not None for choice in alternatives(value))


def recorded(m: Machine, act: Activation, mock: Mock) -> Value:
    """What was sent to any stub of a library: in this test, else in this module."""
    stubs = [one for one in m.facts.requests if one.stub is not None and one.stub.mock == mock.id]
    here = _root(m, act.frame.id)
    own = [one for one in stubs if _root(m, one.frame) == here]
    near = own or [one for one in stubs if one.site.path == act.frame.path] or stubs
    return join(*(Reply(one.id) for one in near)) if near else UNKNOWN


def item(m: Machine, act: Activation, thing: Double, key: Value) -> Value:
    """An item of an object that answers in the place of a service: the stubs of that name."""
    name = word_of(key)
    named = [one for one in m.facts.requests if one.stub is not None and one.stub.name == name]
    mock = m.libraries.mocks[thing.mock]
    return join(*(Reply(one.id) for one in named)) if name and named else recorded(m, act, mock)


def method_of(verb: str | None) -> Value:
    """The HTTP method of a stub, as far as it is known."""
    return plain(verb) if verb is not None else Unknown("method")


def word_of(value: Value) -> str | None:
    """The text that a value is, where it is known."""
    return value.literal if isinstance(value, Text) else None


def _root(m: Machine, frame: int) -> int:
    """The outermost activation around one: the test's."""
    caller = m.facts.frames[frame].caller
    return frame if caller is None or m.facts.frames[frame].function is None else _root(m, caller)


def says_address(here: Here, left: Given, right: Given) -> bool:
    """Whether it is said which URL a stub was sent; that is noted as what is waited for."""
    return _says_address(here.machine, here.given(UNKNOWN), left, right)


def _says_address(m: Machine, place: Given, left: Given, right: Given) -> bool:
    """The same, noted where `place` is evaluated."""
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


def pairs(m: Machine, left: Given, right: Given, depth: int = 0) -> Iterator[tuple[Given, Given]]:
    """What is held against what, where two values are compared: lists by their elements. The elements of one
    that grows are the same to each of the other's."""
    ours, theirs = _lists(m, left.value), _lists(m, right.value)
    if not ours or not theirs or depth > _DEPTH:
        yield left, right
        return
    if any(one.items and one.rest is NEVER for one in ours) and not any(one.items for one in theirs):
        yield from ((one, other) for other, one in pairs(m, right, left, depth))
        return
    for number, item in enumerate(item for one in theirs for item in one.items):
        held = join(*(_at(one, number) for one in ours))
        yield from pairs(m, Given(held, left.site, left.frame), item, depth + 1)


def _lists(m: Machine, value: Value) -> list[Sequence]:
    things = [m.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref)]
    return [thing for thing in things if isinstance(thing, Sequence)]


def _at(one: Sequence, place: int) -> Value:
    known = one.rest is NEVER and place < len(one.items)
    return one.items[place].value if known else one.element()


def says_addresses(here: Here, left: Given, right: Given) -> bool:
    """Whether lists are compared that hold URLs which stubs were sent: of each it is said which, at its own
    place."""
    m = here.machine
    found = list(pairs(m, left, right))
    held = [one for pair in found for one in pair if sent_to(m, one.value) is not None]
    if (len(found) == 1 and found[0] == (left, right)) or not held:
        return False
    for one, other in found:
        sent = one if any(is_sent(m, choice) for choice in alternatives(one.value)) else other
        written = other if sent is one else one
        if not _says_address(m, written, one, other):
            m.use_at(UseKind.COMPARE, sent.value, written, sent.site, written.value, "Equal")
    return True


def sent_to(m: Machine, value: Value) -> Reply | None:
    """The URL that a stub was sent, where a value may be one."""
    found = (_address(m, choice) for choice in alternatives(value))
    return next((Reply(one.request, (View.ADDRESS,)) for one in found if one is not None), None)


def _address(m: Machine, value: Value) -> Reply | None:
    """The URL that was sent, also where it is made a text first."""
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(part := value.parts[0], Hole):
        return _address(m, part.value)
    if isinstance(value, Reply) and is_sent(m, value):
        bare = not value.path and mock_of(m, value).puppets
        return value if bare or value.path == (View.ADDRESS,) else None
    return None


def is_stub(m: Machine, value: Value) -> bool:
    """Whether a value is a stub itself."""
    return all(
        isinstance(choice, Reply) and not choice.path and is_sent(m, choice) for choice in alternatives(value)
    )


def mock_of(m: Machine, reply: Reply) -> Mock:
    """The library of the stub that a position in what was sent is of."""
    stub = m.facts.requests[reply.request].stub
    assert stub is not None
    return m.libraries.mocks[stub.mock]

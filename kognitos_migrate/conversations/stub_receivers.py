"""The requests that a double receives because it was passed to the sessions that send them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.match import Match, method_fits
from kognitos_migrate.conversations.path_fit import settings_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.interpret.request_hooks import HOOK_OBJECTS
from kognitos_migrate.interpret.state.facts import OF_CONTAINER, Request
from kognitos_migrate.interpret.state.tracked_values import values_in_object
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Reply, Value


def stubs_of_other_services(program: ProgramFacts, matches: Sequence[Match]) -> frozenset[int]:
    """The ids of the stubs all of whose requests are known and go to other services.

    A stub isn't among them if a function that answers for it answers for another stub as well.
    """
    stubs = [request for request in program.facts.requests if request.stub is not None]
    ids = {match.request.id for match in matches}
    elsewhere = {
        stub.id
        for stub in stubs
        if (requests := received_requests(program, stub))
        and all(request.id not in ids and goes_elsewhere(program, request) for request in requests)
    }
    others = {site for stub in stubs if stub.id not in elsewhere for site in _sites_of_answers(program, stub)}
    return frozenset(
        stub.id
        for stub in stubs
        if stub.id in elsewhere and others.isdisjoint(_sites_of_answers(program, stub))
    )


def _sites_of_answers(program: ProgramFacts, stub: Request) -> Iterator[Site]:
    """The places that make the replies of a stub, and those that read the request which it received."""
    assert stub.stub is not None
    yield from stub.stub.replies
    yield from (use.site for use in program.uses.get(stub.id, ()))


def received_requests(program: ProgramFacts, stub: Request) -> list[Request] | None:
    """The requests of the sessions that a stub was passed to. None if it may also answer others."""
    double, facts = Reply(stub.id), program.facts
    if any(use.value == double and use.kind not in OF_CONTAINER for use in program.uses.get(stub.id, ())):
        return None
    received: list[Request] = []
    for ref, session in program.memoize(_sessions_by_double).get(double, ()):
        passed = _sources_of(session.origins.get(HOOK_OBJECTS, ()), double)
        own = [
            request
            for request in facts.requests
            if request.stub is None and passed & _sources_of(request.settings, double)
        ]
        if not own or ref in facts.heap.escaped or ref in facts.heap.exposed:
            return None
        received += own
    return received or None


def _sources_of(operands: Collection[Operand], double: Reply) -> set[tuple[Site, int]]:
    """The expressions, each with its frame, whose value may be a double."""
    return {(operand.site, operand.frame) for operand in operands if double in alternatives(operand.value)}


def _sessions_by_double(program: ProgramFacts) -> Mapping[Reply, list[tuple[Ref, Instance]]]:
    """The sessions that lead to a stub, as an argument or inside of one, by the stub."""
    heap = program.facts.heap
    sessions: dict[Reply, list[tuple[Ref, Instance]]] = {}
    for number, session in enumerate(heap.objects):
        if isinstance(session, Instance) and session.client is not None:
            for double in _doubles_in(heap, session):
                sessions.setdefault(double, []).append((Ref(number), session))
    return sessions


def _doubles_in(heap: Heap, session: Instance) -> list[Reply]:
    """The stubs that a session's attributes lead to."""
    reached: dict[Value, None] = {}
    worklist = [choice for value in values_in_object(session) for choice in alternatives(value)]
    while worklist:
        value = worklist.pop()
        if value not in reached:
            reached[value] = None
            content = heap.get(value)
            inner = values_in_object(content) if content is not None else ()
            worklist += [choice for part in inner for choice in alternatives(part)]
    return [value for value in reached if isinstance(value, Reply) and not value.path]


def goes_elsewhere(program: ProgramFacts, request: Request) -> bool:
    """Whether a request surely goes to another service.

    A reading of its URL has that service's host, and none has a host of the API, the path of one of its
    calls, or a base that is neither known nor a setting.
    """
    readings = program.url_readings(request)
    others = [url for url in readings if not _has_known_host(url)]
    return (
        len(others) < len(readings)
        and all(any(settings_in(url.base)) for url in others)
        and not any(
            program.has_api_host(url) or _may_have_path_of_call(program, request, url) for url in readings
        )
    )


def _has_known_host(url: Url) -> bool:
    return bool(url.host and "*" not in url.host)


def _may_have_path_of_call(program: ProgramFacts, request: Request, url: Url) -> bool:
    """Whether a URL may end with the path of a call, also without the version. An unknown value at the
    beginning of the path may be all of it."""
    versions = {api.old for api in program.rules.apis.values()}
    words = [segment.text for segment in url.segments]
    start = next((place for place, word in enumerate(words) if word not in versions), None)
    if start is not None and words[start] is None:
        return True
    return any(
        _may_end_with(words, [part.text for part in operation.old.path if part.text not in versions])
        for operation in program.rules.operations
        if operation.old.path and method_fits(request.method, operation.old.method)
    )


def _may_end_with(words: Sequence[str | None], path: Sequence[str | None]) -> bool:
    """Whether the last words may be those of a path. None is an unknown word, or a slot of the path."""
    tail = words[-len(path) :]
    return len(tail) == len(path) and all(
        word == fixed or None in (word, fixed) for word, fixed in zip(tail, path, strict=True)
    )

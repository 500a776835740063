"""The queries of the requests that a double receives, whose parameters the new URLs lack."""

from collections.abc import Iterator

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import answered_requests
from kognitos_migrate.edits.body.rebuild_points import find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.stubs.asserted_parameters import texts_of
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_urls import URL_TESTS, ReceivedUrls, host_in
from kognitos_migrate.edits.stubs.url_fragments import stubs_at
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE


def require_not_in_query(expected: ExpectedBodies, use: Use, text: str, how: str) -> None:
    """Raises RefusalError if a test of a received URL for a text, by an operator or a method, may find it in
    the query only, which the new request lacks."""
    context, received = expected.context, ReceivedUrls(expected.context, expected.stub)
    is_found, host = URL_TESTS[how], host_in(text)
    for stub in stubs_at(expected, use):
        queries = {query for match in _sent_to(context, stub) for query in _queries(context, match)}
        paths = [host + received.old(stub.operation, value) for value in received.samples(stub)]
        for query in queries if stub.operation.old.path else ():
            for path in paths:
                is_in_whole = is_found(f"{path}?{query}", text) if query is not None else "/" not in text
                if is_in_whole and not is_found(path, text):
                    message = "the test looks for text in the query, which the new request lacks"
                    raise expected.refusal(use.site, message)


def _sent_to(context: PlanContext, stub: Match) -> list[Match]:
    """The requests that a stub answers, if their operation has parameters in the query."""
    has_query = bool(stub.operation.old.query)
    return answered_requests(stub, context.matches.values(), context.facts) if has_query else []


def _queries(context: PlanContext, match: Match) -> Iterator[str | None]:
    """The old parameters in the queries of a request; None for one that isn't known."""
    names = [member.name for member in match.operation.old.query]
    for url in (path.url for path in match.paths if path.url.query):
        texts = [piece.text for piece in url.query]
        yield None if None in texts else "".join(text or "" for text in texts).removeprefix("?")
    for operand in match.request.value(Role.QUERY):
        entries = [(name, entry) for name in names for entry in find_entries(context, operand.value, name)]
        if not entries and any(choice != NONE for choice in alternatives(operand.value)):
            yield None
        for name, entry in entries:
            for text in texts_of(context, entry.operand.value):
                yield f"{name}={text}" if text is not None else None

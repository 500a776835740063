"""Requests that may be calls of an API, and whose URL matches none.

post("begin", key, body=facts)["old_id"]         # POST /old/begin/{key}, by its arguments and the response
requests.post(f"{BASE}/old/begin/{key}/cancel")  # documented is POST /old/begin/{key} only
"""

from collections.abc import Collection, Hashable, Iterator

from kognitos_migrate.conversations.match import Match, method_fits, replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import origins_of_request
from kognitos_migrate.conversations.signs import Aspect, Sign, fields_read
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook, Signature, SignStrength
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class UntracedRequest(Struct, frozen=True):
    """An operation that a request may be."""

    site: Site
    """The innermost call with the word of the operation's path that leads to the request."""
    operation: Operation
    sign: Sign
    """The read of the response."""


def untraced_requests(program: ProgramFacts, request: Request) -> Iterator[UntracedRequest]:
    """The operations that a request may be.

    Its URL may be any, and one value of a segment of it is the word of the operation's path. Its method fits,
    the module that writes the word names the API or its header, and the program reads the fields of the
    response that make a strong signature.
    """
    if not _has_any_url(program, request):
        return
    for operation in program.rules.operations:
        if not method_fits(request.method, operation.old.method):
            continue
        signature = _signature(program, request, operation)
        sites = _sites_of_word(program, request, operation) if signature is not None else ()
        site = next((site for site in sites if _names_api(program, operation, site)), None)
        if signature is not None and site is not None:
            read_at = fields_read(program, request.id)[signature.fields[0]]
            text = f"response is read as that of {operation.old.call}"
            sign = Sign(signature.strength, Aspect.REPLY, operation.id, text, read_at, request.id)
            yield UntracedRequest(_call_with(program, request, site), operation, sign)


def _has_any_url(program: ProgramFacts, request: Request) -> bool:
    """Whether a reading of a request's URL has no known text."""
    return any(
        all(piece.text is None or not piece.text.strip("/") for piece in url.pieces())
        for url in program.url_readings(request)
    )


def _signature(program: ProgramFacts, request: Request, operation: Operation) -> Signature | None:
    """The strong signature of an operation whose fields are read from the response to a request."""
    fields = fields_read(program, request.id).keys()
    return next(
        (
            signature
            for signature in program.api(operation).signatures
            if signature.operation == operation.id
            and signature.strength is SignStrength.STRONG
            and signature.fields
            and fields >= {*signature.fields}
        ),
        None,
    )


def _sites_of_word(program: ProgramFacts, request: Request, operation: Operation) -> Iterator[Site]:
    """The literals in a request's URL that are the last fixed segment of the operation's path."""
    word = next((part.text for part in reversed(operation.old.path) if part.text is not None), None)
    for url in program.url_readings(request):
        for piece in url.pieces():
            if piece.text is not None and piece.text.strip("/") == word and piece.site is not None:
                yield piece.site


def _names_api(program: ProgramFacts, operation: Operation, site: Site) -> bool:
    """Whether the module of a literal names the API, or the header of its key."""
    api, text = program.api(operation), program.tree(site).lower_case_text
    return any(word.lower() in text for word in (*api.words, *api.headers))


def _call_with(program: ProgramFacts, request: Request, word: Site) -> Site:
    """The innermost call that leads to a request and contains a literal; the request if none does."""
    calls = (frame.call for frame in program.facts.stack(request.frame))
    for site in (request.site, *filter(None, calls)):
        if site.path == word.path and program.span(site).contains(program.span(word)):
            return site
    return request.site


def undocumented_requests(program: ProgramFacts, matches: Collection[Match]) -> dict[int, Api]:
    """The ids of the requests that reach an API's old version and are none of the `matches`."""
    matched = {match.request.id: match.request for match in matches}
    addresses = {origin for request in matched.values() for origin in origins_of_request(program, request)}
    rest = (request for request in program.facts.requests if request.id not in matched)
    apis = ((request.id, _undocumented_api(program, request, matched, addresses)) for request in rest)
    return {number: api for number, api in apis if api is not None}


def _undocumented_api(
    program: ProgramFacts, request: Request, matched: Collection[int], addresses: Collection[Hashable]
) -> Api | None:
    """The API whose old version an unmatched request reaches. None for a stub.

    A reading of its URL starts with a host of the API and the old version. Or its host is unknown, and its
    path contains a value of a reply to a request with an id in `matched`: together with a word of an old call
    behind the old version, or, if its base is one of the `addresses` of these requests, with either of them.
    """
    is_alike = not {*origins_of_request(program, request)}.isdisjoint(addresses)
    for url in program.url_readings(request) if request.stub is None else ():
        texts = [segment.text for segment in url.segments]
        for api in program.rules.apis.values():
            if program.has_api_host(url):
                is_old = texts[:1] == [api.old]
            else:
                has_word = not _words_of(program.rules, api).isdisjoint(texts)
                is_old = (
                    (url.host is None or "*" in url.host)
                    and (has_word or api.old in texts if is_alike else has_word and texts[:1] == [api.old])
                    and _contains_reply(url, matched)
                )
            if is_old:
                return api
    return None


def _words_of(rules: Rulebook, api: Api) -> set[str]:
    """The fixed words in the paths of an API's old calls, without the version."""
    parts = (part for operation in rules.operations for part in operation.old.path if operation.api == api.id)
    return {part.text for part in parts if part.text is not None} - {api.old}


def _contains_reply(url: Url, requests: Collection[int]) -> bool:
    """Whether a URL's path contains a value of a reply to one of the requests."""
    pieces = (piece for segment in url.segments for piece in segment.pieces if piece.text is None)
    return any(reply.request in requests for piece in pieces for reply in replies_in(piece.via[-1].value))

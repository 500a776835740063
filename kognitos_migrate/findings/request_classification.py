"""Requests as `explain` shows them: the classification of each, and its evidence."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from kognitos_migrate.config.scaffold import keys_to_add, value_to_add
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match, match_path
from kognitos_migrate.conversations.path_fit import LaidOutOperation
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.signs import missing_signs
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.findings.result import Place, PlaceConverter
from kognitos_migrate.half_migrated.new_version_calls import NewVersionCalls
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Api, Role
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.texts import literals_in


def request_at_site(context: CallChains, conversation: Conversation, site: Site) -> Match | None:
    """The request of the conversation that the place `site` belongs to.

    The place is one of its calls, of its arguments, or of the uses of its reply. None if the place belongs to
    several operations or to none.
    """
    matches = [match for match in conversation.matches if site in set(_sites(context, match))]
    operations = {match.operation.id for match in matches}
    return matches[0] if len(operations) == 1 else None


def _sites(context: CallChains, match: Match) -> Iterator[Site]:
    for site, _ in context.calls(match.request):
        yield site
    for values in match.request.operands.values():
        yield from (operand.site for operand in values)
    for path in match.paths:
        yield from path.url.sites()
    for use in context.uses.get(match.request.id, []):
        yield use.site
        yield use.operand


_EXPRESSION = 40
"""The limit on shown characters of an expression in a URL."""


class Classification(Enum):
    """The classification of a request."""

    OLD = "old version"
    NEW = "new version"
    HALF = "half-migrated"
    UNPROVEN = "not proven to be the API"
    ELSEWHERE = "another host"
    UNKNOWN = "unknown"
    OTHER = "not an API call"


class ClassifiedRequest(Struct, frozen=True):
    """A request, with its classification and the evidence.

    `unlock` is the one fact that would have made it a finding, if there is one.
    """

    place: Place
    sent: str
    client: str
    classification: Classification
    message: str
    evidence: tuple[str, ...] = ()
    unlock: str | None = None


class ProgramRequests(NamedTuple):
    """A program's classified requests."""

    context: PlanContext
    candidates: Sequence[Match]
    """All requests that fit an old layout."""
    conversations: Sequence[Conversation]
    """The conversations that are proven to be of the API."""
    calls: NewVersionCalls


def classify_requests_at(
    requests: ProgramRequests, places: PlaceConverter, path: str, first: int, last: int
) -> list[ClassifiedRequest]:
    """The requests that are sent in these rows of a file, or by a call there."""
    context = requests.context
    classified: dict[ClassifiedRequest, None] = {}
    for request in context.facts.requests:
        at = (places.of(context.span(site)) for site, _ in context.calls(request) if site.path == path)
        if any(first <= place.row <= last for place in at):
            classified[_classify(requests, request, places)] = None
    return list(classified)


def _classify(requests: ProgramRequests, request: Request, places: PlaceConverter) -> ClassifiedRequest:
    context = requests.context
    judged = _judge_request(requests, request)
    readings = context.url_readings(request)
    urls = dict.fromkeys(_url_text(context, url) for url in readings) or dict.fromkeys(
        _url_expressions(context, request)
    )
    sent = f"{_method(request)} {' or '.join(urls) or '?'}"
    place = places.of(context.span(request.site))
    return ClassifiedRequest(place, sent, context.client(request).title, *judged)


class _Judgement(NamedTuple):
    classification: Classification
    sentence: str
    evidence: tuple[str, ...] = ()
    unlock: str | None = None


def _judge_request(requests: ProgramRequests, request: Request) -> _Judgement:
    for conversation in requests.conversations:
        for match in conversation.matches:
            if match.request.id == request.id:
                message = f"{match.operation.code} {match.operation.message}"
                return _Judgement(Classification.OLD, message, _evidence(match, conversation))
    for match in (*requests.calls.right, *requests.calls.unversioned):
        if match.request.id == request.id:
            return _Judgement(Classification.NEW, "nothing to migrate")
    for match in (*requests.calls.mixed, *requests.calls.wrong_method):
        if match.request.id == request.id:
            return _Judgement(Classification.HALF, "neither version accepts it")
    for match in requests.candidates:
        if match.request.id == request.id:
            return _unproven(requests.context, match)
    return _no_call(requests.context, request)


def _evidence(match: Match, conversation: Conversation) -> tuple[str, ...]:
    """The evidence that a request is a call of the API, in itself or in another request of its
    conversation."""
    signs = conversation.proving_signs(match.request.id)
    others = {sign.request for sign in signs} - {match.request.id}
    codes = sorted({other.operation.code for other in conversation.matches if other.request.id in others})
    texts = tuple(dict.fromkeys(sign.text for sign in signs))
    if not codes or match.request.id in {sign.request for sign in signs}:
        return texts
    return (f"it belongs to the same conversation as an API call ({', '.join(codes)})", *texts)


def _unproven(context: ProgramFacts, match: Match) -> _Judgement:
    missing = " and ".join(missing_signs(context, match))
    message = (
        f"its path is that of {match.operation.code}, but nothing shows that it calls the API: "
        f"its host is unknown, and these signs are missing: {missing}"
    )
    return _Judgement(
        Classification.UNPROVEN, message, (), _proving_entry(context, match, context.api(match.operation))
    )


def _proving_entry(context: ProgramFacts, match: Match, api: Api) -> str | None:
    """The configuration entry that would prove the request to be a call of the API. None if there is none."""
    hosts = [path.url.host for path in match.paths if path.url.host is not None]
    exact_host = next((host for host in hosts if "*" not in host), None)
    if exact_host is not None:
        return _host_advice(context, exact_host)
    for member in match.operation.new.members:
        if member.table is None:
            continue
        keys = [key for key in match.keys(member.slot) if key is not None]
        if keys:
            return keys_to_add(context.settings, api.tables[member.table], keys)
    return None


def _no_call(context: ProgramFacts, request: Request) -> _Judgement:
    readings = context.url_readings(request)
    if not any(url.segments for url in readings):
        return _Judgement(Classification.UNKNOWN, "its URL couldn't be determined")
    hosts = sorted({url.host for url in readings if url.host is not None and "*" not in url.host})
    if not hosts:
        return _Judgement(Classification.OTHER, "the known part of its path isn't a path of the old version")
    for operation in (operation for operation in context.rules.operations if operation.old.path):
        candidate = LaidOutOperation.of(context, operation, operation.old)
        all_hosts = (*candidate.hosts, *hosts)
        if match_path(request, readings, replace(candidate, hosts=all_hosts, gateways=all_hosts)) is not None:
            names = ", ".join(hosts)
            message = f"its path is that of {operation.code}, but the host {names} doesn't serve the API"
            return _Judgement(Classification.ELSEWHERE, message, (), _host_advice(context, hosts[0]))
    return _Judgement(
        Classification.OTHER, f"its method and path at {', '.join(hosts)} aren't a call of the old version"
    )


def _host_advice(context: ProgramFacts, host: str) -> str:
    return f"if this host serves the API, {value_to_add(context.settings, 'hosts', (host,))}"


def _url_expressions(context: ProgramTrees, request: Request) -> list[str]:
    return [f"{{{_code(context, operand.site)}}}" for operand in request.value(Role.URL)]


def _method(request: Request) -> str:
    words = literals_in(request.method)
    return "|".join(word.upper() if word else "?" for word in dict.fromkeys(words)) or "?"


def _url_text(context: ProgramTrees, url: Url) -> str:
    """A URL as text, with the expressions of unknown pieces in braces."""
    return "".join(_pieces(context, url))


def _pieces(context: ProgramTrees, url: Url) -> Iterator[str]:
    pieces = url.pieces()
    query = {id(piece) for piece in url.query}
    in_query = False
    for piece in pieces:
        if id(piece) in query and not in_query:
            in_query = True
            yield "?"
        yield piece.text if piece.text is not None else f"{{{_code(context, piece.site)}}}"


def _code(context: ProgramTrees, site: Site | None) -> str:
    code = " ".join(context.code(site).split()) if site is not None else "?"
    return code if len(code) <= _EXPRESSION else f"{code[: _EXPRESSION - 1]}…"

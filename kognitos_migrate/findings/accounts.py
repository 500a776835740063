"""What was understood of a request, and why it is a finding, or why it is none."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from kognitos_migrate.config.lacking import keys_to_add, value_to_add
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Laid, Match, match_path
from kognitos_migrate.conversations.signs import signs_lacking
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.finding import Place
from kognitos_migrate.findings.places import Places
from kognitos_migrate.halfway.calls import Calls
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.rulebook.model import Api, Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Text
from kognitos_migrate.values.join import alternatives

_EXPRESSION = 40
"""Characters of an expression in a URL that are shown."""


class Standing(Enum):
    """What a request was taken for."""

    OLD = "old version"
    NEW = "new version"
    HALF = "half-migrated"
    UNPROVEN = "not shown to be the API"
    ELSEWHERE = "another host"
    UNKNOWN = "not known"
    OTHER = "not a call of the API"


class Account(Struct, frozen=True):
    """A request: where it is sent, what is sent, what it was taken for and what shows it. `unlock` is the one
    fact that would have made it a finding, where there is one."""

    place: Place
    sent: str
    client: str
    standing: Standing
    said: str
    evidence: tuple[str, ...] = ()
    unlock: str | None = None


class Requests(NamedTuple):
    """A program's requests, as they were told apart."""

    scene: Scene
    every: Sequence[Match]
    """All that fit an old layout."""
    conversations: Sequence[Conversation]
    """Those that are shown to be the API's."""
    calls: Calls


def accounts_at(requests: Requests, places: Places, path: str, first: int, last: int) -> list[Account]:
    """The accounts of the requests that are sent in these rows of a file, or by a call there."""
    scene = requests.scene
    found: dict[Account, None] = {}
    for request in scene.facts.requests:
        at = (places.of(scene.span(site)) for site, _ in scene.calls(request) if site.path == path)
        if any(first <= place.row <= last for place in at):
            found[_account(requests, request, places)] = None
    return list(found)


def _account(requests: Requests, request: Request, places: Places) -> Account:
    scene = requests.scene
    judged = _judged(requests, request)
    readings = scene.readings(request)
    said = dict.fromkeys(_shown(scene, url) for url in readings) or dict.fromkeys(_given(scene, request))
    sent = f"{_method(request)} {' or '.join(said) or '?'}"
    place = places.of(scene.span(request.site))
    return Account(place, sent, scene.client(request).title, *judged)


class _Judged(NamedTuple):
    standing: Standing
    said: str
    evidence: tuple[str, ...] = ()
    unlock: str | None = None


def _judged(requests: Requests, request: Request) -> _Judged:
    for conversation in requests.conversations:
        for match in conversation.matches:
            if match.request.id == request.id:
                said = f"this is {match.operation.code}: it {match.operation.message}"
                return _Judged(Standing.OLD, said, _evidence(match, conversation))
    for match in requests.calls.right:
        if match.request.id == request.id:
            return _Judged(Standing.NEW, "this is a call of the new version already")
    for match in (*requests.calls.mixed, *requests.calls.wrong_method):
        if match.request.id == request.id:
            return _Judged(Standing.HALF, "this is half-migrated: neither version has such a call")
    for match in requests.every:
        if match.request.id == request.id:
            return _unproven(requests.scene, match)
    return _no_call(requests.scene, request)


def _evidence(match: Match, conversation: Conversation) -> tuple[str, ...]:
    """What shows a request to be a call of the API, in itself or in another of its conversation."""
    signs = conversation.telling_signs(match.request.id)
    others = {sign.request for sign in signs} - {match.request.id}
    codes = sorted({other.operation.code for other in conversation.matches if other.request.id in others})
    texts = tuple(dict.fromkeys(sign.text for sign in signs))
    if not codes or match.request.id in {sign.request for sign in signs}:
        return texts
    return (f"it belongs with a call ({', '.join(codes)}) that is the API's", *texts)


def _unproven(scene: Scene, match: Match) -> _Judged:
    missing = " and ".join(signs_lacking(scene, match))
    said = (
        f"its path is that of {match.operation.code}, and nothing shows that it is meant for the API: "
        f"its host is not known, and what would show it is not there: {missing}"
    )
    return _Judged(Standing.UNPROVEN, said, (), _fact(scene, match, scene.api(match.operation)))


def _fact(scene: Scene, match: Match, api: Api) -> str | None:
    """What to add to the configuration, were it a call of the API."""
    hosts = [path.url.host for path in match.paths if path.url.host is not None]
    known = next((host for host in hosts if "*" not in host), None)
    if known is not None:
        return _hosts(scene, known)
    for member in match.operation.new.members:
        if member.table is None:
            continue
        keys = [key for key in match.keys(member.slot) if key is not None]
        if keys:
            return keys_to_add(scene.settings, api.tables[member.table], keys)
    return None


def _no_call(scene: Scene, request: Request) -> _Judged:
    readings = scene.readings(request)
    if not any(url.segments for url in readings):
        return _Judged(Standing.UNKNOWN, "its URL could not be followed")
    hosts = sorted({url.host for url in readings if url.host is not None and "*" not in url.host})
    if not hosts:
        return _Judged(Standing.OTHER, "its path is none of the API's old version, as far as it is known")
    for operation in (one for one in scene.rules.operations if one.old.path):
        laid = Laid.of(scene, operation, operation.old)
        there = replace(laid, hosts=(*laid.hosts, *hosts), gateways=(*laid.hosts, *hosts))
        if match_path(request, readings, there) is not None:
            said = f"its path is that of {operation.code}, and the host {_listed(hosts)} is not the API's"
            return _Judged(Standing.ELSEWHERE, said, (), _hosts(scene, hosts[0]))
    return _Judged(
        Standing.OTHER, f"its method and path, at {_listed(hosts)}, are none of the API's old version"
    )


def _hosts(scene: Scene, host: str) -> str:
    return f"if this host serves the API, {value_to_add(scene.settings, 'hosts', (host,))}"


def _given(scene: Scene, request: Request) -> list[str]:
    """The expressions that a URL is given as."""
    return [f"{{{_code(scene, given.site)}}}" for given in request.value(Role.URL)]


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _method(request: Request) -> str:
    words = [choice.literal for choice in alternatives(request.method) if isinstance(choice, Text)]
    return "|".join(word.upper() if word else "?" for word in dict.fromkeys(words)) or "?"


def _shown(scene: Scene, url: Url) -> str:
    """A URL as a text, with the expressions of what is not known in braces."""
    return "".join(_pieces(scene, url))


def _pieces(scene: Scene, url: Url) -> Iterator[str]:
    pieces = url.pieces()
    query = {id(piece) for piece in url.query}
    asked = False
    for piece in pieces:
        if id(piece) in query and not asked:
            asked = True
            yield "?"
        yield piece.text if piece.text is not None else f"{{{_code(scene, piece.site)}}}"


def _code(scene: Scene, site: Site | None) -> str:
    code = " ".join(scene.code(site).split()) if site is not None else "?"
    return code if len(code) <= _EXPRESSION else f"{code[: _EXPRESSION - 1]}…"

"""Services: requests whose URLs start with the same value, or that pass fields of replies to each other, and
the hosts of other services."""

from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from itertools import pairwise

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match, may_call_old_version
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.setting_keys import data_items, text_before_strip
from kognitos_migrate.conversations.signs import Matches, are_sufficient, header_values, signs_of
from kognitos_migrate.conversations.url import Url, is_private_host
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Class, Hole, Ref, Reply, Symbol, Text, Unknown, Value


def group_by_service(
    program: ProgramFacts, matches: Matches, groups: Iterable[Sequence[Match]]
) -> list[list[Match]]:
    """The matches grouped by service.

    Code that matches of one of the `groups` share says nothing about a URL whose start has an origin of its
    own: a helper may serve several vendors. The other matches of the group belong to its first proven one.
    """
    tied = DisjointSets(matches.by_request)
    first: dict[Hashable, int] = {}
    addressed: set[int] = set()
    for number, match in matches.by_request.items():
        if identifies_service(program, match):
            addressed.add(number)
        for origin in set(_origins_at_start(program, match)) | set(_key_identities(program, match)):
            tied.join(first.setdefault(origin, number), number)
        for reply in matches.replies_sent(match):
            source = matches.by_request.get(reply.request)
            if source is not None and _may_belong_together(source, reply, match):
                tied.join(reply.request, number)
    for group in groups:
        rest = [match for match in group if match.request.id not in addressed]
        main = _main_match(program, matches, group) if rest else group[0]
        for match in rest:
            tied.join(main.request.id, match.request.id)
    return [[matches.by_request[number] for number in numbers] for numbers in tied.groups()]


def identifies_service(program: ProgramFacts, match: Match) -> bool:
    """Whether the start of a URL identifies its service: a host of the API, or an unknown value with a known
    origin."""
    return match.request.stub is None and (
        match.known_host or any(True for _ in _origins_at_start(program, match))
    )


def _may_belong_together(source: Match, reply: Reply, taker: Match) -> bool:
    """Whether a position in a reply that a request sends shows that both go to one service: an id that its
    operation takes does. Outputs, states, whole replies and unknown fields may be sent to any vendor."""
    if len(reply.path) < 2 or reply.path[0] is not View.JSON:
        return False
    member = source.operation.old.reply_field(str(reply.path[1]))
    return member is not None and taker.operation.old.has_request_slot(member.slot)


def _main_match(program: ProgramFacts, matches: Matches, group: Sequence[Match]) -> Match:
    """The first match that its own signs prove, or else the first one."""
    proven = (match for match in group if are_sufficient(signs_of(program, match, matches)))
    return next(proven, group[0])


def without_other_services(
    conversation: Conversation, services: Iterable[Sequence[Match]], proven: Set[int]
) -> list[Conversation]:
    """The conversation, without the matches of services that have no proven request. These are a second one.

    The conversation links them by shared code only, and by no id that one of them stores for the other.
    """
    if proven.isdisjoint(conversation.requests):
        return [conversation]
    others = {
        match.request.id
        for service in services
        if proven.isdisjoint(match.request.id for match in service)
        for match in service
    }
    for passage in conversation.passages:  # an id that is stored and read again is of one service
        if not {passage.source, passage.taker} <= others:
            others -= {passage.source, passage.taker}
    parts = [
        replace(
            conversation,
            matches=tuple(match for match in conversation.matches if (match.request.id in others) is apart),
            passages=tuple(
                passage
                for passage in conversation.passages
                if (passage.source in others) is apart and (passage.taker in others) is apart
            ),
        )
        for apart in (False, True)
    ]
    return [part for part in parts if part.matches]


def _origins_at_start(program: ProgramFacts, match: Match) -> Iterator[Hashable]:
    """The identities of the unknown values at the start of a URL, or of its private host.

    A setting of the environment, an attribute of an object, the base URL of a client, or the literal of a
    default.
    """
    for path in match.paths:
        if any(piece.text is None for piece in path.url.base):
            yield from origins_of_base(program, path.url)
        elif path.url.host is not None and not path.known_host:
            yield ("host", path.url.host)
    for url in match.other_urls:
        for piece in url.base[:1]:
            if piece.lit is not None and piece.lit.site is not None:
                yield ("literal", piece.lit.site)
    for base in match.request.bases:
        yield ("base", base.site, base.frame)


def origins_of_base(program: ProgramFacts, url: Url) -> Iterator[Hashable]:
    """The identities of the first unknown value in the base of a URL."""
    for piece in url.base:
        if piece.text is None and piece.via:
            yield from _identities(program, piece.via[-1])
            return


def origins_of_request(program: ProgramFacts, request: Request) -> Iterator[Hashable]:
    """The identities of the unknown values at the start of a request's address."""
    for url in program.url_readings(request):
        yield from origins_of_base(program, url)
    for base in request.bases:
        yield ("base", base.site, base.frame)


def _identities(program: ProgramFacts, hole: Hole) -> Iterator[Hashable]:
    settings = list(_settings(hole.value))
    yield from settings
    tree = program.trees[hole.site.path]
    node = tree.node(hole.site)
    if isinstance(node, cst.Attribute):
        owner = program.facts.values.get((tree.site(node.value), hole.frame), UNKNOWN)
        objects = [choice for choice in alternatives(owner) if isinstance(choice, Ref)]
        yield from (("attribute", choice, node.attr.value) for choice in objects)
        settings.extend(objects)
    if isinstance(node, cst.Attribute | cst.Subscript) and not settings:
        code = tree.code(node)
        items = data_items(hole.value)
        if items and code not in program.memoize(_UnclearReads).codes:
            yield from (("item", code, item) for item in items)
        else:
            yield ("expression", code, _classes_of_owner(program, node, hole))
    elif not settings:
        items = data_items(program.value(*text_before_strip(program, (hole.site, hole.frame))))
        yield from (("item", item) for item in items)


def _classes_of_owner(
    program: ProgramFacts, node: cst.Attribute | cst.Subscript, hole: Hole
) -> frozenset[Class | None]:
    """The classes of the object that a base is read from. A method that subclasses inherit evaluates one
    expression for each of them: `self.entry["base"]` of `Mail(Client)` isn't that of `Chat(Client)`."""
    owner: cst.BaseExpression = node
    while isinstance(owner, cst.Attribute | cst.Subscript):
        owner = owner.value
    value = program.facts.values.get((program.trees[hole.site.path].site(owner), hole.frame), UNKNOWN)
    heap_objects = (program.facts.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref))
    return frozenset(instance.cls for instance in heap_objects if isinstance(instance, Instance))


class _UnclearReads:
    """The expressions in bases of URLs that may read any item of decoded data, in one activation at least."""

    def __init__(self, program: ProgramFacts) -> None:
        self.codes = {
            program.code(hole.site)
            for request in program.facts.requests
            for url in program.url_readings(request)
            for piece in url.base
            for hole in piece.via[-1:]
            if piece.text is None and not data_items(hole.value)
        }


def _key_identities(program: ProgramFacts, match: Match) -> Iterator[Hashable]:
    """The identities of the API keys that a request sends."""
    for value in header_values(program, match):
        yield from (("key", key) for key in _settings(value))


def _settings(value: Value) -> Iterator[Hashable]:
    """The settings and texts that a value may be."""
    for choice in alternatives(value):
        if isinstance(choice, Unknown) and choice.is_named_setting:
            yield ("setting", choice.source)
        elif isinstance(choice, Symbol):
            yield ("symbol", choice.name)
        elif isinstance(choice, Text) and choice.literal:
            yield ("text", choice.literal)


def has_other_host(program: ProgramFacts, url: Url) -> bool:
    """Whether a URL has a known host, public or private, that is none of the API."""
    if not url.host or "*" in url.host:
        return False
    return not any(url.host in program.settings.hosts_of(api) for api in program.rules.apis.values())


def needs_own_signs(program: ProgramFacts, match: Match) -> bool:
    """Whether only its own signs can prove an unversioned request.

    Its default address is another service's, it has only a private address, or a prefix is in front of its
    path.
    """
    return (
        has_fixed_address(match)
        or has_prefix(match)
        or any(leads_outside_api(program, match, url) for url in match.other_urls)
    )


def has_prefix(match: Match) -> bool:
    """Whether literal segments are between the unknown base of a URL and the path of the operation."""
    length = len(match.layout.path)
    return any(
        path.url.value is url.value and len(url.segments) > length
        for path in match.paths
        for url in match.other_urls
    )


def has_fixed_address(match: Match) -> bool:
    """Whether the address of an unversioned request is fixed in the code. Only a program that names the API
    shows that the service there is the API behind another name."""
    return bool(match.other_urls) and not any(path.url.base for path in match.paths)


def leads_outside_api(program: ProgramFacts, match: Match, url: Url) -> bool:
    """Whether a URL has a public host outside of the API, or the old version after an unrelated prefix."""
    api = program.api(match.operation)
    texts = [segment.text or "" for segment in url.segments]
    middle_texts = texts[1 : -len(match.layout.path)]
    words = [word.lower() for word in api.words]
    is_named = any(word in text.lower() for text in texts[:1] for word in words)
    if url.host is None or "*" in url.host or is_named:
        return False
    return api.old in middle_texts or not (
        is_private_host(url.host) or url.host in program.settings.hosts_of(api)
    )


def is_api_unaddressed(program: ProgramFacts, match: Match) -> bool:
    """Whether a program names the API and sends no old call to a host of it, so that another address may be
    the one it means. A new call only shows so of a service with versions of its own."""
    api = program.api(match.operation)
    words = [word.lower() for word in api.words]
    if not any(
        path_has_word(match.request.site.path, words) or program.module_with_word(word) for word in words
    ):
        return False
    if any(may_call_old_version(request, program) for request in program.facts.requests):
        return False
    hosts = program.settings.hosts_of(api)
    is_called = any(
        url.host in hosts for request in program.facts.requests for url in program.url_readings(request)
    )
    return not (is_called and _has_own_versions(program, match))


def _has_own_versions(program: ProgramFacts, match: Match) -> bool:
    """Whether a request's service has the path of an old operation in the new version, too, which the API
    doesn't have."""
    api = program.api(match.operation)
    hosts = {url.host for url in program.url_readings(match.request)} - {None}
    texts = [[part.text for part in operation.old.path] for operation in program.rules.operations]
    words = [next((text for text in path if text and text != api.old), None) for path in texts]
    pairs = [(api.new, word) for word in words if word]
    return any(
        pair in pairs
        for request in program.facts.requests
        for url in program.url_readings(request)
        if url.host in hosts
        for pair in pairwise(segment.text for segment in url.segments)
    )

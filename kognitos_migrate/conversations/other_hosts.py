"""The hosts of requests that are none of the API's: defaults of settings, gateways, and other services."""

from itertools import pairwise

from kognitos_migrate.conversations.match import Match, may_fit
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url, is_private
from kognitos_migrate.discover.repository import is_named_for


def has_other_host(program: ProgramFacts, url: Url) -> bool:
    """Whether a URL has a known host, public or private, that is none of the API."""
    if not url.host or "*" in url.host:
        return False
    return not any(url.host in program.settings.hosts_of(api) for api in program.rules.apis.values())


def is_doubtful(program: ProgramFacts, match: Match) -> bool:
    """Whether only its own signs can prove an unversioned request.

    Its default address is another service's, it has only a private address, or a prefix is in front of its
    path.
    """
    return (
        is_fixed(match)
        or has_prefix(match)
        or any(is_of_others(program, match, url) for url in match.other_urls)
    )


def has_prefix(match: Match) -> bool:
    """Whether literal segments are between the unknown base of a URL and the path of the operation."""
    length = len(match.layout.path)
    return any(
        path.url.value is url.value and len(url.segments) > length
        for path in match.paths
        for url in match.other_urls
    )


def is_fixed(match: Match) -> bool:
    """Whether the address of an unversioned request is fixed in the code. Only a program that names the API
    shows that the service there is the API behind another name."""
    return bool(match.other_urls) and not any(path.url.base for path in match.paths)


def is_of_others(program: ProgramFacts, match: Match, url: Url) -> bool:
    """Whether a URL has a public host outside of the API, or the old version after an unrelated prefix."""
    api = program.api(match.operation)
    texts = [segment.text or "" for segment in url.segments]
    middle_texts = texts[1 : -len(match.layout.path)]
    words = [word.lower() for word in api.words]
    is_named = any(word in text.lower() for text in texts[:1] for word in words)
    if url.host is None or "*" in url.host or is_named:
        return False
    return api.old in middle_texts or not (is_private(url.host) or url.host in program.settings.hosts_of(api))


def is_api_unaddressed(program: ProgramFacts, match: Match) -> bool:
    """Whether a program names the API and sends no old call to a host of it, so that another address may be
    the one it means. A new call only shows so of a service with versions of its own."""
    api = program.api(match.operation)
    words = [word.lower() for word in api.words]
    if not any(
        is_named_for(match.request.site.path, words) or program.module_with_word(word) for word in words
    ):
        return False
    if any(may_fit(request, program) for request in program.facts.requests):
        return False
    hosts = program.settings.hosts_of(api)
    is_called = any(
        url.host in hosts for request in program.facts.requests for url in program.url_readings(request)
    )
    return not (is_called and _has_own_versions(program, match))


def _has_own_versions(program: ProgramFacts, match: Match) -> bool:
    """Whether a request's service has the path of an old operation in the new version, too. The API has
    not."""
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

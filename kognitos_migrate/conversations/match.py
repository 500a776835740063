"""Matches requests against the layouts of operations, slot by slot."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.path_fit import (
    LaidOutOperation,
    PathMatch,
    fit_below_configured_host,
    fit_segments,
    fits_but_for_settings,
    has_foreign_host,
    has_host_outside_api,
    is_cut_short,
    is_host_of,
    is_in_settings,
    is_local_host,
    lacks_first_word,
    public_settings,
)
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_urls import is_plain_pattern, may_have_host, pattern_url
from kognitos_migrate.conversations.target_stubs import stubs_that_give
from kognitos_migrate.conversations.url import Url, is_private_host, path_setting_of
from kognitos_migrate.interpret.state.facts import Facts, Request
from kognitos_migrate.rulebook.model import Layout, Operation, Role, View
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Reply, Text, Unknown, Value, parts_of


class Match(Struct, frozen=True):
    """A request that fits a layout of an operation, by default the old one."""

    request: Request
    operation: Operation
    layout: Layout
    paths: tuple[PathMatch, ...]
    """Empty if the URL is a slot of another reply."""
    target: tuple[int, ...]
    """The ids of the requests whose replies contain the URL."""
    other_urls: tuple[Url, ...]
    """Further readings of the URL whose path is only partly known, for instance with a base that users
    set."""
    overridden: tuple[str, ...]
    """The settings that can replace a part of the URL: names of environment variables and options."""
    foreign: bool = False
    """Whether the call may also send the request to another service."""
    foreign_base: Site | None = None
    """Where the address of that service is written; None if that isn't in sight."""
    stand_ins: tuple[Site, ...] = ()
    """The literals of addresses that the call may use in place of the API's: those of a server on this
    machine, as for development, or of one in a private network that a settings file names."""
    version_sources: tuple[str, ...] = ()
    """The settings that are assumed to end with the version. Empty if the version is in sight."""
    path_setting: Hole | None = None
    """The setting that is assumed to contain the whole path, as the end of the URL."""

    @property
    def known_host(self) -> bool:
        """Whether some reading names a host of the API."""
        return any(path.known_host for path in self.paths)

    def keys(self, slot: str) -> list[str | None]:
        """The possible texts of a slot of the path. None is an unknown text."""
        texts: list[str | None] = []
        is_pattern = self.request.stub is not None and self.request.stub.is_pattern
        for path in self.paths:
            for part, segment in zip(self.layout.path, path.segments, strict=True):
                text = segment.text if not is_pattern or is_plain_pattern(segment.text) else None
                if part.slot == slot and text not in texts:
                    texts.append(text)
        return texts


def match_requests(program: ProgramFacts) -> list[Match]:
    """The matches with the old layouts, in the order of requests."""
    return matches_of(
        program,
        [LaidOutOperation.of(program, operation, operation.old) for operation in program.rules.operations],
    )


def matches_of(program: ProgramFacts, layouts: Sequence[LaidOutOperation]) -> list[Match]:
    """The matches with `layouts`. Requests that have a path are matched before those whose URL comes from a
    reply."""
    facts = program.facts
    by_path = [candidate for candidate in layouts if candidate.layout.path]
    by_request: dict[int, Match] = {}
    for request in facts.requests:
        readings = program.url_readings(request)
        matches = (match_path(request, readings, candidate) for candidate in by_path if readings)
        if match := next(filter(None, matches), None):
            by_request[request.id] = match
    by_request = _without_other_services(program, by_request)
    return add_matches_by_target(program, layouts, by_request.values())


def add_matches_by_target(
    program: ProgramFacts, layouts: Sequence[LaidOutOperation], matches: Iterable[Match]
) -> list[Match]:
    """The matches and those of requests whose URL comes from their replies, in the order of requests."""
    by_target = [candidate for candidate in layouts if candidate.layout.target]
    by_request = {match.request.id: match for match in matches}
    for request in sorted(program.facts.requests, key=lambda request: request.stub is not None):
        for candidate in by_target if request.id not in by_request else ():
            if match := _match_by_target(request, candidate, by_request, program.facts):
                by_request[request.id] = match
                break
    return [by_request[key] for key in sorted(by_request)]


def _without_other_services(program: ProgramFacts, matches: Mapping[int, Match]) -> dict[int, Match]:
    """The matches without those for other services.

    A match with another host is left out if a request to a host of the API shares its call, or a match the
    literal of its path: the code then serves both services. A remaining match that shares the literal is
    marked `foreign`.
    """
    facts = program.facts
    is_served = any(request.stub is not None and request.stub.served for request in facts.requests)
    serving = facts.tests if is_served else frozenset()
    others = {number: match for number, match in matches.items() if _has_foreign_hosts(match, serving)}
    calls = {site for match in matches.values() if match.known_host for site in _shared_sites(match)}
    calls |= {request.site for request in facts.requests if others and has_host_of_api(program, request)}
    others = {number: match for number, match in others.items() if calls & _shared_sites(match)}
    bases = {site: _base_site(match) for match in others.values() for site in sites_of_path(match)}
    return {
        number: _mark_if_foreign(match, bases) for number, match in matches.items() if number not in others
    }


def _mark_if_foreign(match: Match, bases: Mapping[Site, Site | None]) -> Match:
    """The match, marked as foreign if the literal of its path is among those of others."""
    shared = sorted(bases.keys() & {*sites_of_path(match)})
    return replace(match, foreign=True, foreign_base=bases[shared[0]]) if shared else match


def _base_site(match: Match) -> Site | None:
    """The literal with which the base of a match's URL begins."""
    return next(filter(None, (_first_literal(path.url) for path in match.paths)), None)


def _has_foreign_hosts(match: Match, serving: Collection[str]) -> bool:
    """Whether every reading of the URL has a host that is not of the API, nor of a server that the tests
    `serving` make."""
    base = _base_site(match)
    is_local = any(is_local_host(path.url.host or "") for path in match.paths)
    is_of_test = is_local and base is not None and base.path in serving
    is_sent = match.request.stub is None and bool(match.paths)
    return is_sent and not is_of_test and all(map(has_host_outside_api, match.paths))


def _shared_sites(match: Match) -> frozenset[Site]:
    """The call that sends a match's request, and the literals of its path."""
    return frozenset((match.request.site, *sites_of_path(match)))


def sites_of_path(match: Match) -> Iterator[Site]:
    """The literals that contain the fixed words of a match's path."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.text is not None:
                yield from (
                    site for piece in segment.pieces if piece.lit is not None and (site := piece.lit.site)
                )


def has_unknown_url(program: ProgramFacts, request: Request) -> bool:
    """Whether no text of a request's URL is known but slashes."""
    pieces = (piece for url in program.url_readings(request) for piece in url.pieces())
    return not any((piece.text or "").strip("/") for piece in pieces)


def match_path(request: Request, readings: Sequence[Url], candidate: LaidOutOperation) -> Match | None:
    """The match of a request with a layout that has a path. None if its method or its URL doesn't fit."""
    layout = candidate.layout
    if not method_fits(request.method, layout.method):
        return None
    matched: list[PathMatch] = []
    of_settings: list[PathMatch] = []
    others: list[Url] = []
    foreign = False
    for url in readings:
        path = _fit_pattern(request, url, candidate) or fit_segments(url, candidate)
        if (
            path is not None
            and path.has_fictitious_host
            and request.stub is None
            and request.site.path in candidate.tests
        ):
            path = None  # a request that the test itself sends
        if path is not None:
            matched.append(path)
        elif (
            (url.base and url.base[0].text is None)
            or fits_but_for_settings(url, candidate)
            or path_setting_of(url)
        ):
            others.append(url)
        elif is_cut_short(url, layout) or (
            lacks_first_word(url, layout) and is_host_of(url, candidate.hosts)
        ):
            continue
        elif is_host_of(url, candidate.hosts) and url.segments:
            return None
        elif (path := fit_below_configured_host(url, candidate)) is not None:
            of_settings.append(path)
        elif url.host is not None:
            foreign = True
    if not matched:
        return None
    of_api = [path for path in matched if path.known_host]
    elsewhere = [path for path in matched if of_api and request.stub is None and has_foreign_host(path)]
    if of_api and all(map(is_in_settings, of_api)):
        elsewhere += of_settings  # which no default in the code shows to be the API behind a proxy
    stand_ins = {site for path in elsewhere for site in _sites_of_stand_in(path)}
    others_bases = [_first_literal(path.url) for path in elsewhere if not _sites_of_stand_in(path)]
    if of_api:
        matched += of_settings
    foreign = foreign or bool(others_bases) or (bool(of_settings) and not of_api)
    overridden = sorted(
        {
            source
            for url in (*(path.url for path in matched), *others)
            for source in public_settings(url, layout)
        }.union(_settings_of_whole_url(request))
    )
    own = (tuple(matched), (), tuple(others), tuple(overridden), foreign)
    base = next(filter(None, others_bases), None)
    return Match(request, candidate.operation, layout, *own, base, stand_ins=tuple(sorted(stand_ins)))


def _sites_of_stand_in(path: PathMatch) -> list[Site]:
    """The literals of a URL's base if all of it is written in the program, and its host is this machine, or
    one of a private network in a settings file."""
    sites = [piece.lit.site for piece in path.url.base if piece.lit is not None]
    literals = [site for site in sites if site is not None]
    host = path.url.host or ""
    is_near = is_local_host(host) or (is_in_settings(path) and is_private_host(host))
    return literals if is_near and len(literals) == len(path.url.base) else []


def _first_literal(url: Url) -> Site | None:
    """The literal with which the base of a URL begins."""
    return next((piece.site for piece in url.base if piece.lit is not None), None)


def _settings_of_whole_url(request: Request) -> Iterator[str]:
    """The settings that can replace the whole URL of a request."""
    for operand in request.value(Role.URL):
        for choice in alternatives(operand.value):
            if isinstance(choice, Unknown) and choice.public and choice.source:
                yield choice.source


def may_call_old_version(request: Request, program: ProgramFacts) -> bool:
    """Whether a reading of the URL fits an operation of the old version on a host of the API."""
    readings = program.url_readings(request)
    return any(
        operation.old.path
        and method_fits(request.method, operation.old.method)
        and (path := fit_segments(url, LaidOutOperation.of(program, operation, operation.old))) is not None
        and path.known_host
        for operation in program.rules.operations
        for url in readings
    )


def method_fits(method: Value, verb: str) -> bool:
    """Whether a method may be `verb`. An unknown one may."""
    has_words = fits = False
    for choice in alternatives(method):
        if isinstance(choice, Text):
            has_words = True
            word = choice.literal
            fits = fits or (word is not None and word.upper() == verb)
        elif isinstance(choice, Unknown):
            return True
    return fits or not has_words


def has_host_of_api(program: ProgramFacts, request: Request) -> bool:
    """Whether a reading of a request's URL has a host of an API, with any path."""
    hosts = {host for api in program.rules.apis.values() for host in program.settings.hosts_of(api)}
    return request.stub is None and any(
        is_host_of(url, tuple(sorted(hosts))) for url in program.url_readings(request)
    )


def _fit_pattern(request: Request, url: Url, candidate: LaidOutOperation) -> PathMatch | None:
    """The match of a stub's regular expression, whose host may be the API's."""
    if request.stub is None or not request.stub.is_pattern or not isinstance(url.value, Text):
        return None
    reading = pattern_url(url.value, candidate.layout.path, candidate.operation.new.path)
    if reading is None or not may_have_host(reading[0], candidate.hosts):
        return None
    return PathMatch(*reading, is_host_of(reading[0], candidate.hosts))


def _match_by_target(
    request: Request, candidate: LaidOutOperation, matches: dict[int, Match], facts: Facts
) -> Match | None:
    layout, target = candidate.layout, candidate.layout.target
    if target is None:
        return None
    sources: list[int] = []
    if request.stub is not None and method_fits(request.method, layout.method):
        canned = [
            (match.request, match.layout)
            for match in matches.values()
            if match.operation.id == target.operation and match.request.stub is not None
        ]
        others = [
            other
            for other in facts.requests
            if other.stub is None and other.id not in matches and method_fits(other.method, layout.method)
        ]
        sources.extend(stubs_that_give(request, target, canned, others, facts))
    for operand in request.value(Role.URL):
        for reply in replies_in(operand.value):
            match = matches.get(reply.request)
            if match is None or match.operation.id != target.operation or len(reply.path) < 2:
                continue
            member = match.layout.reply_field(str(reply.path[1])) if reply.path[0] is View.JSON else None
            if member is not None and member.slot == target.slot:
                sources.append(reply.request)
    return Match(request, candidate.operation, layout, (), tuple(sources), (), ()) if sources else None


def replies_in(value: Value) -> Iterator[Reply]:
    """The reply positions in a value, or in the holes of its text."""
    for choice in alternatives(value):
        if isinstance(choice, Reply):
            yield choice
        elif isinstance(choice, Text):
            for part in parts_of(choice):
                if isinstance(part, Hole):
                    yield from replies_in(part.value)

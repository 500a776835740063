"""Matches requests against the layouts of operations, slot by slot."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_urls import entry_values, known_texts, may_answer
from kognitos_migrate.conversations.url import Url, UrlPiece, UrlSegment, path_setting_of
from kognitos_migrate.interpret.state.facts import Facts, Request
from kognitos_migrate.rulebook.model import Layout, Operation, ReplyTarget, Role, View
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Reply, Symbol, Text, Unknown, Value, parts_of


class PathMatch(Struct, frozen=True):
    """One reading of a request's URL, with the segments aligned to the layout's path."""

    url: Url
    segments: tuple[UrlSegment, ...]
    known_host: bool


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
        for path in self.paths:
            for part, segment in zip(self.layout.path, path.segments, strict=True):
                if part.slot == slot and segment.text not in texts:
                    texts.append(segment.text)
        return texts


class LaidOutOperation(Struct, frozen=True):
    """An operation with one of its layouts and the hosts that serve it."""

    operation: Operation
    layout: Layout
    hosts: tuple[str, ...]
    """The hosts of its API."""
    gateways: tuple[str, ...]
    """The hosts that the user configured. They may serve the API under a path prefix."""

    @classmethod
    def of(cls, program: ProgramFacts, operation: Operation, layout: Layout) -> "LaidOutOperation":
        """The operation with this layout and the hosts of its API."""
        settings = program.settings
        return cls(operation, layout, settings.hosts_of(program.api(operation)), settings.hosts)


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
    by_path = [laid for laid in layouts if laid.layout.path]
    by_request: dict[int, Match] = {}
    for request in facts.requests:
        readings = program.url_readings(request)
        matches = (match_path(request, readings, laid) for laid in by_path)
        if match := next(filter(None, matches), None):
            by_request[request.id] = match
    by_request = _without_other_services(by_request, program.facts)
    return with_targets(program, layouts, by_request.values())


def with_targets(
    program: ProgramFacts, layouts: Sequence[LaidOutOperation], matches: Iterable[Match]
) -> list[Match]:
    """The matches and those of requests whose URL comes from their replies, in the order of requests."""
    by_target = [laid for laid in layouts if laid.layout.target]
    by_request = {match.request.id: match for match in matches}
    for request in program.facts.requests:
        for laid in by_target if request.id not in by_request else ():
            if match := _match_by_target(request, laid, by_request, program.facts):
                by_request[request.id] = match
                break
    return [by_request[key] for key in sorted(by_request)]


def _without_other_services(matches: Mapping[int, Match], facts: Facts) -> dict[int, Match]:
    """The matches without those for other services.

    A match with another host is left out if a match with a host of the API shares its call, or the literal of
    its path: the code then serves both services. The remaining match is marked `foreign`.
    """
    is_served = any(request.stub is not None and request.stub.served for request in facts.requests)
    serving = facts.tests if is_served else frozenset()
    others = {number: match for number, match in matches.items() if _has_foreign_hosts(match, serving)}
    calls = {site for match in matches.values() if match.known_host for site in _shared_sites(match)}
    others = {number: match for number, match in others.items() if calls & _shared_sites(match)}
    bases = {site: _base_site(match) for match in others.values() for site in _shared_sites(match)}
    return {
        number: _marked_foreign(match, bases) for number, match in matches.items() if number not in others
    }


def _marked_foreign(match: Match, bases: Mapping[Site, Site | None]) -> Match:
    """The match, marked as foreign if its call or the literal of its path is among those of others."""
    shared = sorted(bases.keys() & _shared_sites(match))
    return replace(match, foreign=True, foreign_base=bases[shared[0]]) if shared else match


def _base_site(match: Match) -> Site | None:
    """The literal with which the base of a match's URL begins."""
    pieces = (piece for path in match.paths for piece in path.url.base if piece.lit is not None)
    return next((piece.site for piece in pieces), None)


def _has_foreign_hosts(match: Match, serving: Collection[str]) -> bool:
    """Whether every reading of the URL has a host that is not of the API, nor of a server that the tests
    `serving` make."""
    base = _base_site(match)
    is_local = any(_is_local_host(path.url.host or "") for path in match.paths)
    is_of_test = is_local and base is not None and base.path in serving
    is_sent = match.request.stub is None and bool(match.paths)
    return is_sent and not is_of_test and all(map(_makes_host, match.paths))


def _shared_sites(match: Match) -> frozenset[Site]:
    """The call that sends a match's request, and the literals of its path."""
    return frozenset((match.request.site, *_path_sites(match)))


def _path_sites(match: Match) -> Iterator[Site]:
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


def match_path(request: Request, readings: Sequence[Url], laid: LaidOutOperation) -> Match | None:
    """The match of a request with a layout that has a path. None if its method or its URL doesn't fit."""
    layout = laid.layout
    if not method_fits(request.method, layout.method):
        return None
    matched: list[PathMatch] = []
    others: list[Url] = []
    foreign = False
    for url in readings:
        path = _fit_segments(url, laid)
        if path is not None:
            matched.append(path)
        elif (url.base and url.base[0].text is None) or _is_set_elsewhere(url, laid) or path_setting_of(url):
            others.append(url)
        elif _is_cut_short(url, layout):
            continue
        elif _host_is(url, laid.hosts) and url.segments:
            return None
        elif url.host is not None:
            foreign = True
    if not matched:
        return None
    foreign = foreign or (
        any(path.known_host for path in matched)
        and request.stub is None
        and any(_is_elsewhere(path) for path in matched)
    )
    overridden = sorted(
        {source for url in (*(path.url for path in matched), *others) for source in _public(url, layout)}
    )
    own = (tuple(matched), (), tuple(others), tuple(overridden), foreign)
    return Match(request, laid.operation, layout, *own)


def _is_cut_short(url: Url, layout: Layout) -> bool:
    """Whether a URL ends before the last slot of the path. The slot may be empty, but no call is made so."""
    words = [part.text for part in layout.path]
    fixed = words[: next((place for place, word in enumerate(words) if word is None), len(words))]
    tail = url.segments[-len(fixed) :]
    return 1 < len(fixed) < len(words) and len(tail) == len(fixed) and all(map(_may_be, tail, fixed))


def may_fit(request: Request, program: ProgramFacts) -> bool:
    """Whether a reading of the URL fits an operation of the old version on a host of the API."""
    readings = program.url_readings(request)
    return any(
        operation.old.path
        and method_fits(request.method, operation.old.method)
        and (path := _fit_segments(url, LaidOutOperation.of(program, operation, operation.old))) is not None
        and path.known_host
        for operation in program.rules.operations
        for url in readings
    )


def method_fits(method: Value, verb: str) -> bool:
    """Whether a method may be `verb`. An unknown one may."""
    words = [choice.literal for choice in alternatives(method) if isinstance(choice, Text)]
    if any(isinstance(choice, Unknown) for choice in alternatives(method)):
        return True
    return any(word is not None and word.upper() == verb for word in words) or not words


def _fit_segments(url: Url, laid: LaidOutOperation) -> PathMatch | None:
    template = laid.layout.path
    if len(url.segments) < len(template):
        return None
    ahead, segments = url.segments[: len(url.segments) - len(template)], url.segments[-len(template) :]
    for part, segment in zip(template, segments, strict=True):
        if part.text is not None and segment.text != part.text:
            return None
        if part.slot is not None and not segment.pieces:
            return None
    host = url.host
    is_known_host = _host_is(url, laid.hosts)
    if host is not None and not is_known_host and not _is_local_host(host) and "*" not in host:
        return None
    anything = all(segment.text in (".*", ".+") for segment in ahead)
    if not anything and not (is_known_host and _host_is(url, laid.gateways)):
        return None
    return PathMatch(url, tuple(segments), is_known_host)


def _host_is(url: Url, hosts: tuple[str, ...]) -> bool:
    host = url.host
    if host is None:
        return False
    return any(fnmatch(pattern, host) for pattern in hosts) if host.strip("*.") else False


def _is_local_host(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "0.0.0.0", "testserver")


def _is_elsewhere(path: PathMatch) -> bool:
    """Whether a reading has a host, or a fragment of one, outside of the API, which no setting replaces."""
    return _makes_host(path) and bool((path.url.host or "").strip("*."))


def _makes_host(path: PathMatch) -> bool:
    """Whether a reading has a host that isn't known to be of the API, and that no setting replaces."""
    url = path.url
    is_given = any(_settings(url.base)) or any(map(_is_data, url.base))
    return not path.known_host and url.host is not None and not is_given


def _is_data(piece: UrlPiece) -> bool:
    """Whether a piece of a URL is decoded data, such as an entry of a settings file."""
    choices = [*alternatives(piece.via[-1].value)] if piece.text is None else []
    return any(isinstance(choice, Unknown) and choice.is_data for choice in choices)


def _is_set_elsewhere(url: Url, laid: LaidOutOperation) -> bool:
    """Whether a path fits except for words that settings replace, such as the version, alone or as the end of
    the base. Its host is one of the API, local, or wholly unknown."""
    template = laid.layout.path
    host = url.host or ""
    is_unknown = bool(url.base) and not host.strip("*.")
    if not (is_unknown or _is_local_host(host) or _host_is(url, laid.hosts)):
        return False
    missing = len(template) - len(url.segments)
    ahead, rest = template[: max(missing, 0)], template[max(missing, 0) :]
    if missing < 0 or not rest or (ahead and not _replaces(url, [part.text for part in ahead])):
        return False
    return all(_may_be(segment, part.text) for part, segment in zip(rest, url.segments, strict=True))


def _replaces(url: Url, words: Sequence[str | None]) -> bool:
    """Whether a setting at the end of a URL's base may be fixed words of a path."""
    last = url.base[-1]
    return None not in words and last.text is None and any(_settings([last]))


def _may_be(segment: UrlSegment, word: str | None) -> bool:
    """Whether a segment is a word of a path, or a setting that may be. None is a slot."""
    return word in (None, segment.text) or any(_settings(segment.pieces))


def _public(url: Url, layout: Layout) -> Iterator[str]:
    """The settings that can replace a fixed word of a URL's path, or a base that contains the first one."""
    if len(url.segments) < len(layout.path):
        yield from _settings(url.base)
    for part, segment in zip(reversed(layout.path), reversed(url.segments), strict=False):
        if part.text is not None:
            yield from _settings(segment.pieces)


def _settings(pieces: Sequence[UrlPiece]) -> Iterator[str]:
    for piece in pieces:
        if piece.text is None:
            for choice in alternatives(piece.via[-1].value):
                if isinstance(choice, Unknown) and choice.public and choice.source:
                    yield choice.source
                elif isinstance(choice, Symbol):  # of a module outside of the program
                    yield choice.name


def _match_by_target(
    request: Request, laid: LaidOutOperation, matches: dict[int, Match], facts: Facts
) -> Match | None:
    layout, target = laid.layout, laid.layout.target
    if target is None:
        return None
    sources: list[int] = []
    if request.stub is not None and method_fits(request.method, layout.method):
        sources.extend(_stubs_that_give(request, target, matches, facts))
    for operand in request.value(Role.URL):
        for reply in replies_in(operand.value):
            match = matches.get(reply.request)
            if match is None or match.operation.id != target.operation or len(reply.path) < 2:
                continue
            member = match.layout.reply_field(str(reply.path[1])) if reply.path[0] is View.JSON else None
            if member is not None and member.slot == target.slot:
                sources.append(reply.request)
    return Match(request, laid.operation, layout, (), tuple(sources), (), ()) if sources else None


def _stubs_that_give(
    request: Request, target: ReplyTarget, matches: dict[int, Match], facts: Facts
) -> Iterator[int]:
    """The ids of stubs whose canned reply contains, as the target slot, a URL that the stub `request`
    answers."""
    answered = [text for operand in request.value(Role.URL) for text in known_texts(operand.value)]
    for number, match in matches.items():
        if match.operation.id != target.operation or match.request.stub is None:
            continue
        names = [member.name for member in match.layout.reply if member.slot == target.slot]
        for canned in match.request.stub.replies.values():
            for operand in canned.json:
                urls = (
                    url for name in names for url in known_texts(entry_values(facts, operand.value, name))
                )
                if any(may_answer(text, url) for url in urls for text in answered):
                    yield number


def replies_in(value: Value) -> Iterator[Reply]:
    """The reply positions in a value, or in the holes of its text."""
    for choice in alternatives(value):
        if isinstance(choice, Reply):
            yield choice
        elif isinstance(choice, Text):
            for part in parts_of(choice):
                if isinstance(part, Hole):
                    yield from replies_in(part.value)

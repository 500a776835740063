"""The fit of a URL's path and host to the layout of an operation."""

from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url, UrlPiece, UrlSegment
from kognitos_migrate.rulebook.model import Layout, Operation, PathSegment
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Symbol, Unknown


class PathMatch(Struct, frozen=True):
    """One reading of a request's URL, with the segments aligned to the layout's path."""

    url: Url
    segments: tuple[UrlSegment, ...]
    known_host: bool
    has_fictitious_host: bool = False
    """Whether a test made up the host, which stands for that of the program's requests."""


class LaidOutOperation(Struct, frozen=True):
    """An operation with one of its layouts and the hosts that serve it."""

    operation: Operation
    layout: Layout
    hosts: tuple[str, ...]
    """The hosts of its API."""
    gateways: tuple[str, ...]
    """The hosts that the user configured. They may serve the API under a path prefix."""
    tests: frozenset[str]
    """The test modules. Hosts that they make up stand for others."""

    @classmethod
    def of(cls, program: ProgramFacts, operation: Operation, layout: Layout) -> "LaidOutOperation":
        """The operation with this layout and the hosts of its API."""
        settings = program.settings
        hosts = settings.hosts_of(program.api(operation))
        return cls(operation, layout, hosts, settings.hosts, program.facts.tests)


def is_cut_short(url: Url, layout: Layout) -> bool:
    """Whether a URL ends before the last slot of the path. The slot may be empty, but no call is made so."""
    words = [part.text for part in layout.path]
    fixed = words[: next((place for place, word in enumerate(words) if word is None), len(words))]
    tail = url.segments[-len(fixed) :]
    return 1 < len(fixed) < len(words) and len(tail) == len(fixed) and all(map(_may_equal_word, tail, fixed))


def lacks_first_word(url: Url, layout: Layout) -> bool:
    """Whether a URL has a path but for its first word, the version, as with an empty default of a setting. No
    version is called so."""
    rest = layout.path[1:]
    return len(url.segments) == len(rest) > 0 and all(
        _may_equal_word(segment, part.text) for segment, part in zip(url.segments, rest, strict=True)
    )


def fit_segments(url: Url, candidate: LaidOutOperation) -> PathMatch | None:
    """The reading of a URL whose last segments are those of a layout's path. None if they aren't, or if its
    host is of another service."""
    template = candidate.layout.path
    if len(url.segments) < len(template):
        return None
    ahead, segments = url.segments[: len(url.segments) - len(template)], url.segments[-len(template) :]
    for part, segment in zip(template, segments, strict=True):
        if part.text is not None and segment.text != part.text:
            return None
        if part.slot is not None and not segment.pieces:
            return None
    host = url.host
    is_known_host = is_host_of(url, candidate.hosts)
    is_made_up = not is_known_host and has_fictitious_host(url, candidate.tests)
    may_be_api = is_known_host or is_made_up or host is None or is_local_host(host) or "*" in host
    if not may_be_api:
        return None
    # A word behind a value without a slash may be a part of the host: `f"{SCHEME}gateway/things"`.
    anything = all(segment.text in (".*", ".+") or segment.slash is None for segment in ahead)
    if not anything and not (is_known_host and is_host_of(url, candidate.gateways)):
        return None
    return PathMatch(url, tuple(segments), is_known_host, is_made_up)


def has_fictitious_host(url: Url, tests: Collection[str]) -> bool:
    """Whether a URL begins with a literal of a test module whose host isn't a service's: RFC 2606 reserves it
    for tests and examples, or it is a word without a port, which a container would have."""
    host = url.host
    if host is None or "*" in host or is_local_host(host):
        return False
    is_reserved = host.endswith(_RESERVED) or host in _EXAMPLES
    if not is_reserved and ("." in host or f"{host}:" in url.base_text.lower()):
        return False
    first = next((piece.lit.site for piece in url.base if piece.lit is not None), None)
    return first is not None and first.path in tests


_RESERVED = (".test", ".example", ".invalid", ".example.com", ".example.net", ".example.org")
_EXAMPLES = ("example.com", "example.net", "example.org")


def fit_below_configured_host(url: Url, candidate: LaidOutOperation) -> PathMatch | None:
    """The reading of a URL whose host is in a settings file: of a proxy, if the default in the code is a host
    of the API."""
    if url.host is None or not any(map(_is_of_settings, url.base)):
        return None
    path = fit_segments(replace(url, base=[]), candidate)
    return replace(path, url=url) if path is not None else None


def is_in_settings(path: PathMatch) -> bool:
    """Whether a settings file has a part of the base of a URL."""
    return any(map(_is_of_settings, path.url.base))


def _is_of_settings(piece: UrlPiece) -> bool:
    return piece.lit is not None and piece.lit.site is not None and is_data_file(piece.lit.site.path)


def is_host_of(url: Url, hosts: tuple[str, ...]) -> bool:
    """Whether the host of a URL is known, and is one of `hosts`, which may be patterns."""
    host = url.host
    return host is not None and _fits_any(host, hosts)


@lru_cache(maxsize=4_096)
def _fits_any(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a host with at least one known character fits a pattern."""
    return bool(host.strip("*.")) and any(fnmatchcase(pattern, host) for pattern in patterns)


def is_local_host(host: str) -> bool:
    """Whether a host is this machine, or the one of a test client."""
    return host in ("localhost", "127.0.0.1", "0.0.0.0", "testserver")


def has_foreign_host(path: PathMatch) -> bool:
    """Whether a reading has a host, or a fragment of one, outside of the API, which no setting replaces."""
    return has_host_outside_api(path) and bool((path.url.host or "").strip("*."))


def has_host_outside_api(path: PathMatch) -> bool:
    """Whether a reading has a host that isn't known to be of the API, and that no setting replaces."""
    url = path.url
    is_given = any(settings_in(url.base)) or any(map(_is_data, url.base))
    return not (path.known_host or path.has_fictitious_host) and url.host is not None and not is_given


def _is_data(piece: UrlPiece) -> bool:
    """Whether a piece of a URL is decoded data, such as an entry of a settings file."""
    choices = [*alternatives(piece.via[-1].value)] if piece.text is None else []
    return any(isinstance(choice, Unknown) and choice.is_data for choice in choices)


def fits_but_for_settings(url: Url, candidate: LaidOutOperation) -> bool:
    """Whether a path fits except for words that settings replace, such as the version, alone or as the end of
    the base. The first word, the version, may also be an argument. The host is one of the API, local, or
    wholly unknown."""
    template = candidate.layout.path
    host = url.host or ""
    is_unknown = bool(url.base) and not host.strip("*.")
    if not (is_unknown or is_local_host(host) or is_host_of(url, candidate.hosts)):
        return False
    if _is_slot_behind_setting(url, template):
        return True
    missing = len(template) - len(url.segments)
    ahead, rest = template[: max(missing, 0)], template[max(missing, 0) :]
    if missing < 0 or not rest or (ahead and not _setting_may_replace(url, [part.text for part in ahead])):
        return False
    segments = url.segments
    if missing == 0 and any(map(_is_argument, segments[0].pieces)):
        rest, segments = rest[1:], segments[1:]
    return all(_may_equal_word(segment, part.text) for part, segment in zip(rest, segments, strict=True))


def _is_slot_behind_setting(url: Url, template: Sequence[PathSegment]) -> bool:
    """Whether a setting behind the base may be all words of a path, up to its slot: `HOST + PATH + id`."""
    if url.segments or len(url.base) < 2 or any(piece.text is not None for piece in url.base[-2:]):
        return False
    *words, slot = [part.text for part in template]
    return slot is None and None not in words and any(settings_in(url.base[-2:-1]))


def _setting_may_replace(url: Url, words: Sequence[str | None]) -> bool:
    """Whether a setting at the end of a URL's base may be fixed words of a path."""
    last = url.base[-1]
    return None not in words and last.text is None and any(settings_in([last]))


def _may_equal_word(segment: UrlSegment, word: str | None) -> bool:
    """Whether a segment is a word of a path, or a setting that may be. None is a slot."""
    return word in (None, segment.text) or any(settings_in(segment.pieces))


def _is_argument(piece: UrlPiece) -> bool:
    """Whether a piece of a URL is an argument that callers outside of the program may pass."""
    choices = [*alternatives(piece.via[-1].value)] if piece.text is None else []
    return any(isinstance(choice, Unknown) and choice.source.isidentifier() for choice in choices)


def public_settings(url: Url, layout: Layout) -> Iterator[str]:
    """The settings that can replace a fixed word of a URL's path, or a base that contains the first one."""
    if len(url.segments) < len(layout.path):
        yield from settings_in(url.base)
    for part, segment in zip(reversed(layout.path), reversed(url.segments), strict=False):
        if part.text is not None:
            yield from settings_in(segment.pieces)


def settings_in(pieces: Sequence[UrlPiece]) -> Iterator[str]:
    """The settings that may replace pieces of a URL, by name."""
    for piece in pieces:
        if piece.text is None:
            for choice in alternatives(piece.via[-1].value):
                if isinstance(choice, Unknown) and choice.public and choice.source:
                    yield choice.source
                elif isinstance(choice, Symbol):  # of a module outside of the program
                    yield choice.name

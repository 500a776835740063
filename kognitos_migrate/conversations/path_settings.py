"""Calls whose path isn't in sight: a setting behind the base of the URL contains all of it, as a template.

send(HOST + settings["paths"]["begin"].format(key=key))
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.match import Match, method_fits
from kognitos_migrate.conversations.path_fit import LaidOutOperation, PathMatch
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.signs import Matches, signs_of_use
from kognitos_migrate.conversations.unversioned_requests import describe_sources, layouts_without_version
from kognitos_migrate.conversations.url import Url, UrlPiece, UrlSegment, path_setting_of
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.interpret.unknown_templates import ANY_PLACEHOLDER
from kognitos_migrate.rulebook.model import Layout, PathSegment, SignStrength
from kognitos_migrate.structs import replace
from kognitos_migrate.values.lattice import Hole, Text


def matches_of_path_settings(program: ProgramFacts, matches: Sequence[Match]) -> list[Match]:
    """The requests whose path is in a setting, as matches of the operation that their own signs show, or the
    signs of another request with the same setting, without the version. `matches` are left out."""
    by_request = {match.request.id: match for match in matches}
    fitting_by_request: dict[int, Match] = {}
    while True:  # the reply of one request may be the sign of another
        together = Matches.of(program, [*by_request.values(), *fitting_by_request.values()])
        shown = {
            (match.operation.id, name)
            for match in fitting_by_request.values()
            for name in settings_with_path(program, match.request)
        }
        fitting = [
            match
            for request in program.facts.requests
            if request.id not in together.by_request and request.stub is None
            for match in _match_by_uses(program, request, together, shown)
        ]
        if not fitting:
            return list(fitting_by_request.values())
        fitting_by_request.update((match.request.id, match) for match in fitting)


def settings_with_path(program: ProgramFacts, request: Request) -> frozenset[str]:
    """The settings, in the interpreter's notation, that contain the path of a request; the expression of one
    that isn't known by its keys. Empty if the path is in sight."""
    names_by_request = program.memoize(_PathNames).by_request
    if request.id not in names_by_request:
        settings = [path_setting_of(url) for url in program.url_readings(request)]
        names_by_request[request.id] = frozenset(
            name for setting in settings if setting is not None for name in describe_sources(program, setting)
        )
    return names_by_request[request.id]


class _PathNames:
    """The path names of a program's requests, as far as they were asked for."""

    def __init__(self, _program: ProgramFacts) -> None:
        self.by_request: dict[int, frozenset[str]] = {}


def _match_by_uses(
    program: ProgramFacts, request: Request, matches: Matches, shown: Collection[tuple[str, str]]
) -> Iterator[Match]:
    """The match with the only operation that the uses of a request show, or the uses of requests with the
    same setting: `shown` are these operations with their settings. Empty if there are several."""
    names = settings_with_path(program, request)
    candidates = [
        match
        for candidate in layouts_without_version(program)
        if method_fits(request.method, candidate.layout.method)
        and (match := match_of_path_setting(program, request, candidate)) is not None
        and (
            any((candidate.operation.id, name) in shown for name in names)
            or any(
                sign.strength in (SignStrength.PROOF, SignStrength.STRONG)
                for sign in signs_of_use(program, match, matches)
            )
        )
    ]
    if len(candidates) == 1:
        yield candidates[0]


def match_of_path_setting(
    program: ProgramFacts, request: Request, candidate: LaidOutOperation
) -> Match | None:
    """A request as a call of an operation, on the assumption that a setting contains its path. None if a part
    of the path is in sight, or if the setting is filled with more or fewer values than the old path has. The
    new one may lack some: templates ignore values without a placeholder."""
    # a URL that is the setting alone has an empty default as its base, and is never sent
    readings = [url for url in program.url_readings(request) if len(url.pieces()) > 1]
    slots = [part.slot for part in candidate.operation.old.path if part.slot is not None]
    paths: list[PathMatch] = []
    for url in readings:
        setting = path_setting_of(url)
        fills = setting.fills or () if setting is not None else ()
        if setting is None or len(fills) != len(slots) or any(map(_is_of_any_placeholder, fills)):
            return None
        values = dict(zip(slots, fills, strict=True))
        segments = tuple(UrlSegment((_piece(part, setting, values),), None) for part in candidate.layout.path)
        paths.append(PathMatch(_with_path(url, segments), segments, known_host=False))
    settings = {path_setting_of(url) for url in readings}
    if not paths or len(settings) != 1:
        return None
    return Match(
        request, candidate.operation, candidate.layout, tuple(paths), (), (), (), path_setting=settings.pop()
    )


def _is_of_any_placeholder(fill: Hole) -> bool:
    """Whether the placeholder that a value fills isn't known."""
    return fill.mark is not None and fill.mark.text == ANY_PLACEHOLDER


def _piece(part: PathSegment, setting: Hole, values: Mapping[str, Hole]) -> UrlPiece:
    """A word of a path in a setting, or one of the values that fill the setting."""
    if part.slot is None:
        return UrlPiece(part.text, None, 0, (setting,))
    value = values[part.slot]
    text = value.value.literal if isinstance(value.value, Text) else None
    return UrlPiece(text, None, 0, (replace(value, mark=None),))


def _with_path(url: Url, segments: Sequence[UrlSegment]) -> Url:
    slashes = [segment.slash for segment in url.segments if segment.slash is not None]
    pieces = [piece for segment in url.segments for piece in segment.pieces]
    return Url(base=[*url.base, *slashes, *pieces], segments=list(segments), value=url.value)


def template_of_path(match: Match, layout: Layout) -> str:
    """The path that a setting must contain in a layout of the match's operation, with the names of its values
    in braces."""
    slots = [part.slot for part in match.operation.old.path if part.slot is not None]
    fills = match.path_setting.fills or () if match.path_setting is not None else ()
    names = {slot: fill.mark.text for slot, fill in zip(slots, fills, strict=True) if fill.mark is not None}
    words = (part.text or f"{{{names.get(part.slot or '', part.slot)}}}" for part in layout.path)
    return "".join(f"/{word}" for word in words)

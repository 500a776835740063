"""Unversioned requests: calls whose version isn't in sight, since the base URL before the rest of the path
comes from elsewhere.

send(os.environ["API_ROOT"] + "/things/" + key)
"""

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match, add_matches_by_target, match_path
from kognitos_migrate.conversations.path_fit import LaidOutOperation
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import has_other_host
from kognitos_migrate.conversations.setting_keys import setting_name, setting_of_placeholder, setting_of_value
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Api, Operation
from kognitos_migrate.structs import replace
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Symbol, Unknown
from kognitos_migrate.values.origins import OriginKind

_VARIABLE, _SETTING = (f"{kind.value} " for kind in (OriginKind.VARIABLE, OriginKind.SETTING))


def unversioned_matches(program: ProgramFacts, versioned_matches: Sequence[Match]) -> list[Match]:
    """The requests whose URL continues like an old path after an unknown base.

    The base may contain the old version. Requests of `versioned_matches` are left out.
    """
    matched = {match.request.id for match in versioned_matches}
    layouts = list(layouts_without_version(program))
    matches: list[Match] = []
    for request in program.facts.requests:
        if request.id in matched or request.stub is not None:
            continue
        readings = _readings_below_base(program, request)
        unknown = [url for url in readings if has_unknown_base(url)]
        hosts = [url for url in unknown if (url.host or "").strip("*.") and has_other_host(program, url)]
        unknown = [url for url in unknown if url not in hosts] or unknown
        if unknown:
            # the others are a setting's default, or one of several stages
            others = tuple(url for url in readings if url not in unknown)
            fitting = [match for layout in layouts if (match := match_path(request, unknown, layout))]
            if not fitting:
                others = (*others, *unknown)
                plain = [url for url in unknown if not _has_version_segment(program, url)]
                fitting = list(_matches_without_prefix(request, plain, layouts))
            matches.extend(replace(match, other_urls=others) for match in fitting)
        elif readings and all(has_other_host(program, url) for url in readings):
            fitting = [
                match
                for layout in layouts
                if (match := match_path(request, [_without_gateway(url, layout) for url in readings], layout))
            ]
            matches.extend(replace(match, other_urls=tuple(readings)) for match in fitting)
    return list({match.request.id: match for match in matches}.values())


def _without_gateway(url: Url, candidate: LaidOutOperation) -> Url:
    """A URL without its host, and without the path prefix of a gateway."""
    return replace(url, base=[], segments=url.segments[-len(candidate.layout.path) :])


def _has_version_segment(program: ProgramFacts, url: Url) -> bool:
    """Whether a segment is a version. Behind another prefix, it is one of another service."""
    versions = {version for api in program.rules.apis.values() for version in (api.old, api.new)}
    return any(segment.text in versions for segment in url.segments)


def _matches_without_prefix(
    request: Request, readings: Sequence[Url], layouts: Sequence[LaidOutOperation]
) -> Iterator[Match]:
    """The matches of URLs without the literal path prefix behind their unknown base."""
    for candidate in layouts:
        tails = [replace(url, segments=url.segments[-len(candidate.layout.path) :]) for url in readings]
        match = match_path(request, tails, candidate)
        if match is not None:
            yield match


def _readings_below_base(program: ProgramFacts, request: Request) -> list[Url]:
    """The readings of a request's URL. One without a base comes from an empty default, and is never sent."""
    return [_extend_base(program, url) for url in program.url_readings(request) if url.base]


def _extend_base(program: ProgramFacts, url: Url) -> Url:
    """A URL with unknown segments after its base moved into the base, unless that is of another service. One
    of them may be the version."""
    while url.base and url.segments and url.segments[0].text is None and not has_other_host(program, url):
        first = url.segments[0]
        slash = [first.slash] if first.slash is not None else []
        url = replace(url, base=[*url.base, *slash, *first.pieces], segments=url.segments[1:])
    return url


def layouts_without_version(program: ProgramFacts) -> Iterator[LaidOutOperation]:
    """The old layouts without the leading version."""
    for operation in program.rules.operations:
        rest = _without_version(program, operation)
        if rest is not None:
            yield replace(LaidOutOperation.of(program, rest, rest.old), gateways=())


def _without_version(program: ProgramFacts, operation: Operation) -> Operation | None:
    """The operation as it is called below a base URL that ends with the version. None if a path of it begins
    with something else."""
    api, old, new = program.api(operation), operation.old, operation.new
    if not (old.path[1:] and new.path[1:] and (old.path[0].text, new.path[0].text) == (api.old, api.new)):
        return None
    return replace(operation, old=replace(old, path=old.path[1:]), new=replace(new, path=new.path[1:]))


def has_unknown_base(url: Url) -> bool:
    """Whether the base of a URL ends with an unknown piece."""
    return bool(url.base) and url.base[-1].text is None


def assume_old_version(program: ProgramFacts, match: Match) -> Match | None:
    """An unversioned match as a call of the old version, on the assumption that its base URL ends with the
    version. None if the base contains a part of the path, or another address."""
    if match.other_urls or not match.paths or match.foreign:
        return None
    sources: dict[str, None] = {}
    for path in match.paths:
        if not has_unknown_base(path.url) or len(path.url.segments) != len(path.segments):
            return None
        sources.update(dict.fromkeys(describe_sources(program, path.url.base[-1].via[-1])))
    return replace(match, overridden=(), version_sources=tuple(sorted(sources)))


def sources_out_of_sight(program: ProgramFacts, match: Match) -> Iterator[str]:
    """The settings with the version of a call, but for environment variables to which files of the project
    give an old base URL, and the settings of a framework that may take the place of such a variable."""
    variables, settings = sources_in_sight(program, match)
    yield from (source for source in match.version_sources if source not in variables | settings)


def sources_in_sight(program: ProgramFacts, match: Match) -> tuple[set[str], set[str]]:
    """The environment variables to which files of the project give an old base URL, and the settings of a
    framework that may take the place of such a variable in the same base."""
    variables: set[str] = set()
    settings: set[str] = set()
    for path in match.paths if match.version_sources else ():
        if has_unknown_base(path.url):
            sources = {*describe_sources(program, path.url.base[-1].via[-1])}
            if own := {source for source in sources if _is_old_base(program, match, source)}:
                variables |= own
                settings |= {source for source in sources if source.startswith(_SETTING)}
    return variables, settings


def _is_old_base(program: ProgramFacts, match: Match, source: str) -> bool:
    """Whether a source is an environment variable that files of the project set to an old base URL."""
    bases = program.settings.old_bases.get(match.operation.api, frozenset())
    return source.startswith(_VARIABLE) and source.removeprefix(_VARIABLE) in bases


def versions_in_setting(program: ProgramFacts, match: Match) -> tuple[str, str]:
    """The old and the new version as the setting in front of an unversioned path writes them: `1` and `2` for
    `/v{version}/`."""
    api = program.api(match.operation)
    heads = {_version_head(path.url, api) for path in match.paths}
    head = next(iter(heads)) if len(heads) == 1 else ""
    return api.old.removeprefix(head), api.new.removeprefix(head)


def _version_head(url: Url, api: Api) -> str:
    """The beginning of the version that is written in front of the last piece of a base: the `v` of
    `/v{version}`."""
    before = url.base[-2].text if len(url.base) > 1 else None
    word = (before or "").rpartition("/")[2]
    return word if word != api.old and api.old.startswith(word) and api.new.startswith(word) else ""


def describe_sources(program: ProgramFacts, hole: Hole) -> Iterator[str]:
    """Where the values of a hole come from: settings in the interpreter's notation, or the expression."""
    for choice in alternatives(hole.value):
        if isinstance(choice, Unknown) and choice.source and choice.public:
            yield choice.source
        elif isinstance(choice, Symbol):
            yield choice.name
        else:
            name = setting_name(program, (hole.site, hole.frame))
            if name is None and isinstance(choice, Unknown) and (hole.fills is not None or choice.is_data):
                name = setting_of_value(choice)
            code = f"`{' '.join(program.code(hole.site).split())}`"
            if _is_from_mapping(program, hole):
                yield setting_of_placeholder(program, hole) or f"a value in {code}"
            else:
                yield name or code


def _is_from_mapping(program: ProgramFacts, hole: Hole) -> bool:
    """Whether a hole is filled by an entry of a mapping that a call unpacks: `template.format(**section)`."""
    parent = program.tree(hole.site).parent(program.node(hole.site))
    return isinstance(parent, cst.Arg) and bool(parent.star)


def settings_of_version(program: ProgramFacts, match: Match) -> Iterator[str]:
    """The settings that contain the version of a call whose version isn't in sight."""
    api = program.api(match.operation)
    if match.layout.path and match.layout.path[0].text not in (api.old, api.new):
        for path in match.paths:
            if has_unknown_base(path.url):
                yield from describe_sources(program, path.url.base[-1].via[-1])


def new_calls_without_version(program: ProgramFacts, requests: Iterable[Request]) -> list[Match]:
    """The calls of the new version among requests whose version isn't in sight, and the requests whose URL
    comes from their replies."""
    layouts = [
        replace(candidate, layout=candidate.operation.new) for candidate in layouts_without_version(program)
    ]
    matches: list[Match] = []
    for request in requests:
        readings = _readings_below_base(program, request)
        matches += (match for candidate in layouts if (match := match_path(request, readings, candidate)))
    new = [LaidOutOperation.of(program, operation, operation.new) for operation in program.rules.operations]
    return add_matches_by_target(program, new, matches)

"""Base URLs that tests supply: for an environment variable, or in place of a name of the program.

os.environ["API_ROOT"] = "https://rest-api.example.com/v1"   # in a conftest.py
monkeypatch.setattr(settings, "ROOT", "https://rest-api.example.com/v1")
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import program_tests
from kognitos_migrate.conversations.url import Url, url_from_text
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Text, Unknown, Value
from kognitos_migrate.values.origins import OriginKind
from kognitos_migrate.values.texts import literals

_VARIABLE = f"{OriginKind.VARIABLE.value} "
Source = str | Site
"""The source of a part of a URL: a setting in the interpreter's notation, or a literal."""


def sources_of(matches: Iterable[Match]) -> frozenset[Source]:
    """The settings that contain, or override, a part of the URLs of calls, and the literals in them."""
    matches = tuple(matches)
    settings = (source for match in matches for source in (*match.version_sources, *match.overridden))
    pieces = (piece for match in matches for path in match.paths for piece in path.url.pieces())
    sites = (piece.lit.site for piece in pieces if piece.lit is not None)
    return frozenset((*settings, *(site for site in sites if site is not None)))


def supplied_bases(program: ProgramFacts, sources: Collection[Source]) -> Iterator[Url]:
    """The base URLs that tests supply in place of some sources, in the order of the program."""
    for source, bases in program.memoize(_bases_by_source).items():
        if source in sources:
            yield from bases


def is_supplied(program: ProgramFacts, use: Use, sources: Collection[Source]) -> bool:
    """Whether a use gives a base URL to an environment variable among the sources, in a test; or one without
    a version, which doesn't change, to a variable that the URL of a request begins with."""
    is_variable = use.kind is UseKind.ESCAPE and use.detail.startswith(_VARIABLE)
    if not is_variable or use.site.path not in program_tests(program):
        return False
    bases = list(_bases(program, use.operand, use.frame))
    if use.detail in sources:
        return bool(bases)
    has_version = any(segment.text for url in bases for segment in url.segments)
    return bool(bases) and not has_version and use.detail in program.memoize(_variables_of_bases)


def _variables_of_bases(program: ProgramFacts) -> frozenset[str]:
    """The environment variables that the URLs of requests begin with."""
    first = (
        next(iter(url.pieces()), None)
        for request in program.facts.requests
        for url in program.url_readings(request)
    )
    return frozenset(
        choice.source
        for piece in first
        if piece is not None and piece.text is None
        for choice in alternatives(piece.via[-1].value)
        if isinstance(choice, Unknown) and choice.source.startswith(_VARIABLE)
    )


def supplied_literals(program: ProgramFacts, sources: Collection[Source]) -> frozenset[Site]:
    """The literals in base URLs that tests supply in place of some sources."""
    return frozenset(site for url in supplied_bases(program, sources) for site in url.sites())


def _bases_by_source(program: ProgramFacts) -> Mapping[Source, Sequence[Url]]:
    facts = program.facts
    uses = [use for use in facts.uses if use.kind is UseKind.ESCAPE and use.detail.startswith(_VARIABLE)]
    tests = program_tests(program) if uses or facts.patched else frozenset[str]()
    bases: defaultdict[Source, list[Url]] = defaultdict(list)
    for use in uses:
        if use.site.path in tests:
            bases[use.detail] += _bases(program, use.operand, use.frame)
    for (site, frame), value in facts.patched.items():
        for source in _sources_in(value) if site.path in tests else ():
            bases[source] += _bases(program, site, frame)
    return bases


def _sources_in(value: Value) -> Iterator[Source]:
    """The settings and the literals that a value consists of."""
    for choice in alternatives(value):
        if isinstance(choice, Unknown) and choice.public and choice.source:
            yield choice.source
        yield from (part.site for part in literals(choice) if part.site is not None)


def _bases(program: ProgramFacts, site: Site, frame: int) -> Iterator[Url]:
    """The base URLs with a host that an expression may be."""
    for choice in alternatives(program.facts.values.get((site, frame), UNKNOWN)):
        url = base_in(program, choice)
        if url is not None and url.host is not None:
            yield url


def base_in(program: ProgramFacts, text: Value) -> Url | None:
    """The URL that a text is, if it has no path, or one that ends with a version."""
    url = url_from_text(text) if isinstance(text, Text) else None
    if url is None or url.query:
        return None
    versions = {version for api in program.rules.apis.values() for version in (api.old, api.new)}
    texts = [segment.text for segment in url.segments if segment.text != ""]
    return url if not texts or texts[-1] in versions else None

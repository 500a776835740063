"""Settings that tests supply: environment variables that they set to a base URL.

os.environ["API_ROOT"] = "https://rest-api.example.com/v1"   # in a conftest.py
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import program_tests
from kognitos_migrate.conversations.url import Url, parse
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Text
from kognitos_migrate.values.origins import OriginKind

_VARIABLE = f"{OriginKind.VARIABLE.value} "


class SuppliedBase(Struct, frozen=True):
    """A base URL that a test gives to a setting, in the interpreter's notation."""

    setting: str
    url: Url
    use: Use


def settings_of(matches: Iterable[Match]) -> frozenset[str]:
    """The settings that contain, or override, a part of the URLs of calls."""
    return frozenset(source for match in matches for source in (*match.version_sources, *match.overridden))


def supplied_bases(program: ProgramFacts, settings: Collection[str]) -> Iterator[SuppliedBase]:
    """The base URLs that tests give to some settings, in the order of the program."""
    by_setting = program.memoize(_bases_by_setting)
    for setting in sorted(settings):
        yield from by_setting.get(setting, ())


def is_supplied(program: ProgramFacts, use: Use, settings: Collection[str]) -> bool:
    """Whether a use gives a base URL to one of the settings, in a test."""
    return use.detail in settings and any(
        base.use is use for base in program.memoize(_bases_by_setting).get(use.detail, ())
    )


def supplied_literals(program: ProgramFacts, settings: Collection[str]) -> frozenset[Site]:
    """The literals in base URLs that tests give to some settings."""
    return frozenset(site for base in supplied_bases(program, settings) for site in base.url.sites())


def _bases_by_setting(program: ProgramFacts) -> Mapping[str, Sequence[SuppliedBase]]:
    tests = program_tests(program)
    bases: defaultdict[str, list[SuppliedBase]] = defaultdict(list)
    for use in program.facts.uses:
        if use.kind is UseKind.ESCAPE and use.detail.startswith(_VARIABLE) and use.site.path in tests:
            value = program.facts.values.get((use.operand, use.frame), UNKNOWN)
            for choice in alternatives(value):
                if isinstance(choice, Text) and _is_base(program, url := parse(choice)):
                    bases[use.detail].append(SuppliedBase(use.detail, url, use))
    return bases


def _is_base(program: ProgramFacts, url: Url) -> bool:
    """Whether a URL has no path, or one that ends with a version."""
    versions = {version for api in program.rules.apis.values() for version in (api.old, api.new)}
    texts = [segment.text for segment in url.segments if segment.text != ""]
    return url.host is not None and not url.query and (not texts or texts[-1] in versions)

"""The complete, checked settings of a run."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path

from kognitos_migrate.rulebook.model import Api
from kognitos_migrate.structs import Struct, field

OFF_BY_DEFAULT = ("KOG4", "KOG5")
"""Codes for v1 names outside of calls, and for adapted call sites: comments never fail a build."""

BASELINE = "kognitos-migrate-baseline.json"
"""The file name of the baseline in the project's root, if the configuration names none."""


class SettingValue(Struct, frozen=True):
    """A value that a file of the project gives to a setting of its programs."""

    names: tuple[str, ...]
    """The names that lead to the value, outermost first: a section and a key, or an environment variable."""
    value: str
    path: str
    row: int
    column: int
    is_named: bool = False
    """Whether a program names the file."""
    is_sample: bool = False
    """Whether the file's name shows that it is a sample, or for tests, which the program doesn't read."""


class Settings(Struct, frozen=True):
    """The settings from the configuration and the command line.

    The rules declare the keys of `tables`, `vocabularies`, `dialects` and `values`; the rest are the tool's
    own.
    """

    root: Path
    """The folder of the configuration file. Relative patterns begin there."""
    source: Path | None = None
    """The configuration file; None if there is none."""
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Values by table, key and field."""
    vocabularies: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """New words by vocabulary and old word, including the words of the rules."""
    unfilled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys by table and old words by vocabulary that the configuration file has without values."""
    unlisted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Keys by table that neither version knows, such as those of tests for an unknown key."""
    own_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Words by vocabulary that the programs use themselves. The old version never returns them."""
    dialects: Mapping[str, str] = field(default_factory=dict)
    """The chosen dialect by API id."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values by the name that members of the rules have as their `setting`."""
    hosts: tuple[str, ...] = ()
    """Hosts that serve the API, in addition to those of the rules."""
    rules: tuple[Path, ...] = ()
    rule_code: tuple[str, ...] = ()
    """Code in client files of the folders in `rules`, which is not trusted by default."""
    writes_rule_code: bool = False
    """Whether `rule_code` may be written into the program."""
    src: tuple[str, ...] = ()
    """Absolute paths of folders at which imports may begin, in addition to those of distributions."""
    tests: tuple[str, ...] = ()
    """Patterns of test files, in addition to the names that pytest and unittest expect."""
    applications: tuple[str, ...] = ()
    """Patterns of modules that no other project imports, even if their distribution can be installed."""
    leaves_examples: bool = False
    """Whether examples in docstrings may fail, as tests may in a run without them."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    """Whether files that git ignores are skipped."""
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    """Codes selected in addition to `select`."""
    ignore: tuple[str, ...] = ()
    off: tuple[str, ...] = OFF_BY_DEFAULT
    """Codes that are off unless they are selected."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, str] = field(default_factory=dict)
    """Severity by code or prefix of a code."""
    baseline: Path | None = None
    adapter: str | None = None
    """The path of the module that adapters are written into, as shown to users."""
    visible: tuple[SettingValue, ...] = ()
    """The values in files of the project that may be keys of `tables`."""
    old_bases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By API: the environment variables to which only its old base URLs are given in files of the project."""
    nested: tuple[str, ...] = ()
    """The configuration files in folders below, which this run doesn't read."""
    today: date = field(default_factory=lambda: datetime.now(timezone.utc).date())
    """The current day in UTC, which decides on all machines alike whether a suppression has expired."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all tables."""
        return frozenset(key for rows in self.tables.values() for key in rows)

    def is_decided(self, setting: str, key: str) -> bool:
        """Whether a key of a table has values here, or is known to have none."""
        return key in self.tables.get(setting, {}) or key in self.unlisted.get(setting, ())

    def is_unfilled(self, setting: str, key: str) -> bool:
        """Whether the configuration file has a key of a table or vocabulary without values."""
        return key in self.unfilled.get(setting, ())

    def fault_of_keys(self, setting: str, kind: str, keys: Sequence[str], place: str = "") -> str:
        """A message on keys that have no values here: `key 'a' isn't in the configuration`. The place is
        where the first of them is written."""
        is_there = all(self.is_unfilled(setting, key) for key in keys)
        first, *others = [repr(key) for key in keys]
        if not others:
            fault = "has no values in the configuration yet" if is_there else "isn't in the configuration"
            return f"{kind} {first}{place} {fault}"
        listed = f"{', '.join([first + place, *others[:-1]])} and {others[-1]}"
        fault = "have no values in the configuration yet" if is_there else "aren't in the configuration"
        return f"{kind}s {listed} {fault}"

    def is_refused(self, code: str) -> bool:
        """Whether `code` is client code of rules that may not be written into the program."""
        return code in self.rule_code and not self.writes_rule_code

    def hosts_of(self, api: Api) -> tuple[str, ...]:
        """The hosts that serve an API, from its rules and from the configuration."""
        return (*api.hosts, *self.hosts)

    def dialect(self, api: str) -> str:
        """The chosen dialect of an API; empty if the API has only one."""
        return self.dialects.get(api, "")

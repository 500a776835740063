"""The settings of one run, checked and complete."""

from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path

from kognitos_migrate.record import Struct, field
from kognitos_migrate.rulebook.model import Api

OFF_BY_DEFAULT = ("KOG4", "KOG5")
"""v1 named where it is not called, and call sites that were adapted: a comment never fails a build."""

BASELINE = "kognitos-migrate-baseline.json"
"""The name of the baseline, in the root of the project, where the configuration gives none."""


class Settings(Struct, frozen=True):
    """What the configuration and the command line say together.

    `tables`, `vocabularies`, `dialect` and `values` are the configuration keys that the rules declare;
    the rest is the tool's own.
    """

    root: Path
    """The folder that relative patterns are relative to: that of the configuration file."""
    source: Path | None = None
    """The configuration file, None where there is none."""
    tables: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """By table: key -> field -> value."""
    vocabularies: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """By vocabulary: old word -> new words; the rule's own words are among them."""
    own_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By vocabulary: words of the programs, which the old version does not say."""
    dialects: Mapping[str, str] = field(default_factory=dict)
    """By api: the dialect chosen."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Single values that members of the rules name as their `setting`."""
    hosts: tuple[str, ...] = ()
    """Other hosts that serve the API."""
    rules: tuple[Path, ...] = ()
    rule_code: tuple[str, ...] = ()
    """Code of client files in the folders of `rules`."""
    writes_rule_code: bool = False
    """Whether the user allows that code to be written into the program."""
    src: tuple[str, ...] = ()
    """Folders that absolute imports may begin at, from the root on, beside those of distributions."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    respect_gitignore: bool = True
    """Whether what git ignores is passed over."""
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    """Codes that are selected as well."""
    ignore: tuple[str, ...] = ()
    off: tuple[str, ...] = OFF_BY_DEFAULT
    """Codes that are off where nothing is selected."""
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, str] = field(default_factory=dict)
    """By codes, or how codes begin: how much such findings matter."""
    baseline: Path | None = None
    adapter: str | None = None
    """The file of the module that adapters are written into, as shown to the user."""
    today: date = field(default_factory=lambda: datetime.now(timezone.utc).date())
    """The day in UTC, by which suppressions expire: the same on all machines."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all its tables."""
        return frozenset(key for rows in self.tables.values() for key in rows)

    def is_refused(self, code: str) -> bool:
        """Whether code of a client file is not written into the program."""
        return code in self.rule_code and not self.writes_rule_code

    def hosts_of(self, api: Api) -> tuple[str, ...]:
        """The hosts that serve an API, as its rules and the user say."""
        return (*api.hosts, *self.hosts)

    def dialect(self, api: str) -> str:
        """Which of the documented layouts of an API is chosen; empty where it has one only."""
        return self.dialects.get(api, "")

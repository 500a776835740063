"""The settings of a run, complete and checked, and their form as YAML."""

from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path

from kognitos_migrate.rulebook.model import Api, Rulebook
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.structs import Struct, field

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


def settings_yaml(settings: Settings, rulebook: Rulebook) -> str:
    """All of `settings` as YAML, the built-in ones among them."""
    import yaml

    where = shown_path(settings.source) if settings.source is not None else "none"
    text = yaml.safe_dump(dict(_said(settings, rulebook)), sort_keys=False, allow_unicode=True, width=110)
    return f"# configuration: {where}\n{text}"


def _said(settings: Settings, rulebook: Rulebook) -> Mapping[str, object]:
    """The keys of a configuration, and their values."""
    said: dict[str, object] = {}
    for name, rows in settings.tables.items():
        said[name] = {key: dict(row) for key, row in rows.items()}
    for name, words in settings.vocabularies.items():
        said[name] = {old: list(new) for old, new in words.items()}
    for api in rulebook.apis.values():
        if api.dialects is not None:
            said[api.dialects.setting] = settings.dialects.get(api.id, api.dialects.default)
    said.update(settings.values)
    said["hosts"] = list(settings.hosts)
    said["rules"] = [shown_path(folder) for folder in settings.rules]
    said["src"] = [shown_path(folder) for folder in settings.src]
    for name in ("include", "exclude", "select", "ignore"):
        said[name] = list(getattr(settings, name))
    said["per-file-ignores"] = {path: list(codes) for path, codes in settings.per_file_ignores.items()}
    said["severity"] = dict(settings.severity)
    if settings.baseline is not None:
        said["baseline"] = shown_path(settings.baseline)
    if settings.adapter is not None:
        said["adapter"] = settings.adapter
    return said

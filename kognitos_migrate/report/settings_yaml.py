"""The settings of a run as a configuration file, with the defaults in comments."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.ignore_rules import DEFAULT_EXCLUDES, DEFAULT_SUFFIXES
from kognitos_migrate.rulebook.model import LayoutMember, Rulebook
from kognitos_migrate.source.content import shown_path


def settings_yaml(settings: Settings, rulebook: Rulebook) -> str:
    """All settings as YAML. A key without a value has a comment on the default that is in effect."""
    import yaml

    source = shown_path(settings.source) if settings.source is not None else "none"
    lines = [f"# configuration: {source}\n"]
    defaults = _defaults(settings, rulebook)
    for key, value in _configuration_keys(settings, rulebook).items():
        text = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=110)
        default = defaults.get(key) if not value else None
        lines.append(text if default is None else f"{text.rstrip()}  # {default}\n")
    return "".join(lines)


def _defaults(settings: Settings, rulebook: Rulebook) -> Mapping[str, str]:
    """The defaults of keys whose empty value means another one."""
    return {
        **{
            str(member.setting): f"{member.field} of the entry in {member.table}"
            for member in _members_with_setting(rulebook)
        },
        "src": "the import roots of each pyproject.toml or setup.py",
        "tests": "files with the names that pytest and unittest expect",
        "include": f"*{', *'.join(DEFAULT_SUFFIXES)}, and scripts whose first line names Python",
        "exclude": f"in any case: {', '.join(sorted(DEFAULT_EXCLUDES))}",
        "select": f"all codes except {', '.join(settings.off)}",
        "baseline": "none",
        "adapter": "a new module next to the client",
    }


def _members_with_setting(rulebook: Rulebook) -> Iterator[LayoutMember]:
    members = (member for operation in rulebook.operations for member in operation.new.members)
    return (member for member in members if member.setting is not None)


def _configuration_keys(settings: Settings, rulebook: Rulebook) -> Mapping[str, object]:
    """The keys of a configuration and their values, in the order of the file."""
    keys: dict[str, object] = {}
    for name, rows in settings.tables.items():
        keys[name] = {key: dict(row) for key, row in rows.items()}
    for name, words in settings.vocabularies.items():
        keys[name] = {old: list(new) for old, new in words.items()}
    for api in rulebook.apis.values():
        if api.dialects is not None:
            keys[api.dialects.setting] = settings.dialects.get(api.id, api.dialects.default)
    keys.update({str(member.setting): None for member in _members_with_setting(rulebook)})
    keys.update(settings.values)
    keys["hosts"] = list(settings.hosts)
    keys["rules"] = [shown_path(folder) for folder in settings.rules]
    keys["src"] = [shown_path(folder) for folder in settings.src]
    for name in ("tests", "include", "exclude", "select", "ignore"):
        keys[name] = list(getattr(settings, name))
    keys["per-file-ignores"] = {path: list(codes) for path, codes in settings.per_file_ignores.items()}
    keys["severity"] = dict(settings.severity)
    keys["baseline"] = shown_path(settings.baseline) if settings.baseline is not None else None
    keys["adapter"] = settings.adapter
    return keys

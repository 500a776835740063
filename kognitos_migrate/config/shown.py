"""Settings as the configuration file that would say them."""

from collections.abc import Mapping

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.source.content import shown_path


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

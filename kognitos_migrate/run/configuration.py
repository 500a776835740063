"""The configuration and the rulebook of a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kognitos_migrate.cache import NO_STORE, Store
from kognitos_migrate.config.discovery import shared_config
from kognitos_migrate.config.load import default_settings, read_config, settings_of
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import JsonReplacement, Rulebook, WholeForm
from kognitos_migrate.structs import Struct, replace


class Configuration(Struct, frozen=True):
    """The rulebook and the settings of a run."""

    rulebook: Rulebook
    settings: Settings


def configure(
    paths: Sequence[str],
    config: Path | None = None,
    store: Store = NO_STORE,
    overrides: Sequence[str] = (),
) -> Configuration:
    """The configuration `config`, or the one found in `paths` and their parents, with `overrides` applied.

    Raises UserError if the configuration is invalid, or if `paths` have different ones.
    """
    config_path = str(config) if config is not None else shared_config(paths)
    return configured_by(Path(config_path) if config_path is not None else None, store, overrides)


def configured_by(
    config: Path | None, store: Store = NO_STORE, overrides: Sequence[str] = ()
) -> Configuration:
    """The configuration `config` (None: the defaults), with `overrides` applied.

    Raises UserError if it is invalid.
    """
    if overrides:
        return _overridden(config, store, overrides)
    if config is None:
        rulebook = load_rulebook(store=store)
        return Configuration(rulebook, default_settings(rulebook, Path.cwd()))
    raw = read_config(config)
    rulebook = load_rulebook(raw.rules, store)
    return _with_rule_code(Configuration(rulebook, settings_of(raw, rulebook)), store)


def _overridden(config: Path | None, store: Store, overrides: Sequence[str]) -> Configuration:
    from kognitos_migrate.config.load import default_config, with_overrides

    raw = read_config(config) if config is not None else default_config()
    rulebook = load_rulebook(raw.rules, store)
    settings = settings_of(with_overrides(raw, overrides, rulebook), rulebook)
    return _with_rule_code(Configuration(rulebook, replace(settings, source=config)), store)


def _with_rule_code(configuration: Configuration, store: Store) -> Configuration:
    """The configuration, with the code that comes from the project's own rules marked."""
    if not configuration.settings.rules:
        return configuration
    own = {*_code(configuration.rulebook)} - {*_code(load_rulebook(store=store))}
    return replace(configuration, settings=replace(configuration.settings, rule_code=tuple(sorted(own))))


def _code(rulebook: Rulebook) -> Iterator[str]:
    """The code that client files write into programs."""
    for client in rulebook.clients:
        for part in (client.multipart, client.json_replacement):
            if isinstance(part, WholeForm | JsonReplacement):
                yield part.code

"""The configuration and the rules of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kognitos_migrate.cache.store import NOWHERE, Store
from kognitos_migrate.config.find import config_of
from kognitos_migrate.config.load import default_settings, read_config, settings_of
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a run goes by."""

    rulebook: Rulebook
    settings: Settings


def configure(paths: Sequence[str], config: Path | None = None, store: Store = NOWHERE) -> Configuration:
    """The configuration `config`, or else the one that is found by walking up from `paths`.

    Raises UserError: a configuration that can't be used, or paths with different configurations.
    """
    found = str(config) if config is not None else config_of(paths)
    return configured_by(Path(found) if found is not None else None, store)


def configured_by(config: Path | None, store: Store = NOWHERE) -> Configuration:
    """The configuration `config`, the defaults where there is none. Raises UserError if it can't be used."""
    if config is None:
        rulebook = load_rulebook(store=store)
        return Configuration(rulebook, default_settings(rulebook, Path.cwd()))
    raw = read_config(config)
    rulebook = load_rulebook(raw.rules, store)
    return Configuration(rulebook, settings_of(raw, rulebook))

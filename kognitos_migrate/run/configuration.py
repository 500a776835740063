"""The configuration and the rules of a run."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kognitos_migrate.config.load import default_settings, find_config, read_config, settings_of
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import UsageError
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a run goes by."""

    rulebook: Rulebook
    settings: Settings


def configure(paths: Sequence[str], config: Path | None = None) -> Configuration:
    """The configuration `config`, or else the one that is found by walking up from `paths`.

    Raises UserError: a configuration that can't be used, or paths with different configurations.
    """
    found = config or config_of(paths)
    if found is None:
        rulebook = load_rulebook()
        return Configuration(rulebook, default_settings(rulebook, Path.cwd()))
    raw = read_config(found)
    rulebook = load_rulebook(raw.rules)
    return Configuration(rulebook, settings_of(raw, rulebook))


def config_of(paths: Iterable[str]) -> Path | None:
    """The configuration file that all of `paths` share. Raises UsageError where they don't share one."""
    starts = dict.fromkeys(_folder(path) for path in paths)
    by_config = {find_config(Path(start)): start for start in starts}
    if len(by_config) > 1:
        said = ", ".join(f"{start} has {config or 'none'}" for config, start in by_config.items())
        raise UsageError(
            f"the paths have different configurations: {said}",
            expected="run the command once for each, or say which with --config",
        )
    return next(iter(by_config), None)


def _folder(path: str) -> str:
    """The folder to begin the search in."""
    absolute = os.path.abspath(path)
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)

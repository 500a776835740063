"""The languages that a configuration is written in, for those who are to add something to it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from kognitos_migrate.config.filling.entries import Entry, Line, Section
from kognitos_migrate.config.find import PROJECT_FILE, PROJECT_TABLE


class Notation(Protocol):
    """One language, in one file."""

    def text(self, setting: str, entries: Sequence[Entry | Line]) -> str:
        """The lines of a section with these entries, as they would stand in the file."""

    def line(self, line: Line) -> str:
        """A key of the configuration itself, as it would stand in the file."""

    def tables(self, text: str, path: str) -> Mapping[str, tuple[str, ...]]:
        """By key of the configuration shown as `path`: the keys below it. Raises ConfigError."""

    def longer(self, text: str, section: Section, entries: Sequence[Entry | Line]) -> str:
        """The text of the configuration with these entries of a section."""


def notation_of(source: Path | None) -> Notation:
    """That of the configuration `source`, or of the one that `init` would write where there is none."""
    if source is not None and source.suffix == ".toml":
        from kognitos_migrate.config.filling.in_toml import Toml

        return Toml(PROJECT_TABLE if source.name == PROJECT_FILE else ())
    from kognitos_migrate.config.filling.in_yaml import Yaml

    return Yaml()

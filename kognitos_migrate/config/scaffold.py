"""Writes missing keys into a new or an existing configuration, for `init` and for messages.

An entry whose fields are all empty counts as absent until a person fills it in
(`unfilled_keys.drop_unfilled`).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from kognitos_migrate.config.discovery import FILE_NAME, PROJECT_FILE, PROJECT_TABLE, SCHEMA_NAME
from kognitos_migrate.config.scaffold_entries import (
    ScaffoldEntry,
    ScaffoldLine,
    Section,
    scaffold_entries,
    sections,
)
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.config.yaml_writer import section_lines
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook, Table, Vocabulary
from kognitos_migrate.structs import Struct


class ConfigWriter(Protocol):
    """Writes configuration keys in one file format."""

    def section_text(self, setting: str, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The lines of a section with these entries, as they are written in the file."""

    def top_level_line(self, line: ScaffoldLine) -> str:
        """The line of a top-level key of the configuration, as it is written in the file."""

    def tables(self, text: str, path: str) -> Mapping[str, tuple[str, ...]]:
        """The keys in each mapping of the configuration, by the mapping's key. Raises ConfigError."""

    def extend(self, text: str, section: Section, entries: Sequence[ScaffoldEntry | ScaffoldLine]) -> str:
        """The configuration `text` with these entries added to a section."""


def writer_for(source: Path | None) -> ConfigWriter:
    """The writer for the file format of `source`; for YAML, which `init` writes, if that is None."""
    if source is not None and source.suffix == ".toml":
        from kognitos_migrate.config.toml_writer import TomlWriter

        return TomlWriter(PROJECT_TABLE if source.name == PROJECT_FILE else ())
    from kognitos_migrate.config.yaml_writer import YamlWriter

    return YamlWriter()


_SCHEMA_REFERENCE = f"# yaml-language-server: $schema={SCHEMA_NAME}"
_SCHEMA_ADVICE = (
    f"# Completion in editors: save the output of `kognitos-migrate config schema` as {SCHEMA_NAME},",
    f"# and make `{_SCHEMA_REFERENCE}` the first line of this file.",
)


def render_template(
    rulebook: Rulebook, keys: Mapping[str, Sequence[str]], *, has_schema: bool = False
) -> str:
    """The text of a new configuration. `keys` are the keys to fill in, by section.

    Its first line names the schema for editors if the user `has_schema`, saved beside it; its last lines tell
    how to get it if not.
    """
    blocks: list[list[str]] = [[_SCHEMA_REFERENCE]] if has_schema else []
    for api in rulebook.apis.values():
        guide = f"# What changes in {api.new}, and where to find its ids: {api.url}"
        blocks.append([f"# Configuration of kognitos-migrate for the {api.title}.", guide])
        blocks += [_section(rulebook, section, keys.get(section.setting, ())) for section in sections([api])]
        blocks.append(_dialect_lines(api))
        blocks += [_value_lines(operation) for operation in rulebook.operations if operation.api == api.id]
    blocks.append(["# Other hosts that serve the API: proxies, test systems.", "# hosts: []"])
    blocks += [] if has_schema else [list(_SCHEMA_ADVICE)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _section(rulebook: Rulebook, section: Section, keys: Sequence[str]) -> list[str]:
    """A section with `keys` to fill in. A table without keys becomes a commented example entry."""
    if keys or isinstance(section, Vocabulary):
        return section_lines(section, scaffold_entries(rulebook, section, keys))
    comment, *form = section_lines(section, scaffold_entries(rulebook, section, [f"<{section.key}>"]))
    return [comment, *(f"# {line}" for line in form)]


def _dialect_lines(api: Api) -> list[str]:
    """The setting that chooses a dialect, at its default, with the choices as comments."""
    if api.dialects is None:
        return []
    choices = [f"# {name}: {about}" for name, about in api.dialects.choices.items()]
    return [*choices, f"{api.dialects.setting}: {api.dialects.default}"]


def _value_lines(operation: Operation) -> list[str]:
    """The settings for single values of an operation, commented out."""
    lines: list[str] = []
    for member in operation.new.members:
        if member.setting is not None:
            lines += [f"# Default {member.name} for {operation.new.call}:"]
            lines += [f"# {member.setting}:"]
    return lines


class ExtendedConfig(Struct, frozen=True):
    """A configuration's text with missing keys added. `added` and `unused` are keys by section.

    `unused` are keys of the configuration that the code doesn't use.
    """

    text: str
    added: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]


def add_missing(
    text: str, path: str, notation: ConfigWriter, rulebook: Rulebook, keys: Mapping[str, Sequence[str]]
) -> ExtendedConfig:
    """The configuration `text` with the keys that it lacks, out of `keys` by section.

    `path` names the configuration in errors. Raises ConfigError if the text isn't a configuration, or is
    written so that nothing can be inserted.
    """
    tables = _tables(text, path, notation)
    additions: dict[str, tuple[str, ...]] = {}
    unused: dict[str, tuple[str, ...]] = {}
    extended = text
    for section in sections(rulebook.apis.values()):
        section_keys, present = keys.get(section.setting, ()), tables.get(section.setting, ())
        missing = tuple(dict.fromkeys(key for key in section_keys if key not in present))
        if missing:
            additions[section.setting] = missing
            extended = notation.extend(extended, section, scaffold_entries(rulebook, section, missing))
        if isinstance(section, Table) and (
            absent := tuple(key for key in present if key not in section_keys)
        ):
            unused[section.setting] = absent
    there = _keys_after_insertion(extended, path, notation)
    if any(not set(more) <= set(there.get(name, ())) for name, more in additions.items()):
        lines = "\n".join(_sections_to_fill_in(rulebook, notation, additions))
        hint = f"add the missing lines by hand:\n{lines}"
        raise ConfigError("has a layout that nothing can be added to", path=path, expected=hint)
    return ExtendedConfig(extended, additions, unused)


def _tables(text: str, path: str, notation: ConfigWriter) -> Mapping[str, tuple[str, ...]]:
    tables = notation.tables(text, path)
    return {name.replace("-", "_"): keys for name, keys in tables.items()}


def _sections_to_fill_in(
    rulebook: Rulebook, notation: ConfigWriter, keys: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    for section in sections(rulebook.apis.values()):
        if section.setting in keys:
            yield notation.section_text(
                section.setting, scaffold_entries(rulebook, section, keys[section.setting])
            )


def _keys_after_insertion(text: str, path: str, notation: ConfigWriter) -> Mapping[str, tuple[str, ...]]:
    """The keys by section of a text with insertions; empty if it isn't a configuration any more."""
    try:
        return _tables(text, path, notation)
    except ConfigError:
        return {}


_PLACEHOLDER = "…"


def keys_to_add(settings: Settings, table: Table, keys: Sequence[str]) -> str:
    """The lines to add for `keys` of a table, with placeholders for the fields."""
    lines = tuple(
        ScaffoldLine(field.name, " | ".join(field.choices) or _PLACEHOLDER)
        for field in table.fields
        if field.required
    )
    text = writer_for(settings.source).section_text(
        table.setting, [ScaffoldEntry(key, lines) for key in keys]
    )
    return _addition_text(settings, text, table.setting, keys)


def words_to_add(settings: Settings, vocabulary: str, words: Sequence[str]) -> str:
    """The lines to add for words of a vocabulary whose new words aren't configured."""
    note = "or [] if only your own code uses it"
    entries = [ScaffoldLine(word, _PLACEHOLDER, note) for word in words]
    text = writer_for(settings.source).section_text(vocabulary, entries)
    return _addition_text(settings, text, vocabulary, words)


def value_to_add(settings: Settings, name: str, value: str | tuple[str, ...] = _PLACEHOLDER) -> str:
    """The line to add for a top-level key with one value or a list."""
    return _addition_text(settings, writer_for(settings.source).top_level_line(ScaffoldLine(name, value)))


def _addition_text(settings: Settings, lines: str, section: str = "", keys: Sequence[str] = ()) -> str:
    name = FILE_NAME if settings.source is None else settings.source.name
    are_there = bool(keys) and all(settings.is_unfilled(section, key) for key in keys)
    return f"{'fill in' if are_there else 'add to'} {name}:\n{lines}"

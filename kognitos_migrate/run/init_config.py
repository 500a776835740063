"""Computes the keys that the configuration lacks, and writes them for `init`."""

import os
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from kognitos_migrate.config.discovery import FILE_NAME, SCHEMA_NAME
from kognitos_migrate.config.scaffold import add_missing, render_template, writer_for
from kognitos_migrate.config.scaffold_entries import scaffold_entries, sections
from kognitos_migrate.errors import ConfigError, UsageError
from kognitos_migrate.findings.result import Change, Result
from kognitos_migrate.run.project import is_inside
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.source.file import read_source
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.writing.atomic_replace import Write, replace_all
from kognitos_migrate.writing.change_application import write_changes
from kognitos_migrate.writing.write_policy import require_output


class ConfigurationGap(Struct, frozen=True):
    """The keys that the configuration lacks: the file to add them to, and the text to add."""

    filename: str
    text: str


def configuration_gap(session: Session) -> ConfigurationGap | None:
    """The keys that the configuration of a run lacks. None if it has all, with or without values."""
    keys = _absent_keys(session.result)
    source = session.settings.source
    notation = writer_for(source)
    blocks: list[str] = []
    for section in sections(session.rulebook.apis.values()):
        if section.setting in keys:
            entries = scaffold_entries(session.rulebook, section, keys[section.setting])
            blocks.append(f"# {section.comment}\n{notation.section_text(section.setting, entries)}")
    if not blocks:
        return None
    return ConfigurationGap(shown_path(source) if source else FILE_NAME, "\n\n".join(blocks))


def _absent_keys(result: Result) -> Mapping[str, tuple[str, ...]]:
    """The keys that the configuration doesn't have at all, by section."""
    return missing_keys(
        replace(result, missing=tuple(missing for missing in result.missing if not missing.is_unfilled))
    )


def missing_keys(result: Result) -> Mapping[str, tuple[str, ...]]:
    """The keys that the configuration lacks by section, in the order of their occurrence."""
    keys: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for missing in result.missing:
        keys[missing.setting][missing.key] = None
    return {name: tuple(section_keys) for name, section_keys in keys.items()}


def used_keys(result: Result) -> Mapping[str, tuple[str, ...]]:
    """All keys in the code by section, including those that the configuration lacks."""
    missing = missing_keys(result)
    names = dict.fromkeys((*result.keys, *missing))
    return {
        name: tuple(dict.fromkeys((*result.keys.get(name, ()), *missing.get(name, ())))) for name in names
    }


class InitializedConfig(Struct, frozen=True):
    """The result of `init`. `added`, `waiting` (present, but without a value) and `unused` are keys by
    section."""

    path: str
    is_new: bool
    """Whether it was created."""
    added: Mapping[str, tuple[str, ...]]
    waiting: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]


def initialise(session: Session, paths: Sequence[str]) -> InitializedConfig:
    """Create or extend the configuration of a run over `paths`, ready to fill in. Raises UserError if it
    can't be written.

    Keys are unused only if `paths` contain the folder of the configuration.
    """
    source = session.settings.source
    if source is None:
        return _create(Path(FILE_NAME), session)
    config = _extend(source, session)
    root = os.path.abspath(session.settings.root)
    is_whole = any(is_inside(root, os.path.abspath(path)) for path in paths)
    return config if is_whole and not session.result.problems else replace(config, unused={})


def _create(path: Path, session: Session) -> InitializedConfig:
    keys = used_keys(session.result)
    target = require_output(str(path), session.settings.root)
    has_schema = path.with_name(SCHEMA_NAME).is_file()
    template = render_template(session.rulebook, keys, has_schema=has_schema)
    write = Write(shown_path(path), target, None, template.encode())
    problems = replace_all((write,), secrets.token_hex(8))  # a full disk leaves no part of it
    if problems:
        raise UsageError(problems[0].message, path=problems[0].path)
    return InitializedConfig(shown_path(path), is_new=True, added=keys, waiting={}, unused={})


def _extend(path: Path, session: Session) -> InitializedConfig:
    source = read_source(path)
    used = used_keys(session.result)
    extended = add_missing(source.text, source.path, writer_for(path), session.rulebook, used)
    if extended.added:
        change = Change(source.path, source.text, extended.text)
        problems = write_changes([change], [source], (path.parent,))
        if problems:
            raise ConfigError(problems[0].message, path=source.path)
    waiting = {
        name: tuple(key for key in keys if key not in extended.added.get(name, ()))
        for name, keys in missing_keys(session.result).items()
    }
    return InitializedConfig(
        source.path, is_new=False, added=extended.added, waiting=waiting, unused=extended.unused
    )

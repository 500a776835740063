"""Files that configure the environment of programs, also those that git ignores."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import FILE_NAME
from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES
from kognitos_migrate.discover.prefilter import BEGINNING, LARGEST, is_binary
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.source.content import read_bounded
from kognitos_migrate.source.file import SourceFile, decode_text

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import FileSelection

_SUFFIXES = (
    *(".json", ".json5", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".config", ".properties", ".xml"),
    *(".env", ".envrc", ".service", ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".cmd"),
    *(".tf", ".tfvars", ".hcl", ".nix", ".j2", ".tmpl", ".tpl", ".example", ".sample", ".dist", ".local"),
)
_DATA = (".txt", ".csv", ".tsv", ".args", ".dat")
_NAMES = ("makefile", "procfile", "dockerfile", "containerfile", "justfile", "jenkinsfile", "crontab")
_BEGINNINGS = (".env", "dockerfile.", "docker-compose", "env.")


def settings_files(
    folders: Iterable[str],
    scope: FileSelection,
    analysed: Collection[str],
    python: Collection[str],
    texts: Collection[str] = (),
) -> tuple[str, ...]:
    """The settings files in `folders`, with the data files that one of the `texts` of modules names, and the
    modules in the folders `python` that are not `analysed`: git ignores the settings of one machine."""
    every = scope._replace(include=("*",), respect_gitignore=False)
    found = [
        file for file in discover(folders, every).files if _holds_settings(file) or _is_named(file, texts)
    ]
    modules = [file for file in discover(python, every).files if file.endswith(DEFAULT_SUFFIXES)]
    return tuple(sorted({*found, *(file for file in modules if file not in analysed)}))


def read_settings(files: Iterable[str]) -> Iterator[SourceFile]:
    """The texts of files, but of those that can't be read, are binary, or too large."""
    for file in files:
        try:
            data = read_bounded(file, LARGEST)
        except OSError:
            continue
        if not is_binary(data[:BEGINNING]):
            yield decode_text(data, file)


def _is_named(file: str, texts: Collection[str]) -> bool:
    """Whether a module names a file of plain data."""
    return file.endswith(_DATA) and any(os.path.basename(file) in text for text in texts)


def _holds_settings(file: str) -> bool:
    name = os.path.basename(file).lower()
    if name in (FILE_NAME, "package-lock.json"):
        return False
    return name.endswith(_SUFFIXES) or name in _NAMES or name.startswith(_BEGINNINGS)

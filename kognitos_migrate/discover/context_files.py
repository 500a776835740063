"""Files around the analysed modules: settings, named data files and further modules, even if git ignores
them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import FILE_NAME
from kognitos_migrate.discover.ignore_rules import (
    DEFAULT_SUFFIXES,
    EVERY_FILE,
    configures_deployment,
    is_program_data,
)
from kognitos_migrate.discover.name_mentions import FileMentions
from kognitos_migrate.discover.prefilter import BEGINNING, LARGEST, is_binary, is_own_report
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.source.content import read_bounded
from kognitos_migrate.source.file import SourceFile, decode_other_file

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import FileSelection


class ContextFiles:
    """The files around the modules of a run. Each set of folders is walked once."""

    def __init__(self, scope: FileSelection) -> None:
        """Walk nothing yet. Files that git ignores are included, since it often ignores local settings."""
        every_file = scope._replace(include=EVERY_FILE, respect_gitignore=False)
        of_git = every_file._replace(respect_gitignore=True)
        self._files = cache(lambda folders: discover(folders, every_file).files)
        self._files_of_git = cache(lambda folders: frozenset(discover(folders, of_git).files))

    def around(
        self,
        folders: Sequence[str],
        analysed: Collection[str],
        python: Sequence[str],
        texts: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[str, ...]:
        """The settings files in `folders`, data files that modules name, and modules that aren't analysed.

        `texts` are the texts of modules by path, `python` the folders of modules, and `analysed` those of the
        run.
        """
        files = self._files(tuple(folders))
        settings = [file for file in files if _holds_settings(file)]
        data_files = [file for file in files if is_program_data(os.path.basename(file))]
        mentions = FileMentions(texts, data_files)
        settings += [file for file in data_files if mentions.is_named(file)]
        modules = {file for file in self._files(tuple(python)) if file.endswith(DEFAULT_SUFFIXES)}
        return tuple(sorted({*settings, *modules.difference(analysed)}))

    def is_ignored(self, file: str, folders: Sequence[str]) -> bool:
        """Whether git ignores a file in one of the folders."""
        return file not in self._files_of_git(tuple(folders))


def read_context_files(files: Iterable[str]) -> Iterator[SourceFile]:
    """The sources of the files, except those that are unreadable, binary, too large, or the tool's own."""
    for file in files:
        try:
            data = read_bounded(file, LARGEST)
        except OSError:
            continue
        if not (is_binary(data[:BEGINNING]) or is_own_report(data)):
            yield decode_other_file(data, file)


def _holds_settings(file: str) -> bool:
    name = os.path.basename(file)
    return name.lower() not in (FILE_NAME, "package-lock.json") and configures_deployment(name)

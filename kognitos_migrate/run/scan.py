"""Scans the requested paths for files that can matter, before anything heavy is imported."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from kognitos_migrate.cache import Store
from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.discover.walk import Discovery, discover, is_excluded
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.project import project_paths
from kognitos_migrate.run.scan_cache import scope_of
from kognitos_migrate.run.source_loading import (
    LoadedSources,
    LoadOptions,
    read_files,
    read_given,
    read_within,
)
from kognitos_migrate.source.content import shown_path


class Stdin(NamedTuple):
    """A file whose content comes from the standard input."""

    filename: str
    data: bytes


class FileChoice(NamedTuple):
    """Which files are looked at, and by which configuration, as the command line says beside the paths."""

    exclude: tuple[str, ...] = ()
    """Patterns as in a `.gitignore` of the working folder."""
    respect_gitignore: bool = True
    force_exclude: bool = False
    isolated: bool = False
    """No configuration is looked for."""
    overrides: tuple[str, ...] = ()
    """Keys of the configuration that are said otherwise: `ignore=[KOG302]`."""

    def narrowed(self, scope: FileSelection) -> FileSelection:
        """The scope with what is said here."""
        exclude = (*scope.exclude, *(_from(scope.root, pattern) for pattern in self.exclude))
        return scope._replace(exclude=exclude, respect_gitignore=self.respect_gitignore)


EVERY_FILE = FileChoice()
"""Where the command line says nothing of files."""


def _from(root: str, pattern: str) -> str:
    """A pattern of the working folder, as the folder `root` above it says it."""
    pattern = pattern[1:] if pattern.startswith("./") else pattern
    below = os.path.relpath(os.getcwd(), root).replace(os.sep, "/")
    if "/" not in pattern.rstrip("/") or below == "." or below.startswith(".."):
        return pattern
    return f"/{below}/{pattern.lstrip('/')}"


class ScanRequest(NamedTuple):
    """What the command line says of the files to look at."""

    paths: Sequence[str]
    config: str | None
    files: FileChoice
    stdin: Stdin | None
    store: Store

    @property
    def starts(self) -> Sequence[str]:
        """Where the project is looked for."""
        return [self.stdin.filename] if self.stdin else self.paths

    @property
    def configured_from(self) -> Sequence[str]:
        """Where the configuration is looked for."""
        return () if self.files.isolated else self.starts

    @property
    def scope(self) -> FileSelection:
        """Which files are looked at, and which of them matter. Raises UserError."""
        return self.files.narrowed(
            scope_of(self.configured_from, self.config, self.store, self.files.overrides)
        )


class ScanResult(NamedTuple):
    """The files of a run, and the sources among them that can matter."""

    scope: FileSelection
    given: tuple[str, ...]
    """Those that are Python."""
    texts: tuple[str, ...]
    """Those that are not, and are named one by one."""
    reading: LoadedSources
    passed_over: tuple[str, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to find, and nothing to say but that."""
        reading = self.reading
        return not (
            self.texts
            or reading.sources
            or reading.problems
            or reading.too_large
            or reading.unaddressed
            or self.scope.baseline
        )


def scan(asked: ScanRequest, progress: Progress) -> ScanResult:
    """The files that are asked for, read as far as they can matter. Raises UserError for what keeps the whole
    run from being done."""
    scope = asked.scope
    discovery = _discovery(asked, scope)
    texts = () if asked.stdin else _texts(discovery.files, scope)
    others = frozenset(texts)
    given = tuple(file for file in discovery.files if file not in others) if others else discovery.files
    reading = _reading(asked, scope, discovery._replace(files=given), progress)
    reading = reading._replace(problems=(*discovery.problems, *reading.problems))
    return ScanResult(scope, given, texts, reading, discovery.passed_over)


def _texts(files: tuple[str, ...], scope: FileSelection) -> tuple[str, ...]:
    """Those of `files` that are not Python: only a file that is named can be one of them."""
    unusual = [file for file in files if not file.endswith(DEFAULT_SUFFIXES)]
    if not unusual:
        return ()
    from kognitos_migrate.discover.other_files import python_files

    python = frozenset(python_files(unusual, scope))
    return tuple(file for file in unusual if file not in python)


def _discovery(asked: ScanRequest, scope: FileSelection) -> Discovery:
    """What is named or held; of the standard input, its file name, even if there is no such file."""
    if asked.stdin is None:
        return discover(asked.paths, scope, force_exclude=asked.files.force_exclude)
    excluded = asked.files.force_exclude and is_excluded(asked.stdin.filename, scope)
    return Discovery(() if excluded else (shown_path(asked.stdin.filename),))


def _reading(
    asked: ScanRequest, scope: FileSelection, discovery: Discovery, progress: Progress
) -> LoadedSources:
    given = discovery.files
    around = project_paths(asked.starts, scope)
    search = LoadOptions(scope.anchors, asked.store, progress, discovery.settings, meanwhile=_load_engine)

    def project() -> Discovery:
        return discover([*given, *around], scope)

    if around and not asked.stdin and all(map(os.path.isdir, asked.starts)):
        return read_within(given, project, search)
    if around or asked.stdin:
        contents = {shown_path(asked.stdin.filename): asked.stdin.data} if asked.stdin else {}
        return read_given(given, contents, project, around, search)
    return read_files(given, search)


def _load_engine() -> None:
    """It is heavy, and is needed where a file names the API."""
    from kognitos_migrate.findings import suppressions
    from kognitos_migrate.run import engine, text_mentions

    del engine, text_mentions, suppressions

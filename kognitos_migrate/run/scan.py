"""Scans the requested paths for files that can matter, before anything heavy is imported."""

import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

from kognitos_migrate.cache import Store
from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES, is_ignored_by_git
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.discover.walk import Discovery, discover, is_excluded
from kognitos_migrate.errors import Fault
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.project import project_paths
from kognitos_migrate.run.scan_cache import cached_selection
from kognitos_migrate.run.source_loading import (
    LoadedSources,
    LoadOptions,
    read_files,
    read_project_folders,
    read_with_related,
)
from kognitos_migrate.source.content import shown_path


class Stdin(NamedTuple):
    """A file whose content is the standard input."""

    filename: str
    data: bytes


class FileChoice(NamedTuple):
    """The command-line options that select files and the configuration, without the paths."""

    exclude: tuple[str, ...] = ()
    """Patterns as in a `.gitignore` of the working directory."""
    respect_gitignore: bool = True
    force_exclude: bool = False
    isolated: bool = False
    """Whether configuration files are ignored."""
    overrides: tuple[str, ...] = ()
    """Configuration keys that replace those of the file, such as `ignore=[KOG302]`."""

    def narrow(self, scope: FileSelection) -> FileSelection:
        """The scope with these options applied."""
        exclude = (*scope.exclude, *(_rebase_pattern(scope.root, pattern) for pattern in self.exclude))
        return scope._replace(exclude=exclude, respect_gitignore=self.respect_gitignore)


EVERY_FILE = FileChoice()
"""The default: no option restricts the files."""


def _rebase_pattern(root: str, pattern: str) -> str:
    """A pattern of the working directory, rewritten for its parent directory `root`."""
    pattern = pattern[1:] if pattern.startswith("./") else pattern
    relative = os.path.relpath(os.getcwd(), root).replace(os.sep, "/")
    if "/" not in pattern.rstrip("/") or relative == "." or relative.startswith(".."):
        return pattern
    return f"/{relative}/{pattern.lstrip('/')}"


class ScanRequest(NamedTuple):
    """The command-line arguments that determine the files to scan."""

    paths: Sequence[str]
    config: str | None
    files: FileChoice
    stdin: Stdin | None
    store: Store

    @property
    def starts(self) -> Sequence[str]:
        """The paths from which the project is searched."""
        return [self.stdin.filename] if self.stdin else self.paths

    @property
    def configured_from(self) -> Sequence[str]:
        """The paths from which the configuration is searched. Empty with `--isolated`."""
        return () if self.files.isolated else self.starts

    @property
    def scope(self) -> FileSelection:
        """The selection of files and the anchors that make one relevant. Raises UserError if the
        configuration is invalid."""
        return self.files.narrow(
            cached_selection(self.configured_from, self.config, self.store, self.files.overrides)
        )


class ScanResult(NamedTuple):
    """The files of a run, and the relevant sources among them."""

    scope: FileSelection
    files: tuple[str, ...]
    """The Python files."""
    texts: tuple[str, ...]
    """The files that are not Python; each was named on the command line."""
    reading: LoadedSources
    skipped_folders: tuple[str, ...]
    unsearched: tuple[str, ...] = ()
    """The files in searched folders that are not Python and may name the old version."""

    @property
    def is_quiet(self) -> bool:
        """Whether the run has nothing to analyse and no problem to report."""
        reading = self.reading
        return not (
            self.texts
            or self.unsearched
            or reading.sources
            or reading.problems
            or reading.too_large
            or reading.unaddressed
            or reading.unparsable
            or self.scope.baseline
        )


def scan(request: ScanRequest, progress: Progress) -> ScanResult:
    """Find the requested files, and read those that can matter. Raises UserError if the configuration or a
    path is invalid."""
    scope = request.scope
    discovery = _discover_requested(request, scope)
    texts = () if request.stdin else _files_of_other_languages(discovery.files, scope)
    others = frozenset(texts)
    source_files = (
        tuple(file for file in discovery.files if file not in others) if others else discovery.files
    )
    reading = _read_sources(request, scope, discovery._replace(files=source_files), progress)
    reading = reading._replace(
        problems=(*discovery.problems, *reading.problems),
        unparsable=_unparsable(request, source_files, reading),
    )
    unsearched = _unsearched_files(discovery, request, scope, progress)
    return ScanResult(scope, source_files, texts, reading, discovery.skipped_folders, unsearched)


_FEW = 5
"""The limit on named files that are parsed although they have no sign of the API."""


def _unparsable(request: ScanRequest, files: Collection[str], reading: LoadedSources) -> tuple[Fault, ...]:
    """The faults of the files that are named one by one and aren't analysed, unless there are many."""
    if request.stdin or len(request.paths) > _FEW or all(map(os.path.isdir, request.paths)):
        return ()
    from kognitos_migrate.discover.parse_check import unparsable_files

    others = {*reading.binary, *reading.too_large, *(source.path for source in reading.sources)}
    others.update(problem.path for problem in reading.problems if problem.path)
    named = {shown_path(path) for path in request.paths}
    return tuple(unparsable_files(sorted(named.intersection(files) - others)))


def _unsearched_files(
    discovery: Discovery, request: ScanRequest, scope: FileSelection, progress: Progress
) -> tuple[str, ...]:
    """The files other than Python that may name the old version. Files that git ignores are left out, except
    for settings files."""
    if not discovery.texts:
        return ()
    from kognitos_migrate.run.non_python_scan import files_naming_old_version

    candidates = files_naming_old_version(discovery.texts, scope.anchors, request.store, progress)
    if not (candidates and scope.respect_gitignore):
        return candidates
    settings = frozenset(discovery.settings)
    return tuple(
        file for file in candidates if file in settings or not is_ignored_by_git(os.path.abspath(file))
    )


def _files_of_other_languages(files: tuple[str, ...], scope: FileSelection) -> tuple[str, ...]:
    """The `files` that are not Python. Only a file named on the command line can be one."""
    unusual = [file for file in files if not file.endswith(DEFAULT_SUFFIXES)]
    if not unusual:
        return ()
    from kognitos_migrate.discover.other_files import python_files

    python = frozenset(python_files(unusual, scope))
    return tuple(file for file in unusual if file not in python)


def _discover_requested(request: ScanRequest, scope: FileSelection) -> Discovery:
    """The requested files. For the standard input, its file name, whether or not that file exists."""
    if request.stdin is None:
        return discover(request.paths, scope, force_exclude=request.files.force_exclude)
    excluded = request.files.force_exclude and is_excluded(request.stdin.filename, scope)
    return Discovery(() if excluded else (shown_path(request.stdin.filename),))


def _read_sources(
    request: ScanRequest, scope: FileSelection, discovery: Discovery, progress: Progress
) -> LoadedSources:
    files = discovery.files
    project_folders = project_paths(request.starts, scope)
    search = LoadOptions(
        scope.anchors, request.store, progress, discovery.settings, discovery.texts, on_idle=_load_engine
    )

    def project() -> Discovery:
        return discover([*files, *project_folders], scope)

    if project_folders and not request.stdin and all(map(os.path.isdir, request.starts)):
        return read_project_folders(files, project, search)
    if project_folders or request.stdin:
        contents = {shown_path(request.stdin.filename): request.stdin.data} if request.stdin else {}
        return read_with_related(files, contents, project, project_folders, search)
    return read_files(files, search)


def _load_engine() -> None:
    """Import the engine early. It is slow to import, and needed if a file names the API."""
    from kognitos_migrate.findings import suppressions
    from kognitos_migrate.run import engine, text_mentions

    del engine, text_mentions, suppressions

"""Walks the paths that the user has named, and yields the files to analyse and the archives that contain
code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.ignore_rules import (
    IGNORE_FILE,
    SETTINGS_SUFFIXES,
    IgnoreFile,
    PathPatterns,
    configures_deployment,
    ignore_file,
    ignore_files_above,
    is_ignored,
    is_like_python,
    is_program_data,
)
from kognitos_migrate.errors import Fault
from kognitos_migrate.source.content import shown_path

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import Filters


ARCHIVE_SUFFIXES = (".egg", ".pex", ".pyz", ".whl", ".zip")
"""Extensions of archives that Python can import from or run."""
LARGEST_ARCHIVE = 1 << 22
"""The maximum size, in bytes, of an archive that is opened."""
_LARGEST_MODULE = 1 << 18
_LARGEST_CONTENT = 1 << 23
"""The maximum size, in bytes, of all modules together that are read from an archive."""
_MOST_MODULES = 500


def is_archive(name: str) -> bool:
    """Whether a file with this name may be an archive with Python code."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def archived_modules(data: bytes) -> Iterator[bytes]:
    """The Python modules in the archive with the content `data`, up to limits of number and size.

    Nothing behind the first module that is damaged or encrypted. Modules that Python can't import, because of
    their compression, are left out.
    """
    from io import BytesIO
    from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile
    from zlib import error

    left = _LARGEST_CONTENT
    try:
        with ZipFile(BytesIO(data)) as archive:
            modules = [
                info
                for info in archive.infolist()
                if info.filename.endswith((".py", ".pyw"))
                and info.compress_type in (ZIP_STORED, ZIP_DEFLATED)
            ]
            for info in modules[:_MOST_MODULES]:
                with archive.open(info) as stream:
                    module = stream.read(min(_LARGEST_MODULE, left))
                left -= len(module)
                yield module
                if not left:
                    return
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, error):
        return


class Discovery(NamedTuple):
    """The files of a run, sorted, as shown to users. A real file occurs once, not under a link's path.

    `problems` are paths that don't exist, and folders and ignore files that can't be read. `skipped_folders`
    were not entered because of their name, the settings, git, or being a link. `settings` are the settings
    files in entered folders, even if git ignores them, since settings files with keys often are.
    `texts` are these and the other files that deploy or feed programs.
    """

    files: tuple[str, ...]
    problems: tuple[Fault, ...] = ()
    skipped_folders: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def discover(paths: Iterable[str], filters: Filters, *, force_exclude: bool = False) -> Discovery:
    """The files that `paths` name or contain.

    A named file is included whatever its name, except if `force_exclude` is set and the filters exclude it.
    In a folder, the filters decide. Links to folders are followed only if the user has named them, as in git,
    so that there are no loops.
    """
    walk = _Walk(PathPatterns.of(filters), respect_gitignore=filters.respect_gitignore)
    for path in paths:
        absolute = os.path.abspath(path)
        if os.path.isdir(absolute):
            if not (force_exclude and _is_excluded_folder(walk.patterns, absolute)):
                walk.folder(absolute)
        elif not os.path.exists(absolute):
            walk.problems.append(_missing_path_fault(path))
        elif not (force_exclude and walk.patterns.excluded_anywhere(absolute)):
            walk.add_file(absolute, os.path.realpath(absolute))
    return Discovery(
        files=tuple(sorted(_display_paths(walk.paths.values()))),
        problems=tuple(walk.problems),
        skipped_folders=tuple(sorted(_display_paths(walk.passed_over))),
        settings=tuple(sorted(_display_paths(walk.settings))),
        texts=tuple(sorted(_display_paths(walk.texts))),
    )


def _display_paths(paths: Iterable[str]) -> Iterator[str]:
    """The absolute paths as shown to users. Most are below the working folder."""
    here = os.path.join(os.getcwd(), "")
    for path in paths:
        yield path[len(here) :].replace(os.sep, "/") if path.startswith(here) else shown_path(path)


def is_excluded(path: str, filters: Filters) -> bool:
    """Whether the filters, or the names of enclosing folders, exclude the file at `path`."""
    return PathPatterns.of(filters).excluded_anywhere(os.path.abspath(path))


class _Walk:
    """The files that the walks of one run have collected."""

    def __init__(self, patterns: PathPatterns, *, respect_gitignore: bool) -> None:
        self.patterns = patterns
        self.respect_gitignore = respect_gitignore
        self.paths: dict[str, str] = {}
        """The path of each file, by its real path."""
        self.problems: list[Fault] = []
        self.passed_over: list[str] = []
        self.settings: list[str] = []
        self.texts: list[str] = []

    def add_file(self, path: str, real: str) -> None:
        """Add the file at an absolute path. Its own path takes precedence over links to it."""
        real = real if os.sep == "/" else os.path.normcase(real)
        previous = self.paths.setdefault(real, path)
        if previous != path and os.path.islink(previous):
            self.paths[real] = min(previous, path) if os.path.islink(path) else path

    def add_text(self, path: str, name: str, patterns: PathPatterns) -> None:
        """Add the file at an absolute path, which isn't analysed, if its name shows that programs need it."""
        is_settings = is_settings_file(name)
        if not (is_settings or _may_be_read_by_programs(name)):
            return
        if not patterns.is_excluded(path):
            self.texts.append(path)
            if is_settings:
                self.settings.append(path)

    def folder(self, root: str) -> None:
        """Add the files in an absolute folder and below it."""
        patterns = self.patterns.narrow(root)
        outside = ignore_files_above(root) if self.respect_gitignore else ()
        self.problems += filter(None, (file.fault for file in outside))
        stack = [(root, os.path.realpath(root), outside)]
        while stack:
            folder, real, outer_chain = stack.pop()
            entries = self._entries(folder)
            chain = self._chain(folder, entries, outer_chain)
            for entry in entries:
                path = entry.path
                real_path = path if real == folder else f"{real}{os.sep}{entry.name}"
                if entry.is_symlink() or _is_junction(entry):
                    if os.path.isdir(path):
                        self.passed_over.append(path)
                    elif os.path.isfile(path) and _is_included_file(path, patterns, chain):
                        self.add_file(path, os.path.realpath(real_path))
                elif entry.is_dir(follow_symlinks=False):
                    if patterns.is_excluded(path, folder=True) or is_ignored(path, folder=True, chain=chain):
                        self.passed_over.append(path)
                    else:
                        stack.append((path, real_path, chain))
                elif entry.is_file(follow_symlinks=False):
                    if _is_included_file(path, patterns, chain):
                        self.add_file(path, real_path)
                    else:
                        self.add_text(path, entry.name, patterns)

    def _chain(
        self, folder: str, entries: Iterable[os.DirEntry[str]], outer_chain: tuple[IgnoreFile, ...]
    ) -> tuple[IgnoreFile, ...]:
        """The ignore files for a folder. A `.gitignore` that isn't among its entries is not opened."""
        if not self.respect_gitignore or all(entry.name != IGNORE_FILE for entry in entries):
            return outer_chain
        own = ignore_file(folder)
        if own is None:
            return outer_chain
        self.problems += filter(None, (own.fault,))
        return (*outer_chain, own)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            reason = error.strerror or str(error)
            self.problems.append(Fault(f"the folder can't be listed: {reason}", shown_path(folder)))
            return []


def _is_included_file(path: str, patterns: PathPatterns, chain: tuple[IgnoreFile, ...]) -> bool:
    """Whether a file at this absolute path is included."""
    return (
        patterns.is_included(path)
        and not patterns.is_excluded(path)
        and not is_ignored(path, folder=False, chain=chain)
    )


def _may_be_read_by_programs(name: str) -> bool:
    """Whether a file with this name deploys, feeds or contains programs."""
    return configures_deployment(name) or is_program_data(name) or is_like_python(name) or is_archive(name)


def is_settings_file(name: str) -> bool:
    """Whether a file with this name contains settings."""
    return name.endswith(SETTINGS_SUFFIXES) or name.startswith(".env")


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether this is a junction, another kind of link to a folder on Windows (Python 3.12 and later)."""
    if os.sep == "/":
        return False
    is_junction = getattr(entry, "is_junction", None)
    return bool(is_junction is not None and is_junction())


def _is_excluded_folder(patterns: PathPatterns, folder: str) -> bool:
    return patterns.is_excluded(folder, folder=True) or patterns.excluded_anywhere(folder)


def _missing_path_fault(path: str) -> Fault:
    if os.path.islink(path):
        return Fault("the link is broken", path)
    return Fault("no such file or folder", path)

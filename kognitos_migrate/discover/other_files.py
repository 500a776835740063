"""Files that are not Python, and which of them to search."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import FILE_NAME
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES, EVERY_FILE, PathPatterns, is_script
from kognitos_migrate.discover.prefilter import (
    BEGINNING,
    LARGEST,
    Anchors,
    is_binary,
    is_own_report,
    names_api,
)
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.errors import Fault
from kognitos_migrate.source.content import open_regular, shown_path
from kognitos_migrate.source.file import SourceFile, decode_other_file
from kognitos_migrate.structs import Struct

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import FileSelection, Filters

_SUFFIXES_OF_PYTHON = (*DEFAULT_SUFFIXES, ".pyc")


class OtherFiles(Struct, frozen=True):
    """Files other than Python: all of them, those that name an API, and those that were not searched."""

    files: tuple[str, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    binary: int = 0
    too_large: tuple[str, ...] = ()
    problems: tuple[Fault, ...] = ()


def python_files(files: Iterable[str], filters: Filters) -> tuple[str, ...]:
    """The `files` that are Python, judged by the filters, the file name, or a script's shebang line."""
    patterns = PathPatterns.of(filters)
    return tuple(file for file in files if _is_python(file, patterns))


def other_files(
    paths: Iterable[str],
    scope: FileSelection,
    settings: Settings,
    *,
    force_exclude: bool,
    but: Collection[str],
) -> tuple[str, ...]:
    """The files in `paths` that aren't Python, without those in `but` and the tool's own files."""
    files = discover(paths, scope._replace(include=EVERY_FILE), force_exclude=force_exclude).files
    return without_own_files(files, scope, settings, but)


def without_own_files(
    files: Iterable[str], scope: FileSelection, settings: Settings, but: Collection[str]
) -> tuple[str, ...]:
    """The `files` that aren't Python, without those in `but` and the tool's own files."""
    patterns = PathPatterns.of(scope)
    own = {*but, *(shown_path(path) for path in (settings.source, settings.baseline) if path is not None)}
    rules = tuple(f"{shown_path(folder)}/" for folder in settings.rules)
    return tuple(
        file
        for file in files
        if file not in own
        and os.path.basename(file) != FILE_NAME
        and not file.startswith(rules)
        and not _is_python(file, patterns)
    )


def read_texts(files: Sequence[str], anchors: Anchors | None) -> OtherFiles:
    """The `files` that name an API (None: all), as sources. Reports of this tool are left out.

    A file that can't be read is a problem.
    """
    sources: list[SourceFile] = []
    too_large: list[str] = []
    problems: list[Fault] = []
    binary = 0
    for file in files:
        try:
            data = _content(file)
        except OSError as error:
            problems.append(Fault(f"the file can't be read: {error.strerror or error}", file))
            continue
        if data is None:
            too_large.append(file)
        elif is_binary(data):
            binary += 1
        elif (
            anchors is None or names_api(data.replace(b"\0", b""), anchors)  # NULs: UTF-16
        ) and not is_own_report(data):
            sources.append(decode_other_file(data, file))
    return OtherFiles(tuple(files), tuple(sources), binary, tuple(too_large), tuple(problems))


def _content(file: str) -> bytes | None:
    """The content of a file; None if it is too large.

    For a binary file, only its beginning is returned.
    """
    with open(open_regular(file), "rb") as stream:
        beginning = stream.read(BEGINNING)
        if is_binary(beginning):
            return beginning
        if os.fstat(stream.fileno()).st_size > LARGEST:
            return None
        return beginning + stream.read()


def _is_python(file: str, patterns: PathPatterns) -> bool:
    if file.endswith(_SUFFIXES_OF_PYTHON) or patterns.is_included(os.path.abspath(file)):
        return True
    return is_script(file)

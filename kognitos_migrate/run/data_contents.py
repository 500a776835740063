"""The contents of data files that tests or programs may read. Imports almost nothing."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import FILE_NAME
from kognitos_migrate.discover.ignore_rules import is_ignored_by_git
from kognitos_migrate.discover.name_mentions import FileMentions
from kognitos_migrate.discover.prefilter import Anchors
from kognitos_migrate.source.content import is_data_file, read_bounded, shown_path

if TYPE_CHECKING:
    from kognitos_migrate.config.settings import Settings
    from kognitos_migrate.rulebook.model import Rulebook
    from kognitos_migrate.source.file import SourceFile

LARGEST = 500_000
"""The largest data file in bytes. Larger ones are rarely written for a test, and slow to read."""
_LARGEST_LAYER = 20_000
"""The largest settings file in bytes that has no sign of the API itself."""
_MOST_BESIDE = 50
"""The limit on the files without signs that are read because they are beside files with signs, in all folders
together. If there are more, none is read."""
_ANYTHING = re.compile(b"")


def data_of_program(
    sources: Sequence[SourceFile],
    files: Mapping[str, str],
    anchors: Anchors,
    rulebook: Rulebook,
    settings: Settings,
    *,
    may_change: bool = True,
) -> tuple[SourceFile, ...]:
    """The data files that the sources may read, as sources: data of tests, and settings of the program if a
    fix `may_change` them.

    `files` are the settings files and other data files of the project, with their paths as the sources have
    them, and the paths to read them from.
    """
    if not any(map(is_data_file, files)):
        return ()
    from kognitos_migrate.modules.modules_of_tests import modules_of_tests

    texts = {source.path: source.text for source in sources if source.fault is None}
    tests = modules_of_tests(
        {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}, settings
    )
    mentions = FileMentions({path: text for path, text in texts.items() if path not in tests}, files)
    named = {file: path for file, path in files.items() if mentions.is_named(file)}
    contents = tuple(
        (file, content)
        for file, content in _with_layers(named if may_change else {}, _signs_of_settings(anchors))
        if not is_ignored_by_git(os.path.abspath(named[file]))
    )
    data: tuple[SourceFile, ...] = ()
    if contents:
        from kognitos_migrate.run.data_modules import settings_sources

        data = settings_sources(sources, contents)
    rest = {file: path for file, path in files.items() if file not in named}
    contents = tuple(_data_of_tests(rest, _signs(anchors))) if tests else ()
    if contents:
        from kognitos_migrate.run.data_modules import data_sources

        data = (*data, *data_sources(sources, contents, rulebook, settings))
    return data


def _with_layers(files: Mapping[str, str], signs: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The settings files that contain one of the `signs`, and few small ones of their kinds beside them: a
    program may merge the settings of a stage into those of all stages."""
    contents = dict(_data_contents(files, signs))
    kinds = {_folder_and_suffix(file) for file in contents}
    beside = {
        file: path
        for file, path in files.items()
        if file not in contents and _folder_and_suffix(file) in kinds
    }
    if len(beside) <= _MOST_BESIDE:
        contents.update(_data_contents(beside, _ANYTHING, _LARGEST_LAYER))
    yield from ((file, contents[file]) for file in files if file in contents)


def _folder_and_suffix(file: str) -> tuple[str, str]:
    return posixpath.dirname(file), posixpath.splitext(file)[1]


def _data_of_tests(files: Mapping[str, str], signs: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The data files that contain one of the `signs`, and few other files beside them: a function that loads
    replies by their names may load one without a sign, such as that of an error."""
    contents = dict(_data_contents(files, signs))
    beside: dict[str, dict[str, str]] = {posixpath.dirname(file): {} for file in contents}
    for file, path in files.items():
        if file not in contents and posixpath.dirname(file) in beside:
            beside[posixpath.dirname(file)][file] = path
    for others in beside.values():
        contents.update(_data_contents(others, _ANYTHING) if len(others) <= _MOST_BESIDE else ())
    yield from ((file, contents[file]) for file in files if file in contents)


def _data_contents(
    files: Mapping[str, str], signs: re.Pattern[bytes], largest: int = LARGEST
) -> Iterator[tuple[str, bytes]]:
    """The data files among `files`, with their contents, that contain one of the `signs`."""
    for file, path in files.items():
        if not is_data_file(file) or posixpath.basename(file) == FILE_NAME:
            continue
        try:
            content = read_bounded(path, largest)
        except OSError:
            continue
        if signs.search(content) is not None:
            yield file, content


def _signs_of_settings(anchors: Anchors) -> re.Pattern[bytes]:
    """A pattern for the API's hosts, for the old version, and for the words of endpoints in paths."""
    words = [re.escape(host) for host in anchors.hosts]
    for path in anchors.paths:
        version, word = re.escape(path.version), re.escape(path.word)
        words += [rb"\b%b\b" % version, rb"\b%b/" % word, rb"/%b\b" % word]
    return re.compile(b"|".join(words) or rb"(?!)", re.IGNORECASE)


def _signs(anchors: Anchors) -> re.Pattern[bytes]:
    """A pattern for the fields that only the old version has, and for the versions in paths."""
    names = {
        *(signature_name.name for signature_name in anchors.signature),
        *(field for fields in anchors.fields for field in fields),
    }
    words = [rb"\b%b\b" % re.escape(name) for name in sorted(names)]
    words += [b"/%b/" % re.escape(version) for version in sorted({path.version for path in anchors.paths})]
    return re.compile(b"|".join(words) or rb"(?!)")


def paths_within(files: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """The files that paths of the user name or contain."""
    shown = [shown_path(path) for path in paths]
    return tuple(
        file for file in files if any(path in (".", file) or file.startswith(f"{path}/") for path in shown)
    )

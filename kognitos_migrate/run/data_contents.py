"""The contents of data files that contain fields or paths of the old version. Imports almost nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import FILE_NAME
from kognitos_migrate.discover.prefilter import Anchors
from kognitos_migrate.source.content import is_data_file, read_bounded, shown_path

if TYPE_CHECKING:
    from kognitos_migrate.config.settings import Settings
    from kognitos_migrate.rulebook.model import Rulebook
    from kognitos_migrate.run.source_loading import LoadedSources
    from kognitos_migrate.source.file import SourceFile

LARGEST = 500_000
"""The largest data file in bytes. Larger ones are rarely written for a test, and slow to read."""


def data_of_tests(
    reading: LoadedSources, anchors: Anchors, rulebook: Rulebook, settings: Settings
) -> tuple[SourceFile, ...]:
    """The data files of the project that tests among the loaded sources may read, as sources."""
    if not any(map(is_data_file, reading.settings)):
        return ()
    from kognitos_migrate.modules.tests_of_program import has_tests

    modules = (source for source in reading.sources if source.fault is None)
    texts = {source.path: source.text.encode("utf-8", "surrogatepass") for source in modules}
    contents = tuple(data_contents(reading.settings, anchors)) if has_tests(texts, settings) else ()
    if not contents:
        return ()
    from kognitos_migrate.run.test_data import data_sources

    return data_sources(reading.sources, contents, rulebook, settings)


def data_contents(files: Iterable[str], anchors: Anchors) -> Iterator[tuple[str, bytes]]:
    """The data files among `files`, with their contents, that contain a word of the old version."""
    signs = _signs(anchors)
    for file in files:
        if not is_data_file(file) or posixpath.basename(file) == FILE_NAME:
            continue
        try:
            content = read_bounded(file, LARGEST)
        except OSError:
            continue
        if signs.search(content) is not None:
            yield file, content


def _signs(anchors: Anchors) -> re.Pattern[bytes]:
    """A pattern for the fields that only the old version has, and for the versions in paths."""
    names = {*(tie.name for tie in anchors.ties), *(field for fields in anchors.fields for field in fields)}
    words = [rb"\b%b\b" % re.escape(name) for name in sorted(names)]
    words += [b"/%b/" % re.escape(version) for version in sorted({path.version for path in anchors.paths})]
    return re.compile(b"|".join(words) or rb"(?!)")


def paths_within(files: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """The files that paths of the user name or contain."""
    shown = [shown_path(path) for path in paths]
    return tuple(
        file for file in files if any(path in (".", file) or file.startswith(f"{path}/") for path in shown)
    )

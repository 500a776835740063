"""Settings files beside code, and the API hosts and paths in them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.config.discovery import FILE_NAME, PROJECT_FILE
from kognitos_migrate.discover.prefilter import is_own_report
from kognitos_migrate.discover.signature import PathWords, has_path_tail
from kognitos_migrate.source.content import MIB, read_bounded

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import Anchors

_OWN = (FILE_NAME, FILE_NAME.replace(".yaml", ".yml"), PROJECT_FILE)
_RULE = rb"(?m)^kind:\s*(?:api|operation|client|mock)\s*(?:#.*)?$"

_KEY = re.compile(rb"""([A-Za-z_][\w.-]*)["']?[ \t]*[:=](?!//)[ \t]*["'\w/]""")
"""The name of a value: `url` in `"url": "https://…"`, `URL` in `export URL=https://…`."""
_VARIABLE = re.compile(rb"""name["']?[ \t]*:[ \t]*["']?([A-Za-z_]\w*)["']?[ \t]*,?$""")
"""The name of a value on the next line: `URL` in `- name: URL`."""

_READS = (b"load", b"open(", b"read")
"""Spellings in code that reads a file."""


class SettingsFile(NamedTuple):
    """A settings file that names a host of the API, in front of its old version or of none, or that has the
    words of its endpoints in paths."""

    path: str
    host: str | None
    is_versioned: bool
    words: tuple[str, ...]
    row: int | None = None
    """The line with the old version behind a host or in a path, where the file tells whose it is."""
    keys: tuple[str, ...] = ()
    """The names that such lines give their values."""


class AdjacentSettings(NamedTuple):
    """A module, and a settings file in its folder, in one above it, in one below it, or in a folder without
    modules beside one of these."""

    module: str
    settings: SettingsFile


def adjacent_settings(
    modules: Collection[str], files: Iterable[str], anchors: Anchors
) -> Iterator[AdjacentSettings]:
    """The settings files among `files` that tell something of an API, each with the modules beside it."""
    folders = {module: _folder(module) for module in modules}
    above = {folder for module in {*folders.values()} for folder in _upwards(module)}
    for file in files:
        folder = _folder(file)
        base = folder if folder in above else os.path.dirname(folder)
        around = {*_upwards(base)}
        if base in above or not around.isdisjoint(folders.values()):
            found = settings_file(file, anchors)
            if found is None:
                continue
            for module, own in folders.items():
                if own in around or base in _upwards(own):
                    yield AdjacentSettings(module, found)


def may_read(text: bytes, settings: SettingsFile) -> bool:
    """Whether a module with this text may read a settings file, or the environment that it is: it names the
    file, or what a value of the API is called there."""
    lowered, name = text.lower(), os.path.basename(settings.path)
    reads = any(word in lowered for word in _READS)
    names = [name, *(key for key in settings.keys if reads or key.isupper())]
    stem = name.partition(".")[0].encode()
    return (
        any(_is_named(one.lower().encode(), lowered) for one in names)
        or (reads and bool(stem) and re.search(rb"""["'/]%b["'/.]""" % re.escape(stem), text) is not None)
        or (b"prefix" in lowered and any(_ends_named(key.lower().encode(), lowered) for key in settings.keys))
    )


def _is_named(key: bytes, lowered: bytes) -> bool:
    return key in lowered and re.search(rb"(?<![\w])%b(?![\w])" % re.escape(key), lowered) is not None


def _ends_named(key: bytes, lowered: bytes) -> bool:
    """Whether an end of a key, behind one of its underscores, stands in a text: a prefix is set once."""
    parts = key.split(b"_")
    return any(_is_named(b"_".join(parts[start:]), lowered) for start in range(1, len(parts)))


def settings_file(file: str, anchors: Anchors) -> SettingsFile | None:
    """The signs in a settings file; None where it has none, is unreadable, too large, or this tool's own."""
    if os.path.basename(file) in _OWN:
        return None
    try:
        data = read_bounded(file, MIB)
    except OSError:
        return None
    if is_own_report(data) or re.search(_RULE, data) is not None:
        return None
    host, is_versioned = _host(data.lower(), anchors)
    words = tuple(sorted(_words(data, anchors)))
    if host is None and not words:
        return None
    rows = list(_rows(data, host, anchors))
    keys = dict.fromkeys(key for _, keys in rows for key in keys)
    return SettingsFile(file, host, is_versioned, words, rows[0][0] if rows else None, tuple(keys))


def _rows(data: bytes, host: str | None, anchors: Anchors) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold a host in front of the old version, or a path with it where the file holds a host,
    or a name that only the old version has, too; each with the names of its values."""
    if host is None and not any(tie.name in data for tie in anchors.ties):
        return
    before = b""
    for row, line in enumerate(data.splitlines(), start=1):
        if _host(line.lower(), anchors)[1] or any(_has_path(line, path) for path in anchors.paths):
            yield row, [key.decode() for key in (*_VARIABLE.findall(before), *_KEY.findall(line))]
        before = line


def _words(data: bytes, anchors: Anchors) -> set[str]:
    """The endpoints' words in paths: behind the old version, or with more of the path behind them."""
    found = {path.word for path in anchors.paths if _has_path(data, path)}
    found.update(word for tie in anchors.ties for word in tie.words if has_path_tail(word, data))
    return {word.decode() for word in found}


def _has_path(data: bytes, path: PathWords) -> bool:
    written = path.version + b"/" + path.word
    return written in data and re.search(rb"(?<![\w.-])%b(?![\w-])" % re.escape(written), data) is not None


def _host(data: bytes, anchors: Anchors) -> tuple[str | None, bool]:
    """A host that a file names, but where another version stands behind it, and whether the old one does."""
    versions = {path.version for path in anchors.paths}
    found: str | None = None
    for host in anchors.hosts:
        for match in re.finditer(rb"(?<![\w.-])%b(?::\d+)?(?:/(\w+))?(?![\w.-])" % re.escape(host), data):
            if match[1] in versions:
                return host.decode(), True
            if match[1] is None:
                found = host.decode()
    return found, False


def _folder(file: str) -> str:
    return os.path.dirname(os.path.abspath(file))


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        yield (folder := above)

"""Settings files beside code, and the API hosts and paths in them."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.config.discovery import FILE_NAME, PROJECT_FILE
from kognitos_migrate.discover.name_mentions import contains_name, names_stem
from kognitos_migrate.discover.prefilter import is_own_report
from kognitos_migrate.discover.repository import folder_and_parents, folder_of
from kognitos_migrate.discover.signature import PathWords, has_path_tail
from kognitos_migrate.source.content import MIB, read_bounded

if TYPE_CHECKING:
    from kognitos_migrate.discover.prefilter import Anchors

_OWN = (FILE_NAME, FILE_NAME.replace(".yaml", ".yml"), PROJECT_FILE)
_RULE = rb"(?m)^kind:\s*(?:api|operation|client|mock)\s*(?:#.*)?$"

_KEY = re.compile(rb"""([A-Za-z_][\w.-]*)["']?[ \t]*[:=](?!//)[ \t]*["'\w/]""")
"""A key with a value: `url` in `"url": "https://…"`, `URL` in `export URL=https://…`."""
_VARIABLE = re.compile(rb"""name["']?[ \t]*:[ \t]*["']?([A-Za-z_]\w*)["']?[ \t]*,?$""")
"""A name whose value is on the next line: `URL` in `- name: URL`."""

_IS_VALUE = re.compile(rb"""(?://|@|[:=][ \t]*["']?)\Z""")
"""The end of the text in front of a host that is the value of a key, or part of a URL."""
_LONGEST_GAP = 40

_READS = ("load", "open(", "read")
"""Substrings of code that reads a file."""


class SettingsFile(NamedTuple):
    """A settings file with signs of the API: a host, or words of its endpoints in paths.

    `is_versioned` means that the old version follows the host.
    """

    path: str
    host: str | None
    is_versioned: bool
    words: tuple[str, ...]
    row: int | None = None
    """The first line with the old version behind a host or in a path, if the file identifies the API."""
    keys: tuple[str, ...] = ()
    """The keys of the values on such lines."""


class AdjacentSettings(NamedTuple):
    """A module and a settings file near it.

    The file is in the module's folder, an enclosing or nested one, or in a folder without modules beside one
    of these.
    """

    module: str
    settings: SettingsFile


def adjacent_settings(
    modules: Collection[str], files: Iterable[str], anchors: Anchors
) -> Iterator[AdjacentSettings]:
    """The settings files among `files` with signs of an API, each with the modules near it."""
    modules_in: defaultdict[str, list[str]] = defaultdict(list)
    modules_below: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules:
        modules_in[folder_of(module)].append(module)
    for folder, in_folder in modules_in.items():
        for ancestor in folder_and_parents(folder):
            modules_below[ancestor] += in_folder
    for file in files:
        folder = folder_of(file)
        base = folder if folder in modules_below else os.path.dirname(folder)
        above = (module for parent in folder_and_parents(base) for module in modules_in.get(parent, ()))
        near = {*modules_below.get(base, ()), *above}
        settings = read_settings_file(file, anchors) if near else None
        if settings is not None:
            for module in sorted(near):  # cached results name them
                yield AdjacentSettings(module, settings)


def may_read(text: str, settings: SettingsFile) -> bool:
    """Whether a module may read a settings file, or the environment that the file defines.

    It does if it names the file, or one of the keys of the API's values.
    """
    lowered, name = text.lower(), os.path.basename(settings.path)
    reads = any(word in lowered for word in _READS)
    names = [name, *(key for key in settings.keys if reads or key.isupper())]
    return (
        any(contains_name(lowered, spelling.lower()) for spelling in names)
        or (reads and names_stem(text, name))
        or ("prefix" in lowered and any(_has_key_suffix(key.lower(), lowered) for key in settings.keys))
    )


def _has_key_suffix(key: str, lowered: str) -> bool:
    """Whether a text contains a suffix of a key behind an underscore, since prefixes are configured apart."""
    parts = key.split("_")
    return any(contains_name(lowered, "_".join(parts[start:])) for start in range(1, len(parts)))


def read_settings_file(file: str, anchors: Anchors) -> SettingsFile | None:
    """The signs in a settings file; None if it has none, is unreadable, too large, or the tool's own."""
    if os.path.basename(file) in _OWN:
        return None
    try:
        data = read_bounded(file, MIB)
    except OSError:
        return None
    if is_own_report(data) or re.search(_RULE, data) is not None:
        return None
    host, is_versioned = _api_host(data.lower(), anchors)
    words = tuple(sorted(_endpoint_words(data, anchors)))
    if host is None and not words:
        return None
    rows = list(_api_lines(data, host, anchors))
    keys = dict.fromkeys(key for _, keys in rows for key in keys)
    return SettingsFile(file, host, is_versioned, words, rows[0][0] if rows else None, tuple(keys))


def _api_lines(data: bytes, host: str | None, anchors: Anchors) -> Iterator[tuple[int, list[str]]]:
    """The lines with a host or a path of the old version, each with the keys of its values.

    A path counts only if the file also names a host of the API, or a name that only the old version has.
    """
    if host is None and not any(signature_name.name in data for signature_name in anchors.signature):
        return
    before = b""
    for row, line in enumerate(data.splitlines(), start=1):
        if _api_host(line.lower(), anchors)[1] or any(
            _has_path(line, path, anchors) for path in anchors.paths
        ):
            yield row, [key.decode() for key in (*_VARIABLE.findall(before), *_KEY.findall(line))]
        before = line


def _endpoint_words(data: bytes, anchors: Anchors) -> set[str]:
    """The words of endpoints in paths: behind the old version, or with more of the path behind them."""
    words = {path.word for path in anchors.paths if _has_path(data, path, anchors)}
    words.update(
        word
        for signature_name in anchors.signature
        for word in signature_name.words
        if has_path_tail(word, data)
    )
    return {word.decode() for word in words}


def _has_path(data: bytes, path: PathWords, anchors: Anchors) -> bool:
    """Whether a path is in a text. Behind a host of others, it must be the beginning of the URL's path."""
    path_text = path.version + b"/" + path.word
    if path_text not in data:
        return False
    base = rb"://([\w.-]+)(?::\d+)?(/|/[^\s\"'<>,]{0,300})"
    return any(
        match[1] is None or match[2] == b"/" or match[1].lower() in anchors.hosts
        for match in re.finditer(rb"(?:%b)?(?<![\w.-])%b(?![\w-])" % (base, re.escape(path_text)), data)
    )


def _api_host(data: bytes, anchors: Anchors) -> tuple[str | None, bool]:
    """A host of the API in a file, and whether the old version follows it.

    A host with another version is left out, and so is a bare one in a list: such lists allow or deny hosts.
    """
    versions = {path.version for path in anchors.paths}
    unversioned: str | None = None
    for host in anchors.hosts:
        for match in re.finditer(rb"(?<![\w.-])%b(?::\d+)?(?:/(\w+))?(?![\w.-])" % re.escape(host), data):
            if match[1] in versions:
                return host.decode(), True
            if match[1] is None and _IS_VALUE.search(
                data, max(0, match.start() - _LONGEST_GAP), match.start()
            ):
                unversioned = host.decode()
    return unversioned, False


def offset_of_name(name: bytes, text: bytes) -> int:
    """The offset of a file name in a text: at the end of a string literal if there is one."""
    ends = (start for quote in (b'"', b"'") if (start := text.find(name + quote)) >= 0)
    return min(ends, default=text.find(name))

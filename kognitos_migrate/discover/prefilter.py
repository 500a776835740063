"""The prefilter: a search of a file's bytes for API words, path segments and HTTP clients.

A file matters if it contains a host of the API or of the settings, a word of the API (in any case), a key of
one of the configuration's tables, or both the old version and an endpoint's word as segments of a path. False
positives are acceptable and misses are not, since a path may be composed of several literals.

Deployed code names no vendor. A project therefore also matters if its files contain both a name that only the
old version has (a `Signature`) and the word of an endpoint, in one file or in several.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.import_scan import imported_modules
from kognitos_migrate.discover.other_products import with_blank_products
from kognitos_migrate.discover.signature import (
    HOST,
    PathWords,
    SignatureName,
    client_offset,
    is_field_in,
    is_header,
    is_segment_in,
    is_word_in,
    path_words,
    signature_names,
    weak_signature,
)
from kognitos_migrate.source.content import UnreadableSourceError, is_notebook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from typing import Protocol

    from kognitos_migrate.config.settings import Settings
    from kognitos_migrate.rulebook.model import Rulebook


# patterns are compiled on first use, which most runs don't reach. A pattern that begins with letters and
# looks back at them is searched ten times as fast as one that begins with alternatives
_LOADS = rb"from_file_location(?<=\bspec_from_file_location)|path(?<=\brun_path)|source(?<=\bload_source)"
_LOADS_FILES = rb"_(?:" + _LOADS + rb")\b"
_LOADER = rb"SourceFileLoader(?<=\bSourceFileLoader)\b"
_SEARCHES = rb"_(?:modules(?<=\biter_modules)|packages(?<=\bwalk_packages)|" + _LOADS + rb")\b"
_SEARCHES_FILES = rb"""\.py(?:(?<=\*\.py)\b|(?<=["']\.py)["'])"""
_SEARCHES_AROUND = rb"""__file__|iter_modules\(\s*\)|\*\.py\b|["']\.py["']"""
_ZEROS_ARE_TEXT = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""Byte order marks of encodings with zero bytes in text. The mark of UTF-32-LE begins with the first one."""
_JSON_ESCAPE = rb"\\(?:u00[2-7]|/)"


BEGINNING = 8192
"""The number of bytes at the start of a file that decide whether it is binary."""
LARGEST = 10_000_000
"""The maximum size, in bytes, of a file that is read as a whole."""


class Anchors(NamedTuple):
    """The byte strings that a file is searched for: any of `words` (lower case), or both words of a path.

    A whole project is also searched for `signature`.
    """

    words: tuple[bytes, ...]
    paths: tuple[PathWords, ...]
    signature: tuple[SignatureName, ...] = ()
    hosts: tuple[bytes, ...] = ()
    """Hosts in lower case, for settings files, in which a word of the API is no sign."""
    clients: tuple[bytes, ...] = ()
    """The import statements of HTTP clients, as in source code."""
    keys: tuple[bytes, ...] = ()
    """The keys of the configuration's tables, in lower case."""
    calls: tuple[PathWords, ...] = ()
    """The path words of both versions."""
    fields: tuple[tuple[bytes, ...], ...] = ()
    """Sets of fields that only one old reply has together."""
    products: tuple[bytes, ...] = ()
    """Packages that have a word of the API in their name and don't use it, in lower case."""


def anchors(rulebook: Rulebook, settings: Settings) -> Anchors:
    """The anchors for the rules and the configuration."""
    hosts = {host for api in rulebook.apis.values() for host in (*api.hosts, *settings.hosts)}
    words = {*hosts, *(word for api in rulebook.apis.values() for word in api.words)}
    keys = {key.lower() for table in settings.tables.values() for key in table if key}
    words.update(keys)
    lowered = {word.lower() for word in words if word}
    needed = sorted(shortest_words(lowered))
    paths = {path_words(rulebook.apis[operation.api], operation) for operation in rulebook.operations}
    return Anchors(
        words=tuple(word.encode() for word in needed),
        paths=tuple(sorted((path for path in paths if path), key=lambda path: (path.version, path.word))),
        signature=tuple(sorted(set(_signature(rulebook)))),
        hosts=tuple(sorted(host.lower().encode() for host in hosts)),
        clients=client_imports(rulebook),
        keys=tuple(sorted(key.encode() for key in keys)),
        calls=tuple(sorted(_calls(rulebook))),
        fields=tuple(sorted(_fields(rulebook))),
        products=tuple(
            sorted(name.lower().encode() for api in rulebook.apis.values() for name in api.products)
        ),
    )


def _calls(rulebook: Rulebook) -> set[PathWords]:
    """The path words of all operations in both versions."""
    paths: set[PathWords] = set()
    for operation in rulebook.operations:
        api = rulebook.apis[operation.api]
        for layout, version in ((operation.old, api.old), (operation.new, api.new)):
            fixed = [segment.text for segment in layout.path if segment.text and segment.text != version]
            if fixed:
                paths.add(PathWords(version.encode(), fixed[0].encode()))
    return paths


def _fields(rulebook: Rulebook) -> set[tuple[bytes, ...]]:
    """The fields of signatures that require several of one reply."""
    signatures = [signature for api in rulebook.apis.values() for signature in api.signatures]
    groups = {tuple(sorted({*signature.fields, *signature.decodes})) for signature in signatures}
    return {tuple(map(str.encode, group)) for group in groups if group[1:]}


def _signature(rulebook: Rulebook) -> Iterator[SignatureName]:
    for api in rulebook.apis.values():
        yield from signature_names(rulebook, api)
        yield from weak_signature(rulebook, api)


def shortest_words(words: Collection[str]) -> Iterator[str]:
    """The words that contain no other word of `words`. A text with a longer word also has the shorter one.

    The time grows linearly with the number of words.
    """
    lengths = sorted({len(word) for word in words})
    for word in words:
        parts = (
            word[start : start + length]
            for length in lengths
            if length < len(word)
            for start in range(len(word) - length + 1)
        )
        if not any(part in words for part in parts):
            yield word


def client_imports(rulebook: Rulebook) -> tuple[bytes, ...]:
    """The import statements of the HTTP clients, as in source code."""
    return tuple(sorted(set(_imports_of(rulebook))))


def _imports_of(rulebook: Rulebook) -> Iterator[bytes]:
    """The import statements of the clients. A submodule can be imported in two ways."""
    names = {name for client in rulebook.clients for name in (*client.functions, *client.session_types)}
    for module in {name.rpartition(".")[0] for name in names}:
        package, _, rest = module.partition(".")
        yield from (f"{word} {module}".encode() for word in ("import", "from") if module)
        if rest:
            yield f"from {package} import {rest}".encode()


def imports_client(data: bytes, anchors: Anchors) -> bool:
    """Whether a module may send requests itself."""
    return client_offset(data, anchors.clients) is not None


class Unaddressed(NamedTuple):
    """The first line with a header of the API in a module whose requests may go to any host."""

    path: str
    row: int


def first_header_place(file: str, data: bytes, anchors: Anchors) -> Unaddressed:
    """The place of the first header in the module. A notebook is named by its first line."""
    first = min(headers_in(data, anchors), default=0)
    return Unaddressed(file, 1 if is_notebook(file) else data.count(b"\n", 0, first) + 1)


def is_unaddressed(data: bytes, anchors: Anchors) -> bool:
    """Whether a module sends requests with a header of the API and contains no host."""
    return bool(headers_in(data, anchors)) and imports_client(data, anchors) and not HOST.search(data)


def headers_in(data: bytes, anchors: Anchors) -> list[int]:
    """The sorted offsets of the API's headers in a module, of each its first one."""
    lowered = data.lower()
    headers = {signature_name.name for signature_name in anchors.signature if is_header(signature_name.name)}
    return sorted(at for header in headers if (at := lowered.find(header)) >= 0)


def can_matter(data: bytes, anchors: Anchors) -> bool:
    """Whether a file can matter."""
    if names_api(data, anchors):
        return True
    versions = {
        version for version in {path.version for path in anchors.paths} if is_segment_in(version, data)
    }
    return any(path.version in versions and is_segment_in(path.word, data) for path in anchors.paths)


def may_matter(data: bytes, anchors: Anchors) -> bool:
    """Whether a statement of a file that can matter may be the reason: it contains (a part of) an anchor."""
    return names_api(data, anchors) or any(
        is_segment_in(part, data) for path in anchors.paths for part in (path.version, path.word)
    )


def may_name_old_version(data: bytes, anchors: Anchors) -> bool:
    """Whether a text may name the API, or the old version, even outside of a path."""
    return names_api(data, anchors) or any(path.version in data for path in anchors.paths)


def may_read_reply(data: bytes, anchors: Anchors) -> bool:
    """Whether a module contains a field of an old reply as a key, an attribute or an annotation."""
    names = {
        signature_name.name for signature_name in anchors.signature if not is_header(signature_name.name)
    }
    return any(is_field_in(name, data) for name in {*names, *chain.from_iterable(anchors.fields)})


def names_api(data: bytes, anchors: Anchors) -> bool:
    """Whether a file names the API, as opposed to a path that any service could have, and to a product of the
    vendor that doesn't use it."""
    lowered = data.lower()
    if not any(word in lowered for word in anchors.words):
        return False
    if any(host in lowered for host in anchors.hosts):
        return True
    lowered = with_blank_products(lowered, anchors.words, anchors.products)
    return any(word in lowered for word in anchors.words)


def module_bytes(data: bytes, path: str) -> bytes:
    """The module in a file; for a notebook, the code of its cells."""
    if not is_notebook(path):
        return data
    from kognitos_migrate.source.file import decode_module

    try:
        return decode_module(data, path).text.encode("utf-8", "surrogatepass")
    except UnreadableSourceError:
        return data


def file_can_matter(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether the file can matter. It may be a notebook."""
    if not is_notebook(file):
        return can_matter(data, anchors)
    # outputs may be large, and contain no code
    return json_can_matter(data, anchors) and can_matter(module_bytes(data, file), anchors)


def json_can_matter(data: bytes, anchors: Anchors) -> bool:
    """Whether JSON may contain a text that can matter, even if its characters are escaped."""
    return can_matter(data, anchors) or re.search(_JSON_ESCAPE, data) is not None


def is_binary(data: bytes) -> bool:
    """Whether a file is binary: a zero byte is near its beginning, and no byte order mark allows that."""
    return b"\0" in data[:BEGINNING] and not data.startswith(_ZEROS_ARE_TEXT)


def searches_modules(data: bytes) -> bool:
    """Whether a file may search folders for modules, or load modules from their files."""
    return _contains_pattern(data, _SEARCHES_FILES, _SEARCHES, _LOADER)


def searches_own_folder(data: bytes) -> bool:
    """Whether a file that searches for modules may do so in its own folder."""
    return re.search(_SEARCHES_AROUND, data) is not None


def loads_files(data: bytes) -> bool:
    """Whether a file may load modules from their files, under other names."""
    return _contains_pattern(data, _LOADS_FILES, _LOADER)


def _contains_pattern(data: bytes, *patterns: bytes) -> bool:
    return any(re.search(pattern, data) is not None for pattern in patterns)


if TYPE_CHECKING:

    class Filters(Protocol):
        """The files of a walk, relative to a folder. `Settings` and `FileSelection` implement this."""

        @property
        def root(self) -> str | Path:
            """The folder that the patterns are relative to."""

        @property
        def include(self) -> tuple[str, ...]:
            """Patterns of the files to include; empty for Python files."""

        @property
        def exclude(self) -> tuple[str, ...]:
            """Patterns of files and folders to exclude."""

        @property
        def respect_gitignore(self) -> bool:
            """Whether files that git ignores are excluded."""


class FileSelection(NamedTuple):
    """The files of a run, and the anchors that decide which of them matter."""

    root: str
    """The folder of the configuration, or the working folder if there is none."""
    configured: bool
    """Whether there is a configuration."""
    baseline: bool
    """Whether the configuration names a baseline."""
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    anchors: Anchors
    respect_gitignore: bool = True


_QUOTED = re.compile(rb"""["'](\w+)[.:"']""")
"""A string that may name a module, as in `import_module("http.client")`."""


class ClientModules(NamedTuple):
    """The names in code that show that it sends requests."""

    modules: frozenset[tuple[str, ...]]
    """The clients' modules, by the components of their names."""
    fixtures: frozenset[str]
    """Fixtures of test frameworks that mock libraries provide without an import."""


def client_modules(rulebook: Rulebook) -> ClientModules:
    """The modules and fixtures of all clients and mock libraries."""
    names = [
        *(name for client in rulebook.clients for name in (*client.functions, *client.session_types)),
        *(name for mock in rulebook.mocks for name in mock.names()),
    ]
    return ClientModules(
        frozenset(tuple(name.split(".")[:-1] or [name]) for name in names),
        frozenset(name for mock in rulebook.mocks for name in mock.fixtures),
    )


def may_send_requests(texts: Mapping[str, bytes], clients: ClientModules) -> bool:
    """Whether a program with the modules `texts`, by path, may send a request that is analysed.

    A relative import of a missing module counts by its components (`from .requests import get`).
    """
    whole = b"\n".join(texts.values())
    if any(is_word_in(name.encode(), whole) for name in clients.fixtures):
        return True
    names = {
        part for file, text in texts.items() for part in _possible_packages(imported_modules(text, file))
    }
    names.update(name.decode() for name in _QUOTED.findall(whole))
    return any(
        first in names and all(is_word_in(part.encode(), whole) for part in rest)
        for first, *rest in clients.modules
    )


def _possible_packages(names: Iterable[str]) -> Iterable[str]:
    """The first components of module names; for relative imports, all components of their path."""
    for name in names:
        yield from name.split("/") if "/" in name else name.split(".")[:1]


_BEGINNINGS = re.compile(
    rb'\{\s*"version": 1,\s*"(?:findings": \[|made_by": "kognitos-migrate )'  # JSON of check, and of report
    rb"|# (?:Kognitos v1 to v2 migration|Migration from v1 to v2)\n\n"
    rb"(?:\d+ files? (?:checked|looked at)\. Found |No v1 (?:use|calls) found |Nothing to report )"
    rb'|(?s:.{0,1000})<meta name="generator" content="kognitos-migrate '
    rb'|(?s:.{0,1000})"driver": \{\s*"name": "kognitos-migrate"'
)


def is_own_report(data: bytes) -> bool:
    """Whether the beginning of a file shows that this tool has written it as a report."""
    return _BEGINNINGS.match(data) is not None

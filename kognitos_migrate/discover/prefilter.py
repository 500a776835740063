"""The prefilter: a search of a file's bytes for API words, path parts and HTTP clients.

A file matters if it holds a host of the API or of the settings, a word of the API (whatever its case), a
key of one of the configuration's tables, or both the old version and an endpoint's word as parts of a
path. Too many files are better than one too few: a path may be put together from pieces.

Deployed code names no vendor. So a project matters, too, if its files hold both a name that only the old
version has (a `Signature`) and the word of an endpoint, whichever of them holds which.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.import_scan import imported_modules
from kognitos_migrate.discover.signature import (
    HOST,
    PathWords,
    SignatureName,
    client_at,
    faint_ties_of,
    is_header,
    is_part,
    is_word,
    path_words,
    signature_names,
)
from kognitos_migrate.source.content import UnreadableSourceError, is_notebook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from typing import Protocol

    from kognitos_migrate.config.settings import Settings
    from kognitos_migrate.rulebook.model import Rulebook


# patterns are compiled when they are used first: most runs don't get so far. A pattern that begins with
# letters and looks back at them is searched for ten times as fast as one that begins with a choice
_LOADS = rb"from_file_location(?<=\bspec_from_file_location)|path(?<=\brun_path)|source(?<=\bload_source)"
_LOADS_FILES = rb"_(?:" + _LOADS + rb")\b"
_LOADER = rb"SourceFileLoader(?<=\bSourceFileLoader)\b"
_SEARCHES = rb"_(?:modules(?<=\biter_modules)|packages(?<=\bwalk_packages)|" + _LOADS + rb")\b"
_SEARCHES_FILES = rb"""\.py(?:(?<=\*\.py)\b|(?<=["']\.py)["'])"""
_SEARCHES_AROUND = rb"""__file__|iter_modules\(\s*\)|\*\.py\b|["']\.py["']"""
_ZEROS_ARE_TEXT = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""Marks of encodings in which zero bytes are parts of characters; that of UTF-32-LE begins with the first."""
_JSON_ESCAPE = rb"\\(?:u00[2-7]|/)"


BEGINNING = 8192
"""Bytes by which a binary file is told from text."""
LARGEST = 10_000_000
"""Bytes of the largest file that is looked at as a whole."""


class Anchors(NamedTuple):
    """What a file is searched for: any of `words` (lower case), or both parts of one of `paths`; and, over a
    whole project, one of `ties`."""

    words: tuple[bytes, ...]
    paths: tuple[PathWords, ...]
    ties: tuple[SignatureName, ...] = ()
    hosts: tuple[bytes, ...] = ()
    """In lower case; looked for in settings files, where a word shows nothing."""
    clients: tuple[bytes, ...] = ()
    """The imports of HTTP clients, as they are written."""
    keys: tuple[bytes, ...] = ()
    """The keys of the configuration's tables, in lower case."""
    calls: tuple[PathWords, ...] = ()
    """The paths of both versions."""
    fields: tuple[tuple[bytes, ...], ...] = ()
    """Fields that, together, only an old reply has."""


def anchors(rulebook: Rulebook, settings: Settings) -> Anchors:
    """What makes a file matter, by the rules and the configuration."""
    hosts = {host for api in rulebook.apis.values() for host in (*api.hosts, *settings.hosts)}
    words = {*hosts, *(word for api in rulebook.apis.values() for word in api.words)}
    keys = {key.lower() for table in settings.tables.values() for key in table if key}
    words.update(keys)
    lowered = {word.lower() for word in words if word}
    needed = sorted(without_longer(lowered))
    paths = {path_words(rulebook.apis[operation.api], operation) for operation in rulebook.operations}
    return Anchors(
        words=tuple(word.encode() for word in needed),
        paths=tuple(sorted((path for path in paths if path), key=lambda path: (path.version, path.word))),
        ties=tuple(sorted(set(_ties(rulebook)))),
        hosts=tuple(sorted(host.lower().encode() for host in hosts)),
        clients=client_imports(rulebook),
        keys=tuple(sorted(key.encode() for key in keys)),
        calls=tuple(sorted(_calls(rulebook))),
        fields=tuple(sorted(_fields(rulebook))),
    )


def _calls(rulebook: Rulebook) -> set[PathWords]:
    """The words of the paths of both versions."""
    paths: set[PathWords] = set()
    for operation in rulebook.operations:
        api = rulebook.apis[operation.api]
        for layout, version in ((operation.old, api.old), (operation.new, api.new)):
            fixed = [segment.text for segment in layout.path if segment.text and segment.text != version]
            if fixed:
                paths.add(PathWords(version.encode(), fixed[0].encode()))
    return paths


def _fields(rulebook: Rulebook) -> set[tuple[bytes, ...]]:
    """The fields of the signatures that ask for several of one reply."""
    signatures = [one for api in rulebook.apis.values() for one in api.signatures]
    groups = {tuple(sorted({*one.fields, *one.decodes})) for one in signatures}
    return {tuple(map(str.encode, group)) for group in groups if group[1:]}


def _ties(rulebook: Rulebook) -> Iterator[SignatureName]:
    for api in rulebook.apis.values():
        yield from signature_names(rulebook, api)
        yield from faint_ties_of(rulebook, api)


def without_longer(words: Collection[str]) -> Iterator[str]:
    """Yield the words that contain no other one of `words`: a text with a longer word has the shorter one.

    The work grows with the number of words, not with its square.
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
    """Return the imports of the HTTP clients, as they are written."""
    return tuple(sorted(set(_imports_of(rulebook))))


def _imports_of(rulebook: Rulebook) -> Iterator[bytes]:
    """The imports of the clients, as they are written: of a module in a package there are two ways."""
    names = {name for client in rulebook.clients for name in (*client.functions, *client.session_types)}
    for module in {name.rpartition(".")[0] for name in names}:
        package, _, rest = module.partition(".")
        yield from (f"{word} {module}".encode() for word in ("import", "from") if module)
        if rest:
            yield f"from {package} import {rest}".encode()


def imports_client(data: bytes, anchors: Anchors) -> bool:
    """Whether a module with these bytes may send requests itself."""
    return client_at(data, anchors.clients) is not None


class Unaddressed(NamedTuple):
    """The line of a module, the first with a header of the API, whose requests may go anywhere."""

    path: str
    row: int


def unaddressed(file: str, data: bytes, anchors: Anchors) -> Unaddressed:
    """The line of the module with these bytes. The lines of a notebook's cells are not those of its file."""
    first = min(headers_in(data, anchors), default=0)
    return Unaddressed(file, 1 if is_notebook(file) else data.count(b"\n", 0, first) + 1)


def is_unaddressed(data: bytes, anchors: Anchors) -> bool:
    """Whether a module with these bytes sends requests with a header of the API, and says no host: they may
    go anywhere."""
    return bool(headers_in(data, anchors)) and imports_client(data, anchors) and not HOST.search(data)


def headers_in(data: bytes, anchors: Anchors) -> list[int]:
    """Where headers of the API stand in a module with these bytes."""
    lowered = data.lower()
    headers = {tie.name for tie in anchors.ties if is_header(tie.name)}
    return sorted(at for header in headers if (at := lowered.find(header)) >= 0)


def can_matter(data: bytes, anchors: Anchors) -> bool:
    """Whether a file with these bytes can matter."""
    if names_api(data, anchors):
        return True
    versions = {version for version in {path.version for path in anchors.paths} if is_part(version, data)}
    return any(path.version in versions and is_part(path.word, data) for path in anchors.paths)


def may_matter(data: bytes, anchors: Anchors) -> bool:
    """Whether a statement with these bytes, of a file that can matter, may be what matters in it: it holds an
    anchor, or a part of one."""
    return names_api(data, anchors) or any(
        is_part(part, data) for path in anchors.paths for part in (path.version, path.word)
    )


def may_name_old_version(data: bytes, anchors: Anchors) -> bool:
    """Whether a text may name the API, or the old version of anything: also where it is no part of a path."""
    return names_api(data, anchors) or any(path.version in data for path in anchors.paths)


def names_api(data: bytes, anchors: Anchors) -> bool:
    """Whether a file with these bytes names the API, and not only a path that could be anybody's."""
    lowered = data.lower()
    return any(word in lowered for word in anchors.words)


def module_bytes(data: bytes, path: str) -> bytes:
    """What the file with these bytes says as a module; of a notebook, that is the code of its cells."""
    if not is_notebook(path):
        return data
    from kognitos_migrate.source.file import decode

    try:
        return decode(data, path).text.encode("utf-8", "surrogatepass")
    except UnreadableSourceError:
        return data


def file_can_matter(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether the file with these bytes and this name, which may be a notebook, can matter."""
    if not is_notebook(file):
        return can_matter(data, anchors)
    # its outputs may be large, and are no code
    return json_can_matter(data, anchors) and can_matter(module_bytes(data, file), anchors)


def json_can_matter(data: bytes, anchors: Anchors) -> bool:
    """Whether JSON with these bytes may hold a text that can matter: also where signs of it are escaped."""
    return can_matter(data, anchors) or re.search(_JSON_ESCAPE, data) is not None


def is_binary(data: bytes) -> bool:
    """Whether a file with these bytes is no text: a zero byte is near its beginning, and no mark says that
    this is right."""
    return b"\0" in data[:BEGINNING] and not data.startswith(_ZEROS_ARE_TEXT)


def searches_modules(data: bytes) -> bool:
    """Whether a file with these bytes may look for modules in folders, or load them from their files."""
    return _holds(data, _SEARCHES_FILES, _SEARCHES, _LOADER)


def searches_own_folder(data: bytes) -> bool:
    """Whether a file that looks for modules may do so in its own folder."""
    return re.search(_SEARCHES_AROUND, data) is not None


def loads_files(data: bytes) -> bool:
    """Whether a file with these bytes may load modules from their files, under names of its own."""
    return _holds(data, _LOADS_FILES, _LOADER)


def _holds(data: bytes, *patterns: bytes) -> bool:
    return any(re.search(pattern, data) is not None for pattern in patterns)


if TYPE_CHECKING:

    class Filters(Protocol):
        """What is walked into and taken, relative to a folder; `Settings` and `FileSelection` say it."""

        @property
        def root(self) -> str | Path:
            """The folder that the patterns are relative to."""

        @property
        def include(self) -> tuple[str, ...]:
            """Patterns of the files that a walk takes; none: those of Python."""

        @property
        def exclude(self) -> tuple[str, ...]:
            """Patterns of what is passed over."""

        @property
        def respect_gitignore(self) -> bool:
            """Whether what git ignores is passed over."""


class FileSelection(NamedTuple):
    """Which files are looked at, and which of them matter."""

    root: str
    """The folder of the configuration, the working folder where there is none."""
    configured: bool
    """Whether there is a configuration."""
    baseline: bool
    """Whether it names a baseline."""
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    anchors: Anchors
    respect_gitignore: bool = True


_QUOTED = re.compile(rb"""["'](\w+)[.:"']""")
"""A text that may name a module: `import_module("http.client")`."""


class ClientModules(NamedTuple):
    """What code says that sends requests."""

    modules: frozenset[tuple[str, ...]]
    """The modules of clients, by the parts of their names."""
    fixtures: frozenset[str]
    """What tests are given by these names, without an import."""


def client_modules(rulebook: Rulebook) -> ClientModules:
    """What the rules know that sends requests, or answers them in tests."""
    names = [
        *(name for one in rulebook.clients for name in (*one.functions, *one.session_types)),
        *(name for one in rulebook.mocks for name in one.names()),
    ]
    return ClientModules(
        frozenset(tuple(name.split(".")[:-1] or [name]) for name in names),
        frozenset(name for one in rulebook.mocks for name in one.fixtures),
    )


def may_send_requests(texts: Mapping[str, bytes], known: ClientModules) -> bool:
    """Whether a program, the modules of which are `texts`, may send a request that is followed.

    What is imported relatively, and is not there, goes by what is said (`from .requests import get`).
    """
    whole = b"\n".join(texts.values())
    if any(is_word(name.encode(), whole) for name in known.fixtures):
        return True
    begun = {part for file, text in texts.items() for part in _beginnings(imported_modules(text, file))}
    begun.update(name.decode() for name in _QUOTED.findall(whole))
    return any(
        first in begun and all(is_word(part.encode(), whole) for part in rest)
        for first, *rest in known.modules
    )


def _beginnings(names: Iterable[str]) -> Iterable[str]:
    """What the names of modules begin with; of those said relatively, all that they may."""
    for name in names:
        yield from name.split("/") if "/" in name else name.split(".")[:1]


_BEGINNINGS = re.compile(
    rb'\{\s*"version": 1,\s*"(?:findings": \[|made_by": "kognitos-migrate )'  # JSON of check, and of report
    rb"|# Migration from v1 to v2\n\n(?:\d+ files? looked at\. Found |No v1 use found |Nothing to report )"
    rb'|(?s:.{0,1000})<meta name="generator" content="kognitos-migrate '
    rb'|(?s:.{0,1000})"driver": \{\s*"name": "kognitos-migrate"'
)


def is_own_report(data: bytes) -> bool:
    """Whether a file is a report that was written by this tool, as it begins."""
    return _BEGINNINGS.match(data) is not None

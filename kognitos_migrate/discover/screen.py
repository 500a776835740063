"""Whether a file can matter at all: a search of its bytes, so that most files are never parsed.

A file matters if it holds a host of the API or of the settings, a word of the API (whatever its case), a
key of one of the configuration's tables, or both the old version and an endpoint's word as parts of a
path. Too many files are better than one too few: a path may be put together from pieces.

Deployed code names no vendor. So a project matters, too, if its files hold both a name that only the old
version has (a `Signature`) and the word of an endpoint, whichever of them holds which.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

from kognitos_migrate.discover.signature import (
    PathWords,
    Tie,
    client_at,
    faint_ties_of,
    is_header,
    is_part,
    path_words,
    ties_of,
)
from kognitos_migrate.source.content import UnreadableSource, is_notebook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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
_HOST = rb"://\w"
"""The beginning of a host that is written, and not put together."""
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
    ties: tuple[Tie, ...] = ()
    hosts: tuple[bytes, ...] = ()
    """In lower case; looked for in settings files, where a word shows nothing."""
    clients: tuple[bytes, ...] = ()
    """The imports of HTTP clients, as they are written."""


def anchors(rulebook: Rulebook, settings: Settings) -> Anchors:
    """What makes a file matter, by the rules and the configuration."""
    hosts = {host for api in rulebook.apis.values() for host in (*api.hosts, *settings.hosts)}
    words = {*hosts, *(word for api in rulebook.apis.values() for word in api.words)}
    for table in settings.tables.values():
        words.update(table)
    lowered = {word.lower() for word in words if word}
    needed = sorted(without_longer(lowered))
    paths = {path_words(rulebook.apis[operation.api], operation) for operation in rulebook.operations}
    return Anchors(
        words=tuple(word.encode() for word in needed),
        paths=tuple(sorted((path for path in paths if path), key=lambda path: (path.version, path.word))),
        ties=tuple(sorted(set(_ties(rulebook)))),
        hosts=tuple(sorted(host.lower().encode() for host in hosts)),
        clients=client_imports(rulebook),
    )


def _ties(rulebook: Rulebook) -> Iterator[Tie]:
    for api in rulebook.apis.values():
        yield from ties_of(rulebook, api)
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
    return bool(headers_in(data, anchors)) and imports_client(data, anchors) and not re.search(_HOST, data)


def headers_in(data: bytes, anchors: Anchors) -> list[int]:
    """Where headers of the API stand in a module with these bytes."""
    lowered = data.lower()
    headers = {tie.name for tie in anchors.ties if is_header(tie.name)}
    return sorted(at for header in headers if (at := lowered.find(header)) >= 0)


def screen(data: bytes, anchors: Anchors) -> bool:
    """Whether a file with these bytes can matter."""
    if names_api(data, anchors):
        return True
    versions = {version for version in {path.version for path in anchors.paths} if is_part(version, data)}
    return any(path.version in versions and is_part(path.word, data) for path in anchors.paths)


def touches(data: bytes, anchors: Anchors) -> bool:
    """Whether a statement with these bytes, of a file that can matter, may be what matters in it: it holds an
    anchor, or a part of one."""
    return names_api(data, anchors) or any(
        is_part(part, data) for path in anchors.paths for part in (path.version, path.word)
    )


def hints(data: bytes, anchors: Anchors) -> bool:
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
    except UnreadableSource:
        return data


def screen_file(data: bytes, file: str, anchors: Anchors) -> bool:
    """Whether the file with these bytes and this name, which may be a notebook, can matter."""
    if not is_notebook(file):
        return screen(data, anchors)
    # its outputs may be large, and are no code
    return screen_json(data, anchors) and screen(module_bytes(data, file), anchors)


def screen_json(data: bytes, anchors: Anchors) -> bool:
    """Whether JSON with these bytes may hold a text that can matter: also where signs of it are escaped."""
    return screen(data, anchors) or re.search(_JSON_ESCAPE, data) is not None


def is_binary(data: bytes) -> bool:
    """Whether a file with these bytes is no text: a zero byte is near its beginning, and no mark says that
    this is right."""
    return b"\0" in data[:BEGINNING] and not data.startswith(_ZEROS_ARE_TEXT)


def searches_modules(data: bytes) -> bool:
    """Whether a file with these bytes may look for modules in folders, or load them from their files."""
    return _holds(data, _SEARCHES_FILES, _SEARCHES, _LOADER)


def searches_around(data: bytes) -> bool:
    """Whether a file that looks for modules may do so in its own folder."""
    return re.search(_SEARCHES_AROUND, data) is not None


def loads_files(data: bytes) -> bool:
    """Whether a file with these bytes may load modules from their files, under names of its own."""
    return _holds(data, _LOADS_FILES, _LOADER)


def _holds(data: bytes, *patterns: bytes) -> bool:
    return any(re.search(pattern, data) is not None for pattern in patterns)

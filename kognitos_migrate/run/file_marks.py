"""Marks of a file: the signs of the API and of the old version in its bytes."""

from __future__ import annotations

from kognitos_migrate.discover.call_signs import has_call_sign, is_named_caller
from kognitos_migrate.discover.import_scan import GAP, import_words
from kognitos_migrate.discover.prefilter import (
    LARGEST,
    Anchors,
    file_can_matter,
    imports_client,
    is_binary,
    module_bytes,
    names_api,
    searches_modules,
)
from kognitos_migrate.discover.signature import has_name, has_word
from kognitos_migrate.errors import Fault
from kognitos_migrate.run.processes import Signal
from kognitos_migrate.source.content import UnreadableSourceError, read_chunks, read_up_to

_MATTERS, _NAMES, _SEEN, _BINARY, _TOO_LARGE, _SIGNS, _CALLS, _SENDS = 1, 2, 4, 8, 16, 32, 64, 128

"""Marks of a file, as bits of a byte.

`_MATTERS`: contains a sign of a call. `_NAMES`: names the API. `_SEEN`: was read. `_BINARY`: is not text and
doesn't name the API. `_TOO_LARGE`: exceeds `LARGEST` and doesn't name it. `_SIGNS`: contains a name of a
signature. `_CALLS`: contains an endpoint's word. `_SENDS`: imports an HTTP client.
"""

_PIECE = 1 << 20

"""The bytes of a very large file that are searched at a time."""

_SEARCHES, _IMPORTS_ONLY = b"*", b"-"

"""The first byte of a note of imports: whether the file may load modules by computed names (`*`) or not
(`-`)."""

Note = bytes | Fault

"""The note of a file in a ledger, or the fault of an unreadable file."""


def look_at_bytes(file: str, anchors: Anchors, naming: Signal) -> Note:
    try:
        data = read_up_to(file, LARGEST)
        mark = mark_of_large_file(file, anchors) if data is None else file_mark(data, file, anchors)
    except UnreadableSourceError as error:
        return error.faults[0]
    if mark & _MATTERS and mark & _NAMES:
        naming.set()
    words = mark_bytes(data, file) if naming.is_given() else b""
    return bytes((_SEEN | mark,)) + words


def file_mark(data: bytes, file: str, anchors: Anchors) -> int:
    """The mark of a file with the content `data`."""
    matters = file_can_matter(data, file, anchors)
    if matters and names_api(module := module_bytes(data, file), anchors):
        mark = _MATTERS if has_call_sign(module, file, anchors) else 0
        return mark | _NAMES | signature_mark(data, anchors)
    if is_binary(data):
        return _BINARY
    matters = matters or is_named_caller(data, file, anchors)
    return (_MATTERS if matters else 0) | signature_mark(data, anchors)


def signature_mark(data: bytes, anchors: Anchors) -> int:
    """The elements of a signature that a file contains, and whether it imports an HTTP client."""
    signs = _SIGNS if has_name(data, anchors.ties) else 0
    calls = _CALLS if has_word(data, anchors.ties) else 0
    return signs | calls | (_SENDS if imports_client(data, anchors) else 0)


def mark_of_large_file(file: str, anchors: Anchors) -> int:
    overlap = max(map(len, anchors.words), default=0)
    is_named = any(names_api(piece, anchors) for piece in read_chunks(file, _PIECE, overlap))
    return _MATTERS | _NAMES if is_named else _TOO_LARGE


def mark_bytes(data: bytes | None, file: str) -> bytes:
    """The words in the imports of a file with the content `data`. None is a file that is too large."""
    if data is None:
        return _IMPORTS_ONLY
    data = module_bytes(data, file)
    return GAP.join((_SEARCHES if searches_modules(data) else _IMPORTS_ONLY, import_words(data, file)))

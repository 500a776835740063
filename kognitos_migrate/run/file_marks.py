"""Marks of a file: the signs of the API and of the old version in its bytes."""

from __future__ import annotations

from collections.abc import Sequence

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
from kognitos_migrate.run.worker_processes import ProcessFlag
from kognitos_migrate.source.content import UnreadableSourceError, read_chunks, read_up_to

MATTERS, NAMES, SEEN, BINARY, TOO_LARGE, SIGNS, CALLS, SENDS = 1, 2, 4, 8, 16, 32, 64, 128

"""Marks of a file, as bits of a byte.

`MATTERS`: contains a sign of a call. `NAMES`: names the API. `SEEN`: was read. `BINARY`: is not text and
doesn't name the API. `TOO_LARGE`: exceeds `LARGEST` and doesn't name it. `SIGNS`: contains a name of a
signature. `CALLS`: contains an endpoint's word. `SENDS`: imports an HTTP client.
"""

_PIECE = 1 << 20

"""The bytes of a very large file that are searched at a time."""

SEARCHES, _IMPORTS_ONLY = b"*", b"-"

"""The first byte of a note of imports: whether the file may load modules by computed names (`*`) or not
(`-`)."""

Note = bytes | Fault

"""The note on a file in the cached file states, or the fault of an unreadable file."""


def note_of_file(file: str, anchors: Anchors, naming: ProcessFlag) -> Note:
    try:
        data = read_up_to(file, LARGEST)
        mark = mark_of_large_file(file, anchors) if data is None else file_mark(data, file, anchors)
    except UnreadableSourceError as error:
        return error.faults[0]
    if mark & MATTERS and mark & NAMES:
        naming.set()
    words = note_of_imports(data, file) if naming.is_set() else b""
    return bytes((SEEN | mark,)) + words


def file_mark(data: bytes, file: str, anchors: Anchors) -> int:
    """The mark of a file with the content `data`."""
    matters = file_can_matter(data, file, anchors)
    if matters and names_api(module := module_bytes(data, file), anchors):
        mark = MATTERS if has_call_sign(module, file, anchors) else 0
        return mark | NAMES | signature_mark(data, anchors)
    if is_binary(data):
        return BINARY
    matters = matters or is_named_caller(data, file, anchors)
    return (MATTERS if matters else 0) | signature_mark(data, anchors)


def signature_mark(data: bytes, anchors: Anchors) -> int:
    """The elements of a signature that a file contains, and whether it imports an HTTP client."""
    signs = SIGNS if has_name(data, anchors.signature) else 0
    calls = CALLS if has_word(data, anchors.signature) else 0
    return signs | calls | (SENDS if imports_client(data, anchors) else 0)


def mark_of_large_file(file: str, anchors: Anchors) -> int:
    overlap = max(map(len, anchors.words), default=0)
    is_named = any(names_api(piece, anchors) for piece in read_chunks(file, _PIECE, overlap))
    return MATTERS | NAMES if is_named else TOO_LARGE


def note_of_imports(data: bytes | None, file: str) -> bytes:
    """The words in the imports of a file with the content `data`. None is a file that is too large."""
    if data is None:
        return _IMPORTS_ONLY
    data = module_bytes(data, file)
    return GAP.join((SEARCHES if searches_modules(data) else _IMPORTS_ONLY, import_words(data, file)))


def marks_and_imports(files: Sequence[str], anchors: Anchors, naming: ProcessFlag) -> list[Note]:
    """The mark of each file, followed by the words in its imports if a file that names the API has been
    found. Most files are thus read once, and imports are not read in a project that never names the API."""
    notes = [note_of_file(file, anchors, naming) for file in files]
    if naming.is_set():
        return [_with_words(note, file) for note, file in zip(notes, files, strict=True)]
    return notes


def _with_words(note: Note, file: str) -> Note:
    """The note of a file with the words in its imports added, unless it is a fault or contains them."""
    if isinstance(note, Fault) or len(note) > 1:
        return note
    (words,) = words_in_imports([file])
    return note + words if isinstance(words, bytes) else note


def words_in_imports(files: Sequence[str]) -> list[Note]:
    """The words in the imports of each file, or the fault of an unreadable one."""
    notes: list[Note] = []
    for file in files:
        try:
            notes.append(note_of_imports(read_up_to(file, LARGEST), file))
        except UnreadableSourceError as error:
            notes.append(error.faults[0])
    return notes

"""Scans the bytes of files other than Python for the old version, with cached results."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from kognitos_migrate.cache import NO_STORE, Store, tool_fingerprint
from kognitos_migrate.discover.call_signs import names_version, path_text
from kognitos_migrate.discover.ignore_rules import is_like_python
from kognitos_migrate.discover.prefilter import Anchors, is_binary, names_api
from kognitos_migrate.discover.signature import has_signature, is_segment_in
from kognitos_migrate.discover.walk import LARGEST_ARCHIVE, archived_modules, is_archive
from kognitos_migrate.run.byte_scan import LEAST, MANY
from kognitos_migrate.run.scan_cache import (
    blank_states,
    current_states,
    read_states,
    unchanged_states,
    write_states,
)
from kognitos_migrate.run.worker_processes import map_in_processes, reader_count
from kognitos_migrate.source.content import UnreadableSourceError, read_up_to

if TYPE_CHECKING:
    from kognitos_migrate.run.progress import Progress

LARGEST_TEXT = 1 << 18
"""The maximum size, in bytes, of a file that is searched. Larger ones are searched with `--all-files`."""
_KIND = "texts"
"""The kind of the cached file states."""
_SILENT, _NAMES = b"-", b"+"


def files_naming_old_version(
    files: Sequence[str], anchors: Anchors, store: Store, progress: Progress
) -> tuple[str, ...]:
    """The `files` that may name a call, or the address, of the old version. False positives are acceptable.

    Unreadable and large files are left out.
    """
    store = store if len(files) >= MANY else NO_STORE
    name = repr((os.getcwd(), files[:1], files[-1:], anchors)).encode("utf-8", "surrogateescape")
    if store.folder is not None:
        name += tool_fingerprint()
    previous = read_states(store, _KIND, name)
    file_states = unchanged_states(
        blank_states(files) if store.folder is None else current_states(files), previous
    )
    unseen = [place for place, note in enumerate(file_states.notes) if not note]
    if unseen:
        marks = map_in_processes(
            partial(_marks_of_files, anchors=anchors),
            [files[place] for place in unseen],
            reader_count(),
            LEAST,
            progress.advance,
        )
        notes = list(file_states.notes)
        for place, mark in zip(unseen, marks, strict=True):
            notes[place] = mark
        file_states = file_states._replace(notes=notes)
    if store.folder is not None and file_states is not previous:
        write_states(store, _KIND, name, file_states)
    return tuple(file for file, note in zip(files, file_states.notes, strict=True) if note == _NAMES)


def _marks_of_files(files: Sequence[str], anchors: Anchors) -> list[bytes]:
    return [_NAMES if _file_names_old_version(file, anchors) else _SILENT for file in files]


def _file_names_old_version(file: str, anchors: Anchors) -> bool:
    is_packed = is_archive(file)
    try:
        data = read_up_to(file, LARGEST_ARCHIVE if is_packed else LARGEST_TEXT)
    except UnreadableSourceError:
        return False
    if data is None or (is_binary(data) and not is_packed):
        return False
    if is_packed or is_like_python(file):
        modules = list(archived_modules(data)) if is_packed else [data]
        return _modules_name_old_version(modules, anchors)
    return bytes_may_name_old_call(data, anchors)


def _modules_name_old_version(modules: Sequence[bytes], anchors: Anchors) -> bool:
    """Whether modules name a call of the old version, or bear its signature."""
    return any(bytes_may_name_old_call(module, anchors) for module in modules) or has_signature(
        modules, anchors.signature, anchors.clients
    )


def bytes_may_name_old_call(data: bytes, anchors: Anchors) -> bool:
    """Whether a text names the API with the old version or an endpoint's word, or has a path of the old
    version."""
    data = data.replace(b"\0", b"")  # UTF-16
    return any(path_text(path) in data for path in anchors.paths) or (
        names_api(data, anchors)
        and (
            names_version(data, {path.version for path in anchors.paths})
            or any(is_segment_in(path.word, data) for path in anchors.paths)
        )
    )

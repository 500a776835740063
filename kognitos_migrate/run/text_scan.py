"""Scans the bytes of files other than Python for the old version, with cached results."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from kognitos_migrate.cache import NO_STORE, Store, tool_fingerprint
from kognitos_migrate.discover.archives import LARGEST_ARCHIVE, archived_modules, is_archive
from kognitos_migrate.discover.prefilter import Anchors, is_binary, names_api
from kognitos_migrate.discover.signature import has_signature, is_part
from kognitos_migrate.run.byte_scan import LEAST, MANY
from kognitos_migrate.run.processes import available, map_in_processes
from kognitos_migrate.run.scan_cache import (
    blank_states,
    current_states,
    read_states,
    unchanged_states,
    write_states,
)
from kognitos_migrate.source.content import UnreadableSourceError, read_up_to

if TYPE_CHECKING:
    from kognitos_migrate.run.progress import Progress

LARGEST_TEXT = 1 << 18
"""The maximum size, in bytes, of a file that is searched. Larger ones are searched with `--all-files`."""
_KIND = "texts"
"""The kind of the cached ledger."""
_SILENT, _NAMES = b"-", b"+"


def texts_of_old_version(
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
    ledger = unchanged_states(
        blank_states(files) if store.folder is None else current_states(files), previous
    )
    unseen = [place for place, note in enumerate(ledger.notes) if not note]
    if unseen:
        marks = map_in_processes(
            partial(_marks, anchors=anchors),
            [files[place] for place in unseen],
            available(),
            LEAST,
            progress.advance,
        )
        notes = list(ledger.notes)
        for place, mark in zip(unseen, marks, strict=True):
            notes[place] = mark
        ledger = ledger._replace(notes=notes)
    if store.folder is not None and ledger is not previous:
        write_states(store, _KIND, name, ledger)
    return tuple(file for file, note in zip(files, ledger.notes, strict=True) if note == _NAMES)


def _marks(files: Sequence[str], anchors: Anchors) -> list[bytes]:
    return [_NAMES if _names_old_version(file, anchors) else _SILENT for file in files]


def _names_old_version(file: str, anchors: Anchors) -> bool:
    is_packed = is_archive(file)
    try:
        data = read_up_to(file, LARGEST_ARCHIVE if is_packed else LARGEST_TEXT)
    except UnreadableSourceError:
        return False
    if data is not None and is_packed:
        return _archive_names_old_version(data, anchors)
    return data is not None and not is_binary(data) and may_name_old_call(data, anchors)


def _archive_names_old_version(data: bytes, anchors: Anchors) -> bool:
    """Whether the modules in an archive name a call of the old version, or bear its signature."""
    modules = list(archived_modules(data))
    return any(may_name_old_call(module, anchors) for module in modules) or has_signature(
        modules, anchors.ties, anchors.clients
    )


def may_name_old_call(data: bytes, anchors: Anchors) -> bool:
    """Whether a text names the API, and the old version or an endpoint's word as a part of a path or a
    value."""
    data = data.replace(b"\0", b"")  # UTF-16
    return names_api(data, anchors) and (
        _old_version(tuple({path.version for path in anchors.paths})).search(data) is not None
        or any(is_part(path.word, data) for path in anchors.paths)
    )


@lru_cache(maxsize=4)
def _old_version(versions: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """An old version as a segment of a path, in any escape, or as a complete value."""
    literals = (re.escape(version) for version in versions)
    return re.compile(b"|".join(rb"%b(?<=[/F\"'=,\[: ]%b)(?![\w.-])" % (text, text) for text in literals))

"""What is remembered of the files of a project between runs, each with the state in which it was.

A file that has not changed (by its times, its size and its number) is not opened again. A file that was
changed just before it was read is not relied upon: a second change within the same tick of the clock could
not be told from the first.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from kognitos_migrate.cache.store import Entry, Store, name_of

REST = 2_000_000_000
"""Nanoseconds after which a file counts as at rest: no file system's clock is coarser."""

_KIND = "files"
_NUMBERS = 4
_SIZE = _NUMBERS * 8


class Ledger(NamedTuple):
    """By the place of a file in `files`: its state, its marks (0: unknown), and what it imports."""

    files: list[str]
    states: bytes
    """Four numbers each: two times, the size, and the file's own number, 0 if it isn't at rest."""
    marks: bytes
    imports: list[str | None]
    """Dotted names, with NUL between them; None where nobody asked."""
    belonging: list[str] | None = None
    """The files that belong with those that name the API; None where nobody asked."""


def blank(files: Sequence[str]) -> Ledger:
    """A ledger in which nothing is known of `files`."""
    return Ledger(list(files), b"", bytes(len(files)), [None] * len(files))


def current(files: Sequence[str], kept: Ledger | None) -> Ledger:
    """A ledger of `files` as they are now, with what `kept` says of those that haven't changed."""
    ledger = blank(files)._replace(states=_states(files))
    if kept is None:
        return ledger
    restless = _restless(ledger)
    if kept.files == ledger.files and kept.states == ledger.states and not restless:
        return kept
    places = {file: place for place, file in enumerate(kept.files)}
    marks, imports = bytearray(ledger.marks), ledger.imports
    for place, file in enumerate(ledger.files):
        other = places.get(file)
        if other is not None and place not in restless and _state(kept, other) == _state(ledger, place):
            marks[place], imports[place] = kept.marks[other], kept.imports[other]
    return ledger._replace(marks=bytes(marks))


def read_ledger(store: Store, name: bytes) -> Ledger | None:
    """The ledger that was kept under `name`."""
    entry = store.read(_KIND, name_of(name))
    if entry is None or entry.origin != name:
        return None
    import msgspec

    try:
        ledger = msgspec.msgpack.decode(entry.content, type=Ledger)
    except msgspec.MsgspecError:  # of a version with another form
        return None
    count = len(ledger.files)
    whole = len(ledger.marks) == len(ledger.imports) == count and len(ledger.states) == count * _SIZE
    return ledger if whole else None


def write_ledger(store: Store, name: bytes, ledger: Ledger) -> None:
    """Keep the ledger under `name`, which says all that it depends on beside the files."""
    import msgspec

    store.write(_KIND, name_of(name), Entry(name, msgspec.msgpack.encode(ledger)))


def _states(files: Sequence[str]) -> bytes:
    before = time.time_ns() - REST
    states = array("q")
    for file in files:
        try:
            stat = os.stat(file)
        except OSError:
            states.extend((0, 0, 0, 0))
            continue
        at_rest = max(stat.st_mtime_ns, stat.st_ctime_ns) < before
        number = (stat.st_ino & 0x7FFF_FFFF_FFFF_FFFF) if at_rest else 0
        states.extend((stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, number))
    return states.tobytes()


def _restless(ledger: Ledger) -> frozenset[int]:
    """The places of files that may change without being seen to."""
    numbers = array("q")
    numbers.frombytes(ledger.states)
    return frozenset(place for place, number in enumerate(numbers[_NUMBERS - 1 :: _NUMBERS]) if not number)


def _state(ledger: Ledger, place: int) -> bytes:
    return ledger.states[place * _SIZE : (place + 1) * _SIZE]

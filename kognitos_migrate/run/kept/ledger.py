"""What is remembered of the files of a project between runs, each with the state in which it was.

A file that has not changed (by its times, its size and its number) is not opened again. A file that was
changed just before it was read is not relied upon: a second change within the same tick of the clock could
not be told from the first. Folders are listed anew each time: not every file system tells of a folder that
its entries have changed.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kognitos_migrate.cache.store import Entry, Store, name_of

REST = 2_000_000_000
"""Nanoseconds after which a file counts as at rest: no file system's clock is coarser."""

_NUMBERS = 4
_SIZE = _NUMBERS * 8
_GAP = b"\0"


class Ledger(NamedTuple):
    """Files in their order, the state of each, and what is noted of it."""

    files: bytes
    """With NUL between them, to be compared at once; so are others here."""
    states: bytes
    """Four numbers each: two times, the size, and the file's own number, 0 if it isn't at rest."""
    notes: list[bytes]
    """Nothing where nobody looked."""
    related: bytes | None = None
    """The files that belong by imports with those that name the API; None where nobody asked."""
    signed: bytes | None = None
    """The files that belong by imports with those that bear a signature; None where nobody asked."""
    searching: bytes = b""
    """The files that may load modules without naming them, where somebody asked."""


def noted(files: Iterable[str]) -> bytes:
    """Files as a ledger has them."""
    return os.fsencode("\0".join(files))


def named(noted: bytes) -> list[str]:
    """The same files again."""
    return os.fsdecode(noted).split("\0") if noted else []


def blank(files: Sequence[str]) -> Ledger:
    """A ledger in which nothing is known of `files`."""
    return Ledger(noted(files), b"", [b""] * len(files))


def standing(files: Sequence[str]) -> Ledger:
    """A ledger of `files` as they are now, with no notes."""
    return blank(files)._replace(states=_states(files))


def current(ledger: Ledger, kept: Ledger | None) -> Ledger:
    """A ledger without notes, with those that `kept` has of the files that haven't changed since."""
    if kept is None:
        return ledger
    numbers = _own_numbers(ledger)
    if kept.files == ledger.files and kept.states == ledger.states and 0 not in numbers:
        return kept
    notes = list(ledger.notes)
    places = {file: place for place, file in enumerate(kept.files.split(_GAP))}
    for place, file in enumerate(ledger.files.split(_GAP)):
        other = places.get(file)
        if other is not None and numbers[place] and _state(kept, other) == _state(ledger, place):
            notes[place] = kept.notes[other]
    return ledger._replace(notes=notes)


def read_ledger(store: Store, kind: str, name: bytes) -> Ledger | None:
    """The ledger of this kind that was kept under `name`."""
    entry = store.read(kind, name_of(name))
    if entry is None or entry.origin != name:
        return None
    import msgspec

    try:
        ledger = msgspec.msgpack.decode(entry.content, type=Ledger)
    except msgspec.MsgspecError:  # of a version with another form
        return None
    count = len(ledger.notes)
    whole = ledger.files.count(_GAP) + 1 == count and len(ledger.states) == count * _SIZE
    return ledger if whole else None


def write_ledger(store: Store, kind: str, name: bytes, ledger: Ledger) -> None:
    """Keep the ledger under `name`, which says all that it depends on beside the files."""
    import msgspec

    store.write(kind, name_of(name), Entry(name, msgspec.msgpack.encode(ledger)))


def _states(files: Sequence[str]) -> bytes:
    before = time.time_ns() - REST
    states = array("q")
    for file in files:
        try:
            stat = os.stat(file)
        except OSError:
            states.extend((0, 0, 0, 0))
            continue
        changed, touched = stat.st_mtime_ns, stat.st_ctime_ns
        at_rest = changed < before and touched < before
        number = stat.st_ino & 0x7FFF_FFFF_FFFF_FFFF if at_rest else 0
        states.extend((changed, touched, stat.st_size, number))
    return states.tobytes()


def _own_numbers(ledger: Ledger) -> array[int]:
    """The files' own numbers: 0 is that of one that may change without being seen to."""
    numbers = array("q")
    numbers.frombytes(ledger.states)
    return numbers[_NUMBERS - 1 :: _NUMBERS]


def _state(ledger: Ledger, place: int) -> bytes:
    return ledger.states[place * _SIZE : (place + 1) * _SIZE]

"""Cached state of a scan: file states and file selection.

A file with unchanged times, size and inode number is not read again, unless an open document overrides it.
A file that was changed less than `REST` before it was read is read again by the next run: a second change
within one tick of the clock would not be visible. Directories are always listed, since not every file system
updates a directory's times when its entries change.
"""

from __future__ import annotations

import os
import time
from array import array
from ast import literal_eval
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from kognitos_migrate.cache import NO_STORE, CacheEntry, Store, short_name
from kognitos_migrate.config.discovery import shared_config
from kognitos_migrate.discover.prefilter import Anchors, FileSelection
from kognitos_migrate.discover.signature import PathWords, SignatureName
from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook.paths import builtin_rules, rule_texts
from kognitos_migrate.source.content import content_of_open_document, read_bounded

REST = 2_000_000_000
"""Nanoseconds after which a file counts as at rest. No file system's clock is coarser."""

_NUMBERS = 4
_SIZE = _NUMBERS * 8
_GAP = b"\0"
_UNKNOWN = (0, 0, 0, 0)
"""The state of a file that is always read again."""


class FileStates(NamedTuple):
    """Files in their order, with the state and the notes of each."""

    files: bytes
    """The paths, joined by NUL, so that they are compared at once. `related`, `signed` and `searching` have
    this format, too."""
    states: bytes
    """Four 64-bit integers per file. They are the times of modification and of change in nanoseconds, the
    size in bytes, and the inode number (0: not at rest)."""
    notes: list[bytes]
    """Empty for a file that was not read."""
    related: bytes | None = None
    """The files connected by imports to those that name the API. None if not computed."""
    signed: bytes | None = None
    """The files connected by imports to those that bear a signature. None if not computed."""
    searching: bytes = b""
    """The files that may load modules by computed names. Set together with `related`."""


def join_paths(files: Iterable[str]) -> bytes:
    """Paths joined by NUL."""
    return os.fsencode("\0".join(files))


def split_paths(noted: bytes) -> list[str]:
    """The paths in a NUL-joined list. Inverse of `join_paths`."""
    return os.fsdecode(noted).split("\0") if noted else []


def blank_states(files: Sequence[str]) -> FileStates:
    """The file states of `files` without states and notes."""
    return FileStates(join_paths(files), b"", [b""] * len(files))


def current_states(files: Sequence[str]) -> FileStates:
    """The current states of `files`, without notes."""
    return blank_states(files)._replace(states=_states(files))


def unchanged_states(file_states: FileStates, previous: FileStates | None) -> FileStates:
    """`file_states` with the notes that `previous` has for unchanged files."""
    if previous is None:
        return file_states
    numbers = _inode_numbers(file_states)
    if previous.files == file_states.files and previous.states == file_states.states and 0 not in numbers:
        return previous
    notes = list(file_states.notes)
    places = {file: place for place, file in enumerate(previous.files.split(_GAP))}
    for place, file in enumerate(file_states.files.split(_GAP)):
        other = places.get(file)
        if other is not None and numbers[place] and _state(previous, other) == _state(file_states, place):
            notes[place] = previous.notes[other]
    return file_states._replace(notes=notes)


def read_states(store: Store, kind: str, name: bytes) -> FileStates | None:
    """The stored file states. None if there is none, or if its format or `name` differs."""
    entry = store.read(kind, short_name(name))
    if entry is None or entry.origin != name:
        return None
    import msgspec

    try:
        file_states = msgspec.msgpack.decode(entry.content, type=FileStates)
    except msgspec.MsgspecError:  # written in another format
        return None
    count = len(file_states.notes)
    whole = file_states.files.count(_GAP) + 1 == count and len(file_states.states) == count * _SIZE
    return file_states if whole else None


def write_states(store: Store, kind: str, name: bytes, file_states: FileStates) -> None:
    """Store file states. `name` contains all that it depends on beside the files."""
    import msgspec

    store.write(kind, short_name(name), CacheEntry(name, msgspec.msgpack.encode(file_states)))


def _states(files: Sequence[str]) -> bytes:
    before = time.time_ns() - REST
    states = array("q")
    for file in files:
        if content_of_open_document(file) is not None:
            states.extend(_UNKNOWN)
            continue
        try:
            stat = os.stat(file)
        except OSError:
            states.extend(_UNKNOWN)
            continue
        changed, touched = stat.st_mtime_ns, stat.st_ctime_ns
        at_rest = changed < before and touched < before
        number = stat.st_ino & 0x7FFF_FFFF_FFFF_FFFF if at_rest else 0
        states.extend((changed, touched, stat.st_size, number))
    return states.tobytes()


def _inode_numbers(file_states: FileStates) -> array[int]:
    """The inode numbers. 0 marks a file that may change without a visible difference."""
    numbers = array("q")
    numbers.frombytes(file_states.states)
    return numbers[_NUMBERS - 1 :: _NUMBERS]


def _state(file_states: FileStates, place: int) -> bytes:
    return file_states.states[place * _SIZE : (place + 1) * _SIZE]


_KIND = "scopes"


def cached_selection(
    paths: Sequence[str], config: str | None, store: Store, overrides: Sequence[str] = ()
) -> FileSelection:
    """The file selection of the configuration `config`, or of the one found in `paths` and their parents.

    `overrides` replaces keys, and then nothing is cached. Raises UserError if the configuration is invalid.
    """
    config = config or shared_config(paths)
    if overrides:
        return _configured_selection(config, NO_STORE, "", overrides)
    name = short_name(os.fsencode(os.path.abspath(config or "")))
    entry = store.read(_KIND, name)
    cached_scope = None if entry is None else _valid_selection(entry, config)
    if cached_scope is not None:
        return cached_scope
    return _configured_selection(config, store, name)


def _valid_selection(entry: CacheEntry, config: str | None) -> FileSelection | None:
    """The cached selection. None if the configuration or the rules have changed, or the entry is
    malformed."""
    try:
        scope, folders = _parse_selection(entry.content.decode(), config)
        return scope if entry.origin == _origin(config, folders) else None
    except (OSError, RuleError, ValueError, SyntaxError, TypeError, AttributeError):
        return None


def _configured_selection(
    config: str | None, store: Store, name: str, overrides: Sequence[str] = ()
) -> FileSelection:
    from pathlib import Path

    from kognitos_migrate.discover.prefilter import anchors
    from kognitos_migrate.run.configuration import configured_by

    configured = configured_by(Path(config) if config else None, store, overrides)
    settings = configured.settings
    scope = FileSelection(
        root=os.path.abspath(settings.root),
        configured=config is not None,
        baseline=settings.baseline is not None,
        include=settings.include,
        exclude=settings.exclude,
        anchors=anchors(configured.rulebook, settings),
    )
    folders = [str(folder) for folder in settings.rules]
    with suppress(OSError):
        store.write(
            _KIND, name, CacheEntry(_origin(config, folders), _selection_text(scope, folders).encode())
        )
    return scope


def _origin(config: str | None, folders: Sequence[str]) -> bytes:
    """The configuration and the rules, which determine the selection. Raises OSError or RuleError."""
    rules = rule_texts([builtin_rules(), *folders])
    if config is None:
        return rules
    return b"\0".join((os.fsencode(os.path.abspath(config)), read_bounded(config), rules))


def _selection_text(scope: FileSelection, folders: Sequence[str]) -> str:
    """The selection and the configured rule directories as text. Inverse of `_parse_selection`."""
    anchors = scope.anchors
    return repr((folders, scope.baseline, scope.include, scope.exclude, [*map(_plain_tuples, anchors)]))


def _plain_tuples(words: Iterable[object]) -> list[object]:
    """Anchors as plain tuples, whose `repr` is a Python literal."""
    return [tuple(word) if isinstance(word, tuple) else word for word in words]


def _parse_selection(text: str, config: str | None) -> tuple[FileSelection, Sequence[str]]:
    """The selection and the rule directories in a text of `_selection_text`. Raises any error of
    `literal_eval` if it is malformed."""
    folders, baseline, include, exclude, words = literal_eval(text)
    read = Anchors(*map(tuple, words))
    anchors = read._replace(
        paths=tuple(PathWords(*path) for path in read.paths),
        signature=tuple(SignatureName(*signature_name) for signature_name in read.signature),
        calls=tuple(PathWords(*path) for path in read.calls),
    )
    root = os.path.dirname(os.path.abspath(config)) if config else os.getcwd()
    return FileSelection(root, config is not None, baseline, include, exclude, anchors), folders

"""Replaces files atomically: all of them, or none."""

import os
import re
import secrets
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

from kognitos_migrate.errors import Fault
from kognitos_migrate.findings.manual_findings import problem_of
from kognitos_migrate.findings.result import Problem
from kognitos_migrate.structs import Struct
from kognitos_migrate.writing.real_folders import RealFolder, RealFolders, real_folders

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def deferred_signals() -> Iterator[Callable[[], None]]:
    """Defer SIGINT, SIGTERM and SIGHUP to the end of the block, and then deliver the first one.

    The block gets a function that raises KeyboardInterrupt if a signal has arrived, to call while it can
    still stop. Python handles signals in the main thread only; in other threads nothing is deferred.
    """
    arrived: list[int] = []

    def record(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    def raise_if_interrupted() -> None:
        if arrived:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield raise_if_interrupted
        return
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = {
        number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)
    }
    try:
        for number in handled:
            signal.signal(number, record)
        yield raise_if_interrupted
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        for number in arrived[:1]:
            signal.raise_signal(number)


SUFFIX = ".kognitos-migrate"
"""The end of the names of temporary files that exist while others are replaced."""
_TEMPORARY = re.compile(rf"\.(?P<token>[0-9a-f]{{16}})-\w+{re.escape(SUFFIX)}")
STALE = 3600.0
"""Seconds after which a temporary file of an unknown run is considered a leftover."""
NEW_MODE = 0o666
"""The mode of a new file before the umask is applied."""


class Write(Struct, frozen=True):
    """A file to replace: its real path `target`, and its content before and after.

    None means that there is no file.
    """

    path: str
    target: str
    before: bytes | None
    after: bytes | None


class _Staged(Struct, frozen=True):
    """A write whose contents are in temporary files beside the target. None means that there is no file."""

    write: Write
    old: str | None
    new: str | None


class _Staging(Struct, frozen=True):
    """The paths of a run's temporary files, whose names contain its `token`."""

    folders: RealFolders
    token: str
    temporaries: list[str]


def replace_all(writes: Sequence[Write], token: str) -> list[Problem]:
    """Carry out all of `writes` or none, and return the problems; an empty list means success.

    Before the first file is replaced, the new and old contents are written beside their targets, so that a
    full disk is found early. If a later step fails, replaced files are restored. Ctrl-C takes effect until
    the first file is replaced. The names of temporary files contain `token`.
    """
    with deferred_signals() as raise_if_interrupted, real_folders() as folders:
        return _replace_all(writes, _Staging(folders, token, []), raise_if_interrupted)


def _replace_all(
    writes: Sequence[Write], staging: _Staging, raise_if_interrupted: Callable[[], None]
) -> list[Problem]:
    staged: list[_Staged] = []
    begun: list[_Staged] = []
    write = None
    try:
        for write in writes:
            raise_if_interrupted()
            staged.append(_stage(write, staging))
        raise_if_interrupted()
        for entry in staged:
            write = entry.write
            folder, name = staging.folders.parent(write.target)
            if folder.read(name) != write.before:
                raise OSError(None, "the file has changed since it was read")
            begun.append(entry)
            _replace(entry, folder, name)
        _sync({os.path.dirname(write.target) for write in writes})
    except OSError as error:
        unsettled = list(_restore(begun, staging.folders))
        return [_failure(write.path if write else "", error, unsettled), *unsettled]
    except BaseException:
        list(_restore(begun, staging.folders))
        raise
    finally:
        for temporary in staging.temporaries:
            with suppress(OSError):
                folder, name = staging.folders.parent(temporary)
                folder.remove(name)
    return []


def remove_leftovers(folders: Iterable[str], token: str = "") -> None:
    """Remove the temporary files in `folders` that dead runs left: those with `token`, and all stale ones."""
    for folder in folders:
        with suppress(OSError):
            for name in os.listdir(folder):
                owner = _TEMPORARY.fullmatch(name)
                if owner is not None:
                    path = os.path.join(folder, name)
                    if (token and owner["token"] == token) or _is_stale(path):
                        os.remove(path)


def _is_stale(path: str) -> bool:
    return time.time() - os.lstat(path).st_ctime > STALE


def _replace(entry: _Staged, folder: RealFolder, name: str) -> None:
    if entry.new is None:
        folder.remove(name)
    elif entry.write.before is None:
        _create(folder, entry.new, name)
    else:
        folder.replace(entry.new, name)


def _create(folder: RealFolder, temporary: str, name: str) -> None:
    """Rename a temporary file to a name that must not exist. Raises OSError if it does."""
    try:
        folder.link(temporary, name)
    except FileExistsError as error:
        raise OSError(None, "the file already exists") from error
    except OSError:  # not every file system has links
        folder.replace(temporary, name)


def _stage(write: Write, staging: _Staging) -> _Staged:
    """Write the old and the new content beside the target.

    Only the new content is synced to disk. The old one needs that only when it is restored, since the target
    has it.
    """
    write_temporary = partial(_write_temporary, write, staging)
    old = write_temporary(write.before) if write.before is not None else None
    new = write_temporary(write.after, os.fsync) if write.after is not None else None
    return _Staged(write, old, new)


def _write_temporary(
    write: Write,
    staging: _Staging,
    data: bytes,
    sync: Callable[[int], object] = lambda _handle: None,
) -> str:
    """The name of a new temporary file with `data`, beside the target and with the target's attributes.

    These are owner, mode and extended attributes. `sync` is called with the open file. The name doesn't
    contain the target's, which may have the maximum length.
    """
    folder, target = staging.folders.parent(write.target)
    temporary = f".{staging.token}-{secrets.token_hex(4)}{SUFFIX}"
    staging.temporaries.append(os.path.join(folder.path, temporary))
    with os.fdopen(folder.create(temporary), "wb") as file:
        file.write(data)
        file.flush()
        sync(file.fileno())
    if write.before is None:
        folder.set_mode(temporary, NEW_MODE & ~_umask())
    else:
        folder.copy_attributes(target, temporary)
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(paths: Collection[str]) -> None:
    """Sync these files, and the names in these folders, to disk if the system supports it."""
    for path in paths:
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _restore(begun: Sequence[_Staged], folders: RealFolders) -> Iterator[Problem]:
    """Restore the old content of replaced files, and return the problems of those that could not be restored.

    A file that another process has changed meanwhile keeps that change.
    """
    for entry in begun:
        write = entry.write
        try:
            folder, name = folders.parent(write.target)
            if folder.read(name) != write.after:
                continue
            if entry.old is None:
                folder.remove(name)
            else:
                folder.sync(entry.old)
                folder.replace(entry.old, name)
        except OSError as error:
            why = error.strerror or str(error)
            yield problem_of(Fault(f"the file was changed and could not be restored: {why}", write.path))


def _failure(path: str, error: OSError, unsettled: Sequence[Problem]) -> Problem:
    why = error.strerror or str(error)
    end = "and some files could not be restored" if unsettled else "no file was changed"
    return problem_of(Fault(f"the file can't be written: {why}; {end}", path))

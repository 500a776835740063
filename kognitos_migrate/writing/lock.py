"""The lock of a project: one run at a time changes its files. The system releases it when a process dies."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kognitos_migrate.errors import UsageError

PATIENCE = 5.0
"""Seconds that a run waits for another one."""
_PAUSE = 0.1
_TAKEN = frozenset((errno.EACCES, errno.EAGAIN, errno.EDEADLK))
_HOLDER = 200
"""Bytes of the text that names the holder."""
_BYTE = 1 << 20
"""Offset of the byte that is locked: Windows lets nobody read bytes that are."""


@contextmanager
def locked(path: str, holder: str, patience: float | None = None) -> Iterator[None]:
    """Hold the lock file at `path`, which then names the `holder`, for the block.

    Raises UsageError if another process holds it for longer than `patience` (seconds, PATIENCE by default),
    and OSError if the file can't be made. A file system without locks locks nothing.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        _wait(descriptor, time.monotonic() + (PATIENCE if patience is None else patience))
        _note(descriptor, holder)
        try:
            yield
        finally:
            _note(descriptor, "")
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _wait(descriptor: int, until: float) -> None:
    while True:
        try:
            _lock(descriptor)
            return
        except OSError as error:
            if error.errno not in _TAKEN:
                return
        if time.monotonic() >= until:
            raise UsageError(
                f"another run is changing files of this project: {_holder(descriptor)}",
                expected="wait until it has ended, and run the command again",
            )
        time.sleep(_PAUSE)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # no flock: forked workers would inherit it, and hold it when this process is killed
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BYTE)


def _note(descriptor: int, holder: str) -> None:
    with suppress(OSError):  # a full disk: nobody learns who holds the lock
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, holder.encode("utf-8", "replace")[:_HOLDER])


def _holder(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, _HOLDER).decode("utf-8", "replace") or "it does not say who it is"

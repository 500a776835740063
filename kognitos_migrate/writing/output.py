"""Output files that users name. Each is replaced atomically."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from kognitos_migrate.writing.atomic_replace import NEW_MODE, SUFFIX, remove_leftovers
from kognitos_migrate.writing.write_policy import require_output

_STREAMS = ("/dev/", "/proc/")
"""Folders of devices and open files. `/dev/stdout` may be a file that another process has open."""


def write_output(path: str, data: bytes, project: Path | None = None) -> None:
    """Write `data` to `path`. Raises OSError, and WriteRefusedError if no output may be written there.

    A pipe or device is written in place. So is a file that can't be replaced: one with several hard links, of
    another user, or in a folder that isn't writable. Links in the `project` aren't followed out of it.
    """
    require_output(path, project)
    target = os.path.realpath(path)
    mode = _replaceable_mode(target) if not os.path.abspath(path).startswith(_STREAMS) else None
    if mode is None or not _try_replace(target, data, mode):
        with open(path, "wb") as file:
            file.write(data)


def _replaceable_mode(target: str) -> int | None:
    """The mode for a new file that replaces `target`; None if `target` must be written in place."""
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return NEW_MODE & ~mask
    own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    is_alone = stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and own
    return stat.S_IMODE(status.st_mode) if is_alone and os.access(target, os.W_OK) else None


def _try_replace(target: str, data: bytes, mode: int) -> bool:
    """Replace `target` with a new file. False if the folder accepts no new file. Raises OSError."""
    folder = os.path.dirname(target)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".output-", suffix=SUFFIX, dir=folder)
    except PermissionError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.remove(temporary)
        raise
    remove_leftovers((folder,))
    return True

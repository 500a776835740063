"""Output files that users name. Each is replaced atomically."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from kognitos_migrate.writing.atomic_replace import NEW_MODE, SUFFIX, remove_leftovers
from kognitos_migrate.writing.real_folders import RealFolder, real_folders
from kognitos_migrate.writing.write_policy import require_output

_STREAMS = ("/dev/", "/proc/")
"""Folders of devices and open files. `/dev/stdout` may be a file that another process has open."""


def write_output(path: str, data: bytes, project: Path | None = None) -> None:
    """Write `data` to `path`. Raises OSError, and WriteRefusedError if no output may be written there.

    A pipe or device is written in place. So is a file that can't be replaced: one with several hard links, of
    another user, or in a folder that isn't writable. Links in the `project` aren't followed out of it.
    """
    target = require_output(path, project)
    if os.path.abspath(path).startswith(_STREAMS):
        with open(path, "wb") as file:
            file.write(data)
        return
    with real_folders() as folders:
        folder, name = folders.parent(target)
        mode = _replaceable_mode(target)
        if mode is None or not _try_replace(folder, name, data, mode):
            with os.fdopen(folder.truncate(name), "wb") as file:
                file.write(data)
    if mode is not None:
        remove_leftovers((os.path.dirname(target),))


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


def _try_replace(folder: RealFolder, name: str, data: bytes, mode: int) -> bool:
    """Replace a file with a new one. False if the folder accepts no new file. Raises OSError."""
    temporary = f".output-{secrets.token_hex(4)}{SUFFIX}"
    try:
        descriptor = folder.create(temporary)
    except PermissionError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        folder.set_mode(temporary, mode)
        folder.replace(temporary, name)
    except BaseException:
        with suppress(OSError):
            folder.remove(temporary)
        raise
    return True

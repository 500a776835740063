"""Output files that the user names: each is replaced atomically."""

import os
import stat
import tempfile
from contextlib import suppress

from kognitos_migrate.writing.atomic_replace import NEW_MODE, SUFFIX, remove_leftovers
from kognitos_migrate.writing.write_policy import require_output

_STREAMS = ("/dev/", "/proc/")
"""Folders of devices and open files: `/dev/stdout` may be a file that somebody else has open."""


def write_output(path: str, data: bytes) -> None:
    """Put `data` at `path`. Raises Refused where no output may be written, and OSError.

    A pipe or a device is written to, and so is a file that a new one can't take the place of: one with
    several names, of another user, or in a folder that can't be written.
    """
    require_output(path)
    target = os.path.realpath(path)
    mode = _replaceable_mode(target) if not os.path.abspath(path).startswith(_STREAMS) else None
    if mode is None or not _is_replaced(target, data, mode):
        with open(path, "wb") as file:
            file.write(data)


def _replaceable_mode(target: str) -> int | None:
    """The mode of the file that may take the place of the one at `target`; None where none may."""
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return NEW_MODE & ~mask
    own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    is_alone = stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and own
    return stat.S_IMODE(status.st_mode) if is_alone and os.access(target, os.W_OK) else None


def _is_replaced(target: str, data: bytes, mode: int) -> bool:
    """Put a new file in the place of the target; False where the folder takes no new file. Raises OSError."""
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

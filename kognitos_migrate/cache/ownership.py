"""Which folders and files of the user are trusted: those that nobody else can have written."""

import os
import stat
from contextlib import suppress

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def is_private(status: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user, and nobody else may write it. Always true on Windows,
    where folders of the user are private by access lists."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def is_private_folder(path: str) -> bool:
    """Whether `path` is a folder, and no link to one, that `is_private`."""
    with suppress(OSError, ValueError):
        status = os.lstat(path)
        return stat.S_ISDIR(status.st_mode) and is_private(status)
    return False


def make_private_folder(path: str) -> None:
    """Make `path`, a folder that only this user can enter, and the folders above it. One that is there stays
    as it is. Raises OSError."""
    if os.path.isdir(path):
        return
    os.makedirs(os.path.dirname(path) or os.curdir, mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)

"""Where what is kept between runs lies, and which folders and files of the user are believed: those that
nobody else can have written."""

import os
import stat
import sys
from contextlib import suppress

APPLICATION = "kognitos-migrate"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def cache_folder() -> str | None:
    """The folder in the user's cache folder, None where that is not known. It need not be there."""
    if sys.platform == "linux":  # platformdirs takes a tenth of a commit hook's time
        base = os.environ.get("XDG_CACHE_HOME", "").strip()
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
        return os.path.join(base, APPLICATION) if os.path.isabs(base) else None
    import platformdirs

    folder = platformdirs.user_cache_dir(APPLICATION, appauthor=False)
    return folder if os.path.isabs(folder) else None


def is_private_file(status: os.stat_result) -> bool:
    """Whether this is a regular file that belongs to the user, and that nobody else may write."""
    return stat.S_ISREG(status.st_mode) and _is_private(status)


def _is_private(status: os.stat_result) -> bool:
    """Always true on Windows, where folders of the user are private by access lists."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def is_private_folder(path: str) -> bool:
    """Whether `path` is a folder, and no link to one, that belongs to the user, and that nobody else may
    write."""
    with suppress(OSError, ValueError):
        status = os.lstat(path)
        return stat.S_ISDIR(status.st_mode) and _is_private(status)
    return False


def make_private_folder(path: str) -> None:
    """Make `path`, a folder that only this user can enter, and the folders above it. One that is there stays
    as it is. Raises OSError."""
    if os.path.isdir(path):
        return
    os.makedirs(os.path.dirname(path) or os.curdir, mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)

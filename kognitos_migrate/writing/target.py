"""Where a changed file is written: into the file that was named, and nowhere else."""

import os
import stat
from pathlib import Path

from kognitos_migrate.errors import SourceError


class Refused(SourceError):
    """A file that may not be replaced."""


def target_of(path: str) -> str:
    """The real path of the file at `path`, which may be replaced.

    Raises Refused for a link, which would be written through; for a file with further names on disk, which
    would go on as they are; for another user's file, which would become this one's; and for what is
    read-only or no file at all.
    """
    try:
        found = os.lstat(path)
    except (OSError, ValueError) as error:
        raise Refused("the file has vanished", path=path) from error
    if stat.S_ISLNK(found.st_mode):
        raise Refused(
            f"the file is a link to {os.readlink(path)}, and links are not written through",
            path=path,
            expected="give the file that it leads to",
        )
    if not stat.S_ISREG(found.st_mode):
        raise Refused("this is not a regular file", path=path)
    if found.st_nlink > 1:
        raise Refused(
            f"the file has {found.st_nlink} names (hard links), and only this one would change", path=path
        )
    if hasattr(os, "geteuid") and os.geteuid() not in (0, found.st_uid):
        raise Refused("the file belongs to another user", path=path)
    if not found.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        raise Refused("the file is read-only", path=path)
    return os.path.realpath(path)


def is_within(path: str, folders: tuple[Path, ...]) -> bool:
    """Whether the real file at `path` lies in one of `folders`, or below."""
    real = os.path.realpath(path)
    tops = [os.path.realpath(folder) for folder in folders]
    return any(real.startswith(top.rstrip(os.sep) + os.sep) for top in tops)

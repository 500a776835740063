"""Folders that are opened by their real paths, and the files in them.

Another process can replace a folder by a link between the check of a path and its use. An open folder stays
the one that was checked. Where the system can't open folders, as on Windows, their paths are used.
"""

import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kognitos_migrate.structs import Struct

_HAS_DESCRIPTORS = {os.open, os.stat, os.rename, os.link, os.unlink} <= os.supports_dir_fd
_COMMON = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = _COMMON | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", os.O_RDONLY)
_READ = _COMMON | os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
_CREATE = _COMMON | os.O_WRONLY | os.O_CREAT | os.O_EXCL
_OWNER_ONLY = 0o600
_OPTIONAL = (errno.EPERM, errno.ENOTSUP, errno.ENODATA, errno.EINVAL, errno.EACCES)
_SECOND = 10**9
_MOST_OPEN = 100
"""Limit on the folders that are open at a time."""


class RealFolder(Struct, frozen=True):
    """A folder: its real path, and its descriptor if the system can open folders."""

    path: str
    descriptor: int | None

    def create(self, name: str) -> int:
        """Create a file that only its owner may read. Returns its descriptor."""
        return os.open(self._path(name), _CREATE, _OWNER_ONLY, dir_fd=self.descriptor)

    def truncate(self, name: str) -> int:
        """Open a file for writing, without its content. Returns its descriptor."""
        return os.open(self._path(name), _COMMON | os.O_WRONLY | os.O_TRUNC, dir_fd=self.descriptor)

    def open(self, name: str) -> int:
        """Open a file for reading, and never follow a link. Returns its descriptor."""
        return os.open(self._path(name), _READ, dir_fd=self.descriptor)

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is no file."""
        try:
            with open(self.open(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def replace(self, name: str, target: str) -> None:
        """Rename a file, in place of the target if there is one."""
        os.replace(
            self._path(name), self._path(target), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor
        )

    def link(self, name: str, target: str) -> None:
        """Give a file another name, which must not exist."""
        os.link(self._path(name), self._path(target), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """Remove a file."""
        os.remove(self._path(name), dir_fd=self.descriptor)

    def sync(self, name: str) -> None:
        """Sync the content of a file to disk if the system supports it."""
        with suppress(OSError), open(self.open(name), "rb") as file:
            os.fsync(file.fileno())

    def set_mode(self, name: str, mode: int) -> None:
        """Set the mode of a file."""
        if self.descriptor is None:
            os.chmod(self._path(name), mode)
            return
        with open(self.open(name), "rb") as file:
            os.chmod(file.fileno(), mode)

    def copy_attributes(self, source: str, name: str) -> None:
        """Give a file the owner, mode and extended attributes of another one, and the time of a change after
        it."""
        if self.descriptor is None:
            before, own = os.stat(self._path(source)), os.stat(self._path(name))
            shutil.copystat(self._path(source), self._path(name))
            os.utime(self._path(name), ns=_times(before, own))
            return
        with open(self.open(source), "rb") as old, open(self.open(name), "rb") as new:
            _copy_attributes(old.fileno(), new.fileno())

    def _path(self, name: str) -> str:
        return name if self.descriptor is not None else os.path.join(self.path, name)


class RealFolders:
    """The folders of a run. The latest ones stay open."""

    def __init__(self) -> None:
        self._open: dict[str, RealFolder] = {}

    def parent(self, path: str) -> tuple[RealFolder, str]:
        """The folder of a real path, and the name in it. Raises OSError if a part of the path has become a
        link."""
        where, name = os.path.split(path)
        folder = self._open.pop(where, None) or _open_folder(where)
        self._open[where] = folder
        if len(self._open) > _MOST_OPEN:
            _close(self._open.pop(next(iter(self._open))))
        return folder, name

    def close(self) -> None:
        """Close all folders."""
        while self._open:
            _close(self._open.popitem()[1])


@contextmanager
def real_folders() -> Iterator[RealFolders]:
    """Folders that are closed after the block."""
    folders = RealFolders()
    try:
        yield folders
    finally:
        folders.close()


def _open_folder(path: str) -> RealFolder:
    """Open a folder part by part, each without following a link."""
    if not _HAS_DESCRIPTORS:
        return RealFolder(path, None)
    descriptor = os.open(os.sep, _FOLDER)
    for part in filter(None, path.split(os.sep)):
        outer = descriptor
        try:
            descriptor = os.open(part, _FOLDER, dir_fd=outer)
        except PermissionError:  # a folder above that can be entered, but not read
            return RealFolder(path, None)
        finally:
            os.close(outer)
    return RealFolder(path, descriptor)


def _copy_attributes(source: int, target: int) -> None:
    before, own = os.fstat(source), os.fstat(target)
    if (before.st_uid, before.st_gid) != (own.st_uid, own.st_gid):
        os.chown(target, before.st_uid, before.st_gid)
    if sys.platform == "linux":
        with _optional_attributes():
            for name in os.listxattr(source):
                with _optional_attributes():
                    os.setxattr(target, name, os.getxattr(source, name))
    os.chmod(target, stat.S_IMODE(before.st_mode))
    os.utime(target, ns=_times(before, own))


@contextmanager
def _optional_attributes() -> Iterator[None]:
    """Ignore that a file system has no extended attributes, or that the user may not set one."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OPTIONAL:
            raise


def _times(before: os.stat_result, own: os.stat_result) -> tuple[int, int]:
    """The times of access and of change of a file that replaces one with the status `before`."""
    return own.st_atime_ns, _next_change_time(before.st_mtime_ns, time.time_ns())


def _next_change_time(before: int, now: int) -> int:
    """A modification time in another second than `before`.

    Python's bytecode cache compares only the second and the size of a source, and two version numbers are
    often equally long.
    """
    return now if now // _SECOND != before // _SECOND else before + _SECOND


def _close(folder: RealFolder) -> None:
    if folder.descriptor is not None:
        os.close(folder.descriptor)

"""Content-addressed cache in the user's cache folder: an entry is valid only if all of its inputs are equal.

The inputs of an entry are stored and compared completely, so that no stale entry is used. A damaged file, or
one in another format, counts as missing. Files are replaced atomically, so that concurrent runs don't see
partial ones. A folder that can't be read or written is no error. A folder or file that belongs to another
user, or that others may write, isn't used, since entries are trusted.
"""

import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from kognitos_migrate import __version__

APPLICATION = "kognitos-migrate"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def cache_folder() -> str | None:
    """The tool's folder in the user's cache folder; None if that is unknown. It may not exist yet."""
    if sys.platform == "linux":  # platformdirs takes a tenth of a commit hook's time
        base = os.environ.get("XDG_CACHE_HOME", "").strip()
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
        return os.path.join(base, APPLICATION) if os.path.isabs(base) else None
    import platformdirs

    folder = platformdirs.user_cache_dir(APPLICATION, appauthor=False)
    return folder if os.path.isabs(folder) else None


def is_private_file(status: os.stat_result) -> bool:
    """Whether this is a regular file that belongs to the user and that nobody else may write."""
    return stat.S_ISREG(status.st_mode) and _is_private(status)


def _is_private(status: os.stat_result) -> bool:
    """Always true on Windows, where access lists make users' folders private."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def is_private_folder(path: str) -> bool:
    """Whether `path` is a folder (not a link) that belongs to the user and that nobody else may write."""
    with suppress(OSError, ValueError):
        status = os.lstat(path)
        return stat.S_ISDIR(status.st_mode) and _is_private(status)
    return False


def make_private_folder(path: str) -> None:
    """Create the folder `path`, which only this user can enter, and missing folders above it.

    An existing folder stays as it is. Raises OSError.
    """
    if os.path.isdir(path):
        return
    os.makedirs(os.path.dirname(path) or os.curdir, mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)


_PACKAGE = os.path.dirname(os.path.abspath(__file__))


@cache
def tool_fingerprint() -> bytes:
    """Fingerprint of this tool's code: its files, LibCST's, and Python's version.

    Cache entries of other fingerprints are invalid.
    """
    parser = find_spec("libcst")
    files = [*_files(), *([parser.origin] if parser is not None and parser.origin else [])]
    return "\n".join([sys.version, *map(_state, files)]).encode("utf-8", "surrogateescape")


def _files() -> Iterator[str]:
    for folder, inner, names in os.walk(_PACKAGE):
        inner.sort()
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith((".py", ".toml")))


def _state(path: str) -> str:
    status = os.stat(path)
    return f"{path} {status.st_mtime_ns} {status.st_size}"


LARGEST = 256 * 1024 * 1024
"""Limit on the bytes of all entries of one kind. The oldest entries are removed first."""
MOST = 128
"""Limit on the files of one kind."""

_OUR_FILES = b"kognitos-migrate "
_MAGIC = _OUR_FILES + f"{__version__}\n".encode()
_LABELS = {
    ".gitignore": "*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Written by kognitos-migrate. See https://bford.info/cachedir/\n",
}
_NUMBER_SIZE = 8
_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _FLAGS
_CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
_HEADER_SIZE = len(_MAGIC) + _NUMBER_SIZE


class CacheEntry(NamedTuple):
    """A cached value with the inputs that it was computed from, both encoded."""

    origin: bytes
    content: bytes


class Store(NamedTuple):
    """A cache folder. Without a folder, nothing is cached."""

    folder: str | None

    def read(self, kind: str, name: str) -> CacheEntry | None:
        """The entry of this kind and name; None if there is no intact one."""
        if self.folder is None:
            return None
        try:
            if not self._is_trusted(kind):
                return None
            with open(os.open(os.path.join(self.folder, kind, name), _READ_FLAGS), "rb") as file:
                return _decode(file.read()) if is_private_file(os.fstat(file.fileno())) else None
        except OSError:
            return None

    def write(self, kind: str, name: str, entry: CacheEntry) -> None:
        """Cache `entry`. Errors of the file system are ignored."""
        if self.folder is None:
            return
        folder = os.path.join(self.folder, kind)
        is_new = not os.path.exists(self.folder)
        temporary = os.path.join(folder, f"{name}.{os.getpid()}")
        try:
            make_private_folder(self.folder)  # entries may contain source code
            make_private_folder(folder)
            if not self._is_trusted(kind):
                return
            if is_new:
                _label(self.folder)
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # left by a killed run
            with open(os.open(temporary, _CREATE_FLAGS, 0o600), "wb") as file:
                file.write(_encode(entry))
            os.replace(temporary, os.path.join(folder, name))
            _trim(folder)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)

    def _is_trusted(self, kind: str) -> bool:
        """Whether only this user can have written to the folder of this kind."""
        top = os.path.realpath(str(self.folder))
        return is_private_folder(top) and is_private_folder(os.path.join(top, kind))


NO_STORE = Store(None)


def short_name(data: bytes) -> str:
    """A short name for `data`. Two values may share one; the origin of an entry then distinguishes them."""
    return f"{zlib.crc32(data):08x}"


def _encode(entry: CacheEntry) -> bytes:
    body = len(entry.origin).to_bytes(_NUMBER_SIZE, "big") + entry.origin + entry.content
    return _MAGIC + zlib.crc32(body).to_bytes(_NUMBER_SIZE, "big") + body


def _decode(data: bytes) -> CacheEntry | None:
    check, body = data[len(_MAGIC) : _HEADER_SIZE], memoryview(data)[_HEADER_SIZE:]
    if not data.startswith(_MAGIC) or zlib.crc32(body).to_bytes(_NUMBER_SIZE, "big") != check:
        return None
    size = int.from_bytes(body[:_NUMBER_SIZE], "big")
    return CacheEntry(bytes(body[_NUMBER_SIZE : _NUMBER_SIZE + size]), bytes(body[_NUMBER_SIZE + size :]))


def _label(folder: str) -> None:
    """Mark a new folder as a cache for git and for backup programs."""
    for name, text in _LABELS.items():
        with open(os.path.join(folder, name), "x", encoding="ascii") as file:
            file.write(text)


def _trim(folder: str) -> None:
    """Remove the oldest entries until the folder is within its limits. Files of other programs stay."""
    with os.scandir(folder) as entries:
        files = sorted((entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in entries)
    size = sum(size for _, size, _ in files)
    for count, (_, bytes_, path) in zip(range(len(files), 0, -1), files, strict=True):
        if count <= MOST and size <= LARGEST:
            return
        if _is_cache_file(path):
            os.unlink(path)
            size -= bytes_


def _is_cache_file(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(len(_OUR_FILES)) == _OUR_FILES

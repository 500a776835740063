"""Bounded reads of regular files, and properties that follow from a file's name."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from kognitos_migrate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTEBOOK = ".ipynb"
"""How the names of notebooks end."""

_PIECE = 1 << 20
"""Bytes that are read at once, of a file that doesn't say how many it has."""


MIB = 1 << 20
CONFIGURATION = 4 * MIB
"""Limit for files that people write: configurations, rules, ignore files, owners."""
GENERATED = 256 * MIB
"""Limit for files that this tool writes: plans, reports, baselines, journals."""

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


def open_regular(path: str | Path) -> int:
    """Open the regular file at `path` and return its descriptor.

    Raises OSError for a pipe, a socket, a device or a folder, without waiting for it.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_bounded(path: str | Path, limit: int = CONFIGURATION) -> bytes:
    """The content of the regular file at `path`. Raises OSError, also for more than `limit` bytes."""
    with open(open_regular(path), "rb") as file:
        if os.fstat(file.fileno()).st_size <= limit and len(data := file.read(limit + 1)) <= limit:
            return data
    raise OSError(errno.EFBIG, f"larger than {limit // MIB} MiB", str(path))


class UnreadableSource(SourceError):
    """A file that isn't there, may not be read, or isn't text in the encoding that it declares."""


def shown_path(path: str | Path) -> str:
    """`path` as users see it: relative to the working folder, with `/` between its parts."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        relative = os.path.abspath(path)
    return relative.replace(os.sep, "/")


def is_notebook(path: str) -> bool:
    """Whether the file at `path` is a notebook by its name."""
    return path.endswith(NOTEBOOK)


def read_bytes(path: str) -> bytes:
    """The content of the file at `path`. Raises UnreadableSource."""
    data = read_up_to(path, sys.maxsize)
    assert data is not None
    return data


def read_up_to(path: str, most: int) -> bytes | None:
    """The same; None where there are more bytes than that.

    What Python's `open` puts around a file takes as long as the system takes to read most files.
    """
    try:
        file = open_regular(path)
        try:
            size = os.fstat(file).st_size
            return None if size > most else _read(file, size)
        finally:
            os.close(file)
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(file: int, size: int) -> bytes:
    """What an open file holds, which says that it has this size."""
    data = os.read(file, size + 1)
    if len(data) == size:
        return data
    pieces = [data]
    while pieces[-1]:  # it grows, or doesn't know its size
        pieces.append(os.read(file, _PIECE))
    return b"".join(pieces)


def read_pieces(path: str, size: int, overlap: int) -> Iterator[bytes]:
    """The same in pieces, each with some bytes of the one before."""
    try:
        with open(open_regular(path), "rb") as file:
            before = b""
            while piece := file.read(size):
                yield before + piece
                before = piece[-overlap:]
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError) -> UnreadableSource:
    if isinstance(error, FileNotFoundError):
        return UnreadableSource("the file has vanished", path=path)
    if isinstance(error, PermissionError):
        return UnreadableSource("no permission to read the file", path=path)
    return UnreadableSource(f"the file can't be read: {error.strerror or error}", path=path)


def digest_of(data: bytes) -> str:
    """What `SourceFile.digest` holds for a file with this content."""
    import hashlib  # of no use to a run in which no file matters

    return hashlib.sha256(data).hexdigest()

"""Contents of files: bounded reads of regular files, which open documents of an editor override, and
properties that follow from a file's name."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kognitos_migrate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NOTEBOOK = ".ipynb"
"""The file name extension of Jupyter notebooks."""

TOML = ".toml"
INI_SUFFIXES = (".cfg", ".conf", ".ini")
DATA_SUFFIXES = (".json", ".yaml", ".yml", TOML, *INI_SUFFIXES)
"""The file name extensions of data files that programs and tests may read."""

_CHUNK = 1 << 20
"""Bytes per read of a file that is longer than its reported size."""


MIB = 1 << 20
CONFIGURATION = 4 * MIB
"""Size limit, in bytes, of files that people write: configurations, rules, ignore files, CODEOWNERS."""
SOURCE = 48 * MIB
"""Size limit, in bytes, of Python files and notebooks. Most of a large notebook are its outputs."""
GENERATED = 256 * MIB
"""Size limit, in bytes, of files that this tool writes: plans, reports, baselines, journals."""

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


def open_regular(path: str | Path) -> int:
    """Open the regular file at `path` for reading and return its descriptor.

    Raises OSError for a pipe, a socket, a device or a folder. The call never blocks on one of these.
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
    """The content of the regular file at `path`.

    Raises OSError if the file can't be read or has more than `limit` bytes.
    """
    document = content_of_open_document(path)
    if document is not None and len(document) <= limit:
        return document
    with open(open_regular(path), "rb") as file:
        if os.fstat(file.fileno()).st_size <= limit and len(data := file.read(limit + 1)) <= limit:
            return data
    raise OSError(errno.EFBIG, f"larger than {limit // MIB} MiB", str(path))


class UnreadableSourceError(SourceError):
    """A source file is missing, may not be read, or isn't text in its declared encoding."""


def is_utf16(data: bytes) -> bool:
    """Whether bytes are text in UTF-16, as far as its byte order mark or its first character shows."""
    return data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:2]


def shown_path(path: str | Path) -> str:
    """`path` relative to the working folder, separated by `/`; absolute if it is on another Windows drive."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        relative = os.path.abspath(path)
    return relative.replace(os.sep, "/")


def relative_path(folder: str, path: str) -> str:
    """`path` relative to `folder`, separated by `/`; unchanged if it is on another Windows drive."""
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:  # another drive, on Windows
        return path.replace(os.sep, "/")


def is_notebook(path: str) -> bool:
    """Whether `path` has the file name extension of a notebook."""
    return path.endswith(NOTEBOOK)


def is_data_file(path: str) -> bool:
    """Whether `path` has the file name extension of a data file."""
    return path.endswith(DATA_SUFFIXES)


def read_bytes(path: str) -> bytes:
    """The content of the source at `path`. Raises UnreadableSourceError if it can't be read, or has more than
    SOURCE bytes."""
    data = read_up_to(path, SOURCE)
    if data is None:
        message = f"the file is larger than {SOURCE // MIB} MiB: move its data to another file, or exclude it"
        raise UnreadableSourceError(message, path=path)
    return data


def read_up_to(path: str, limit: int) -> bytes | None:
    """The content of the file at `path`; None if it has more than `limit` bytes.

    Raises UnreadableSourceError if the file can't be read. `os.read` is used because the buffering and
    decoding layers of `open` take about as long as the system call itself for most files.
    """
    document = content_of_open_document(path)
    if document is not None:
        return document if len(document) <= limit else None
    try:
        file = open_regular(path)
        try:
            size = os.fstat(file).st_size
            return None if size > limit else _read(file, size)
        finally:
            os.close(file)
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(file: int, size: int) -> bytes:
    """The content of the open `file`, whose reported size is `size` bytes.

    The file is read up to its end if it has grown, or if its size is reported as 0 (as in `/proc`).
    """
    data = os.read(file, size + 1)
    if len(data) == size:
        return data
    chunks = [data]
    while chunks[-1]:  # it grows, or doesn't know its size
        chunks.append(os.read(file, _CHUNK))
    return b"".join(chunks)


def read_chunks(path: str, size: int, overlap: int) -> Iterator[bytes]:
    """Read the file at `path` in chunks.

    Each chunk has `size` new bytes behind the last `overlap` bytes of the previous one. Raises
    UnreadableSourceError if the file can't be read.
    """
    document = content_of_open_document(path)
    if document is not None:
        yield document
        return
    try:
        with open(open_regular(path), "rb") as file:
            before = b""
            while chunk := file.read(size):
                yield before + chunk
                before = chunk[-overlap:]
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError) -> UnreadableSourceError:
    if isinstance(error, FileNotFoundError):
        return UnreadableSourceError("the file no longer exists", path=path)
    if isinstance(error, PermissionError):
        return UnreadableSourceError("no permission to read the file", path=path)
    return UnreadableSourceError(f"the file can't be read: {error.strerror or error}", path=path)


def digest_of(data: bytes) -> str:
    """The SHA-256 of `data` in hexadecimal, as in `SourceFile.digest`."""
    import hashlib  # of no use to a run in which no file matters

    return hashlib.sha256(data).hexdigest()


_open_contents: dict[str, bytes] = {}
"""The contents of open documents by path. Each has two entries: its absolute path, and the path relative to
the working folder."""


@contextmanager
def override_contents(contents: Mapping[str, bytes]) -> Iterator[None]:
    """Read these contents, by path as users see it, in place of the files on disk during the block."""
    _open_contents.update(contents)
    _open_contents.update({os.path.abspath(path): data for path, data in contents.items()})
    try:
        yield
    finally:
        _open_contents.clear()


def content_of_open_document(path: str | Path) -> bytes | None:
    """The content of the open document at `path`. None if the file on disk counts."""
    return _open_contents.get(os.fspath(path)) if _open_contents else None


def has_open_documents() -> bool:
    """Whether an open document overrides a file. Processes that aren't forked don't see it."""
    return bool(_open_contents)

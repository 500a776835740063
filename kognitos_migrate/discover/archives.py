"""Archives with Python code, such as zip applications and wheels, whose modules are searched as bytes."""

from __future__ import annotations

from collections.abc import Iterator

ARCHIVE_SUFFIXES = (".egg", ".pex", ".pyz", ".whl", ".zip")
"""Extensions of archives that Python can import from or run."""
LARGEST_ARCHIVE = 1 << 22
"""The maximum size, in bytes, of an archive that is opened."""
_LARGEST_MODULE = 1 << 18
_MOST_MODULES = 500


def is_archive(name: str) -> bool:
    """Whether a file with this name may be an archive with Python code."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def archived_modules(data: bytes) -> Iterator[bytes]:
    """The Python modules in the archive with the content `data`, up to limits of number and size.

    Nothing behind the first module that is damaged or encrypted.
    """
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile
    from zlib import error

    try:
        with ZipFile(BytesIO(data)) as archive:
            modules = [info for info in archive.infolist() if info.filename.endswith((".py", ".pyw"))]
            for info in modules[:_MOST_MODULES]:
                with archive.open(info) as stream:
                    yield stream.read(_LARGEST_MODULE)
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, error):
        return

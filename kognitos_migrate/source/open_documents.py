"""The texts of documents that are open in an editor, which override the files on disk."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_contents: dict[str, bytes] = {}
"""The contents by path. A file has two entries: its absolute path, and the one relative to the working
folder."""


@contextmanager
def overriding(contents: Mapping[str, bytes]) -> Iterator[None]:
    """Read these contents, by path as users see it, in place of the files on disk during the block."""
    _contents.update(contents)
    _contents.update({os.path.abspath(path): data for path, data in contents.items()})
    try:
        yield
    finally:
        _contents.clear()


def open_content(path: str | Path) -> bytes | None:
    """The content of the open document at `path`. None if the file on disk counts."""
    return _contents.get(os.fspath(path)) if _contents else None


def are_open() -> bool:
    """Whether an open document overrides a file. Processes that aren't forked don't see it."""
    return bool(_contents)

"""A disk that fails: at the call that is wanted, with what is wanted, before or after the call's effect."""

from __future__ import annotations

import builtins
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import pytest

_LOOKING = ("open", "stat", "lstat", "listdir")
"""Calls without an effect."""
_FOLDER = getattr(os, "O_DIRECTORY", 0)
_CALLS: tuple[tuple[object, str], ...] = (
    (builtins, "open"),
    (shutil, "copystat"),
    *((os, name) for name in ("fdopen", "fsync", "stat", "lstat", "chmod", "chown", "utime")),
    *((os, name) for name in ("replace", "link", "remove", "unlink", "open", "close", "listdir")),
)


@dataclass
class Disk:
    """Counts the calls to the system, and has the one at `at` fail; with `dead`, and all that follow."""

    at: int = -1
    fail: Callable[[], None] = lambda: None
    after: bool = False
    """Whether the call still does what it is for."""
    dead: bool = False
    calls: list[str] = field(default_factory=list)
    folders: set[int] = field(default_factory=set)
    """The open folders. Their calls aren't counted: there are many on the way to a file."""

    @property
    def effective(self) -> list[int]:
        """The calls that have an effect."""
        return [number for number, name in enumerate(self.calls) if name not in _LOOKING]

    def called(self, name: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """A call to the system."""
        if name == "close" and arguments[0] in self.folders:
            self.folders.remove(arguments[0])
            return call(*arguments)
        if name == "open" and any(isinstance(flags, int) and flags & _FOLDER for flags in arguments[1:2]):
            self.folders.add(folder := call(*arguments, **named))
            return folder
        number = len(self.calls)
        self.calls.append(name)
        failing = number == self.at or (self.dead and 0 <= self.at < number)
        if failing and not self.after:
            self.fail()
        # fsync takes its time, and these disks are never unplugged
        result = None if name == "fsync" else call(*arguments, **named)
        if failing and self.after:
            try:
                self.fail()
            except BaseException:
                _let_go(result)
                raise
        return _File(result, self) if result is not None and name == "fdopen" else result


def _let_go(result: Any) -> None:
    """Close what a call has opened for a caller who won't hear of it."""
    if isinstance(result, tuple):
        os.close(result[0])
    elif hasattr(result, "close"):
        result.close()


class _File:
    """An open file whose writing may fail, too."""

    def __init__(self, file: IO[Any], disk: Disk) -> None:
        self._file = file
        self._disk = disk

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def fileno(self) -> int:
        """The number of the open file."""
        return self._file.fileno()

    def write(self, data: Any) -> int:
        """Write `data`."""
        return int(self._disk.called("write", self._file.write, data))

    def flush(self) -> None:
        """Hand what was written to the system."""
        self._disk.called("flush", self._file.flush)


@contextmanager
def failing(disk: Disk) -> Iterator[Disk]:
    """All calls go through `disk`."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in _CALLS:
            call = getattr(module, name)

            def through(*arguments: Any, _name: str = name, _call: Any = call, **named: Any) -> Any:
                return disk.called(_name, _call, *arguments, **named)

            patch.setattr(module, name, through)
        yield disk

"""The lock of a project with Windows's `msvcrt`, for which a module stands that keeps locks in memory."""

from __future__ import annotations

import errno
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from kognitos_migrate.errors import UsageError
from kognitos_migrate.writing import journal

LOCKED: set[tuple[int, int]] = set()


def locking(descriptor: int, mode: int, count: int) -> None:
    """`msvcrt.locking` for LK_NBLCK: lock bytes from the position of the file on, or fail at once."""
    assert (mode, count) == (2, 1)
    place = os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR)
    if place in LOCKED:
        raise OSError(errno.EACCES, "Permission denied")
    LOCKED.add(place)


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the journal as Windows imports it."""
    LOCKED.clear()
    msvcrt = ModuleType("msvcrt")
    msvcrt.locking, msvcrt.LK_NBLCK = locking, 2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    spec = spec_from_file_location("journal_on_windows", journal.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    return module


def test_a_second_run_says_who_holds_the_lock(on_windows: ModuleType, tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with on_windows.hold_lock(path, "`fix`, process 1"):
        with (
            pytest.raises(UsageError, match="changing this project: `fix`, process 1"),
            on_windows.hold_lock(path, "`fix`, process 2"),
        ):
            pytest.fail("two runs hold the lock")
        assert Path(path).read_text() == "`fix`, process 1"
    assert Path(path).read_text() == ""


def test_the_locked_byte_is_behind_the_text(on_windows: ModuleType, tmp_path: Path) -> None:
    """Windows lets nobody read a locked byte."""
    with on_windows.hold_lock(str(tmp_path / "lock"), "x" * 1_000):
        assert [place for _, place in LOCKED] == [1 << 20]
        assert (tmp_path / "lock").stat().st_size == 200


def test_a_dead_run_holds_nothing(on_windows: ModuleType, tmp_path: Path) -> None:
    """The system takes the lock away; the text of the dead run stays until the next one."""
    path = str(tmp_path / "lock")
    with on_windows.hold_lock(path, "`fix`, process 1"):
        LOCKED.clear()
        with on_windows.hold_lock(path, "`undo`, process 2"):
            assert Path(path).read_text() == "`undo`, process 2"

"""Writing, with a failure at every single call to the system: every file is old, or every file is new."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kognitos_migrate.cli.apply import open_project_journals, write_and_journal
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Change, Problem
from kognitos_migrate.source.file import read_source
from kognitos_migrate.writing.atomic_replace import replace_all
from kognitos_migrate.writing.journal import Journal, open_journals
from kognitos_migrate.writing.transaction import reversal
from tests.fakes.disk import Disk, failing

OLD = {"a.py": b"old a\r\n", "below/b.py": b"old b"}
NEW = {"a.py": b"new a\r\n", "below/b.py": b"new b", "new.py": b"made new\n"}


class Killed(BaseException):
    """The process is no more: whatever it still wants to do is not done."""


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def interrupted() -> None:
    raise KeyboardInterrupt


def signalled() -> None:
    signal.raise_signal(signal.SIGINT)


def killed() -> None:
    raise Killed


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / "state")
    monkeypatch.setattr("os.fsync", lambda handle: None)
    plant()
    write()  # the first run looks at more files: it imports


def plant() -> None:
    """The files as they were before, and nothing else."""
    for path in sorted((*Path().rglob("*"), *Path("../state").rglob("*")), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for name, data in OLD.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(data)


def there() -> dict[str, bytes]:
    """The files as they are now, and what else there is."""
    return {path.as_posix(): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def write() -> list[Problem]:
    """Make the files new."""
    with open_project_journals((), "fix") as journal:
        sources = [read_source(path) for path in OLD]
        changes = [Change(one.path, one.text, one.text.replace("old", "new")) for one in sources]
        return write_and_journal([*changes, Change("new.py", None, "made new\n")], sources, journal, {})


def undo() -> list[Problem]:
    """Make the files old again."""
    with open_journals([Path.cwd()], "undo") as journal:
        return take_back(journal)


def take_back(journal: Journal) -> list[Problem]:
    """Take the last run back, as `undo` does."""
    last = journal.last()
    assert last is not None
    writes = reversal(last.run)
    journal.begin_reversal(last)
    try:
        return replace_all(writes, last.run.token)
    finally:
        journal.settle()


def calls_of(work: Callable[[], list[Problem]], after: bool) -> Sequence[int]:
    """The calls to the system that it takes: all, or those that have an effect."""
    with failing(Disk()) as disk:
        assert work() == []
    return disk.effective if after else range(len(disk.calls))


@pytest.mark.parametrize("after", [False, True], ids=["instead", "afterwards"])
@pytest.mark.parametrize("fail", [full, interrupted, signalled])
def test_all_files_are_new_or_none_is(fail: Callable[[], None], after: bool) -> None:
    plant()
    seen = set()
    for at in calls_of(write, after):
        plant()
        problems: list[Problem] | None = None
        with failing(Disk(at, fail, after)) as disk, suppress(KeyboardInterrupt, OSError, UserError):
            problems = write()
        what = f"{disk.calls[at]}, call {at}: {problems}"
        files = {path: data for path, data in there().items() if path in NEW}
        assert files in (OLD, NEW), what
        assert problems is None or files == (OLD if problems else NEW), what
        assert disk.calls[at] == "remove" or files == there(), what
        seen.add(files == NEW)
    assert seen == {True, False}


@pytest.mark.parametrize("after", [False, True], ids=["instead", "afterwards"])
def test_after_a_crash_every_file_is_whole_and_undo_takes_it_back(after: bool) -> None:
    plant()
    cut_short = 0
    for at in calls_of(write, after):
        plant()
        with failing(Disk(at, killed, after, dead=True)), pytest.raises(Killed):
            write()
        files = there()
        assert all(files.get(path) in (OLD.get(path), NEW[path]) for path in NEW)
        whole = {path: files[path] for path in NEW if path in files}
        with open_journals([Path.cwd()], "next") as journal:  # cleans up
            assert there() == whole
            if whole != OLD:
                last = journal.last()
                assert last is not None
                assert last.path.endswith(".begun.json") == (whole != NEW)
        if whole not in (OLD, NEW):
            cut_short += 1
            with pytest.raises(UserError, match="was interrupted"):
                write()
        if whole != OLD:
            assert undo() == []
        assert there() == OLD
    assert cut_short


@pytest.mark.parametrize("after", [False, True], ids=["instead", "afterwards"])
def test_after_a_crash_of_undo_the_next_undo_goes_on(after: bool) -> None:
    plant()
    write()
    cut_short = 0
    for at in calls_of(undo, after):
        plant()
        write()
        with failing(Disk(at, killed, after, dead=True)), pytest.raises(Killed):
            undo()
        whole = {path: data for path, data in there().items() if path in NEW}
        if whole not in (OLD, NEW):
            cut_short += 1
            with pytest.raises(UserError, match="was interrupted"):
                write()
        with open_journals([Path.cwd()], "undo") as journal:
            assert (journal.last() is None) == (whole == OLD)
            if whole != OLD:
                assert take_back(journal) == []
        assert there() == OLD
    assert cut_short


@pytest.mark.parametrize("fail", [full, interrupted, signalled])
def test_a_fix_is_taken_back_whole_or_not_at_all(fail: Callable[[], None]) -> None:
    plant()
    write()
    for at in calls_of(undo, False):
        plant()
        write()
        disk = Disk(at, fail)
        with failing(disk), suppress(KeyboardInterrupt, OSError, UserError):
            undo()
        files = {path: data for path, data in there().items() if path in NEW}
        assert files in (OLD, NEW), f"{disk.calls[at]}, call {at}"


def test_what_somebody_else_changes_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    plant()
    replace = os.replace

    def meddle(temporary: str, target: str, **folders: Any) -> None:
        if os.fspath(target).endswith("a.py"):
            Path("below/b.py").write_bytes(b"somebody else's")
        replace(temporary, target, **folders)

    monkeypatch.setattr(os, "replace", meddle)
    (problem,) = write()
    assert problem.path == "below/b.py"
    assert "the file has changed since it was read; no file was changed" in problem.message
    assert there() == {**OLD, "below/b.py": b"somebody else's"}


def test_what_cannot_be_put_back_is_told() -> None:
    plant()
    told = 0
    for at in calls_of(write, False):
        plant()
        with failing(Disk(at, full, dead=True)):
            try:
                problems = write()
            except (OSError, UserError):
                continue
        changed = {path for path in NEW if there().get(path) != OLD.get(path)}
        assert changed in (set(), set(NEW)) or changed <= {problem.path for problem in problems}
        told += bool(problems and changed)
    assert told

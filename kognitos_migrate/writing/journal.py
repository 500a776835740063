"""The journal of runs, from which `undo` restores files without git, and the lock of a project.

It is a folder in the user's state folder, with a lock file and a file for each run:

    lock               held by the run that changes files now
    000007.json        a run that is done
    000008.begun.json  a run whose files are being replaced or restored, or that was interrupted

A run is recorded as begun before its first file is replaced. The next run that holds the lock compares the
files. If all are replaced, the run is done. If none is, its record is removed. In any other case it was
interrupted.
"""

import errno
import os
import secrets
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from kognitos_migrate.cache import is_private_folder, make_private_folder
from kognitos_migrate.errors import UsageError
from kognitos_migrate.source.content import GENERATED, digest_of, read_bounded
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.writing.atomic_replace import Write, remove_leftovers
from kognitos_migrate.writing.transaction import (
    FileState,
    Transaction,
    decode_transaction,
    encode_transaction,
    names_in,
    state_of,
    transaction_of,
)

PATIENCE = 5.0
"""Seconds that a run waits for another one."""
_PAUSE = 0.1
_TAKEN = frozenset((errno.EACCES, errno.EAGAIN, errno.EDEADLK))
_HOLDER = 200
"""Bytes of the text that describes the holder."""
_BYTE = 1 << 20
"""The offset of the locked byte. On Windows, locked bytes can't be read, so it is behind the text."""


@contextmanager
def hold_lock(path: str, holder: str, patience: float | None = None) -> Iterator[None]:
    """Hold the lock file at `path` during the block. The file then contains `holder`.

    Raises UsageError if another process holds it for longer than `patience` (seconds, PATIENCE by default),
    and OSError if the file can't be created. On a file system without locks, nothing is locked.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        _wait(descriptor, time.monotonic() + (PATIENCE if patience is None else patience))
        _write_holder(descriptor, holder)
        try:
            yield
        finally:
            _write_holder(descriptor, "")
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _wait(descriptor: int, until: float) -> None:
    while True:
        try:
            _lock(descriptor)
            return
        except OSError as error:
            if error.errno not in _TAKEN:
                return
        if time.monotonic() >= until:
            raise UsageError(
                f"another run is changing this project: {_read_holder(descriptor)}",
                expected="wait until it ends, then run the command again",
            )
        time.sleep(_PAUSE)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # no flock: forked workers would inherit it, and hold it when this process is killed
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BYTE)


def _write_holder(descriptor: int, holder: str) -> None:
    with suppress(OSError):  # on a full disk the holder stays unnamed
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, holder.encode("utf-8", "replace")[:_HOLDER])


def _read_holder(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, _HOLDER).decode("utf-8", "replace") or "unknown process"


MOST_RUNS = 20
"""The number of a project's runs that `undo` can reverse."""
_DONE = ".json"
_BEGUN = ".begun.json"
_DIGITS = 6


class JournalFile(Struct, frozen=True):
    """A run and the path of its file in the journal."""

    path: str
    run: Transaction


class Journal(Struct, frozen=True):
    """The journal of a project whose lock is held. Without a `folder`, nothing is recorded."""

    folder: str | None
    command: str
    token: str
    """A part of the names of this run's temporary files."""
    keeps_runs: bool = True
    """Whether a run that is done can be undone."""
    trouble: UsageError | None = None
    """The reason why there is no folder."""
    others: tuple["Journal", ...] = ()
    """The journals of the other projects that the run concerns. Each records the whole run."""

    def begin(self, writes: Sequence[Write], programs: Mapping[str, str]) -> None:
        """Record that this run will make `writes`, with the `programs` of their files.

        Raises UsageError if that fails and `keeps_runs` is set.
        """
        self.record(transaction_of(self.command, _timestamp(), self.token, writes, programs))

    def record(self, run: Transaction) -> None:
        """Record `run` as begun in the journals of all projects. Raises UsageError as `begin` does."""
        for other in self.others:
            other.record(run)
        if self.trouble is not None and self.keeps_runs:
            raise self.trouble
        if self.folder is None:
            return
        number = max(map(_number, _record_files(self.folder)), default=0) + 1
        try:
            _write_record(os.path.join(self.folder, f"{number:0{_DIGITS}}{_BEGUN}"), encode_transaction(run))
        except OSError as error:
            if self.keeps_runs:
                raise _unwritable(self.folder, error) from error

    def begin_reversal(self, noted: JournalFile) -> None:
        """Record that a run is being undone, in each project that it changed. Raises OSError and
        UsageError."""
        for other in self.others:
            for name in _record_files(other.folder) if other.folder is not None else ():
                path = os.path.join(str(other.folder), name)
                if (run := _read_record(path)).token == noted.run.token:
                    other.begin_reversal(JournalFile(path, run))
        if not noted.path.endswith(_BEGUN):
            os.replace(noted.path, noted.path.removesuffix(_DONE) + _BEGUN)

    def settle(self) -> None:
        """Finish the records of begun runs that replaced all or none of their files.

        The temporary files of begun runs are removed. The record of an interrupted run stays. Of finished
        runs, the newest MOST_RUNS are kept.
        """
        for other in self.others:
            other.settle()
        if self.folder is None:
            return
        for name in _record_files(self.folder, _BEGUN):
            path = os.path.join(self.folder, name)
            run = _read_record(path)
            remove_leftovers({os.path.dirname(entry.path) for entry in run.entries}, run.token)
            states = {state_of(entry) for entry in run.entries}
            if states <= {FileState.BEFORE}:
                os.remove(path)
            elif (
                states == {FileState.AFTER} or len(run.entries) == 1
            ):  # a single file is replaced in one step
                self._finish_record(path, run)
        done = [name for name in _record_files(self.folder) if not name.endswith(_BEGUN)]
        for name in done[:-MOST_RUNS]:
            os.remove(os.path.join(self.folder, name))

    def _finish_record(self, path: str, run: Transaction) -> None:
        if run.token == self.token and not self.keeps_runs:
            os.remove(path)
        else:
            os.replace(path, path.removesuffix(_BEGUN) + _DONE)

    def last(self) -> JournalFile | None:
        """The run that `undo` reverses next: an interrupted one, or else the newest; None if there is none.

        Raises UsageError if the journal or the run's record can't be read.
        """
        if self.trouble is not None:
            raise self.trouble
        names = _record_files(self.folder) if self.folder is not None else []
        if not names:
            return None
        path = os.path.join(str(self.folder), max(names, key=lambda name: (name.endswith(_BEGUN), name)))
        return JournalFile(path, _read_record(path))

    def split_run(self, last: JournalFile, files: Collection[str]) -> JournalFile:
        """Split the last run: the changes of `files`, given by absolute paths, become a run of their own,
        which is the last one then.

        Raises UsageError if the run was interrupted, and OSError.
        """
        run = last.run
        others = {entry.path for entry in run.entries}.difference(files)
        if not others:
            return last
        if last.path.endswith(_BEGUN):
            raise UsageError(f"{run} was interrupted", expected="`kognitos-migrate undo` reverts all of it")
        folder = os.path.dirname(last.path)
        number = max(map(_number, _record_files(folder))) + 1
        part = JournalFile(os.path.join(folder, f"{number:0{_DIGITS}}{_DONE}"), run.of_files(files))
        _write_record(part.path, encode_transaction(part.run))
        _write_record(last.path, encode_transaction(run.of_files(others)))
        return part

    def refuse_interrupted(self) -> None:
        """Raise UsageError if a run was interrupted after some of its files were replaced."""
        for other in self.others:
            other.refuse_interrupted()
        for name in _record_files(self.folder, _BEGUN) if self.folder is not None else ():
            path = os.path.join(str(self.folder), name)
            run = _read_record(path)
            states = {entry: state_of(entry) for entry in run.entries}
            if len(states) == 1 or {*states.values()} in ({FileState.BEFORE}, {FileState.AFTER}):
                continue
            files = [(names_in(states, state), state.value) for state in FileState]
            summary = "; ".join(f"{state}: {names}" for names, state in files if names)
            raise UsageError(
                f"{run} was interrupted ({summary})",
                expected=f"`kognitos-migrate undo` reverts it; to keep the files as they are, delete {path}",
            )


def interruption_message(root: Path) -> str | None:
    """A message about an interrupted or a running run of the project; None if there is neither.

    The journal isn't changed.
    """
    folder = journal_folder(root)
    if not is_private_folder(folder) or not _record_files(folder, _BEGUN):
        return None
    try:
        with hold_lock(os.path.join(folder, "lock"), "reading the journal", 0.0):
            Journal(folder, "", "").refuse_interrupted()
    except (OSError, UsageError) as error:
        return str(error)
    return None


@contextmanager
def open_journals(
    roots: Iterable[Path], command: str, *, keeps_runs: bool = True, first: Journal | None = None
) -> Iterator[Journal]:
    """The journal of the project in the first of `roots`, with those of the others, for a run of `command`.
    The locks of all are held during the block. With `first`, an open journal, the roots are added to it.

    Raises UsageError if another run holds a lock. A journal that can't be written has no folder.
    """
    with ExitStack() as stack:
        for folder in dict.fromkeys(map(journal_folder, roots)):
            if first is None:
                first = stack.enter_context(
                    _open_folder(folder, command, secrets.token_hex(8), keeps_runs=keeps_runs)
                )
            elif folder not in (first.folder, *(other.folder for other in first.others)):
                other = stack.enter_context(
                    _open_folder(folder, first.command, first.token, keeps_runs=first.keeps_runs)
                )
                first = replace(first, others=(*first.others, other))
        assert first is not None, "no root"
        yield first


@contextmanager
def _open_folder(folder: str, command: str, token: str, *, keeps_runs: bool) -> Iterator[Journal]:
    """The settled journal in `folder`, with its lock held during the block."""
    with ExitStack() as stack:
        try:
            _make_folder(folder)
            holder = f"`{command}`, process {os.getpid()}, since {_timestamp()}"
            stack.enter_context(hold_lock(os.path.join(folder, "lock"), holder))
            _remove_temporaries(folder)
            journal = Journal(folder, command, token, keeps_runs)
        except OSError as error:
            journal = Journal(None, command, token, keeps_runs, _unwritable(folder, error))
        journal.settle()
        yield journal


def journal_folder(root: Path) -> str:
    """The folder of the journal for the project in the folder `root`."""
    import platformdirs

    name = digest_of(os.fsencode(os.path.realpath(root)))[:20]
    return str(platformdirs.user_state_path("kognitos-migrate") / "undo" / name)


def _make_folder(folder: str) -> None:
    if not os.path.isabs(folder):
        raise OSError(None, "the user's state folder is not known")
    make_private_folder(folder)
    if not is_private_folder(folder):
        raise OSError(None, "the folder belongs to another user, or others may write it")


def _remove_temporaries(folder: str) -> None:
    """Remove temporary files of killed runs from the journal. The lock must be held."""
    for name in os.listdir(folder):
        if name.endswith(".tmp"):
            os.remove(os.path.join(folder, name))


def _record_files(folder: str, suffix: str = _DONE) -> list[str]:
    """The record files in a journal, sorted by run."""
    return sorted(name for name in os.listdir(folder) if name.endswith(suffix) and _number(name))


def _number(name: str) -> int:
    digits = name.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _write_record(path: str, data: bytes) -> None:
    """Create or replace a file atomically, and sync it to disk."""
    if len(data) > GENERATED:
        raise OSError(None, f"the files are larger than {GENERATED >> 20} MB together")
    temporary = f"{path}.tmp"
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.remove(temporary)
        raise


def _read_record(path: str) -> Transaction:
    try:
        return decode_transaction(read_bounded(path, GENERATED))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _refuse(f"{type(error).__name__}: {error}", path)


def _refuse(why: str, path: str) -> NoReturn:
    raise UsageError(
        f"the journal of a run can't be read: {why}",
        path=path,
        expected="delete it to continue without it; git may have the previous versions",
    )


def _unwritable(folder: str, error: OSError) -> UsageError:
    return UsageError(
        f"the journal of `undo` can't be written, nothing was changed: {error.strerror or error}",
        path=folder,
        expected="fix that, or pass --no-undo",
    )


def _timestamp() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())

"""Replaces files atomically: all of them, or none."""

import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

from kognitos_migrate.errors import Fault
from kognitos_migrate.findings.finding import Problem
from kognitos_migrate.findings.manual_findings import problem_of
from kognitos_migrate.structs import Struct

_HELD = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def held_signals() -> Iterator[Callable[[], None]]:
    """Whatever asks the program to end waits for the end of the block, and then does what it does.

    The block is given a function to call where it may still be given up: it raises KeyboardInterrupt if
    something has come. Only a program's main thread gets signals; elsewhere nothing is held.
    """
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    def give_way() -> None:
        if came:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield give_way
        return
    handlers = {number: signal.getsignal(number) for number in _HELD}
    heeded = {
        number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)
    }
    try:
        for number in heeded:
            signal.signal(number, note)
        yield give_way
    finally:
        for number, handler in heeded.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


SUFFIX = ".kognitos-migrate"
"""How the names of files end that are there while others are replaced."""
STALE = 3600.0
"""Seconds after which such a file of an unknown run is one of a dead run."""
NEW_MODE = 0o666
"""The mode of a new file, before the user's mask."""
_SECOND = 10**9


class Write(Struct, frozen=True):
    """One file to replace: where it really is, what it held and what it will hold; None: there is none."""

    path: str
    target: str
    before: bytes | None
    after: bytes | None


class _Staged(Struct, frozen=True):
    """A write with both contents in files of their own beside the target, as far as there are any."""

    write: Write
    old: str | None
    new: str | None


def replace_all(writes: Sequence[Write], token: str) -> list[Problem]:
    """Make the files what `writes` say: all of them, or none. An empty list: all is done. `token` stands in
    the names of temporary files.

    What each will hold, and a copy of what it held, is written beside it before the first is replaced, so
    that a full disk is met while nothing has changed. If anything fails later, what was already replaced is
    put back, and the problems say what failed. Ctrl-C counts until the first is replaced.
    """
    with held_signals() as give_way:
        return _replace_all(writes, token, give_way)


def _replace_all(writes: Sequence[Write], token: str, give_way: Callable[[], None]) -> list[Problem]:
    staged: list[_Staged] = []
    begun: list[_Staged] = []
    temporaries: list[str] = []
    write = None
    try:
        for write in writes:
            give_way()
            staged.append(_stage(write, token, temporaries))
        give_way()
        for one in staged:
            write = one.write
            if _content(write.target) != write.before:
                raise OSError(None, "the file has changed since it was read")
            begun.append(one)
            _carry_out(one)
        _make_lasting({os.path.dirname(write.target) for write in writes})
    except OSError as error:
        unsettled = list(_put_back(begun))
        return [_failure(write.path if write else "", error, unsettled), *unsettled]
    except BaseException:
        list(_put_back(begun))
        raise
    finally:
        for temporary in temporaries:
            with suppress(OSError):
                os.remove(temporary)
    return []


def remove_leftovers(folders: Iterable[str], token: str = "") -> None:
    """Remove the temporary files in `folders` that dead runs left: those of the run with `token`, and old
    ones of any run."""
    for folder in folders:
        with suppress(OSError):
            for name in os.listdir(folder):
                if name.startswith(".") and name.endswith(SUFFIX):
                    path = os.path.join(folder, name)
                    if (token and name.startswith(f".{token}-")) or _is_stale(path):
                        os.remove(path)


def _is_stale(path: str) -> bool:
    return time.time() - os.lstat(path).st_ctime > STALE


def _carry_out(one: _Staged) -> None:
    write = one.write
    if one.new is None:
        os.remove(write.target)
    elif write.before is None:
        _create(one.new, write.target)
    else:
        os.replace(one.new, write.target)


def _create(temporary: str, target: str) -> None:
    """Give a new file its name, which nobody may have taken meanwhile."""
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        raise OSError(None, "there is a file already") from error
    except OSError:  # not every file system has links
        os.replace(temporary, target)


def _stage(write: Write, token: str, temporaries: list[str]) -> _Staged:
    """Write both contents. What is to be is on the disk itself then; what was need not be, as long as nothing
    is put back: the target has it."""
    beside = partial(_beside, write, token, temporaries)
    old = beside(write.before) if write.before is not None else None
    new = beside(write.after, os.fsync) if write.after is not None else None
    return _Staged(write, old, new)


def _beside(
    write: Write,
    token: str,
    temporaries: list[str],
    data: bytes,
    kept: Callable[[int], object] = lambda _handle: None,
) -> str:
    """The path of a new file beside the target, with these bytes, and what else the target has: owner,
    mode and attributes. `kept` is given the open file. The name is short: the target's may be as long as
    names can be."""
    folder = os.path.dirname(write.target)
    handle, temporary = tempfile.mkstemp(prefix=f".{token}-", suffix=SUFFIX, dir=folder)
    temporaries.append(temporary)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        kept(file.fileno())
    if write.before is None:
        os.chmod(temporary, NEW_MODE & ~_umask())
    else:
        _liken(temporary, write.target)
    return temporary


def _liken(temporary: str, target: str) -> None:
    wanted, got = os.stat(target), os.stat(temporary)
    if (wanted.st_uid, wanted.st_gid) != (got.st_uid, got.st_gid):
        os.chown(temporary, wanted.st_uid, wanted.st_gid)
    shutil.copystat(target, temporary)
    os.utime(temporary, ns=(got.st_atime_ns, _later(wanted.st_mtime_ns, time.time_ns())))


def _later(before: int, now: int) -> int:
    """A time of change, in another second than the one before: bytecode is kept by the second and the size,
    and a version has as many digits as the next one."""
    return now if now // _SECOND != before // _SECOND else before + _SECOND


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _content(path: str) -> bytes | None:
    """What a file holds; None where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _make_lasting(paths: Collection[str]) -> None:
    """Have these files, and the names in these folders, on the disk itself, where the system can do that."""
    for path in paths:
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _put_back(begun: Sequence[_Staged]) -> Iterator[Problem]:
    """Give the files that were replaced their old content again; the problems are those where that failed.
    Whoever else has changed a file meanwhile keeps the change."""
    for one in begun:
        write = one.write
        try:
            if _content(write.target) != write.after:
                continue
            if one.old is None:
                os.remove(write.target)
            else:
                _make_lasting((one.old,))
                os.replace(one.old, write.target)
        except OSError as error:
            why = error.strerror or str(error)
            yield problem_of(Fault(f"the file was changed and could not be put back: {why}", write.path))


def _failure(path: str, error: OSError, unsettled: Sequence[Problem]) -> Problem:
    why = error.strerror or str(error)
    end = "and not all is as it was" if unsettled else "no file was changed"
    return problem_of(Fault(f"the file can't be written: {why}; {end}", path))

"""Changes go to disk: all of them, or none."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from kognitos_migrate.errors import Fault, SourceError
from kognitos_migrate.findings.finding import Change, Problem
from kognitos_migrate.run.problems import problem_of
from kognitos_migrate.source.file import SourceFile, created, digest_of, encode, read_bytes

NEW_MODE = 0o666
"""The mode of a new file, before the user's mask."""


@dataclass(frozen=True, slots=True)
class Write:
    """One file to replace: where it really is, what it held and what it will hold; None: there is none."""

    path: str
    target: str
    before: bytes | None
    after: bytes | None


class _Refused(SourceError):
    """A file that may not be replaced."""


def write_changes(
    changes: Sequence[Change],
    sources: Iterable[SourceFile],
    before_writing: Callable[[Sequence[Write]], None] | None = None,
) -> list[Problem]:
    """Put `changes` on disk, each in the encoding of its source. An empty list: all of them are there.

    `before_writing` is told what will be written, once all is checked and before anything is.
    """
    by_path = {source.path: source for source in sources}
    writes: list[Write] = []
    problems: list[Problem] = []
    for change in changes:
        try:
            writes.append(
                _prepare(change, by_path[change.path]) if change.before is not None else _prepare_new(change)
            )
        except SourceError as error:
            problems.extend(map(problem_of, error.faults))
    if problems:
        return problems
    if before_writing is not None and writes:
        before_writing(writes)
    return replace_all(writes)


def _prepare(change: Change, source: SourceFile) -> Write:
    """The write that `change` asks for. Raises SourceError where it must not happen."""
    before = read_bytes(change.path)
    if digest_of(before) != source.digest:
        raise _Refused(
            "the file has changed since it was read", path=change.path, expected="run the command again"
        )
    target = os.path.realpath(change.path)
    if not os.access(target, os.W_OK):
        raise _Refused("the file is read-only", path=change.path)
    return Write(change.path, target, before, encode(source, change.after))


def _prepare_new(change: Change) -> Write:
    """The write of a file that isn't there yet. Raises SourceError where it must not happen."""
    target = os.path.realpath(change.path)
    if os.path.lexists(change.path):
        raise _Refused(
            "the module of adapters would be written here, and there is a file already",
            path=change.path,
            expected="name another place: `adapter:` in the configuration",
        )
    if not os.path.isdir(os.path.dirname(target)):
        raise _Refused("the folder for the module of adapters is not there", path=change.path)
    return Write(change.path, target, None, encode(created(change.path, change.after), change.after))


def replace_all(writes: Sequence[Write]) -> list[Problem]:
    """Make the files what `writes` say: all of them, or none. An empty list: all is done.

    Every file is written beside itself before the first is replaced. If anything fails, the files that
    were already replaced are put back, and the problems say what failed.
    """
    staged: list[tuple[Write, str]] = []
    done: list[Write] = []
    write = None
    try:
        for write in writes:
            if write.after is not None:
                staged.append((write, _stage(write, write.after)))
        for write, temporary in staged:
            os.replace(temporary, write.target)
            done.append(write)
        for write in writes:
            if write.after is None:
                os.remove(write.target)
                done.append(write)
    except OSError as error:
        failed = write.path if write else ""
        return [_failure(failed, error), *_put_back(done)]
    except BaseException:
        _put_back(done)
        raise
    finally:
        for _, temporary in staged:
            with suppress(FileNotFoundError):
                os.remove(temporary)
    return []


def _stage(write: Write, data: bytes) -> str:
    """The path of a new file beside the target, with these bytes and the mode and owner of the target."""
    folder, name = os.path.split(write.target)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(write.target):
            _copy_owner(write.target, temporary)
            shutil.copymode(write.target, temporary)
        else:
            os.chmod(temporary, NEW_MODE & ~_umask())
    except BaseException:
        os.remove(temporary)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _copy_owner(target: str, temporary: str) -> None:
    if not hasattr(os, "chown"):
        return
    wanted, got = os.stat(target), os.stat(temporary)
    if (wanted.st_uid, wanted.st_gid) != (got.st_uid, got.st_gid):
        with suppress(PermissionError):
            os.chown(temporary, wanted.st_uid, wanted.st_gid)


def _put_back(done: Sequence[Write]) -> list[Problem]:
    """Write the old content of `done` again; the problems are the files for which that failed too."""
    problems = []
    for write in done:
        try:
            if write.before is None:
                os.remove(write.target)
            else:
                os.replace(_stage(write, write.before), write.target)
        except OSError as error:
            why = error.strerror or str(error)
            fault = Fault(f"the file was changed and could not be put back: {why}", write.path)
            problems.append(problem_of(fault))
    return problems


def _failure(path: str, error: OSError) -> Problem:
    why = error.strerror or str(error)
    return problem_of(Fault(f"the file can't be written: {why}; no file was changed", path))

"""The journal of the last fix: what its files held before, so that `undo` can take it back without git.

It lies in the user's state folder, one for each project, and holds the old content of every file that was
changed. It is written before the first file is, under another name, and takes its own when all files are: so
a fix that was cut short is known, and can be taken back too.
"""

import os
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import NoReturn

from kognitos_migrate.errors import SourceError, UsageError
from kognitos_migrate.record import Struct
from kognitos_migrate.source.content import GENERATED, digest_of, read_bounded, read_bytes, shown_path
from kognitos_migrate.writing.replace import Write
from kognitos_migrate.writing.target import target_of

VERSION = 1


class Entry(Struct, frozen=True):
    """One file that was changed: its whole path, its old content (None: there was none), and the digest of
    the new one."""

    path: str
    before: bytes | None
    after: str


class _State(Enum):
    """What a file of the journal is now."""

    BEFORE = "as it was before the fix"
    AFTER = "as the fix has made it"
    OTHER = "something else"


def journal_of(root: Path) -> Path:
    """The journal of the project whose folder is `root`."""
    import platformdirs

    name = digest_of(os.fsencode(os.path.realpath(root)))[:20]
    return platformdirs.user_state_path("kognitos-migrate") / "undo" / f"{name}.json"


def _begun(root: Path) -> Path:
    """The journal of a run that is under way, or was cut short."""
    return journal_of(root).with_suffix(".begun.json")


def begin(root: Path, writes: Sequence[Write]) -> None:
    """Note what `writes` will replace. Raises OSError where that can't be written."""
    import json

    entries = [
        {
            "path": os.path.abspath(write.target),
            "before": None if write.before is None else b64encode(write.before).decode(),
            "after": digest_of(write.after or b""),
        }
        for write in writes
    ]
    journal = _begun(root)
    journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=journal.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"version": VERSION, "files": entries}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, journal)
    except BaseException:
        os.remove(temporary)
        raise


def settle(root: Path) -> None:
    """Look what became of the run that was begun: if its files are written it is the last one now, if none is
    it is forgotten. One that was cut short between its files stays."""
    begun = _begun(root)
    states = {_state(entry) for entry in _read(begun)}
    if not states:
        return
    if _State.AFTER not in states:
        begun.unlink(missing_ok=True)
    elif _State.BEFORE not in states:
        os.replace(begun, journal_of(root))


def refuse_cut_short(root: Path) -> None:
    """Raise UsageError if a run was cut short: some of its files are changed, and some are not."""
    settle(root)
    if _begun(root).exists():
        raise UsageError(
            "the last fix of this project was cut short: some of its files are changed, and some are not",
            expected=f"`kognitos-migrate undo` takes it back; to keep it as it is, delete {_begun(root)}",
        )


def recall(root: Path) -> list[Entry]:
    """What the last fix of the project replaced, nothing if there was none. Raises UsageError where the
    journal can't be read."""
    settle(root)
    return _read(_begun(root)) or _read(journal_of(root))


def forget(root: Path) -> None:
    """Take the journal away from which `recall` read."""
    begun = _begun(root)
    (begun if begun.exists() else journal_of(root)).unlink(missing_ok=True)


def reversal(entries: Sequence[Entry]) -> list[Write]:
    """What takes a fix back. Raises UsageError for all files that were changed since, and SourceError for one
    that may not be replaced."""
    changed = [shown_path(entry.path) for entry in entries if _state(entry) is _State.OTHER]
    if changed:
        raise UsageError(
            f"nothing was taken back: changed since the fix: {', '.join(changed)}",
            expected="undo those changes first",
        )
    return [_reversed(entry) for entry in entries if _state(entry) is _State.AFTER]


def _reversed(entry: Entry) -> Write:
    if target_of(entry.path) != entry.path:
        raise SourceError("a folder that leads to the file is a link now", path=shown_path(entry.path))
    return Write(shown_path(entry.path), entry.path, read_bytes(entry.path), entry.before)


def _state(entry: Entry) -> _State:
    now = _content(entry.path)
    if now == entry.before:
        return _State.BEFORE
    return _State.AFTER if now is not None and digest_of(now) == entry.after else _State.OTHER


def _content(path: str) -> bytes | None:
    """What the file holds, None where there is none. Raises SourceError where that can't be told."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"the file can't be read: {error.strerror}", path=shown_path(path)) from error
    return read_bytes(path)


def _read(journal: Path) -> list[Entry]:
    import json

    try:
        said = json.loads(read_bounded(journal, GENERATED))
        if said["version"] != VERSION:
            _refuse(f"its version is {said['version']}, and not {VERSION}", journal)
        return [_entry(one["path"], one["before"], one["after"]) for one in said["files"]]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _refuse(f"{type(error).__name__}: {error}", journal)


def _entry(path: object, before: object, after: object) -> Entry:
    if not isinstance(path, str) or not isinstance(after, str) or not isinstance(before, str | None):
        raise TypeError("a file is not told as it should be")
    if not os.path.isabs(path) or "\0" in path:
        raise ValueError("a path is not whole")
    return Entry(path, None if before is None else b64decode(before, validate=True), after)


def _refuse(why: str, journal: Path) -> NoReturn:
    raise UsageError(
        f"the journal of the last fix can't be read: {why}",
        path=str(journal),
        expected="delete it to go on without it; git may have the files as they were",
    )

"""One run in the journal: the files that it replaced, with their former content."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum

from kognitos_migrate.errors import SourceError, UsageError
from kognitos_migrate.source.content import digest_of, read_bytes, shown_path
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.writing.atomic_replace import Write
from kognitos_migrate.writing.write_policy import require_inert, target_of

VERSION = 2


class JournalEntry(Struct, frozen=True):
    """A file that a run replaced: its absolute path, old content (None: no file), and the new digest.

    `program` is the first file of the program that it belongs to.
    """

    path: str
    before: bytes | None
    after: str
    program: str = ""


class Transaction(Struct, frozen=True):
    """A run that changed files. `time` is written as in `2026-11-28 04:10:12 UTC`.

    The names of the run's temporary files contain `token`.
    """

    command: str
    time: str
    token: str
    entries: tuple[JournalEntry, ...]

    def of_files(self, files: Collection[str]) -> "Transaction":
        """The part of the run that changed these files, given by absolute paths."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.path in files))

    def __str__(self) -> str:
        """The run in a message: `fix --adapt` (in backquotes) of 2026-11-28 04:10:12 UTC."""
        return f"`{self.command}` of {self.time}"


class FileState(Enum):
    """The content of a file, compared with a journal entry."""

    BEFORE = "unchanged"
    AFTER = "written"
    OTHER = "changed since"


def transaction_of(
    command: str, time: str, token: str, writes: Iterable[Write], programs: Mapping[str, str]
) -> Transaction:
    """The transaction of a run of `command` that makes `writes`, in files of `programs`."""
    entries = (
        JournalEntry(
            os.path.abspath(write.target),
            write.before,
            digest_of(write.after or b""),
            programs.get(write.path, write.path),
        )
        for write in writes
    )
    return Transaction(command, time, token, tuple(entries))


def encode_transaction(transaction: Transaction) -> bytes:
    """The transaction as JSON."""
    files = [
        {
            "path": entry.path,
            "before": None if entry.before is None else b64encode(entry.before).decode(),
            "after": entry.after,
            "program": entry.program,
        }
        for entry in transaction.entries
    ]
    head = {"version": VERSION, "command": transaction.command, "time": transaction.time}
    return json.dumps({**head, "token": transaction.token, "files": files}).encode()


def decode_transaction(data: bytes) -> Transaction:
    """The transaction in `data`, the result of `encode_transaction`.

    Raises ValueError, KeyError, TypeError or RecursionError if the data is damaged.
    """
    document = json.loads(data)
    if document["version"] != VERSION:
        raise ValueError(f"its version is {document['version']}, and not {VERSION}")
    command, time, token = (document[name] for name in ("command", "time", "token"))
    if not all(isinstance(text, str) for text in (command, time, token)) or not token.isalnum():
        raise TypeError("the run's record is malformed")
    entries = [
        _entry(file["path"], file["before"], file["after"], file.get("program", ""))
        for file in document["files"]
    ]
    return Transaction(command, time, token, tuple(entries))


def _entry(path: object, before: object, after: object, program: object) -> JournalEntry:
    texts = (path, after, program)
    if not all(isinstance(text, str) for text in texts) or not isinstance(before, str | None):
        raise TypeError("the record of a file is malformed")
    if not os.path.isabs(str(path)) or "\0" in str(path):
        raise ValueError("a path isn't absolute")
    content = None if before is None else b64decode(before, validate=True)
    return JournalEntry(str(path), content, str(after), str(program))


def state_of(entry: JournalEntry) -> FileState:
    """The current state of the file of `entry`. A file that can't be read is OTHER."""
    try:
        content = _content(entry.path)
    except SourceError:
        return FileState.OTHER
    if content == entry.before:
        return FileState.BEFORE
    return FileState.AFTER if content is not None and digest_of(content) == entry.after else FileState.OTHER


def names_in(states: Mapping[JournalEntry, FileState], state: FileState) -> str:
    """The files in this state, for a message."""
    return ", ".join(shown_path(entry.path) for entry, current in states.items() if current is state)


def reversal(transaction: Transaction) -> Sequence[Write]:
    """The writes that undo a run. Files that already have their old content are left out.

    Raises UsageError if files were changed since, and SourceError for a file that may not be replaced.
    """
    states = {entry: state_of(entry) for entry in transaction.entries}
    changed_names = names_in(states, FileState.OTHER)
    if changed_names:
        raise UsageError(
            f"nothing was reverted: {changed_names} changed since {transaction}",
            expected="revert those changes first",
        )
    return [_reverse_entry(entry) for entry, state in states.items() if state is FileState.AFTER]


def _reverse_entry(entry: JournalEntry) -> Write:
    require_inert(entry.path)
    if target_of(entry.path) != entry.path:
        raise SourceError("a parent folder of the file is a link now", path=shown_path(entry.path))
    return Write(shown_path(entry.path), entry.path, read_bytes(entry.path), entry.before)


def _content(path: str) -> bytes | None:
    """The content of a file; None if there is no file. Raises SourceError if it can't be read."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"the file can't be read: {error.strerror}", path=shown_path(path)) from error
    return read_bytes(path)

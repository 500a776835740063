"""The journal of the last fix: what its files held before, so that `undo` can take it back without git.

It lies in the user's state folder, one for each project, and holds the old content of every file that was
changed. It is written before the first file is, so that a fix that was cut short can be taken back too.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kognitos_migrate.errors import UsageError
from kognitos_migrate.run.write import Write
from kognitos_migrate.source.file import digest_of, read_bytes, shown_path


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that was changed: its whole path, its old content (None: there was none), and the digest of
    the new one."""

    path: str
    before: bytes | None
    after: str


def journal_of(root: Path) -> Path:
    """The journal of the project whose folder is `root`."""
    import platformdirs

    name = digest_of(os.fsencode(os.path.abspath(root)))[:20]
    return platformdirs.user_state_path("kognitos-migrate") / "undo" / f"{name}.json"


def remember(root: Path, writes: Sequence[Write]) -> None:
    """Note what `writes` will replace. Raises OSError where the journal can't be written."""
    import json

    entries = [
        {
            "path": os.path.abspath(write.target),
            "before": None if write.before is None else b64encode(write.before).decode(),
            "after": digest_of(write.after or b""),
        }
        for write in writes
    ]
    journal = journal_of(root)
    journal.parent.mkdir(parents=True, exist_ok=True)
    temporary = journal.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps({"version": 1, "files": entries}), encoding="utf-8")
    os.replace(temporary, journal)


def recall(root: Path) -> list[Entry]:
    """What the last fix of the project replaced, nothing if there was none. Raises UsageError where the
    journal can't be read."""
    import json

    journal = journal_of(root)
    try:
        said = json.loads(journal.read_text(encoding="utf-8"))
        return [
            Entry(one["path"], None if one["before"] is None else b64decode(one["before"]), one["after"])
            for one in said["files"]
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"the journal of the last fix can't be read: {error}", path=str(journal)) from error


def forget(root: Path) -> None:
    """Take the journal away."""
    journal_of(root).unlink(missing_ok=True)


def reversal(entries: Sequence[Entry]) -> list[Write]:
    """What takes a fix back. Raises UsageError, for all files that were changed since."""
    writes: list[Write] = []
    changed: list[str] = []
    for entry in entries:
        now = read_bytes(entry.path) if os.path.exists(entry.path) else None
        if now == entry.before:
            continue
        if now is None or digest_of(now) != entry.after:
            changed.append(shown_path(entry.path))
        else:
            writes.append(Write(shown_path(entry.path), entry.path, now, entry.before))
    if changed:
        raise UsageError(
            f"nothing was taken back: changed since the fix: {', '.join(changed)}",
            expected="undo those changes first",
        )
    return writes

"""Changes become writes, each checked before the first is made."""

import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from kognitos_migrate.errors import SourceError, UserError
from kognitos_migrate.findings.finding import Change, Problem
from kognitos_migrate.findings.problems import problem_of
from kognitos_migrate.source.content import digest_of, read_bytes
from kognitos_migrate.source.file import SourceFile, created, encode
from kognitos_migrate.writing.journal import Journal
from kognitos_migrate.writing.replace import Write, remove_leftovers, replace_all
from kognitos_migrate.writing.target import Refused, require_allowed, target_of


def write_changes(
    changes: Sequence[Change],
    sources: Iterable[SourceFile],
    folders: Sequence[Path],
    journal: Journal | None = None,
) -> list[Problem]:
    """Put `changes` on disk, each in the encoding of its source. An empty list: all of them are there.

    Only files within `folders` are written. The `journal` notes the writes once all of them are checked and
    before the first is made. Raises UsageError where it can't.
    """
    by_path = {source.path: source for source in sources}
    writes: list[Write] = []
    problems: list[Problem] = []
    for change in changes:
        try:
            require_allowed(change.path, folders)
            writes.append(
                _prepare(change, by_path[change.path]) if change.before is not None else _prepare_new(change)
            )
        except SourceError as error:
            problems.extend(map(problem_of, error.faults))
    if problems:
        return problems
    remove_leftovers({os.path.dirname(write.target) for write in writes})
    if journal is None or not writes:
        return replace_all(writes, secrets.token_hex(8))
    journal.begin(writes)
    try:
        return replace_all(writes, journal.token)
    finally:
        with suppress(OSError, UserError):  # the next run settles it
            journal.settle()


def _prepare(change: Change, source: SourceFile) -> Write:
    """The write that `change` asks for. Raises SourceError where it must not happen."""
    target = target_of(change.path)
    before = read_bytes(change.path)
    if digest_of(before) != source.digest:
        raise Refused(
            "the file has changed since it was read", path=change.path, expected="run the command again"
        )
    return Write(change.path, target, before, encode(source, change.after))


def _prepare_new(change: Change) -> Write:
    """The write of a file that isn't there yet. Raises SourceError where it must not happen."""
    target = os.path.realpath(change.path)
    if os.path.lexists(change.path):
        raise Refused(
            "the module of adapters would be written here, and there is a file already",
            path=change.path,
            expected="name another place: `adapter:` in the configuration",
        )
    if not os.path.isdir(os.path.dirname(target)):
        raise Refused("the folder for the module of adapters is not there", path=change.path)
    return Write(change.path, target, None, encode(created(change.path, change.after), change.after))

"""Application of changes to files on disk, program by program."""

import os
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.errors import SourceError, UsageError, UserError
from kognitos_migrate.findings.manual_findings import problem_of
from kognitos_migrate.findings.result import Change, Finding, Problem
from kognitos_migrate.source.content import digest_of, read_bytes
from kognitos_migrate.source.file import ContentKind, SourceFile, file_bytes, new_source
from kognitos_migrate.writing.atomic_replace import Write, remove_leftovers, replace_all
from kognitos_migrate.writing.journal import Journal
from kognitos_migrate.writing.write_policy import WriteRefusedError, require_allowed, target_of


def programs_of(findings: Iterable[Finding], changed_files: Sequence[str]) -> Mapping[str, str]:
    """The first file of each changed file's program. Files that one fix changes belong to one program."""
    files = DisjointSets(changed_files)
    seen_edits: set[int] = set()
    for finding in findings:
        edits = finding.fix.edits
        if id(edits) not in seen_edits:
            seen_edits.add(id(edits))
            paths = dict.fromkeys((finding.place.path, *(edit.span.path for edit in edits)))
            together = [path for path in paths if path in files]
            for path in together[1:]:
                files.join(together[0], path)
    return {path: group[0] for group in files.groups() for path in group}


def chosen_programs(programs: Mapping[str, str], paths: Iterable[str], refusal: str) -> Collection[str]:
    """The files, by absolute path, of the programs with a file in `paths` (files or folders).

    Raises UsageError with the message `refusal` for a path without such a file.
    """
    chosen: set[str] = set()
    for path in paths:
        whole = os.path.realpath(path)
        matches = {
            program
            for file, program in programs.items()
            if file == whole or file.startswith(os.path.join(whole, ""))
        }
        if not matches:
            raise UsageError(refusal, path=path)
        chosen |= matches
    return {file for file, program in programs.items() if program in chosen}


_NO_PROGRAMS: Mapping[str, str] = MappingProxyType({})


def write_changes(
    changes: Sequence[Change],
    sources: Iterable[SourceFile],
    folders: Sequence[Path],
    journal: Journal | None = None,
    programs: Mapping[str, str] = _NO_PROGRAMS,
) -> list[Problem]:
    """Write `changes`, each in the encoding of its source, and return the problems.

    If there are problems, no file was changed. Only files inside of `folders` are written. The writes are
    recorded in `journal` after all of them have been checked and before the first one, with the `programs` of
    their files. Raises UsageError if the journal can't be written.
    """
    by_path = {source.path: source for source in sources}
    writes: list[Write] = []
    problems: list[Problem] = []
    for change in changes:
        try:
            require_allowed(change.path, folders)
            write = (
                _prepare(change, by_path[change.path]) if change.before is not None else _prepare_new(change)
            )
            require_allowed(write.target, folders)  # a folder may have become a link since
            writes.append(write)
        except SourceError as error:
            problems.extend(map(problem_of, error.faults))
    if problems:
        return problems
    remove_leftovers({os.path.dirname(write.target) for write in writes})
    if journal is None or not writes:
        return replace_all(writes, secrets.token_hex(8))
    journal.begin(writes, programs)
    try:
        return replace_all(writes, journal.token)
    finally:
        with suppress(OSError, UserError):  # the next run settles the journal
            journal.settle()


def _prepare(change: Change, source: SourceFile) -> Write:
    """The write of a changed file. Raises SourceError if the file has changed or may not be replaced."""
    target = target_of(change.path)
    before = read_bytes(change.path)
    if digest_of(before) != source.digest:
        raise WriteRefusedError(
            "the file has changed since it was read", path=change.path, expected="run the command again"
        )
    if source.content_kind is ContentKind.TEXT and file_bytes(source, source.text) != before:
        raise WriteRefusedError(
            f"the file isn't valid {source.encoding}", path=change.path, expected="save it as UTF-8"
        )
    return Write(change.path, target, before, file_bytes(source, change.after))


def _prepare_new(change: Change) -> Write:
    """The write of a new file. Raises SourceError if the path is taken or its folder is missing."""
    target = os.path.realpath(change.path)
    if os.path.lexists(change.path):
        raise WriteRefusedError(
            "the adapter module would be written here, but the file already exists",
            path=change.path,
            expected="set `adapter:` in the configuration to another file",
        )
    if not os.path.isdir(os.path.dirname(target)):
        raise WriteRefusedError("the folder of the adapter module doesn't exist", path=change.path)
    return Write(change.path, target, None, file_bytes(new_source(change.path, change.after), change.after))

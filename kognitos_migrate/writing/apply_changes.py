"""Applies changes to disk, program by program: those of a run, or those of a plan file that a person has
reviewed."""

import json
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import msgspec

from kognitos_migrate import __version__
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.errors import Fault, SourceError, UsageError, UserError
from kognitos_migrate.findings.manual_findings import problem_of
from kognitos_migrate.findings.result import Change, Finding, Problem
from kognitos_migrate.source.content import GENERATED, digest_of, read_bounded, read_bytes, shown_path
from kognitos_migrate.source.file import Language, SourceFile, file_bytes, new_source, read_source
from kognitos_migrate.source.line_diff import hunks_of, lines_with_ends
from kognitos_migrate.structs import Struct
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
    if source.language is Language.TEXT and file_bytes(source, source.text) != before:
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


VERSION = 1


class LineEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Replaces the rows from `row` to before `end_row` (counted from 1) with `content`."""

    row: int
    end_row: int
    content: str


class PlannedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The planned change of a file: the SHA-256 of its content before and after, and the edits.

    A new file has no `before`. `program` is the first file of its program, whose files change together.
    """

    filename: str
    before: str | None
    after: str
    edits: tuple[LineEdit, ...]
    program: str = ""


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a plan file."""

    version: int
    made_by: str
    files: tuple[PlannedFile, ...]
    deployment: tuple[str, ...] = ()
    """The lines on what to do before the changes are deployed."""


class Applicable(Struct, frozen=True):
    """A plan that fits the files on disk: its changes, and the sources of existing files."""

    changes: tuple[Change, ...]
    sources: tuple[SourceFile, ...]
    programs: Mapping[str, str]
    """By file: the first file of its program."""
    deployment: tuple[str, ...]


def plan_text(
    changes: Sequence[Change],
    sources: Mapping[str, SourceFile],
    programs: Mapping[str, str],
    deployment: Sequence[str],
) -> str:
    """The plan of `changes` in files of `programs` as JSON, with the lines on their `deployment`."""
    files = [
        {**_plan_change(change, sources.get(change.path)), "program": programs.get(change.path, change.path)}
        for change in changes
    ]
    plan = {
        "version": VERSION,
        "made_by": f"kognitos-migrate {__version__}",
        "files": files,
        "deployment": list(deployment),
    }
    return json.dumps(plan, indent=2) + "\n"


def _plan_change(change: Change, source: SourceFile | None) -> dict[str, object]:
    target = source or new_source(change.path, change.after)
    edits = [{"row": edit.row, "end_row": edit.end_row, "content": edit.content} for edit in _edits(change)]
    return {
        "filename": change.path,
        "before": target.digest or None,
        "after": digest_of(file_bytes(target, change.after)),
        "edits": edits,
    }


def _edits(change: Change) -> Iterator[LineEdit]:
    after = lines_with_ends(change.after)
    for hunk in hunks_of(change.before or "", change.after, change.edits):
        yield LineEdit(hunk.start + 1, hunk.end + 1, "".join(after[hunk.new_start : hunk.new_end]))


def read_plan(
    path: Path, folders: tuple[Path, ...], is_python: Callable[[str], bool], paths: Sequence[str] = ()
) -> Applicable:
    """The changes of the plan at `path`, all of them to Python files in `folders`. With `paths`, the changes
    of the programs that have a file there.

    `is_python` decides by path, using the configuration. Raises UsageError if the file isn't a plan, and
    SourceError with a fault for each file that is outside, isn't Python, or has changed since.
    """
    try:
        # json accepts lone surrogates, which some file names contain; msgspec validates the document
        plan = msgspec.convert(json.loads(read_bounded(path, GENERATED)), type=PlanFile)
    except OSError as error:
        raise UsageError(f"the plan can't be read: {error.strerror or error}", path=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"this is not a plan: {error}",
            path=str(path),
            expected="expected a file written by `fix --plan FILE`",
        ) from error
    if plan.version != VERSION:
        raise UsageError(
            f"this is a plan of version {plan.version}", path=str(path), expected=f"expected {VERSION}"
        )
    faults: list[Fault] = []
    changes: list[Change] = []
    sources: list[SourceFile] = []
    names: set[str] = set()
    programs = {file.filename: file.program or file.filename for file in plan.files}
    whole = {os.path.realpath(name): program for name, program in programs.items()} if paths else {}
    chosen = chosen_programs(whole, paths, "the plan changes nothing here")
    for file in plan.files:
        if paths and os.path.realpath(file.filename) not in chosen:
            continue
        try:
            _refuse_foreign(file, folders, is_python)
            _refuse_second(file.filename, names)
            change, source = _apply_file(file)
            changes.append(change)
            sources.extend([source] if change.before is not None else [])
        except SourceError as error:
            faults.extend(error.faults)
    if faults:
        raise SourceError.of(faults)
    return Applicable(tuple(changes), tuple(sources), programs, plan.deployment)


def _refuse_foreign(file: PlannedFile, folders: tuple[Path, ...], is_python: Callable[[str], bool]) -> None:
    """Raise SourceError if a plan names a file that `fix` would not write."""
    name = file.filename
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise SourceError("this isn't a valid file name", path=ascii(name)) from error
    if "\0" in name:
        raise SourceError("this isn't a valid file name", path=ascii(name))
    require_allowed(name, folders)
    if not is_python(name):
        raise SourceError("the plan would change a file that isn't Python", path=name)


def _refuse_second(name: str, names: set[str]) -> None:
    """Add a file to `names`. Raises SourceError if its real path is already there."""
    real = os.path.realpath(name)
    if real in names:
        raise SourceError("the plan names this file twice", path=name)
    names.add(real)


def _apply_file(file: PlannedFile) -> tuple[Change, SourceFile]:
    """The change and the source of a planned file.

    Raises SourceError if the file has changed or the plan was edited.
    """
    shown = shown_path(file.filename)
    if file.before is not None and file.filename != shown:
        raise SourceError("the plan was edited", path=file.filename, expected=f"expected the path {shown}")
    source = read_source(file.filename) if file.before is not None else new_source(file.filename, "")
    if file.before is not None and source.digest != file.before:
        raise SourceError(
            "the file has changed since the plan was created",
            path=file.filename,
            expected="create a new plan",
        )
    lines = lines_with_ends(source.text)
    for edit in reversed(file.edits):
        lines[edit.row - 1 : edit.end_row - 1] = [edit.content]
    after = "".join(lines)
    if digest_of(file_bytes(source, after)) != file.after:
        raise SourceError(
            "the plan was edited: its edits don't produce the recorded result", path=file.filename
        )
    return Change(file.filename, source.text if file.before is not None else None, after), source

"""Plan files: the changes of a fix as JSON, which a person reviews before `apply` makes them."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from kognitos_migrate import __version__
from kognitos_migrate.errors import Fault, SourceError, UsageError
from kognitos_migrate.findings.result import Change
from kognitos_migrate.source.content import GENERATED, digest_of, read_bounded, shown_path
from kognitos_migrate.source.file import SourceFile, file_bytes, new_source, read_source
from kognitos_migrate.source.line_diff import hunks_of, lines_with_ends
from kognitos_migrate.structs import Struct
from kognitos_migrate.writing.change_application import chosen_programs
from kognitos_migrate.writing.write_policy import require_allowed

VERSION = 1


class LineEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Replaces the rows from `row` to before `end_row` (counted from 1) with `content`."""

    row: int
    end_row: int
    content: str


class PlanEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The planned change of a file: the SHA-256 of its content before and after, and the edits.

    A new file has no `before`. `program` is the first file of its program, whose files change together.
    """

    filename: str
    before: str | None
    after: str
    edits: tuple[LineEdit, ...]
    program: str = ""


class PlanDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a plan file."""

    version: int
    made_by: str
    files: tuple[PlanEntry, ...]
    deployment: tuple[str, ...] = ()
    """The lines on what to do before the changes are deployed."""


class ApplicablePlan(Struct, frozen=True):
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
    path: Path, folders: tuple[Path, ...], is_python: Callable[[str], bool], paths: Sequence[str]
) -> ApplicablePlan:
    """The changes of the plan at `path`, all of them to Python files in `folders`. With `paths`, the changes
    of the programs that have a file there.

    `is_python` decides by path, using the configuration. Raises UsageError if the file isn't a plan, and
    SourceError with a fault for each file that is outside, isn't Python, or has changed since.
    """
    try:
        # json accepts lone surrogates, which some file names contain; msgspec validates the document
        plan = msgspec.convert(json.loads(read_bounded(path, GENERATED)), type=PlanDocument)
    except OSError as error:
        raise UsageError(f"the plan can't be read: {error.strerror or error}", path=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "not a plan", path=str(path), expected="a plan is the JSON file that `fix --plan FILE` writes"
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
            _refuse_duplicate(file.filename, names)
            change, source = _apply_file(file)
            changes.append(change)
            sources.extend([source] if change.before is not None else [])
        except SourceError as error:
            faults.extend(error.faults)
    if faults:
        raise SourceError.of(faults)
    return ApplicablePlan(tuple(changes), tuple(sources), programs, plan.deployment)


def _refuse_foreign(file: PlanEntry, folders: tuple[Path, ...], is_python: Callable[[str], bool]) -> None:
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


def _refuse_duplicate(name: str, names: set[str]) -> None:
    """Add a file to `names`. Raises SourceError if its real path is already there."""
    real = os.path.realpath(name)
    if real in names:
        raise SourceError("the plan names this file twice", path=name)
    names.add(real)


def _apply_file(file: PlanEntry) -> tuple[Change, SourceFile]:
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

"""A plan as a file: the changes that `fix` would make, to be looked at, and applied exactly so by `apply`."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from kognitos_migrate import __version__
from kognitos_migrate.errors import Fault, SourceError, UsageError
from kognitos_migrate.findings.finding import Change
from kognitos_migrate.record import Struct
from kognitos_migrate.source.content import GENERATED, digest_of, read_bounded
from kognitos_migrate.source.file import SourceFile, created, encode, read_source
from kognitos_migrate.source.hunks import hunks_of
from kognitos_migrate.writing.target import require_allowed

VERSION = 1


class LineEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rows from `row` to before `end_row` (counted from 1) become `content`."""

    row: int
    end_row: int
    content: str


class PlannedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a file: SHA-256 of its bytes before (null: it is new) and after, and the edits."""

    filename: str
    before: str | None
    after: str
    edits: tuple[LineEdit, ...]


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole plan."""

    version: int
    made_by: str
    files: tuple[PlannedFile, ...]


class Applicable(Struct, frozen=True):
    """A plan that fits the files as they are: the changes, and the files that they are for."""

    changes: tuple[Change, ...]
    sources: tuple[SourceFile, ...]


def plan_text(changes: Sequence[Change], sources: Mapping[str, SourceFile]) -> str:
    """The plan of `changes` as JSON."""
    files = [_planned(change, sources.get(change.path)) for change in changes]
    plan = {"version": VERSION, "made_by": f"kognitos-migrate {__version__}", "files": files}
    return json.dumps(plan, indent=2) + "\n"


def _planned(change: Change, source: SourceFile | None) -> dict[str, object]:
    known = source or created(change.path, change.after)
    edits = [{"row": one.row, "end_row": one.end_row, "content": one.content} for one in _edits(change)]
    return {
        "filename": change.path,
        "before": known.digest or None,
        "after": digest_of(encode(known, change.after)),
        "edits": edits,
    }


def _edits(change: Change) -> Iterator[LineEdit]:
    after = _lines(change.after)
    for hunk in hunks_of(change.before or "", change.after, change.edits):
        yield LineEdit(hunk.start + 1, hunk.end + 1, "".join(after[hunk.new_start : hunk.new_end]))


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]


def read_plan(path: Path, folders: tuple[Path, ...], is_python: Callable[[str], bool]) -> Applicable:
    """The changes of the plan at `path`, all of them to files in `folders` which the configuration takes for
    Python, or their names do: `is_python` tells.

    Raises UsageError where it isn't a plan, and SourceError for all files that lie elsewhere or are not what
    they were when it was made.
    """
    try:
        # json takes half surrogates, of which the names of some files are made; msgspec checks the rest
        plan = msgspec.convert(json.loads(read_bounded(path, GENERATED)), type=PlanFile)
    except OSError as error:
        raise UsageError(f"the plan can't be read: {error.strerror or error}", path=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"this is not a plan: {error}", path=str(path), expected="expected what `fix --plan FILE` writes"
        ) from error
    if plan.version != VERSION:
        raise UsageError(
            f"this is a plan of version {plan.version}", path=str(path), expected=f"expected {VERSION}"
        )
    faults: list[Fault] = []
    changes: list[Change] = []
    sources: list[SourceFile] = []
    names: set[str] = set()
    for file in plan.files:
        try:
            _refuse_foreign(file, folders, is_python)
            _refuse_second(file.filename, names)
            change, source = _applied(file)
            changes.append(change)
            sources.extend([source] if change.before is not None else [])
        except SourceError as error:
            faults.extend(error.faults)
    if faults:
        raise SourceError.of(faults)
    return Applicable(tuple(changes), tuple(sources))


def _refuse_foreign(file: PlannedFile, folders: tuple[Path, ...], is_python: Callable[[str], bool]) -> None:
    """Raise SourceError if a plan names a file that `fix` would not write."""
    name = file.filename
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise SourceError("this is no name of a file", path=ascii(name)) from error
    if "\0" in name:
        raise SourceError("this is no name of a file", path=ascii(name))
    require_allowed(name, folders)
    if not is_python(name):
        raise SourceError("the plan would change a file that is not Python", path=name)


def _refuse_second(name: str, names: set[str]) -> None:
    """Raise SourceError for a file that a plan names twice, also by another path; else add it to `names`."""
    real = os.path.realpath(name)
    if real in names:
        raise SourceError("the plan names this file twice", path=name)
    names.add(real)


def _applied(file: PlannedFile) -> tuple[Change, SourceFile]:
    """The change that a plan makes of a file. Raises SourceError where it isn't the file it was made for."""
    source = read_source(file.filename) if file.before is not None else created(file.filename, "")
    if file.before is not None and source.digest != file.before:
        raise SourceError(
            "the file has changed since the plan was made", path=file.filename, expected="make it anew"
        )
    lines = _lines(source.text)
    for edit in reversed(file.edits):
        lines[edit.row - 1 : edit.end_row - 1] = [edit.content]
    after = "".join(lines)
    if digest_of(encode(source, after)) != file.after:
        raise SourceError("the plan was edited: its edits do not give what it says", path=file.filename)
    return Change(file.filename, source.text if file.before is not None else None, after), source

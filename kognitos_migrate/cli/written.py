"""What every command does that changes files: look at git, note what was there, write."""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from kognitos_migrate.cli.options import refuse
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.finding import Change, Problem
from kognitos_migrate.report.escape import plain
from kognitos_migrate.source.file import SourceFile


def refuse_dirty(changes: Sequence[Change], edited: Container[str] = ()) -> None:
    """Raise a UsageError if git has no copy of a file that would be changed. Those that were `edited` on the
    way are as they should be."""
    from kognitos_migrate.run.git import uncommitted

    dirty = uncommitted(
        change.path for change in changes if change.before is not None and change.path not in edited
    )
    refuse(
        dirty,
        f"git has no copy to go back to, nothing was changed: uncommitted changes in {', '.join(dirty)}",
        "commit or stash them, or give --allow-dirty",
    )


def written(
    changes: Sequence[Change], sources: Iterable[SourceFile], folder: Path, paths: Iterable[str] = ()
) -> list[Problem]:
    """Put the changes on disk, and note what was there for `undo` in the project that `folder` is of.

    Files are written in `folder`, in its project, and in what `paths`, the command's arguments, lead to.

    A journal that can't be written does not keep the changes from being made, but is told. Raises UsageError
    where the last run was cut short.
    """
    from kognitos_migrate.writing import journal
    from kognitos_migrate.writing.replace import Write
    from kognitos_migrate.writing.write import write_changes

    project = project_of(folder)
    journal.refuse_cut_short(project)

    def note(writes: Sequence[Write]) -> None:
        with _told():
            journal.begin(project, writes)

    try:
        allowed = (folder, project, *map(_folder_of, paths))
        return write_changes(changes, sources, allowed, note)
    finally:
        with _told():
            journal.settle(project)


def _folder_of(path: str) -> Path:
    """The folder that a command's argument names, or that holds the file that it names."""
    return Path(path) if Path(path).is_dir() else Path(path).parent


@contextmanager
def _told() -> Iterator[None]:
    """A journal that can't be written is told, and no more."""
    try:
        yield
    except (OSError, UserError) as error:
        said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        click.echo(f"note: `undo` won't know of this run: {plain(said)}", err=True)


def project_of(folder: Path) -> Path:
    """The folder of the project: that of the configuration, the working folder where there is none."""
    from kognitos_migrate.config.find import find_config

    found = find_config(str(folder))
    return Path(found).parent if found is not None else folder

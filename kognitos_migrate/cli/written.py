"""What every command does that changes files: look at git, note what was there, write."""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kognitos_migrate.cli.options import refuse
from kognitos_migrate.findings.finding import Change, Problem
from kognitos_migrate.source.file import SourceFile

if TYPE_CHECKING:
    from kognitos_migrate.writing.journal import Journal


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


@contextmanager
def opened_project(command: str, keeps_runs: bool = True) -> Iterator["Journal"]:
    """The journal of the project, for one run of `command`. Meanwhile no other run changes files.

    Raises UsageError if another run does, and if one was cut short.
    """
    from kognitos_migrate.writing.journal import opened_journal

    with opened_journal(project_of(Path.cwd()), command, keeps_runs) as journal:
        journal.refuse_cut_short()
        yield journal


def say_cut_short() -> None:
    """A note on the standard error where a run of the project was cut short, for commands that write
    nothing."""
    from kognitos_migrate.report.escape import plain
    from kognitos_migrate.writing.journal import trouble_of

    trouble = trouble_of(project_of(Path.cwd()))
    if trouble is not None:
        click.echo(f"note: {plain(trouble)}", err=True)


def written(
    changes: Sequence[Change],
    sources: Iterable[SourceFile],
    journal: "Journal",
    paths: Iterable[str] = (),
) -> list[Problem]:
    """Put the changes on disk, and note in the journal what was there.

    Files are written in the working folder, in its project, and in what `paths`, the command's arguments,
    lead to.

    Raises UsageError where the journal can't be written.
    """
    from kognitos_migrate.writing.write import write_changes

    here = Path.cwd()
    return write_changes(changes, sources, (here, project_of(here), *map(_folder_of, paths)), journal)


no_undo_option = click.option(
    "--no-undo", is_flag=True, help="Keep nothing for `undo`; write even if its journal can't be written."
)


def _folder_of(path: str) -> Path:
    """The folder that a command's argument names, or that holds the file that it names."""
    return Path(path) if Path(path).is_dir() else Path(path).parent


def project_of(folder: Path) -> Path:
    """The folder of the project: that of the configuration, the working folder where there is none."""
    from kognitos_migrate.config.find import find_config

    found = find_config(str(folder))
    return Path(found).parent if found is not None else folder

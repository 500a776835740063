"""The commands `apply` and `undo`, and the write step that `fix` shares with them."""

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from kognitos_migrate.cli.exit_codes import ExitCode
from kognitos_migrate.cli.options import (
    examples_help,
    message_color_option,
    paths_argument,
    quiet_option,
    refuse_if,
)
from kognitos_migrate.cli.output import print_problems
from kognitos_migrate.findings.result import Change, Problem, Result
from kognitos_migrate.report.escape import plain, plain_start
from kognitos_migrate.report.plural import REVIEW, pluralize
from kognitos_migrate.source.file import SourceFile

if TYPE_CHECKING:
    from kognitos_migrate.writing.atomic_replace import Write
    from kognitos_migrate.writing.journal import Journal


def refuse_uncommitted(changes: Sequence[Change], edited: Container[str] = ()) -> None:
    """Raise UsageError if git has no copy of a file that would be changed.

    Files that the user has `edited` during the command are exempt.
    """
    from kognitos_migrate.run.git import uncommitted_files

    dirty = uncommitted_files(
        change.path for change in changes if change.before is not None and change.path not in edited
    )
    refuse_if(
        dirty,
        f"uncommitted changes in {', '.join(dirty)}; nothing was changed",
        "commit or stash them, or pass --allow-dirty",
    )


@contextmanager
def open_project_journals(
    paths: Iterable[str], command: str, *, keeps_runs: bool = True
) -> Iterator["Journal"]:
    """The journals of the projects of `paths` for a run of `command`. No other run changes files of them
    during the block.

    Raises UsageError if another run changes files now, or if one was interrupted.
    """
    from kognitos_migrate.writing.journal import open_journals

    with open_journals(_journaled_folders(paths), command, keeps_runs=keeps_runs) as journal:
        journal.refuse_interrupted()
        yield journal


def print_interrupted_runs(paths: Iterable[str]) -> None:
    """Print a note to stderr if a run of the projects of `paths` was interrupted, for commands that write no
    files."""
    from kognitos_migrate.writing.journal import interruption_message

    troubles = dict.fromkeys(map(interruption_message, _journaled_folders(paths)))
    for trouble in filter(None, troubles):
        click.echo(f"note: {plain(trouble)}", err=True)


def write_and_journal(
    changes: Sequence[Change],
    sources: Iterable[SourceFile],
    journal: "Journal",
    programs: Mapping[str, str],
    paths: Iterable[str] = (),
) -> list[Problem]:
    """Write the changes to disk, and record the former content and the programs of the files in the journal,
    and in those of the other projects that have one of the files.

    Files are written in the working folder, in its project, and in the folders of `paths`, the command's
    arguments. A path below the former two doesn't lead out of them through a link.

    Raises UsageError if the journal can't be written.
    """
    from kognitos_migrate.writing.change_application import write_changes
    from kognitos_migrate.writing.journal import open_journals

    here, folders = Path.cwd(), list(map(_folder_of, paths))
    own = (here, project_folder(here))
    outside = [
        folder for folder in folders if not any(map(Path(os.path.abspath(folder)).is_relative_to, own))
    ]
    roots = _journaled_folders([change.path for change in changes], folders) if changes else []
    with open_journals(roots, journal.command, first=journal) as journals:
        journals.refuse_interrupted()
        return write_changes(changes, sources, (*own, *outside), journals, programs)


no_undo_option = click.option(
    "--no-undo",
    is_flag=True,
    help="Write changes even if `undo` can't revert them.",
)


def _folder_of(path: str) -> Path:
    """The folder that a command's argument names, or that contains the file it names."""
    return Path(path) if Path(path).is_dir() else Path(path).parent


def project_folder(folder: Path) -> Path:
    """The project's folder: that of the configuration, or `folder` if it has none."""
    from kognitos_migrate.config.discovery import find_config

    config = find_config(str(folder))
    return Path(config).parent if config is not None else folder


def _journaled_folders(paths: Iterable[str], folders: Sequence[Path] = ()) -> list[Path]:
    """The folders whose files have one journal and one lock each: the git repositories of `paths`, whatever
    configurations they contain, or else the projects' folders.

    A path with neither belongs to the working folder, to one of `folders`, or else to its own folder.
    """
    from kognitos_migrate.config.discovery import find_config
    from kognitos_migrate.discover.repository import git_repository_of

    around = [Path.cwd().resolve(), *(folder.resolve() for folder in folders)]
    roots: dict[Path, None] = {}
    for folder in dict.fromkeys(Path(os.path.realpath(_folder_of(path))) for path in paths or (os.curdir,)):
        if (repository := git_repository_of(str(folder))) is not None:
            roots[Path(repository)] = None
        elif (config := find_config(str(folder))) is not None:
            roots[Path(config).parent] = None
        else:
            roots[next((above for above in around if folder.is_relative_to(above)), folder)] = None
    return list(roots)


@click.command(
    epilog=examples_help(
        ("apply plan.json", "make the changes that `fix --plan plan.json` saved"),
        ("apply plan.json billing", "only those of the programs in this folder"),
    )
)
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@paths_argument
@click.option("--allow-dirty", is_flag=True, help="Change files even if they have uncommitted changes.")
@no_undo_option
@message_color_option
@quiet_option
def apply(plan: Path, paths: tuple[str, ...], *, allow_dirty: bool, no_undo: bool, quiet: bool) -> None:
    """Apply exactly the changes in FILE, saved by `fix --plan FILE`, or none.

    With PATHS, only those of the programs that contain these files or have a file in these folders.

    If a file has changed since the plan was created, nothing is changed. Exits with 0 when the changes are
    made, 2 on an error.
    """
    from kognitos_migrate.writing.plan_file import read_plan

    with open_project_journals(paths, "apply", keeps_runs=not no_undo) as journal:
        applicable = read_plan(plan, (Path.cwd(), project_folder(Path.cwd())), _is_python, paths)
        if not allow_dirty:
            refuse_uncommitted(applicable.changes)
        problems = write_and_journal(applicable.changes, applicable.sources, journal, applicable.programs)
    print_problems(Result(problems=tuple(problems)))
    if problems:
        raise Exit(ExitCode.TROUBLE)
    if quiet:
        return
    if not applicable.changes:
        click.echo("Nothing to change: the plan has no changes.")
        return
    for change in applicable.changes:
        click.echo(f"{'changed' if change.before is not None else 'created'} {plain(change.path)}")
    click.echo(f"Applied the plan: changed {pluralize(len(applicable.changes), 'file')}.")
    for line in applicable.deployment:
        click.echo(plain_start(line))
    click.echo(REVIEW)


def _is_python(name: str) -> bool:
    """Whether a file is Python, judged by its name, its first line and the `include` of its configuration."""
    from kognitos_migrate.cache import NO_STORE
    from kognitos_migrate.discover.other_files import python_files
    from kognitos_migrate.run.scan_cache import cached_selection

    return bool(python_files((name,), cached_selection((name,), None, NO_STORE)))


@click.command(
    epilog=examples_help(
        ("undo", "revert the last fix; again: the one before"),
        ("undo billing/invoices.py", "revert its changes to this program only"),
    )
)
@paths_argument
@message_color_option
@quiet_option
def undo(paths: tuple[str, ...], *, quiet: bool) -> None:
    """Revert the last `fix` or `apply` of this project; doesn't need git. Run again, it reverts the one
    before.

    With PATHS, revert only the programs that contain these files or have a file in these folders.

    If a file has changed since, nothing is reverted. Exits with 0 when the changes are reverted, 2 on an
    error or if there is nothing to revert.
    """
    from kognitos_migrate.errors import UsageError, UserError
    from kognitos_migrate.writing.atomic_replace import replace_all
    from kognitos_migrate.writing.change_application import chosen_programs
    from kognitos_migrate.writing.journal import open_journals
    from kognitos_migrate.writing.transaction import reversal

    with ExitStack() as stack:
        journal = stack.enter_context(open_journals(_journaled_folders(paths), "undo"))
        last = journal.last()
        if last is None:
            for path in paths:
                refuse_if(not os.path.lexists(path), f"{plain(path)}: no such file or folder")
            raise UsageError(
                "nothing to revert in this project",
                expected=None if paths else "for another project, run `kognitos-migrate undo FOLDER`",
            )
        roots = _journaled_folders([entry.path for entry in last.run.entries])
        journal = stack.enter_context(open_journals(roots, "undo", first=journal))
        if paths:
            programs = {entry.path: entry.program or entry.path for entry in last.run.entries}
            refusal = f"{last.run} changed nothing here"
            files = chosen_programs(programs, paths, refusal)
            reversal(last.run.of_files(files))  # refuses files that were changed since
            last = journal.split_run(last, files)
        writes = reversal(last.run)
        journal.begin_reversal(last)
        unsettled: Exception | None = None
        try:
            problems = replace_all(writes, last.run.token)
        finally:
            try:
                journal.settle()
            except (OSError, UserError) as error:  # the next run settles the journal
                unsettled = error
        print_problems(Result(problems=tuple(problems)))
        if problems:
            raise Exit(ExitCode.TROUBLE)
        if not quiet:
            _print_reversal(str(last.run), writes)
        if unsettled is not None:
            click.echo(
                f"note: the journal still has the run ({plain(str(unsettled))}); the next run removes it",
                err=True,
            )
        elif not quiet and (before := journal.last()) is not None:
            click.echo(f"`undo` again reverts {plain(str(before.run))}.")


def _print_reversal(run: str, writes: Sequence["Write"]) -> None:
    for write in writes:
        click.echo(f"{'restored' if write.after is not None else 'removed'} {plain(write.path)}")
    if writes:
        click.echo(f"Reverted {plain(run)} ({pluralize(len(writes), 'file')}).")
    else:
        click.echo(f"Nothing to revert: the files of {plain(run)} already have their old content.")

"""`kognitos-migrate undo`."""

import os
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.options import examples
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import say_problems
from kognitos_migrate.findings.finding import Result
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted


@click.command(
    epilog=examples(
        ("undo", "take the last fix back"),
    )
)
def undo() -> None:
    """Take back the last `fix` or `apply` that was run in this project, without git.

    A file that was changed since is refused, and so are then all others.

    Exits with 0 if it is taken back, 2 on an error, and also where there is nothing to take back.
    """
    from kognitos_migrate.cli.written import project_of
    from kognitos_migrate.errors import UsageError
    from kognitos_migrate.writing.journal import forget, recall, reversal
    from kognitos_migrate.writing.replace import leftovers, replace_all

    root = project_of(Path.cwd())
    entries = recall(root)
    if not entries:
        raise UsageError("there is nothing to take back in this project")
    writes = reversal(entries)
    problems = replace_all(writes)
    say_problems(Result(problems=tuple(problems)))
    if problems:
        raise Exit(ExitCode.TROUBLE)
    for entry in entries:
        for file in leftovers(entry.path):
            os.remove(file)
    forget(root)
    for write in writes:
        click.echo(f"{'put back' if write.after is not None else 'removed'} {plain(write.path)}")
    click.echo(f"Took back {counted(len(writes), 'change')}.")

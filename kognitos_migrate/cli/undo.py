"""`kognitos-migrate undo`."""

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
        ("undo", "take the last fix back; again: the one before"),
    )
)
def undo() -> None:
    """Take back the last `fix` or `apply` that was run in this project, without git. Run again, it takes back
    the one before.

    A file that was changed since is refused, and so are then all others.

    Exits with 0 if it is taken back, 2 on an error, and also where there is nothing to take back.
    """
    from kognitos_migrate.cli.written import project_of
    from kognitos_migrate.errors import UsageError
    from kognitos_migrate.writing.journal import opened_journal
    from kognitos_migrate.writing.replace import replace_all
    from kognitos_migrate.writing.transaction import reversal

    with opened_journal(project_of(Path.cwd()), "undo") as journal:
        last = journal.last()
        if last is None:
            raise UsageError("there is nothing to take back in this project")
        writes = reversal(last.run)
        journal.begin_reversal(last)
        try:
            problems = replace_all(writes, last.run.token)
        finally:
            journal.settle()
        say_problems(Result(problems=tuple(problems)))
        if problems:
            raise Exit(ExitCode.TROUBLE)
        for write in writes:
            click.echo(f"{'put back' if write.after is not None else 'removed'} {plain(write.path)}")
        click.echo(f"Took back {counted(len(writes), 'change')} of {plain(str(last.run))}.")
        before = journal.last()
        if before is not None:
            click.echo(f"`undo` again takes back {plain(str(before.run))}.")

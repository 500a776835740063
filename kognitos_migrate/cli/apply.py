"""`kognitos-migrate apply`."""

from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.options import examples
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import say_problems
from kognitos_migrate.cli.written import no_undo_option, opened_project, project_of, refuse_dirty, written
from kognitos_migrate.findings.finding import Result
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted


@click.command(
    epilog=examples(
        ("apply plan.json", "make the changes that `fix --plan plan.json` has noted"),
    )
)
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--allow-dirty", is_flag=True, help="Change files with uncommitted changes, too.")
@no_undo_option
def apply(plan: Path, allow_dirty: bool, no_undo: bool) -> None:
    """Make exactly the changes that `fix --plan FILE` has noted, or none.

    A file that has changed since the plan was made is refused, and so are then all others.

    Exits with 0 if all is done, 2 on an error.
    """
    from kognitos_migrate.writing.planfile import read_plan

    with opened_project("apply", not no_undo) as journal:
        applicable = read_plan(plan, (Path.cwd(), project_of(Path.cwd())), _is_python)
        if not allow_dirty:
            refuse_dirty(applicable.changes)
        problems = written(applicable.changes, applicable.sources, journal)
    say_problems(Result(problems=tuple(problems)))
    if problems:
        raise Exit(ExitCode.TROUBLE)
    for change in applicable.changes:
        click.echo(f"{'changed' if change.before is not None else 'created'} {plain(change.path)}")
    click.echo(f"Applied {counted(len(applicable.changes), 'change')}.")


def _is_python(name: str) -> bool:
    """Whether a file is Python, by its name, its first line or an `include` of its configuration."""
    from kognitos_migrate.cache.store import NOWHERE
    from kognitos_migrate.discover.texts import python_files
    from kognitos_migrate.run.kept.scope import scope_of

    return bool(python_files((name,), scope_of((name,), None, NOWHERE)))

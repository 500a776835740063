"""`kognitos-migrate baseline update`."""

from collections.abc import Sequence

import click
from click.exceptions import Exit

from kognitos_migrate.cli.baseline_run import Baseline, baseline_options
from kognitos_migrate.cli.bundles import Chatter, chatter_options
from kognitos_migrate.cli.options import examples, paths_argument
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.findings.finding import Known
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted
from kognitos_migrate.source.content import shown_path


@click.command(
    epilog=examples(
        ("baseline update", "take out what is gone"),
        ("baseline update --add", "also put in what is new"),
    )
)
@paths_argument
@click.option("--add", is_flag=True, help="Also put in what is new.")
@baseline_options
@chatter_options
def update(paths: tuple[str, ...], add: bool, baseline: Baseline, chatter: Chatter) -> None:
    """Take out of the baseline what is found in PATHS (the current folder by default) no more.

    What is new is put in with --add only: a baseline is to become shorter.
    """
    from kognitos_migrate.run.baseline import read_baseline, updated, write_baseline

    session = baseline.run(paths, chatter)
    file = baseline.place(session)
    result = updated(session, read_baseline(file), add)
    if result.added or result.gone:
        write_baseline(file, result.known)
    if not chatter.quiet:
        _say("added", result.added)
        _say("gone", result.gone)
        done = "Updated" if result.added or result.gone else "Nothing to change in"
        click.echo(f"{done} {plain(shown_path(file))}: {counted(len(result.known), 'known finding')}.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


def _say(what: str, entries: Sequence[Known]) -> None:
    for one in entries:
        click.echo(f"{what} {plain(one.path)}: {one.code} {plain(one.statement)}")

"""`kognitos-migrate baseline update`."""

from collections.abc import Sequence
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.baseline_create import baseline_file, written
from kognitos_migrate.cli.options import (
    Chatter,
    all_files_option,
    baseline_option,
    chatter_options,
    examples,
    file_options,
    paths_argument,
)
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.findings.finding import Known
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted
from kognitos_migrate.run.looked import FileChoice
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import shown_path


@click.command(
    epilog=examples(
        ("baseline update", "take out what is gone"),
        ("baseline update --add", "also put in what is new"),
    )
)
@paths_argument
@all_files_option
@click.option("--add", is_flag=True, help="Also put in what is new.")
@baseline_option
@file_options
@chatter_options
def update(
    paths: tuple[str, ...],
    all_files: bool,
    add: bool,
    baseline: Path | None,
    config: Path | None,
    files: FileChoice,
    quiet: bool,
    verbose: bool,
) -> None:
    """Take out of the baseline what is found in PATHS (the current folder by default) no more.

    What is new is put in with --add only: a baseline is to become shorter.
    """
    from kognitos_migrate.run.baseline import read_baseline, updated, write_baseline

    Chatter.of(quiet, verbose)
    options = Options(config=config, files=files, all_files=all_files, written=written(baseline))
    with shown_progress(quiet) as progress:
        session = run_check(paths or (".",), options, progress)
    say_problems(session.result)
    file = baseline_file(baseline, session)
    result = updated(session, read_baseline(file), add)
    if result.added or result.gone:
        write_baseline(file, result.known)
    if not quiet:
        _say("added", result.added)
        _say("gone", result.gone)
        done = "Updated" if result.added or result.gone else "Nothing to change in"
        click.echo(f"{done} {plain(shown_path(file))}: {counted(len(result.known), 'known finding')}.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


def _say(what: str, entries: Sequence[Known]) -> None:
    for one in entries:
        click.echo(f"{what} {plain(one.path)}: {one.code} {plain(one.statement)}")

"""`kognitos-migrate baseline create`."""

import os
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.options import (
    Chatter,
    all_files_option,
    baseline_option,
    chatter_options,
    examples,
    file_options,
    paths_argument,
    refuse,
)
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted
from kognitos_migrate.run.looked import FileChoice
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.source.file import shown_path


@click.command(
    epilog=examples(
        ("baseline create", "note what is there; `check` then fails for what is new only"),
        ("baseline create src --baseline known.json", "the same for a folder, in a file of another name"),
    )
)
@paths_argument
@all_files_option
@baseline_option
@file_options
@chatter_options
def create(
    paths: tuple[str, ...],
    all_files: bool,
    baseline: Path | None,
    config: Path | None,
    files: FileChoice,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write a baseline of all that is found in PATHS (the current folder by default).

    It is written to the file that --baseline or the configuration names, else to
    kognitos-migrate-baseline.json beside the configuration.
    """
    from kognitos_migrate.run.baseline import known_of, write_baseline

    Chatter.of(quiet, verbose)
    options = Options(config=config, files=files, all_files=all_files, written=written(baseline))
    with shown_progress(quiet) as progress:
        session = run_check(paths or (".",), options, progress)
    say_problems(session.result)
    file = baseline_file(baseline, session)
    refuse(
        os.path.lexists(file),
        f"there is a baseline already: {shown_path(file)}",
        "`kognitos-migrate baseline update` changes it",
    )
    known = known_of(session)
    write_baseline(file, known)
    if not quiet:
        click.echo(f"Wrote {plain(shown_path(file))}: {counted(len(known), 'known finding')}.")
        if baseline is None and session.settings.baseline is None:
            click.echo(f"Next: add `baseline: {plain(file.name)}` to the configuration, and commit both.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


def baseline_file(given: Path | None, session: Session) -> Path:
    """Where the baseline of a run is."""
    from kognitos_migrate.run.baseline import FILE_NAME

    return given or session.settings.baseline or session.settings.root / FILE_NAME


def written(baseline: Path | None) -> tuple[str, ...]:
    """The file that a run over all files leaves out, since it is written there."""
    return (str(baseline),) if baseline is not None else ()

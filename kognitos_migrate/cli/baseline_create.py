"""`kognitos-migrate baseline create`."""

import os

import click
from click.exceptions import Exit

from kognitos_migrate.cli.baseline_run import Baseline, baseline_options
from kognitos_migrate.cli.bundles import Chatter, chatter_options
from kognitos_migrate.cli.options import examples, paths_argument, refuse
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.words import counted
from kognitos_migrate.source.content import shown_path


@click.command(
    epilog=examples(
        ("baseline create", "note what is there; `check` then fails for what is new only"),
        ("baseline create src --baseline known.json", "the same for a folder, in a file of another name"),
    )
)
@paths_argument
@baseline_options
@chatter_options
def create(paths: tuple[str, ...], baseline: Baseline, chatter: Chatter) -> None:
    """Write a baseline of all that is found in PATHS (the current folder by default).

    It is written to the file that --baseline or the configuration names, else to
    kognitos-migrate-baseline.json beside the configuration.
    """
    from kognitos_migrate.run.baseline import known_of, write_baseline

    session = baseline.run(paths, chatter)
    file = baseline.place(session)
    refuse(
        os.path.lexists(file),
        f"there is a baseline already: {shown_path(file)}",
        "`kognitos-migrate baseline update` changes it",
    )
    known = known_of(session)
    write_baseline(file, known)
    if not chatter.quiet:
        click.echo(f"Wrote {plain(shown_path(file))}: {counted(len(known), 'known finding')}.")
        if baseline.file is None and session.settings.baseline is None:
            click.echo(f"Next: add `baseline: {plain(file.name)}` to the configuration, and commit both.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)

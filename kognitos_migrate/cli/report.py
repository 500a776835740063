"""`kognitos-migrate report`."""

from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.formats import file_text
from kognitos_migrate.cli.options import (
    Chatter,
    cache_options,
    chatter_options,
    config_option,
    examples,
    file_options,
    kept_in,
    output_file_option,
    paths_argument,
    selection_options,
)
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import Output, say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.run.looked import FileChoice
from kognitos_migrate.run.selection import EVERYTHING
from kognitos_migrate.run.session import Options, Session, run_check


@click.command(
    epilog=examples(
        ("report -o state.md", "write a page for people"),
        ("report src --format json -o state.json", "the same for a program"),
    )
)
@paths_argument
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["markdown", "json", "html"]),
    default="markdown",
    show_default=True,
    help="How the report is written.",
)
@output_file_option
@selection_options
@config_option
@cache_options
@file_options
@chatter_options
def report(
    paths: tuple[str, ...],
    output_format: str,
    output_file: Path | None,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: Path | None,
    cache_dir: str | None,
    no_cache: bool,
    files: FileChoice,
    quiet: bool,
    verbose: bool,
) -> None:
    """Write the state of the migration of PATHS (the current folder by default), whatever that is.

    All codes are in it unless --select says otherwise. Exits with 0, or 2 on an error.
    """
    Chatter.of(quiet, verbose)
    options = Options(
        config=config,
        select=select or EVERYTHING,
        ignore=ignore,
        extend_select=extend_select,
        files=files,
        store=kept_in(cache_dir, no_cache),
        all_files=True,
        written=(str(output_file),) if output_file is not None else (),
    )
    with shown_progress(quiet) as progress:
        session = run_check(paths or (".",), options, progress)
    say_problems(session.result)
    text = _html(session) if output_format == "html" else file_text(session, output_format)
    Output.of("never", output_file).write(text)
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


def _html(session: Session) -> str:
    from kognitos_migrate.report.gather import ledger_of
    from kognitos_migrate.report.html.page import html_report

    return html_report(ledger_of(session))

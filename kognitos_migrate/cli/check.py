"""`kognitos-migrate check`."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.options import (
    STDIN,
    Chatter,
    chatter_options,
    color_option,
    config_option,
    force_exclude_option,
    output_file_option,
    paths_argument,
    refuse,
    selection_options,
)
from kognitos_migrate.cli.outcome import after_check
from kognitos_migrate.cli.output import Output, say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.text import TextOptions, concise, full, statistics, summary
from kognitos_migrate.run.session import Options, Session, Stdin, run_check

_TEXT_FORMATS = ("text", "full", "concise")


@click.command()
@paths_argument
@click.option(
    "--output-format",
    type=click.Choice([*_TEXT_FORMATS, "json", "markdown"]),
    default="text",
    show_default=True,
    help="How findings are shown; text and full are the same.",
)
@output_file_option
@click.option("--statistics", "counted", is_flag=True, help="Show how often each code was found.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if something is found.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there are blind spots, too.")
@selection_options
@config_option
@force_exclude_option
@click.option("--stdin-filename", metavar="FILE", help="The name of what is read from the standard input.")
@click.option("--trace", is_flag=True, help="Show how each request and its reply were followed.")
@color_option
@chatter_options
def check(
    paths: tuple[str, ...],
    output_format: str,
    output_file: Path | None,
    counted: bool,
    exit_zero: bool,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: Path | None,
    force_exclude: bool,
    stdin_filename: str | None,
    trace: bool,
    color: str,
    quiet: bool,
    verbose: bool,
) -> None:
    """Find what talks to v1 in PATHS (the current folder by default; - is the standard input).

    Exits with 0 if nothing is found, 1 if something is, 2 on an error.
    """
    chatter = Chatter.of(quiet, verbose)
    refuse(exit_zero and strict, "--exit-zero and --strict exclude each other")
    refuse(
        counted and output_format not in _TEXT_FORMATS,
        f"--statistics does not go with --output-format {output_format}",
        "it holds the numbers anyway",
    )
    refuse(
        trace and (counted or output_format not in ("text", "full")),
        "--trace goes with --output-format text only",
        "json holds the trace anyway",
    )
    options = Options(
        config=config,
        select=select,
        ignore=ignore,
        force_exclude=force_exclude,
        stdin=_stdin(paths, stdin_filename),
    )
    with shown_progress(quiet) as progress:
        session = run_check(paths or (".",), options, progress)
    _say_what_was_seen(session, chatter)
    output = Output.of(color, output_file)
    text_options = TextOptions(paint=output.paint, trace=trace, blind_spots=verbose)
    say_problems(session.result)
    show = _statistics if counted else _FORMATS[output_format]
    output.write(show(session, text_options, quiet))
    raise Exit(after_check(session.result, exit_zero, strict))


def _stdin(paths: tuple[str, ...], filename: str | None) -> Stdin | None:
    """What the standard input holds, if it is to be looked at."""
    if STDIN not in paths:
        refuse(filename is not None, "--stdin-filename goes with the path - only")
        return None
    refuse(len(paths) > 1, "the standard input (-) and other paths exclude each other")
    return Stdin(filename or STDIN, sys.stdin.buffer.read())


def _text(session: Session, options: TextOptions, quiet: bool) -> str:
    text = full(session.result.findings, Excerpts(session.sources), options)
    return text if quiet else _with_summary(text, session, options)


def _concise(session: Session, options: TextOptions, quiet: bool) -> str:
    text = concise(session.result.findings, options)
    return text if quiet else _with_summary(text, session, options, gap="\n")


def _statistics(session: Session, options: TextOptions, quiet: bool) -> str:
    text = statistics(session.result.findings, options)
    return text if quiet else _with_summary(text, session, options)


def _json(session: Session, options: TextOptions, quiet: bool) -> str:
    from kognitos_migrate.cli.report import report_text

    return report_text(session, "json")


def _markdown(session: Session, options: TextOptions, quiet: bool) -> str:
    from kognitos_migrate.cli.report import report_text

    return report_text(session, "markdown")


_FORMATS: Mapping[str, Callable[[Session, TextOptions, bool], str]] = {
    "text": _text,
    "full": _text,
    "concise": _concise,
    "json": _json,
    "markdown": _markdown,
}


def _with_summary(text: str, session: Session, options: TextOptions, gap: str = "\n\n") -> str:
    return gap.join(part for part in (text, summary(session.result, options)) if part)


def _say_what_was_seen(session: Session, chatter: Chatter) -> None:
    chatter.note(f"configuration: {session.settings.source or 'none'}")
    for folder in session.passed_over:
        chatter.note(f"passed over: {folder}/")
    chatter.note(f"{session.result.files} files looked at, {len(session.sources)} analysed")

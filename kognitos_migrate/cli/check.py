"""`kognitos-migrate check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from kognitos_migrate.cli.also import Also, also_option, refuse_shared
from kognitos_migrate.cli.formats import FILE_FORMATS, TEXT_FORMATS, shown
from kognitos_migrate.cli.options import (
    STDIN,
    Chatter,
    all_files_option,
    baseline_option,
    cache_options,
    chatter_options,
    color_option,
    examples,
    file_options,
    kept_in,
    output_file_option,
    paths_argument,
    refuse,
    selection_options,
)
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.words import NOTHING, summed_up
from kognitos_migrate.run.looked import Asked, FileChoice, Looked, Stdin, look_at

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.run.session import Session


@click.command(
    epilog=examples(
        ("check", "what talks to v1 in this folder?"),
        ("check src --select KOG1,KOG2 --trace", "only runs, with how each request was followed"),
        (
            "check --output-format github --also sarif=kognitos.sarif",
            "in CI: annotations, and a file for code scanning",
        ),
        ("check - --stdin-filename app/jobs.py < app/jobs.py", "in an editor: a file that is not saved yet"),
    )
)
@paths_argument
@click.option(
    "--output-format",
    type=click.Choice([*TEXT_FORMATS, *FILE_FORMATS]),
    default="text",
    show_default=True,
    help="How findings are shown; text and full are the same.",
)
@output_file_option
@also_option
@click.option("--statistics", "counted", is_flag=True, help="Show how often each code was found.")
@baseline_option
@click.option("-e", "--exit-zero", is_flag=True, help="Exit with 0 even if something is found.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in reversed(Severity)]),
    default=Severity.INFO.value,
    show_default=True,
    help="Exit with 1 only if something as severe as this is found.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if there are blind spots, too.")
@selection_options
@all_files_option
@file_options
@click.option("--stdin-filename", metavar="FILE", help="The name of what is read from the standard input.")
@click.option("--show-files", is_flag=True, help="Show which files are looked at, and nothing else.")
@click.option("--show-settings", is_flag=True, help="Show what the configuration says, and nothing else.")
@click.option("--trace", is_flag=True, help="Show how each request and its reply were followed.")
@cache_options
@color_option
@chatter_options
def check(
    paths: tuple[str, ...],
    output_format: str,
    output_file: Path | None,
    also: tuple[Also, ...],
    counted: bool,
    baseline: Path | None,
    exit_zero: bool,
    fail_on: str,
    strict: bool,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    all_files: bool,
    config: Path | None,
    files: FileChoice,
    stdin_filename: str | None,
    show_files: bool,
    show_settings: bool,
    trace: bool,
    cache_dir: str | None,
    no_cache: bool,
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
        counted and output_format not in TEXT_FORMATS,
        f"--statistics does not go with --output-format {output_format}",
        "it holds the numbers anyway",
    )
    refuse(
        trace and (counted or output_format not in ("text", "full")),
        "--trace goes with --output-format text only",
        "json holds the trace anyway",
    )
    refuse(all_files and STDIN in paths, "the standard input (-) and --all-files exclude each other")
    refuse_shared(output_file, also)
    asked = Asked(
        paths=paths or (".",),
        config=str(config) if config else None,
        files=files,
        stdin=_stdin(paths, stdin_filename),
        store=kept_in(cache_dir, no_cache),
    )
    more = output_file, also, baseline, select, ignore, extend_select, all_files, verbose
    if show_settings:
        _show_settings(asked)
        return
    with shown_progress(quiet) as progress:
        looked = look_at(asked, progress)
        if show_files:
            _show_files(looked)
            return
        if looked.is_quiet and output_format in TEXT_FORMATS and not any(more):
            _say_that_nothing_was_found(looked, quiet)
            return
        from kognitos_migrate.run.session import Options, run_check

        options = Options(
            config,
            select,
            ignore,
            extend_select,
            files,
            stdin=asked.stdin,
            store=asked.store,
            all_files=all_files,
            written=tuple(str(one) for one in (output_file, baseline, *(one.file for one in also)) if one),
        )
        session = run_check(asked.paths, options, progress, looked)
    from kognitos_migrate.cli.outcome import after_check
    from kognitos_migrate.cli.output import Output, say_problems
    from kognitos_migrate.report.text import TextOptions
    from kognitos_migrate.source.locations import Locations

    session = _past_baseline(session, baseline)
    _say_what_was_seen(session, chatter)
    output = Output.of(color, output_file)
    text_options = TextOptions(
        paint=output.paint, trace=trace, locations=Locations(session.sources), blind_spots=verbose
    )
    say_problems(session.result)
    for report in also:  # first: whoever reads the standard output may stop before its end
        report.write(session)
    output.write(shown(session, "statistics" if counted else output_format, text_options, quiet))
    raise Exit(after_check(session.result, exit_zero, strict, Severity(fail_on)))


def _show_files(looked: Looked) -> None:
    from kognitos_migrate.report.escape import plain

    click.echo("".join(f"{plain(path)}\n" for path in sorted((*looked.given, *looked.texts))), nl=False)


def _show_settings(asked: Asked) -> None:
    from pathlib import Path

    from kognitos_migrate.config.shown import settings_yaml
    from kognitos_migrate.run.configuration import configure

    config = Path(asked.config) if asked.config else None
    configured = configure(asked.configured_from, config, asked.store, asked.files.overrides)
    click.echo(settings_yaml(configured.settings, configured.rulebook), nl=False)


def _say_that_nothing_was_found(looked: Looked, quiet: bool) -> None:
    if not quiet:
        click.echo(summed_up(NOTHING, len(looked.given)))


def _stdin(paths: tuple[str, ...], filename: str | None) -> Stdin | None:
    """What the standard input holds, if it is to be looked at."""
    if STDIN not in paths:
        refuse(filename is not None, "--stdin-filename goes with the path - only")
        return None
    refuse(len(paths) > 1, "the standard input (-) and other paths exclude each other")
    return Stdin(filename or STDIN, sys.stdin.buffer.read())


def _past_baseline(session: Session, file: Path | None) -> Session:
    """The run without the findings that the baseline knows, if there is one."""
    file = file or session.settings.baseline
    if file is None:
        return session
    from kognitos_migrate.run.baseline import past, read_baseline

    return past(session, read_baseline(file))


def _say_what_was_seen(session: Session, chatter: Chatter) -> None:
    chatter.note(f"configuration: {session.settings.source or 'none'}")
    for folder in session.passed_over:
        chatter.note(f"passed over: {folder}/")
    from kognitos_migrate.source.file import Language

    searched = session.result.searched
    analysed = sum(source.language is Language.PYTHON for source in session.sources.values())
    skipped = session.result.skipped
    chatter.note(f"{session.result.files - searched.seen} files looked at, {analysed} analysed")
    if skipped.binary or skipped.too_large:
        chatter.note(f"not analysed: {skipped.binary} binary and {skipped.too_large} too large ones")
    if skipped.generated:
        chatter.note(f"never changed: {skipped.generated} generated ones")
    if searched.seen:
        unread = f"{searched.binary} binary and {searched.too_large} too large ones not"
        chatter.note(f"{searched.files} other files searched, {unread}")

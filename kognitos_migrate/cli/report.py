"""The command `report`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from kognitos_migrate.cli.command_classes import SectionedCommand
from kognitos_migrate.cli.exit_codes import ExitCode
from kognitos_migrate.cli.options import (
    ScanOptions,
    Verbosity,
    examples_help,
    message_color_option,
    output_file_option,
    paths_argument,
    refuse_if,
    scan_options,
    verbosity_options,
)
from kognitos_migrate.cli.output import Output, print_problems
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.run.finding_filter import EVERYTHING
from kognitos_migrate.run.scan import EVERY_FILE
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from kognitos_migrate.report.ledger.model import Ledger
    from kognitos_migrate.report.ledger.statistics import LedgerComparison
    from kognitos_migrate.source.file import SourceFile


@click.command(
    cls=SectionedCommand,
    epilog=examples_help(
        ("report --format html -o state.html", "write a web page"),
        ("report --format json -o state.json", "write JSON for programs, --compare and --merge"),
        ("report --compare state.json", "show what changed since then"),
        ("report --merge */state.json --format html -o all.html", "write one page for many repositories"),
    ),
)
@paths_argument
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["markdown", "json", "html"]),
    help="Format of the report. [default: html or json for a FILE with that suffix, else markdown]",
)
@output_file_option
@click.option(
    "--compare",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Show what changed since an earlier JSON report of the same paths.",
)
@click.option(
    "--merge",
    is_flag=True,
    help="Merge JSON reports, passed as PATHS, into one. No code is analyzed.",
)
@scan_options
@message_color_option
@verbosity_options("Show no progress.")
def report(
    paths: tuple[str, ...],
    output_format: str | None,
    output_file: Path | None,
    compare: Path | None,
    *,
    merge: bool,
    scope: ScanOptions,
    verbosity: Verbosity,
) -> None:
    """Write a progress report on the migration of PATHS (default: current directory).

    Covers all codes unless --select is passed. Exits with 0, findings or not, and with 2 on an error.
    """
    refuse_if(merge and not paths, "--merge: no reports to merge", "pass their files")
    refuse_if(
        merge and (any(scope.codes) or scope.config_choice != (None, EVERY_FILE)),
        "--merge can't be combined with options that choose files or codes",
        "pass those when you create the reports",
    )
    options = scope.options()
    options = replace(
        options,
        select=options.select or EVERYTHING,
        all_files=True,
        output_files=tuple(str(file) for file in (output_file, compare) if file is not None),
    )
    earlier = _read(compare) if compare is not None else None
    report_input = _merged_input(paths) if merge else _report_input(paths or (".",), options, verbosity)
    render = _FORMATS[output_format or _format_of(output_file)]
    Output.of("never", output_file).write(
        render(report_input, _comparison_with(earlier, report_input.ledger))
    )
    raise Exit(ExitCode.TROUBLE if report_input.failed else ExitCode.CLEAN)


def _format_of(output_file: Path | None) -> str:
    """The format that the suffix of a file names. A browser would run Markdown in a web page as HTML."""
    return _SUFFIXES.get(output_file.suffix.lower() if output_file is not None else "", "markdown")


class _ReportInput(Struct, frozen=True):
    """The reported ledger, its sources (empty for merged reports), and whether there were problems."""

    ledger: Ledger
    sources: Mapping[str, SourceFile]
    failed: bool = False


def _report_input(paths: tuple[str, ...], options: Options, verbosity: Verbosity) -> _ReportInput:
    """The ledger of a run over the paths."""
    with progress_bar(quiet=verbosity.quiet) as progress:
        session = run_check(paths, options, progress)
    from kognitos_migrate.report.ledger.builder import ledger_of

    print_problems(session.result, verbose=verbosity.verbose)
    return _ReportInput(ledger_of(session), session.sources, bool(session.result.problems))


def _merged_input(files: tuple[str, ...]) -> _ReportInput:
    """The joined ledger of several reports."""
    from kognitos_migrate.report.ledger.reader import merged_ledger

    return _ReportInput(merged_ledger(list(map(Path, files))), {})


def _read(file: Path) -> Ledger:
    from kognitos_migrate.report.ledger.reader import read_ledger

    return read_ledger(file)


def _comparison_with(earlier: Ledger | None, current: Ledger) -> LedgerComparison | None:
    """The comparison with an earlier report; None if there is none."""
    if earlier is None:
        return None
    from kognitos_migrate.report.ledger.statistics import compare_ledgers

    return compare_ledgers(earlier, current)


def _markdown(report_input: _ReportInput, comparison: LedgerComparison | None) -> str:
    from kognitos_migrate.report.ledger.markdown_page import ledger_markdown

    return ledger_markdown(report_input.ledger, comparison)


def _json(report_input: _ReportInput, comparison: LedgerComparison | None) -> str:
    from kognitos_migrate.report.ledger.writer import ledger_json

    return ledger_json(report_input.ledger, report_input.sources, comparison)


def _html(report_input: _ReportInput, comparison: LedgerComparison | None) -> str:
    from kognitos_migrate.report.html.page import html_report

    return html_report(report_input.ledger, comparison)


_FORMATS: Mapping[str, Callable[[_ReportInput, LedgerComparison | None], str]] = {
    "markdown": _markdown,
    "json": _json,
    "html": _html,
}
_SUFFIXES = {".html": "html", ".htm": "html", ".xhtml": "html", ".json": "json"}

"""The command `check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click
from click.exceptions import Exit

from kognitos_migrate.cli.command_classes import SectionedCommand
from kognitos_migrate.cli.options import (
    STDIN,
    ScanOptions,
    Verbosity,
    all_files_option,
    baseline_option,
    examples_help,
    option_group,
    paths_argument,
    refuse_if,
    scan_options,
    verbosity_options,
)
from kognitos_migrate.cli.reports import Reports, reports_options
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.report.plural import NOTHING, nothing_found_summary, pluralize
from kognitos_migrate.run.scan import ScanRequest, ScanResult, Stdin, scan

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.findings.result import Result
    from kognitos_migrate.run.session import Session


class FailurePolicy(NamedTuple):
    """The findings for which a check exits with 1."""

    exit_zero: bool
    strict: bool
    least: Severity

    @classmethod
    def of(cls, *, exit_zero: bool, fail_on: str, strict: bool) -> FailurePolicy:
        """The policy that the options choose. Raises UsageError if they exclude each other."""
        refuse_if(exit_zero and strict, "--exit-zero can't be combined with --strict")
        return cls(exit_zero, strict, Severity(fail_on))

    def exit_code(self, result: Result) -> int:
        """The exit code for a result."""
        from kognitos_migrate.cli.exit_codes import after_check

        return after_check(result, exit_zero=self.exit_zero, strict=self.strict, least=self.least)


failure_options = option_group(
    "verdict",
    FailurePolicy.of,
    click.option("-e", "--exit-zero", is_flag=True, help="Exit with 0 even if there are findings."),
    click.option(
        "--fail-on",
        type=click.Choice([severity.value for severity in reversed(Severity)]),
        default=Severity.INFO.value,
        show_default=True,
        help="Lowest severity of a finding that makes the exit code 1.",
    ),
    click.option(
        "--strict",
        is_flag=True,
        help="Also exit with 1 if there are blind spots: requests to unknown URLs, files too large.",
    ),
)


@click.command(
    cls=SectionedCommand,
    epilog=examples_help(
        ("check", "find v1 calls in this directory"),
        ("check src --select KOG1,KOG2 --trace", "runs only, with the data flow of each request"),
        (
            "check --output-format github --also sarif=kognitos.sarif",
            "in CI: annotations, and SARIF for code scanning",
        ),
        ("check - --stdin-filename app/jobs.py < app/jobs.py", "in an editor: an unsaved buffer"),
    ),
)
@paths_argument
@reports_options
@baseline_option
@failure_options
@scan_options
@all_files_option
@click.option("--stdin-filename", metavar="FILE", help="File name of the code on stdin.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked, and exit.")
@click.option("--show-settings", is_flag=True, help="Show the resolved settings, and exit.")
@click.option(
    "--watch", is_flag=True, help="Check again whenever files change, until Ctrl-C (extra `watch`)."
)
@verbosity_options("Print findings only.")
def check(  # noqa: PLR0913  click hands over each option by name
    paths: tuple[str, ...],
    reports: Reports,
    baseline: Path | None,
    verdict: FailurePolicy,
    scope: ScanOptions,
    *,
    all_files: bool,
    stdin_filename: str | None,
    show_files: bool,
    show_settings: bool,
    watch: bool,
    verbosity: Verbosity,
) -> None:
    """Find Kognitos v1 calls in PATHS (default: current directory; - reads stdin).

    Exits with 0 without findings, 1 with findings, 2 on an error.
    """
    refuse_if(all_files and STDIN in paths, "stdin (-) can't be combined with --all-files")
    request = scope.scan_request(paths or (".",), _stdin(paths, stdin_filename))
    refuse_if(watch and show_files, "--watch can't be combined with --show-files")
    if show_settings:
        _show_settings(request)
        return
    if watch:
        _watch(request, reports, verbosity)
        return
    wants_more = baseline or all_files or any(scope.codes) or verbosity.verbose or not reports.is_plain
    session = None
    with progress_bar(quiet=verbosity.quiet) as progress:
        scanned = scan(request, progress)
        if not show_files and (wants_more or not scanned.is_quiet):
            from kognitos_migrate.run.session import run_check
            from kognitos_migrate.structs import replace

            written = (*reports.files, baseline) if baseline else reports.files
            options = replace(
                scope.options(),
                stdin=request.stdin,
                all_files=all_files,
                output_files=tuple(map(str, written)),
            )
            session = run_check(request.paths, options, progress, scanned)
    if session is None:  # below the progress bar, which is erased by now
        (_show_files if show_files else _print_clean_summary)(scanned, verbosity)
        return
    session = _suppress_baseline(session, baseline)
    _print_scan_notes(session, verbosity)
    if session.sources:
        from kognitos_migrate.cli.apply import print_interrupted_runs
        from kognitos_migrate.cli.output import print_unread_configurations

        if not verbosity.quiet:
            print_unread_configurations(session.settings)
            _print_unnamed_baseline_file(session, baseline)
        print_interrupted_runs(request.paths)
    reports.write(session, verbosity)
    raise Exit(verdict.exit_code(session.result))


def _show_files(scanned: ScanResult, _verbosity: Verbosity) -> None:
    from kognitos_migrate.report.escape import plain

    click.echo("".join(f"{plain(path)}\n" for path in sorted((*scanned.files, *scanned.texts))), nl=False)


def _show_settings(request: ScanRequest) -> None:
    from pathlib import Path

    from kognitos_migrate.report.settings_yaml import settings_yaml
    from kognitos_migrate.run.configuration import configure

    config = Path(request.config) if request.config else None
    configured = configure(request.configured_from, config, request.store, request.files.overrides)
    click.echo(settings_yaml(configured.settings, configured.rulebook), nl=False)


def _watch(request: ScanRequest, reports: Reports, verbosity: Verbosity) -> None:
    from kognitos_migrate.cli.watch import arguments_without_watch, check_on_changes

    refuse_if(request.stdin, "--watch can't be combined with stdin (-)")
    outputs = [str(file) for file in reports.files]
    check_on_changes(request, arguments_without_watch(), outputs, quiet=verbosity.quiet)


def _print_clean_summary(scanned: ScanResult, verbosity: Verbosity) -> None:
    if not verbosity.quiet:
        click.echo(nothing_found_summary(NOTHING, len(scanned.files), len(scanned.reading.binary)))


def _stdin(paths: tuple[str, ...], filename: str | None) -> Stdin | None:
    """The content of the standard input; None if `-` isn't among the paths. Raises UsageError."""
    if STDIN not in paths:
        refuse_if(filename is not None, "--stdin-filename needs the path -")
        return None
    refuse_if(len(paths) > 1, "stdin (-) can't be combined with other paths")
    return Stdin(filename or STDIN, sys.stdin.buffer.read())


def _suppress_baseline(session: Session, file: Path | None) -> Session:
    """The run without findings in the baseline, if there is one."""
    file = file or session.settings.baseline
    if file is None:
        return session
    from kognitos_migrate.run.baseline_file import read_baseline, suppress_known

    return suppress_known(session, read_baseline(file))


def _print_unnamed_baseline_file(session: Session, file: Path | None) -> None:
    """Print a note to stderr if there are findings, and a baseline that neither an option nor the
    configuration names."""
    from kognitos_migrate.config.settings import BASELINE
    from kognitos_migrate.report.escape import plain
    from kognitos_migrate.source.content import shown_path

    unused = session.settings.root / BASELINE
    if session.result.findings and not (file or session.settings.baseline) and unused.is_file():
        name = plain(shown_path(unused))
        way = f"pass `--baseline {name}`, or add `baseline: {BASELINE}` to the configuration"
        click.echo(f"note: {name} isn't used: {way}", err=True)


def _print_scan_notes(session: Session, verbosity: Verbosity) -> None:
    verbosity.print_verbose(f"configuration: {session.settings.source or 'none'}")
    for folder in session.skipped_folders:
        verbosity.print_verbose(f"skipped: {folder}/")
    from kognitos_migrate.source.file import ContentKind

    searched = session.result.searched
    analysed = sum(source.content_kind is ContentKind.PYTHON for source in session.sources.values())
    skipped = session.result.skipped
    verbosity.print_verbose(
        f"{pluralize(session.result.files - searched.total, 'file')} checked, {analysed} analyzed"
    )
    _print_unread(skipped.binary, skipped.too_large, verbosity)
    if skipped.generated:
        verbosity.print_verbose(f"{pluralize(skipped.generated, 'generated file')} never changed")
    if searched.total:
        verbosity.print_verbose(f"{pluralize(searched.files, 'other file')} searched")
        _print_unread(searched.binary, searched.too_large, verbosity)


def _print_unread(binary: int, too_large: int, verbosity: Verbosity) -> None:
    if binary:
        verbosity.print_verbose(f"{pluralize(binary, 'binary file')} skipped")
    if too_large:
        verbosity.print_verbose(f"{pluralize(too_large, 'file')} skipped: too large")

"""The commands `baseline create` and `baseline update`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
from click.exceptions import Exit

from kognitos_migrate.cli.command_classes import LazyGroup, SectionedCommand
from kognitos_migrate.cli.exit_codes import ExitCode
from kognitos_migrate.cli.options import (
    ConfigChoice,
    Verbosity,
    all_files_option,
    baseline_option,
    config_choice_options,
    examples_help,
    message_color_option,
    option_group,
    paths_argument,
    refuse_if,
    verbosity_options,
)
from kognitos_migrate.cli.output import print_problems, refuse_without_files
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.findings.result import BaselineEntry
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.run.session import Options, Session, run_check
from kognitos_migrate.source.content import shown_path


class BaselineOptions(NamedTuple):
    """The file of a baseline, and the options of the run that it is compared with."""

    all_files: bool
    file: Path | None
    config_choice: ConfigChoice

    def run(self, paths: tuple[str, ...], verbosity: Verbosity) -> Session:
        """Run a check without a baseline."""
        config, files = self.config_choice
        written = (
            (str(self.file),) if self.file is not None else ()
        )  # the baseline itself isn't searched for v1
        options = Options(config=config, files=files, all_files=self.all_files, output_files=written)
        with progress_bar(quiet=verbosity.quiet) as progress:
            session = run_check(paths or (".",), options, progress)
        print_problems(session.result, verbose=verbosity.verbose)
        return session

    def baseline_path(self, session: Session) -> Path:
        """The file of the baseline: from the option, the configuration, or the default name."""
        from kognitos_migrate.config.settings import BASELINE

        return self.file or session.settings.baseline or session.settings.root / BASELINE


def _baseline(*, all_files: bool, baseline: Path | None, config_choice: ConfigChoice) -> BaselineOptions:
    return BaselineOptions(all_files, baseline, config_choice)


baseline_options = option_group(
    "baseline", _baseline, all_files_option, baseline_option, config_choice_options
)


@click.command(
    cls=SectionedCommand,
    epilog=examples_help(
        ("baseline create", "record current findings; with `baseline:` set, `check` fails for new ones only"),
        ("baseline create src --baseline known.json", "the same for a folder, in another file"),
    ),
)
@paths_argument
@baseline_options
@message_color_option
@verbosity_options("Print errors only.")
def create(paths: tuple[str, ...], baseline: BaselineOptions, verbosity: Verbosity) -> None:
    """Record the current findings of PATHS (default: current directory) in a baseline.

    The file is the one of --baseline or of the configuration, by default kognitos-migrate-baseline.json in
    the folder of the configuration.
    """
    from kognitos_migrate.report.redact import secrets_of
    from kognitos_migrate.run.baseline_file import baseline_entries, write_baseline

    session = baseline.run(paths, verbosity)
    file = baseline.baseline_path(session)
    refuse_if(
        os.path.lexists(file),
        f"{shown_path(file)} already exists",
        "run `kognitos-migrate baseline update` to change it",
    )
    refuse_without_files(session.result)
    entries = baseline_entries(session, secrets_of(session).mask_message)
    write_baseline(file, entries, session.settings.root)
    if not verbosity.quiet:
        click.echo(f"Wrote {plain(shown_path(file))}: {pluralize(len(entries), 'known finding')}.")
        if baseline.file is None and session.settings.baseline is None:
            click.echo(f"Next: add `baseline: {plain(file.name)}` to the configuration, and commit both.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


@click.command(
    cls=SectionedCommand,
    epilog=examples_help(
        ("baseline update", "remove entries that no longer occur"),
        ("baseline update --add", "also add new findings"),
    ),
)
@paths_argument
@click.option("--add", is_flag=True, help="Also add new findings.")
@baseline_options
@message_color_option
@verbosity_options("Print errors only.")
def update(paths: tuple[str, ...], *, add: bool, baseline: BaselineOptions, verbosity: Verbosity) -> None:
    """Remove baseline entries that no longer occur in PATHS (default: current directory).

    New findings are added with --add only: a baseline should shrink.
    """
    from kognitos_migrate.report.redact import secrets_of
    from kognitos_migrate.run.baseline_file import read_baseline, update_baseline, write_baseline

    session = baseline.run(paths, verbosity)
    file = baseline.baseline_path(session)
    entries = read_baseline(file)
    result = update_baseline(session, entries, secrets_of(session).mask_message, adding=add)
    is_changed = {*result.known} != {*entries}
    if is_changed:
        write_baseline(file, result.known, session.settings.root)
    if not verbosity.quiet:
        _print_entries("added", result.added)
        _print_entries("gone", result.gone)
        done = "Updated" if is_changed else "Nothing to change in"
        click.echo(f"{done} {plain(shown_path(file))}: {pluralize(len(result.known), 'known finding')}.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


def _print_entries(label: str, entries: Sequence[BaselineEntry]) -> None:
    for entry in entries:
        click.echo(f"{label} {plain(entry.path)}: {entry.code} {plain(entry.statement)}")


_COMMANDS = {
    "create": ("kognitos_migrate.cli.baseline:create", "Record the current findings in a baseline."),
    "update": ("kognitos_migrate.cli.baseline:update", "Remove baseline entries that no longer occur."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def baseline() -> None:
    """Record current findings, so that `check` fails for new ones only.

    `check` reads the file that `baseline:` in the configuration or `--baseline` names."""

"""The command `init`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.exit_codes import ExitCode
from kognitos_migrate.cli.options import (
    Verbosity,
    config_option,
    examples_help,
    message_color_option,
    paths_argument,
    verbosity_options,
)
from kognitos_migrate.cli.output import print_problems, print_unread_configurations, refuse_without_files
from kognitos_migrate.cli.terminal import progress_bar
from kognitos_migrate.config.scaffold_entries import sections
from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.plural import NOTHING, nothing_found_summary, pluralize
from kognitos_migrate.run.session import Options, Session, run_check


@click.command(
    epilog=examples_help(
        ("init", "create kognitos-migrate.yaml with every id that the code uses"),
        ("init services/", "the same for one folder; run again, it adds new ids"),
    )
)
@paths_argument
@config_option
@message_color_option
@verbosity_options("Print errors only.")
def init(paths: tuple[str, ...], config: Path | None, verbosity: Verbosity) -> None:
    """Create kognitos-migrate.yaml, ready to fill in, with every id and state that the code in PATHS uses.
    Scripts and configuration files are searched, too.

    Run again, it adds new ones and lists those that the code no longer uses.
    """
    from kognitos_migrate.run.init_config import initialise

    with progress_bar(quiet=verbosity.quiet) as progress:
        session = run_check(paths or (".",), Options(config=config, all_files=True), progress)
    print_problems(session.result, verbose=verbosity.verbose)
    if not verbosity.quiet:
        print_unread_configurations(session.settings)
    refuse_without_files(session.result)
    done = initialise(session, paths or (".",))
    if not verbosity.quiet:
        if done.is_new:
            click.echo(f"Wrote {plain(done.path)}.")
            if not any(done.added.values()):
                click.echo(_nothing_to_add(session))
        _print_keys("to fill in", done.added)
        _print_keys("still to fill in", done.waiting)
        _print_keys("no longer in the code", done.unused)
        for source in _sources_of_unseen_keys(session.result):
            click.echo(f"No searched file has the ids from {plain(source)}: add each of them.")
        if any(done.added.values()) or any(done.waiting.values()):
            click.echo(f"Next: fill in {plain(done.path)}, then `kognitos-migrate check`.")
        elif not done.is_new:
            click.echo(f"{plain(done.path)} is complete: it has every key that the searched code uses.")
    raise Exit(ExitCode.TROUBLE if session.result.problems else ExitCode.CLEAN)


def _nothing_to_add(session: Session) -> str:
    """Why a new configuration has no keys: the searched files have no calls, or none with a known key."""
    result = session.result
    if result.findings:
        tables = " or ".join(section.setting for section in sections(session.rulebook.apis.values()))
        findings = f"`kognitos-migrate check` shows {pluralize(len(result.findings), 'finding')}."
        return f"No keys for {tables} found in {pluralize(result.files, 'file')}. {findings}"
    nothing = nothing_found_summary(NOTHING, result.files, result.skipped.binary)
    return f"{nothing} Run `kognitos-migrate init` again in the folder with your code."


def _sources_of_unseen_keys(result: Result) -> Iterable[str]:
    """The sources of keys that the configuration needs and that no searched file contains, each once."""
    sources = (finding.key_source for finding in result.findings)
    return dict.fromkeys(source for source in sources if source is not None)


def _print_keys(what: str, keys: Mapping[str, tuple[str, ...]]) -> None:
    for table, names in keys.items():
        if names:
            click.echo(f"{table}: {pluralize(len(names), 'key')} {what}: {', '.join(map(plain, names))}")

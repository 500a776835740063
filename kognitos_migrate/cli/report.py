"""`kognitos-migrate report`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from kognitos_migrate.cli.bundles import Chatter, Look, chatter_options, look_options
from kognitos_migrate.cli.options import examples, output_file_option, paths_argument, refuse
from kognitos_migrate.cli.outcome import ExitCode
from kognitos_migrate.cli.output import Output, say_problems
from kognitos_migrate.cli.progress import shown_progress
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.run.looked import EVERY_FILE
from kognitos_migrate.run.selection import EVERYTHING
from kognitos_migrate.run.session import Options, run_check

if TYPE_CHECKING:
    from kognitos_migrate.report.ledger.comparison import Comparison
    from kognitos_migrate.report.ledger.model import Ledger
    from kognitos_migrate.source.file import SourceFile


@click.command(
    epilog=examples(
        ("report --format html -o state.html", "write a page for people"),
        ("report --format json -o state.json", "the same for a program, and for --compare and --merge"),
        ("report --compare state.json", "what has changed since then?"),
        ("report --merge */state.json --format html -o all.html", "one page of many repositories"),
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
@click.option(
    "--compare",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Say what has changed since this report, which --format json wrote of the same paths.",
)
@click.option(
    "--merge",
    is_flag=True,
    help="Join reports, which --format json wrote, into one: PATHS are these files, and nothing is analysed.",
)
@look_options
@chatter_options
def report(
    paths: tuple[str, ...],
    output_format: str,
    output_file: Path | None,
    compare: Path | None,
    merge: bool,
    look: Look,
    chatter: Chatter,
) -> None:
    """Write the state of the migration of PATHS (the current folder by default), whatever that is.

    All codes are in it unless --select says otherwise. Exits with 0, or 2 on an error.
    """
    refuse(merge and not paths, "--merge: there is nothing to join", "expected the reports' files")
    refuse(
        merge and (any(look.codes) or look.where != (None, EVERY_FILE)),
        "--merge does not go with options that say what is looked at or for",
        "give these where the reports are made",
    )
    options = look.options()
    options = replace(
        options,
        select=options.select or EVERYTHING,
        all_files=True,
        written=tuple(str(file) for file in (output_file, compare) if file is not None),
    )
    earlier = _read(compare) if compare is not None else None
    taken = _merged(paths) if merge else _taken(paths or (".",), options, chatter)
    Output.of("never", output_file).write(_FORMATS[output_format](taken, _since(earlier, taken.ledger)))
    raise Exit(ExitCode.TROUBLE if taken.failed else ExitCode.CLEAN)


class _Taken(Struct, frozen=True):
    """What is reported, the sources where they are at hand, and whether something went wrong on the way."""

    ledger: Ledger
    sources: Mapping[str, SourceFile]
    failed: bool = False


def _taken(paths: tuple[str, ...], options: Options, chatter: Chatter) -> _Taken:
    """The ledger of a run."""
    with shown_progress(chatter.quiet) as progress:
        session = run_check(paths, options, progress)
    from kognitos_migrate.report.ledger.gather import ledger_of

    say_problems(session.result, chatter.verbose)
    return _Taken(ledger_of(session), session.sources, bool(session.result.problems))


def _merged(files: tuple[str, ...]) -> _Taken:
    """The ledger of several reports."""
    from kognitos_migrate.report.ledger.from_json import merged_ledger

    return _Taken(merged_ledger(list(map(Path, files))), {})


def _read(file: Path) -> Ledger:
    from kognitos_migrate.report.ledger.from_json import read_ledger

    return read_ledger(file)


def _since(earlier: Ledger | None, now: Ledger) -> Comparison | None:
    """What has changed, if there is an earlier report."""
    if earlier is None:
        return None
    from kognitos_migrate.report.ledger.comparison import compared

    return compared(earlier, now)


def _markdown(taken: _Taken, comparison: Comparison | None) -> str:
    from kognitos_migrate.report.ledger.markdown import ledger_markdown

    return ledger_markdown(taken.ledger, comparison)


def _json(taken: _Taken, comparison: Comparison | None) -> str:
    from kognitos_migrate.report.ledger.to_json import ledger_json

    return ledger_json(taken.ledger, taken.sources, comparison)


def _html(taken: _Taken, comparison: Comparison | None) -> str:
    from kognitos_migrate.report.html.page import html_report

    return html_report(taken.ledger, comparison)


_FORMATS: Mapping[str, Callable[[_Taken, Comparison | None], str]] = {
    "markdown": _markdown,
    "json": _json,
    "html": _html,
}

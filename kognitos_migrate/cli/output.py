"""The output of a command: stdout, or a file."""

import os
import sys
from pathlib import Path

import click
from click.exceptions import Exit

from kognitos_migrate.cli.exit_codes import ExitCode
from kognitos_migrate.cli.terminal import has_links, is_colored
from kognitos_migrate.config.discovery import PROJECT_TABLE, shadowed_table
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import TRACEBACK_HINT, UsageError
from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.escape import plain, plain_block
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.report.text import problem_line
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.structs import Struct


class Output(Struct, frozen=True):
    """A destination: the file, or stdout if there is none."""

    paint: TextStyle
    file: Path | None = None

    @classmethod
    def of(cls, color: str, file: Path | None = None) -> "Output":
        """The output that `--color` and `--output-file` choose."""
        links = file is None and color != "never" and has_links(sys.stdout)
        return cls(TextStyle(_is_colored(color, file), links), file)

    def write(self, text: str) -> None:
        """Write `text` with one line ending at its end. Raises UsageError if the file can't be written."""
        if self.file is None:
            if text:
                click.echo(text.rstrip("\n"), color=self.paint.color or self.paint.links)
            return
        from kognitos_migrate.writing.output import write_output

        content = text.rstrip("\n") + "\n" if text else ""
        try:
            write_output(str(self.file), content.encode("utf-8", "backslashreplace"))
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"the output can't be written: {reason}", path=str(self.file)) from error


def refuse_without_files(result: Result) -> None:
    """End a command that writes what a run found if the run had no files. Raises UsageError, or Exit if the
    problems, which have been printed, are the cause."""
    if result.files > result.skipped.binary:
        return
    if result.problems:
        raise Exit(ExitCode.TROUBLE)
    raise UsageError(
        "no files to check, so nothing was written", expected="run it in the folder with your code"
    )


def print_unread_configurations(settings: Settings) -> None:
    """Print notes to stderr on configurations that aren't read: in folders below, and in a pyproject.toml
    beside the configuration."""
    shadowed = shadowed_table(str(settings.source)) if settings.source is not None else None
    if shadowed is not None:
        table, source = ".".join(PROJECT_TABLE), shown_path(str(settings.source))
        click.echo(
            f"note: [{table}] in {plain(shown_path(shadowed))} isn't read: {plain(source)} takes precedence",
            err=True,
        )
    if settings.nested:
        first, *others = settings.nested
        more = f" and {pluralize(len(others), 'other')}" if others else ""
        verb = "aren't" if others else "isn't"
        folder = plain(os.path.dirname(first) or os.curdir)
        click.echo(
            f"note: {plain(first)}{more} {verb} read in this run: run the command in {folder}, "
            "or pass --config",
            err=True,
        )


def print_problems(result: Result, *, verbose: bool = False) -> None:
    """Print the problems of a result to stderr, with tracebacks if `verbose`."""
    paint = TextStyle(is_colored(sys.stderr))
    for problem in result.problems:
        if verbose and problem.detail:
            click.echo(plain_block(problem.detail), err=True)
        click.echo(problem_line(problem, paint), err=True, color=paint.color)
    if not verbose and any(problem.detail for problem in result.problems):
        click.echo(TRACEBACK_HINT, err=True)


def _is_colored(color: str, file: Path | None) -> bool:
    if color != "auto":
        return color == "always"
    return file is None and is_colored(sys.stdout)

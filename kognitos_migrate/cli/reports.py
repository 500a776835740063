"""How the findings of a check are shown, and where they go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from kognitos_migrate.cli.bundles import bundle
from kognitos_migrate.cli.formats import FILE_FORMATS, TEXT_FORMATS, shown
from kognitos_migrate.cli.options import color_option, output_file_option, refuse

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.cli.bundles import Chatter
    from kognitos_migrate.run.session import Session


class Also(NamedTuple):
    """A format, and the file to write it to."""

    output_format: str
    file: Path

    def write(self, session: Session) -> None:
        """Write the report. Raises UsageError."""
        from kognitos_migrate.cli.output import Output
        from kognitos_migrate.report.text import TextOptions
        from kognitos_migrate.source.locations import Locations

        output = Output.of("never", self.file)
        options = TextOptions(output.paint, locations=Locations(session.sources))
        output.write(shown(session, self.output_format, options))


class Reports(NamedTuple):
    """The report of a check, and further ones of the same run."""

    output_format: str
    output_file: Path | None
    also: tuple[Also, ...]
    trace: bool
    color: str

    @property
    def is_plain(self) -> bool:
        """Whether a run that finds nothing has one line to say."""
        return self.output_format not in FILE_FORMATS and not self.output_file and not self.also

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are written."""
        also = tuple(one.file for one in self.also)
        return also if self.output_file is None else (self.output_file, *also)

    def write(self, session: Session, chatter: Chatter) -> None:
        """Write them all. Raises UsageError."""
        from kognitos_migrate.cli.output import Output, say_problems
        from kognitos_migrate.report.text import TextOptions
        from kognitos_migrate.source.locations import Locations

        output = Output.of(self.color, self.output_file)
        options = TextOptions(
            paint=output.paint,
            trace=self.trace,
            locations=Locations(session.sources),
            blind_spots=chatter.verbose,
        )
        say_problems(session.result, chatter.verbose)
        for report in self.also:  # first: whoever reads the standard output may stop before its end
            report.write(session)
        output.write(shown(session, self.output_format, options, chatter.quiet))


def _reports(
    output_format: str,
    output_file: Path | None,
    also: tuple[Also, ...],
    statistics: bool,
    trace: bool,
    color: str,
) -> Reports:
    refuse(
        statistics and output_format not in TEXT_FORMATS,
        f"--statistics does not go with --output-format {output_format}",
        "it holds the numbers anyway",
    )
    refuse(
        trace and (statistics or output_format not in ("text", "full")),
        "--trace goes with --output-format text only",
        "json holds the trace anyway",
    )
    _refuse_shared(output_file, also)
    return Reports("statistics" if statistics else output_format, output_file, also, trace, color)


def _refuse_shared(output_file: Path | None, also: Sequence[Also]) -> None:
    """Raise a UsageError where two reports would go to one file."""
    files = [
        os.path.realpath(file) for file in (output_file, *(one.file for one in also)) if file is not None
    ]
    twice = next((file for file in files if files.count(file) > 1), None)
    refuse(twice, f"two reports would be written to {os.path.basename(twice or '')}")


def _parsed(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[Also, ...]:
    return tuple(map(_also, values))


def _also(value: str) -> Also:
    output_format, _, file = value.partition("=")
    known = (*TEXT_FORMATS, *FILE_FORMATS)
    refuse(
        file in ("", "-") or output_format not in known,
        f"--also: {value!r} is not a format and a file",
        f"expected FORMAT=FILE, as in sarif=kognitos.sarif; the formats are {', '.join(known)}",
    )
    from pathlib import Path

    return Also(output_format, Path(file))


reports_options = bundle(
    "reports",
    _reports,
    click.option(
        "--output-format",
        type=click.Choice([*TEXT_FORMATS, *FILE_FORMATS]),
        default="text",
        show_default=True,
        help="How findings are shown; text and full are the same.",
    ),
    output_file_option,
    click.option(
        "--also",
        multiple=True,
        callback=_parsed,
        metavar="FORMAT=FILE",
        help="Write the findings there in this format, too; may be given several times.",
    ),
    click.option("--statistics", is_flag=True, help="Show how often each code was found."),
    click.option("--trace", is_flag=True, help="Show how each request and its reply were followed."),
    color_option,
)

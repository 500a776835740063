"""`--also FORMAT=FILE`: further reports of the same run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from kognitos_migrate.cli.formats import FILE_FORMATS, TEXT_FORMATS, shown
from kognitos_migrate.cli.options import refuse

if TYPE_CHECKING:
    from pathlib import Path

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


def refuse_shared(output_file: Path | None, also: Sequence[Also]) -> None:
    """Raise a UsageError where two reports would go to one file."""
    files = [
        os.path.realpath(file) for file in (output_file, *(one.file for one in also)) if file is not None
    ]
    twice = next((file for file in files if files.count(file) > 1), None)
    refuse(twice, f"two reports would be written to {os.path.basename(twice or '')}")


def _parsed(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[Also, ...]:
    return tuple(map(_also, values))


def _also(value: str) -> Also:
    output_format, equals, file = value.partition("=")
    known = (*TEXT_FORMATS, *FILE_FORMATS)
    refuse(
        not equals or not file or output_format not in known,
        f"--also: {value!r} is not a format and a file",
        f"expected FORMAT=FILE, as in sarif=kognitos.sarif; the formats are {', '.join(known)}",
    )
    from pathlib import Path

    return Also(output_format, Path(file))


also_option = click.option(
    "--also",
    multiple=True,
    callback=_parsed,
    metavar="FORMAT=FILE",
    help="Write the findings there in this format, too; may be given several times.",
)

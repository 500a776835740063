"""Output formats of a check, and the files that reports are written to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from kognitos_migrate.cli.command_classes import in_section
from kognitos_migrate.cli.options import color_option, option_group, output_file_option, refuse_if

if TYPE_CHECKING:
    from pathlib import Path

    from kognitos_migrate.cli.options import Verbosity
    from kognitos_migrate.report.text import TextOptions
    from kognitos_migrate.run.session import Session


def render(session: Session, output_format: str, options: TextOptions, *, quiet: bool = False) -> str:
    """A run in one of the formats. `quiet` omits the summary at the end."""
    if output_format not in _FOR_PEOPLE:
        return report_text(session, output_format)
    from kognitos_migrate.report.text import shows_sources, summary

    if shows_sources(session.result, options):  # finding the secrets of many sources takes long
        session = _redact_secrets(session)
    text = _FOR_PEOPLE[output_format](session, options)
    if quiet:
        return text
    gap = "\n" if output_format == "concise" else "\n\n"
    return gap.join(part for part in (text, summary(session.result, options)) if part)


def report_text(session: Session, output_format: str) -> str:
    """A run in one of FILE_FORMATS."""
    return _FOR_PROGRAMS[output_format](_redact_secrets(session))


def _redact_secrets(session: Session) -> Session:
    """A run with the secrets of its sources redacted."""
    if not session.sources:
        return session
    from kognitos_migrate.report.redact import redact_session

    return redact_session(session)


def _full(session: Session, options: TextOptions) -> str:
    from kognitos_migrate.report.excerpt import Excerpts
    from kognitos_migrate.report.text import full

    return full(session.result.findings, Excerpts(session.sources), options)


def _concise(session: Session, options: TextOptions) -> str:
    from kognitos_migrate.report.text import concise

    return concise(session.result.findings, options)


def _statistics(session: Session, options: TextOptions) -> str:
    from kognitos_migrate.report.text import statistics

    return statistics(session.result.findings, options)


def _json(session: Session) -> str:
    from kognitos_migrate.report.json_report import json_report

    return json_report(session.result, session.sources, session.settings.root)


def _json_lines(session: Session) -> str:
    from kognitos_migrate.report.json_report import json_lines_report

    return json_lines_report(session.result, session.sources, session.settings.root)


def _rdjson(session: Session) -> str:
    from kognitos_migrate.report.export import export_run
    from kognitos_migrate.report.rdjson import rdjson_report

    return rdjson_report(export_run(session))


def _markdown(session: Session) -> str:
    from kognitos_migrate.report.markdown import markdown_report
    from kognitos_migrate.run.init_config import configuration_gap
    from kognitos_migrate.source.display_locations import DisplayLocations

    gap = configuration_gap(session)
    if gap is None:
        return markdown_report(session.result, locations=DisplayLocations(session.sources))
    return markdown_report(session.result, gap.filename, gap.text, DisplayLocations(session.sources))


def _sarif(session: Session) -> str:
    from kognitos_migrate.report.export import export_run
    from kognitos_migrate.report.sarif import sarif_report

    return sarif_report(export_run(session))


def _github(session: Session) -> str:
    from kognitos_migrate.report.ci_formats import github_commands
    from kognitos_migrate.report.export import export_run

    return github_commands(export_run(session))


def _gitlab(session: Session) -> str:
    from kognitos_migrate.report.ci_formats import gitlab_report
    from kognitos_migrate.report.export import export_run

    return gitlab_report(export_run(session))


def _junit(session: Session) -> str:
    from kognitos_migrate.report.ci_formats import junit_report
    from kognitos_migrate.report.export import export_run

    return junit_report(export_run(session))


_FOR_PEOPLE: Mapping[str, Callable[[Session, TextOptions], str]] = {
    "text": _full,
    "full": _full,
    "concise": _concise,
    "statistics": _statistics,
}
_FOR_PROGRAMS: Mapping[str, Callable[[Session], str]] = {
    "json": _json,
    "json-lines": _json_lines,
    "markdown": _markdown,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
    "rdjson": _rdjson,
}
TEXT_FORMATS = ("text", "full", "concise")
"""For people; `text` and `full` are the same."""
FILE_FORMATS = tuple(_FOR_PROGRAMS)
"""For other programs, and for pages."""


class ExtraReport(NamedTuple):
    """A format, and the file to write it to."""

    output_format: str
    file: Path

    def write(self, session: Session) -> None:
        """Write the report. Raises UsageError."""
        from kognitos_migrate.cli.output import Output
        from kognitos_migrate.report.text import TextOptions
        from kognitos_migrate.source.display_locations import DisplayLocations

        output = Output.of("never", self.file)
        options = TextOptions(output.paint, locations=DisplayLocations(session.sources))
        output.write(render(session, self.output_format, options))


class Reports(NamedTuple):
    """The main report of a check, and further reports of the same run."""

    output_format: str
    output_file: Path | None
    extra_reports: tuple[ExtraReport, ...]
    trace: bool
    color: str

    @property
    def is_plain(self) -> bool:
        """Whether the report of a run without findings is a single line."""
        return self.output_format not in FILE_FORMATS and not self.output_file and not self.extra_reports

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are written."""
        also = tuple(report.file for report in self.extra_reports)
        return also if self.output_file is None else (self.output_file, *also)

    def write(self, session: Session, verbosity: Verbosity) -> None:
        """Write all reports. Raises UsageError."""
        from kognitos_migrate.cli.output import Output, print_problems
        from kognitos_migrate.report.text import TextOptions
        from kognitos_migrate.source.display_locations import DisplayLocations

        output = Output.of(self.color, self.output_file)
        options = TextOptions(
            paint=output.paint,
            trace=self.trace,
            locations=DisplayLocations(session.sources),
            blind_spots=verbosity.verbose,
        )
        print_problems(session.result, verbose=verbosity.verbose)
        for report in self.extra_reports:  # first, since the reader of stdout may close it early
            report.write(session)
        output.write(render(session, self.output_format, options, quiet=verbosity.quiet))


def _reports(
    output_format: str,
    output_file: Path | None,
    also: tuple[ExtraReport, ...],
    *,
    statistics: bool,
    trace: bool,
    color: str,
) -> Reports:
    refuse_if(
        statistics and output_format not in TEXT_FORMATS,
        f"--statistics can't be combined with --output-format {output_format}",
        "that format always has the counts",
    )
    refuse_if(
        trace and (statistics or output_format not in ("text", "full")),
        "--trace needs --output-format text",
        "json always has the trace",
    )
    _refuse_shared(output_file, also)
    return Reports("statistics" if statistics else output_format, output_file, also, trace, color)


def _refuse_shared(output_file: Path | None, also: Sequence[ExtraReport]) -> None:
    """Raise UsageError if two reports would go to one file."""
    files = [
        os.path.realpath(file)
        for file in (output_file, *(report.file for report in also))
        if file is not None
    ]
    twice = next((file for file in files if files.count(file) > 1), None)
    refuse_if(twice, f"two reports would be written to {os.path.basename(twice or '')}")


def _parse_extra_reports(
    _ctx: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[ExtraReport, ...]:
    return tuple(map(_parse_extra_report, values))


def _parse_extra_report(value: str) -> ExtraReport:
    from pathlib import Path

    from kognitos_migrate.rulebook.document import suggestion

    output_format, _, file = value.partition("=")
    refuse_if(
        file in ("", "-"), f"--also: {value!r} isn't FORMAT=FILE", "expected for example sarif=kognitos.sarif"
    )
    formats = (*TEXT_FORMATS, *FILE_FORMATS)
    refuse_if(
        output_format not in formats,
        f"--also: unknown format {output_format!r}",
        suggestion(output_format, formats),
    )

    return ExtraReport(output_format, Path(file))


reports_options = option_group(
    "reports",
    _reports,
    in_section(
        "Output",
        click.option(
            "--output-format",
            type=click.Choice([*TEXT_FORMATS, *FILE_FORMATS]),
            default="text",
            show_default=True,
            help="Format of the findings; text and full are the same.",
        ),
        output_file_option,
        click.option(
            "--also",
            multiple=True,
            callback=_parse_extra_reports,
            metavar="FORMAT=FILE",
            help="Also write the findings to FILE in this format. Can be repeated.",
        ),
        click.option("--statistics", is_flag=True, help="Show the number of findings per code."),
        click.option("--trace", is_flag=True, help="Show how each request and its response were traced."),
    ),
    color_option,
)

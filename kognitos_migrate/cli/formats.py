"""The formats in which a run is shown: for people, and for other programs. Each is imported when it is
asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kognitos_migrate.report.text import TextOptions
    from kognitos_migrate.run.session import Session


def shown(session: Session, output_format: str, options: TextOptions, quiet: bool = False) -> str:
    """A run in one of the formats; `quiet`: without the lines at the end that sum it up."""
    if output_format not in _FOR_PEOPLE:
        return file_text(session, output_format)
    session = _masked(session)
    text = _FOR_PEOPLE[output_format](session, options)
    if quiet:
        return text
    from kognitos_migrate.report.text import summary

    gap = "\n" if output_format == "concise" else "\n\n"
    return gap.join(part for part in (text, summary(session.result, options)) if part)


def file_text(session: Session, output_format: str) -> str:
    """A run in one of FILE_FORMATS."""
    return _FOR_PROGRAMS[output_format](_masked(session))


def _masked(session: Session) -> Session:
    """A run without the secrets of its sources."""
    if not session.sources:
        return session
    from kognitos_migrate.report.mask import masked

    return masked(session)


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
    from kognitos_migrate.report.json_ import json_report

    return json_report(session.result, session.sources, session.settings.root)


def _markdown(session: Session) -> str:
    from kognitos_migrate.report.markdown import markdown_report
    from kognitos_migrate.run.gap import configuration_gap
    from kognitos_migrate.source.locations import Locations

    gap = configuration_gap(session)
    if gap is None:
        return markdown_report(session.result, locations=Locations(session.sources))
    return markdown_report(session.result, gap.filename, gap.text, Locations(session.sources))


def _sarif(session: Session) -> str:
    from kognitos_migrate.report.sarif import sarif_report
    from kognitos_migrate.report.shown import shown_of

    return sarif_report(shown_of(session))


def _github(session: Session) -> str:
    from kognitos_migrate.report.github import github_commands
    from kognitos_migrate.report.shown import shown_of

    return github_commands(shown_of(session))


def _gitlab(session: Session) -> str:
    from kognitos_migrate.report.gitlab import gitlab_report
    from kognitos_migrate.report.shown import shown_of

    return gitlab_report(shown_of(session))


def _junit(session: Session) -> str:
    from kognitos_migrate.report.junit import junit_report
    from kognitos_migrate.report.shown import shown_of

    return junit_report(shown_of(session))


_FOR_PEOPLE: Mapping[str, Callable[[Session, TextOptions], str]] = {
    "text": _full,
    "full": _full,
    "concise": _concise,
    "statistics": _statistics,
}
_FOR_PROGRAMS: Mapping[str, Callable[[Session], str]] = {
    "json": _json,
    "markdown": _markdown,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
}
TEXT_FORMATS = ("text", "full", "concise")
"""For people; `text` and `full` are the same."""
FILE_FORMATS = tuple(_FOR_PROGRAMS)
"""For other programs, and for pages."""

"""The state of a project for an editor, from a finished run."""

from collections.abc import Iterator, Mapping
from functools import cache

from kognitos_migrate.discover.ignore_rules import is_python_file
from kognitos_migrate.findings.result import Applicability, Finding, Place
from kognitos_migrate.lsp.hover import finding_hover, step_hover
from kognitos_migrate.lsp.model import EditorFinding, FileProblem, ProjectState, RelatedPlace, TraceStep
from kognitos_migrate.lsp.ranges import PositionEncoding, RangeIndex, TextRange
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.export import sentence
from kognitos_migrate.report.redact import redact_session
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace


def project_state(session: Session, encoding: PositionEncoding) -> ProjectState:
    """The findings of a run with their texts, secrets redacted. Findings in notebooks are left out, since an
    editor has no document for the module that their cells make."""
    ranges = FileRanges(session.sources, encoding)
    shown = redact_session(_with_mentioned_sources(session))
    by_conversation: dict[str, list[Finding]] = {}
    for finding in shown.result.findings:
        if finding.conversation is not None:
            by_conversation.setdefault(finding.conversation, []).append(finding)
    locations = DisplayLocations(session.sources)
    findings: list[EditorFinding] = []
    steps: list[TraceStep] = []
    for finding in shown.result.findings:
        members = by_conversation.get(finding.conversation or "", [finding])
        if (own_range := ranges.of(finding.place)) is not None:
            findings.append(
                EditorFinding(
                    place=finding.place,
                    range=own_range,
                    code=finding.code,
                    message=_message(finding),
                    severity=finding.severity,
                    applicability=finding.fix.applicability,
                    hover=finding_hover(finding, members, locations),
                    url=finding.url,
                    related=tuple(_related_places(finding, ranges)),
                    conversation=tuple(member.place for member in members),
                    edited_files=len({edit.span.path for edit in finding.fix.edits}),
                    is_held_by_tests=finding.is_held_by_tests,
                    is_in_python=is_python_file(finding.place.path),
                )
            )
        steps += _steps(finding, ranges, locations)
    problems = (
        FileProblem(problem.path, problem.line or 1, plain(problem.message))
        for problem in shown.result.problems
    )
    return ProjectState(tuple(findings), tuple(steps), tuple(problems), frozenset(session.sources))


def _with_mentioned_sources(session: Session) -> Session:
    """The run with only the sources that its findings mention. Finding the secrets of all takes long."""
    places = (
        place
        for finding in session.result.findings
        for place in (finding.place, *(step.place for step in finding.trace))
    )
    paths = {place.path for place in places}
    return replace(
        session, sources={path: source for path, source in session.sources.items() if path in paths}
    )


def _message(finding: Finding) -> str:
    """The message of a diagnostic: with the way to a fix unless it is an ordinary one."""
    is_safe = finding.fix.applicability is Applicability.SAFE
    return plain(finding.message) if is_safe else sentence(finding)


class FileRanges:
    """Converts places in the sources of a run to ranges."""

    def __init__(self, sources: Mapping[str, SourceFile], encoding: PositionEncoding) -> None:
        self._sources = sources
        self._index = cache(lambda path: RangeIndex(sources[path].original_text, encoding))

    def of(self, place: Place) -> TextRange | None:
        """The range of a place. None in a notebook, or if the file isn't among the sources.

        A place in a data file is its whole row: the module of a file has other columns.
        """
        source = self._sources.get(place.path)
        if source is None or source.notebook is not None:
            return None
        if source.data is not None:
            place = Place(place.path, place.row, 1, place.row + 1, 1)
        return self._index(place.path).of_place(place)


def _related_places(finding: Finding, ranges: FileRanges) -> Iterator[RelatedPlace]:
    for step in finding.trace:
        step_range = ranges.of(step.place)
        if step_range is not None:
            yield RelatedPlace(step.place.path, step_range, plain(step.text))


def _steps(finding: Finding, ranges: FileRanges, locations: DisplayLocations) -> Iterator[TraceStep]:
    for step in finding.trace:
        step_range = ranges.of(step.place)
        if step_range is not None and not _begins_in_rows(step.place, finding.place):
            yield TraceStep(step.place.path, step_range, step_hover(finding, step, locations))


def _begins_in_rows(place: Place, other: Place) -> bool:
    """Whether a place begins in the rows of the other one."""
    return place.path == other.path and other.row <= place.row <= other.end_row

"""Answers `explain`: findings, steps and requests at one place."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.other_files import python_files
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.explanation import (
    ConversationMember,
    ExplainedFinding,
    Explanation,
    PlaceQuery,
    RelatedFinding,
)
from kognitos_migrate.findings.request_classification import ProgramRequests, classify_requests_at
from kognitos_migrate.findings.result import (
    Change,
    Finding,
    Place,
    Result,
    Step,
    Suppressed,
    SuppressionKind,
)
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.finding_filter import Selection
from kognitos_migrate.run.garbage_collection import paused_collector
from kognitos_migrate.run.progress import Progress
from kognitos_migrate.run.project import project_paths
from kognitos_migrate.run.session import (
    Options,
    RunInputs,
    Session,
    analysis_inputs,
    collect_inputs,
    run_check,
    session_of,
    with_adjacent_settings,
)
from kognitos_migrate.source.content import read_bytes, shown_path
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile, decode_other_file, read_source
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tokens import Rows, logical_statements

if TYPE_CHECKING:
    from kognitos_migrate.run.engine import PlannedComponent
    from kognitos_migrate.run.program_result import PlannedProgram


class FindingIndex(Struct, frozen=True):
    """All findings of a run, including those that are not reported."""

    findings: Sequence[Finding]
    hidden: Mapping[Finding, str]
    sources: Mapping[str, SourceFile]

    @classmethod
    def of(cls, raw: Result, session: Session) -> "FindingIndex":
        """Index the findings in `raw`, with the reason why `session` hides some of them."""
        result = session.result
        hidden = {
            suppression.finding: _suppression_text(suppression, session.sources)
            for suppression in result.suppressed
        }
        keys = {(finding.place, finding.code) for finding in (*result.findings, *hidden)}
        selection = Selection(session.settings)
        rest = [finding for finding in raw.findings if (finding.place, finding.code) not in keys]
        hidden |= {
            finding: f"{finding.code} is not selected, or is ignored"
            for finding in rest
            if not selection.selects(finding)
        }
        every = sorted((*result.findings, *hidden), key=lambda finding: (finding.place, finding.code))
        return cls(every, hidden, session.sources)

    def explain(self, finding: Finding) -> ExplainedFinding:
        """A finding with its conversation, its changes and its help."""
        together = [
            member
            for member in self.findings
            if finding.conversation and member.conversation == finding.conversation
        ]
        return ExplainedFinding(
            finding,
            self.hidden.get(finding),
            tuple(ConversationMember(member, self.hidden.get(member)) for member in together or [finding]),
            tuple(_changes(finding.fix.edits, self.sources)),
            finding.help,
        )

    def related_to(self, path: str, rows: Rows) -> Iterator[RelatedFinding]:
        """The findings elsewhere that concern these rows: a step of their trace is here, or their fix edits
        the rows. A conversation with a finding here is left out."""
        rest = [finding for finding in self.findings if not starts_in_rows(finding.place, path, rows)]
        covered_conversations = {
            finding.conversation for finding in self.findings if starts_in_rows(finding.place, path, rows)
        } - {None}
        for finding in rest:
            step = next((step for step in finding.trace if starts_in_rows(step.place, path, rows)), None)
            if step is not None and finding.conversation not in covered_conversations:
                yield RelatedFinding(finding, step)
        covered_conversations |= {
            finding.conversation
            for finding in rest
            if any(starts_in_rows(step.place, path, rows) for step in finding.trace)
        }
        for finding in rest:
            if (
                finding.conversation not in covered_conversations
                and (step := self._edit_step(finding, path, rows)) is not None
            ):
                covered_conversations.add(finding.conversation)
                yield RelatedFinding(finding, step)

    def _edit_step(self, finding: Finding, path: str, rows: Rows) -> Step | None:
        edits = [edit for edit in finding.fix.edits if edit.span.path == path and path in self.sources]
        index = LineIndex(self.sources[path].text) if edits else None
        for edit in edits if index is not None else ():
            assert index is not None
            place = Place(*index.place(path, edit.span.start, edit.span.end))
            if place.row <= rows.last and rows.first <= place.end_row and edit.span.start < edit.span.end:
                return Step(place, "this is changed together with it")
        return None


def _suppression_text(suppression: Suppressed, sources: Mapping[str, SourceFile]) -> str:
    if suppression.by is SuppressionKind.BASELINE:
        return "it is in the baseline"
    where = _row_of(suppression.place, sources) if suppression.place is not None else "a comment"
    reason = f": {suppression.reason}" if suppression.reason else ""
    until = f", until {suppression.until}" if suppression.until else ""
    return f"a comment suppresses it ({suppression.by.value}, {where}{until}){reason}"


def _row_of(place: Place, sources: Mapping[str, SourceFile]) -> str:
    return DisplayLocations(sources).format(place.path, place.row, place.column).rpartition(":")[0]


def _changes(edits: Sequence[Edit], sources: Mapping[str, SourceFile]) -> Iterator[Change]:
    from kognitos_migrate.run.plans import apply_to_texts

    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.path, []).append(edit)
    yield from apply_to_texts({path: source.text for path, source in sources.items()}, by_file)


def starts_in_rows(place: Place, path: str, rows: Rows) -> bool:
    """Whether a place starts in these rows of a file."""
    return place.path == path and place.row <= rows.last and rows.first <= place.row


_CLIENT = "if this sends requests, describe it in a file in a folder that `rules:` names (check the guesses):"
_SEARCHED = "such files are searched as text, by `check --all-files` and `report`"


def explain_place(target: PlaceQuery, options: Options, progress: Progress) -> tuple[Explanation, Session]:
    """The explanation of a place, from a run over its project.

    Raises UsageError if the file or the line doesn't exist, and UserError if the configuration is invalid.
    """
    if not os.path.isfile(target.path):
        raise UsageError("no such file", path=target.path)
    request = options.scan_request([target.path])
    if not python_files([target.path], request.scope):
        return _explain_text(target, options, progress)
    source = read_source(target.path)
    target = _query_in_module(target, source)
    rows = logical_statements(source.text).rows_around(target.row)
    around = project_paths(request.paths, request.scope) or (os.path.dirname(os.path.abspath(source.path)),)
    inputs = collect_inputs((*around, source.path), options, progress)
    explanation, session = _explain(target, rows, inputs, progress)
    session = replace(session, sources={source.path: source, **session.sources})
    if explanation.findings or explanation.requests:
        return explanation, session
    folders = _checked_folders(around, source.path)
    as_checked = _explain(target, rows, collect_inputs(folders, options, progress), progress)
    if as_checked[0].findings:  # a check of the project reads fewer modules, and may find less or more
        return as_checked
    notes = _nothing_found_lines(explanation, source, around, inputs)
    return replace(explanation, notes=tuple(notes)), session


def _checked_folders(around: Sequence[str], path: str) -> Sequence[str]:
    """The folders among the paths of a project, or else that of the file: what a user checks."""
    folders = [folder for folder in around if os.path.isdir(folder)]
    return folders or [os.path.dirname(os.path.abspath(path))]


def _explain_text(target: PlaceQuery, options: Options, progress: Progress) -> tuple[Explanation, Session]:
    """The explanation of a line in a file that is not Python."""
    source = decode_other_file(read_bytes(target.path), shown_path(target.path))
    _require_line(target, source)
    target = replace(target, path=source.path)
    rows = Rows(target.row, target.row)
    around = project_paths([source.path], options.scan_request([source.path]).scope)
    session = run_check(_checked_folders(around, source.path), options, progress)
    index = FindingIndex.of(session.result, session)
    explained = [
        index.explain(finding)
        for finding in index.findings
        if starts_in_rows(finding.place, source.path, rows)
    ]
    related = tuple(index.related_to(source.path, rows))
    if not explained:
        session = run_check([source.path], replace(options, all_files=True), progress)
        index = FindingIndex.of(session.result, session)
        explained = [
            replace(entry, hidden=entry.hidden or _SEARCHED)
            for entry in map(index.explain, index.findings)
            if starts_in_rows(entry.finding.place, source.path, rows)
        ]
    notes = () if explained or related else (_SEARCHED,)
    session = replace(session, sources={source.path: source, **session.sources})
    return Explanation(target, rows, tuple(explained), related, notes=notes), session


def _require_line(target: PlaceQuery, source: SourceFile) -> None:
    lines = LineIndex(source.text).lines
    if not 1 <= target.row <= lines:
        raise UsageError(f"there is no line {target.row}: the file has {lines}", path=source.path)


def _query_in_module(target: PlaceQuery, source: SourceFile) -> PlaceQuery:
    """The query with its row in the text of the file: for a notebook, in the module made of its cells. Raises
    UsageError if there is no code at the place."""
    cells = DisplayLocations({source.path: source}).cells(source.path)
    if cells is None:
        _require_line(target, source)
        return replace(target, path=source.path)
    if target.cell is None:
        row, column = cells.module_row_of_json(target.row), None
    else:
        row, column = cells.module_row_of_cell(target.cell, target.row), target.column
    if row is None:
        raise UsageError(
            "this line isn't code",
            path=source.path,
            expected="name a line of a cell, as in a.ipynb:cell 3:12",
        )
    return PlaceQuery(source.path, row, column)


def _explain(
    target: PlaceQuery, rows: Rows, inputs: RunInputs, progress: Progress
) -> tuple[Explanation, Session]:
    if not inputs.reading.sources:
        return Explanation(target, rows), session_of(inputs, Result())
    from kognitos_migrate.run.engine import plan_components
    from kognitos_migrate.run.fix_without_tests import mark_fixable_without_tests

    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    progress.phase(f"analyzing {len(inputs.reading.sources)} files")
    with paused_collector():
        target_paths = frozenset(inputs.target_paths)
        every = plan_components(inputs.reading.sources, rulebook, settings, target_paths, target.path)
        component = next((candidate for candidate in every if target.path in candidate.component.paths), None)
        planned_program = component.planned_program if component is not None else None
        result = _with_vocabulary(component, every, inputs, target.path)
        result = mark_fixable_without_tests(result, analysis_inputs(inputs, None))
        result = with_adjacent_settings(inputs, result)
    session = _suppress_baseline(session_of(inputs, result))
    index = FindingIndex.of(result, session)
    here = [finding for finding in index.findings if starts_in_rows(finding.place, target.path, rows)]
    if planned_program is None:
        shown = here if component is None else result.findings
        return Explanation(target, rows, tuple(map(index.explain, shown))), session
    requests = ProgramRequests(
        planned_program.program.context,
        planned_program.program.old_layout_matches,
        planned_program.program.conversations,
        planned_program.program.calls,
    )
    explanation = Explanation(
        target,
        rows,
        tuple(
            _with_client(index.explain(finding), planned_program)
            for finding in _findings_at_column(here, target)
        ),
        tuple(index.related_to(target.path, rows)),
        tuple(classify_requests_at(requests, planned_program.places, target.path, rows.first, rows.last)),
    )
    return explanation, session


def _with_vocabulary(
    component: "PlannedComponent | None", every: Sequence["PlannedComponent"], inputs: RunInputs, path: str
) -> Result:
    """The result of a component, with the findings in a file for words that no component explains."""
    from kognitos_migrate.run.result_join import join_results
    from kognitos_migrate.run.vocabulary_check import with_vocabulary_findings

    result = component.outcome.result if component is not None else Result()
    joined = join_results([planned.outcome.result for planned in every])
    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    analysed = {path for planned in every for path in planned.component.paths}
    whole = with_vocabulary_findings(joined, inputs.reading.sources, rulebook, settings, {path}, analysed)
    more = set(whole.findings).difference(joined.findings)
    findings = sorted((*result.findings, *more), key=lambda finding: (finding.place, finding.code))
    return replace(result, findings=tuple(findings))


def _with_client(explained_finding: ExplainedFinding, planned_program: "PlannedProgram") -> ExplainedFinding:
    """An explained finding, with a client file for the helper function that could not be followed."""
    from kognitos_migrate.findings.client_template import client_file

    context, places = planned_program.program.context, planned_program.places
    sites = [
        *(text.site for text in planned_program.leftovers),
        *(send.site for send in planned_program.dynamic),
    ]
    for site in sites if explained_finding.unlock is None else ():
        if places.of(context.span(site)) == explained_finding.finding.place:
            file = client_file(context, site)
            return (
                replace(explained_finding, unlock=f"{_CLIENT}\n{file}")
                if file is not None
                else explained_finding
            )
    return explained_finding


def _suppress_baseline(session: Session) -> Session:
    file = session.settings.baseline
    if file is None or not file.exists():
        return session
    from kognitos_migrate.run.baseline_file import read_baseline, suppress_known

    return suppress_known(session, read_baseline(file))


def _findings_at_column(findings: Sequence[Finding], target: PlaceQuery) -> Sequence[Finding]:
    """The findings at the column. All of them if no column is given or nothing is there."""
    if target.column is None:
        return findings
    at = (target.row, target.column)
    there = [
        finding
        for finding in findings
        if (finding.place.row, finding.place.column) <= at < (finding.place.end_row, finding.place.end_column)
    ]
    return there or findings


# The reasons why nothing is found.


def _nothing_found_lines(
    explanation: Explanation, source: SourceFile, folders: Sequence[str], inputs: RunInputs
) -> Iterator[str]:
    rulebook, settings = inputs.configured.rulebook, inputs.configured.settings
    if source.path not in discover(folders, settings).files:
        yield (
            "this file isn't checked in a run over the project: the configuration, git or the name of its "
            "folder excludes it"
        )
    if all(other.path != source.path for other in inputs.reading.sources):
        names = ", ".join(_anchors(rulebook, settings))
        yield (
            f"this file was not analyzed: it doesn't mention the API ({names}), and isn't linked to a "
            "file that does"
        )
    elif not explanation.related_findings:
        clients = "; ".join(sorted(client.title for client in rulebook.clients))
        yield (
            "no request was found in this statement, and it isn't part of a finding's trace. Known HTTP "
            f"clients: {clients}. To describe your own helper, add a `kind: client` file to a folder that "
            "`rules:` names"
        )


def _anchors(rulebook: Rulebook, settings: Settings) -> Iterator[str]:
    """The words that make a file relevant."""
    for api in rulebook.apis.values():
        yield from dict.fromkeys((*settings.hosts_of(api), *api.words))
    yield from (f"{setting} of the configuration" for setting, rows in settings.tables.items() if rows)
    yield "a path of the old version"

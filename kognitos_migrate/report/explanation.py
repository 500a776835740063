"""Renders the explanation of a place, as text and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kognitos_migrate.findings.explanation import ExplainedFinding, Explanation, PlaceQuery, RelatedFinding
from kognitos_migrate.findings.fingerprint import digests
from kognitos_migrate.findings.reasons import unlock_text
from kognitos_migrate.findings.request_classification import Classification, ClassifiedRequest
from kognitos_migrate.findings.result import Applicability, Finding, Place
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import json_text, plain, plain_lines
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.json_report import Json, JsonWriter
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.report.text import TextOptions, full
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tokens import Rows

_INDENT = "    "
_STANDINGS = {Classification.OLD: "v1 call", Classification.NEW: "v2 call"}
"""The words for classifications that JSON names differently."""


def explained_text(explanation: Explanation, sources: Mapping[str, SourceFile], paint: TextStyle) -> str:
    """The explanation as text, in paragraphs."""
    excerpts, locations = Excerpts(sources), DisplayLocations(sources)
    parts = [
        "\n".join(_finding_paragraphs(explained_finding, excerpts, locations, sources, paint))
        for explained_finding in explanation.findings
    ]
    if not explanation.findings:
        parts.append("\n".join(_no_finding(explanation, excerpts, locations, paint)))
    if explanation.related_findings:
        parts.append("\n".join(_related_line(explanation.related_findings, locations, paint)))
    shown = {(finding.finding.place, _summary(finding.finding)) for finding in explanation.findings}
    requests = [request for request in explanation.requests if (request.place, request.message) not in shown]
    if requests:
        parts.append("\n".join(_requests(requests, locations, paint)))
    parts += [f"{paint.label('note')}: {plain(note)}." for note in explanation.notes]
    return "\n\n".join(parts)


def _finding_paragraphs(
    explained_finding: ExplainedFinding,
    excerpts: Excerpts,
    locations: DisplayLocations,
    sources: Mapping[str, SourceFile],
    paint: TextStyle,
) -> Iterator[str]:
    finding = explained_finding.finding
    yield full([replace(finding, help=None)], excerpts, TextOptions(paint, trace=True, locations=locations))
    if explained_finding.hidden is not None:
        yield f"{paint.label('not reported')}: {plain(explained_finding.hidden)}"
    if len(explained_finding.members) > 1:
        yield (
            f"{paint.label('conversation')}: {pluralize(len(explained_finding.members), 'request')}, "
            "fixed together or not at all"
        )
        for member in explained_finding.members:
            other, hidden = member.finding, f" (not reported: {member.hidden})" if member.hidden else ""
            mark = ">" if other == finding else " "
            yield (
                f"  {mark} {_location_text(other.place, locations)}: {paint.code(other.code)} "
                f"{plain(other.message + hidden)}"
            )
    if explained_finding.changes:
        yield f"{paint.label(f'what `{_command(finding)}` does')}:"
        yield diff_text(explained_finding.changes, paint, sources)
    yield from _unlock(explained_finding, paint)


def _unlock(explained_finding: ExplainedFinding, paint: TextStyle) -> Iterator[str]:
    """The one fact that would make a fix possible."""
    finding = explained_finding.finding
    unlocks = unlock_text(finding)
    if finding.fix.applicability is not Applicability.SAFE and unlocks is not None:
        yield f"{paint.label('what to do')}: {unlocks}"
    elif explained_finding.unlock:
        yield f"{paint.label('help')}:"
    if explained_finding.unlock:
        yield from _indent_addition(explained_finding.unlock)


def _command(finding: Finding) -> str:
    option = (
        "" if finding.fix.applicability is Applicability.SAFE else f" --{finding.fix.applicability.value}"
    )
    return f"fix{option}"


def _no_finding(
    explanation: Explanation, excerpts: Excerpts, locations: DisplayLocations, paint: TextStyle
) -> Iterator[str]:
    target = explanation.target
    location = locations.format(target.path, target.row, target.column or 1)
    if target.column is None:
        location = location.rpartition(":")[0]
    yield f"{paint.strong('No finding')} at {plain(location)}"
    lines = excerpts.lines(target.path)
    line = lines[target.row - 1] if target.row <= len(lines) else ""
    indent = len(line) - len(line.lstrip())
    place = Place(target.path, target.row, indent + 1, target.row, len(line.rstrip()) + 1)
    excerpt = excerpts.excerpt(place, paint)
    if excerpt:
        yield excerpt


def _related_line(
    related_findings: Sequence[RelatedFinding], locations: DisplayLocations, paint: TextStyle
) -> Iterator[str]:
    yield f"{paint.label('a step of')}:"
    for related_finding in related_findings:
        finding = related_finding.finding
        location = _location_text(finding.place, locations)
        yield f"  {location}: {paint.code(finding.code)} {plain(finding.message)}"
        yield f"{_INDENT}here: {plain(related_finding.step.text)}"


def _summary(finding: Finding) -> str:
    """A finding as the message of the request that it reports: its trace shows the same evidence."""
    return f"{finding.code} {finding.message}"


def _requests(
    requests: Sequence[ClassifiedRequest], locations: DisplayLocations, paint: TextStyle
) -> Iterator[str]:
    yield f"{paint.label('requests sent here')}:"
    for request in requests:
        yield (
            f"  {paint.strong(plain(request.sent))} "
            f"({plain(request.client)}, {_location_text(request.place, locations)})"
        )
        standing = _STANDINGS.get(request.classification, request.classification.value)
        yield f"{_INDENT}{standing}: {plain(request.message)}"
        for evidence in request.evidence:
            yield f"{_INDENT}recognized by: {plain(evidence)}"
        if request.unlock:
            yield from _indent_addition(request.unlock)


def _indent_addition(text: str) -> Iterator[str]:
    """The lines of a text to add below a sentence on its place."""
    sentence, *lines = plain_lines(text.rstrip()).split("\n")
    indent = f"{_INDENT}  " if sentence.endswith(":") else _INDENT
    yield f"{_INDENT}{sentence}"
    for line in lines:
        yield f"{indent}{line}".rstrip()


def _location_text(place: Place, locations: DisplayLocations) -> str:
    return plain(locations.format(place.path, place.row, place.column))


VERSION = 1


def explained_json(explanation: Explanation, sources: Mapping[str, SourceFile], root: Path) -> str:
    """The explanation as JSON, in ASCII. `root` is the directory that fingerprints are relative to."""
    findings = [
        finding
        for explained_finding in explanation.findings
        for finding in (explained_finding.finding, *(member.finding for member in explained_finding.members))
    ]
    findings += [related_finding.finding for related_finding in explanation.related_findings]
    writer = JsonWriter(sources, digests(dict.fromkeys(findings), sources, root))
    target = explanation.target
    document: Json = {
        "version": VERSION,
        **_target(target, explanation.rows, DisplayLocations(sources)),
        "findings": [
            _finding_object(explained_finding, writer) for explained_finding in explanation.findings
        ],
        "steps": [
            _related_object(related_finding, writer) for related_finding in explanation.related_findings
        ],
        "requests": [_request(request, writer) for request in explanation.requests],
        "notes": list(explanation.notes),
    }
    return json_text(document)


def _target(target: PlaceQuery, rows: Rows, locations: DisplayLocations) -> Json:
    """The queried place. In a notebook, with the cell and rows in its code."""
    cell = locations.in_cell(target.path, target.row, 1)
    ahead = target.row - cell.row if cell is not None else 0
    return {
        "filename": target.path,
        **({"cell": cell.cell} if cell is not None else {}),
        "row": target.row - ahead,
        "column": target.column,
        "rows": {"first": rows.first - ahead, "last": rows.last - ahead},
    }


def _finding_object(explained_finding: ExplainedFinding, writer: JsonWriter) -> Json:
    finding = explained_finding.finding
    unlocks = unlock_text(finding)
    return {
        **writer.finding(finding),
        "not_reported": explained_finding.hidden,
        "members": [
            {**_finding_summary(member.finding, writer), "not_reported": member.hidden}
            for member in explained_finding.members
        ],
        "diff": diff_text(explained_finding.changes, TextStyle(), writer.sources),
        "unlock": {"what": unlocks, "add": explained_finding.unlock} if unlocks is not None else None,
    }


def _related_object(related_finding: RelatedFinding, writer: JsonWriter) -> Json:
    return {
        **writer.place(related_finding.step.place),
        "message": related_finding.step.text,
        "finding": _finding_summary(related_finding.finding, writer),
    }


def _finding_summary(finding: Finding, writer: JsonWriter) -> Json:
    return {"code": finding.code, "message": finding.message, **writer.place(finding.place)}


def _request(request: ClassifiedRequest, writer: JsonWriter) -> Json:
    return {
        **writer.place(request.place),
        "sent": request.sent,
        "client": request.client,
        "standing": request.classification.value,
        "message": request.message,
        "evidence": list(request.evidence),
        "unlock": request.unlock,
    }

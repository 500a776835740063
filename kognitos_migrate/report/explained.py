"""What is told of one place, for people at a terminal."""

from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.findings.accounts import Account
from kognitos_migrate.findings.explanation import Explanation, Passing, Told
from kognitos_migrate.findings.finding import Applicability, Finding, Place
from kognitos_migrate.findings.unlock import what_unlocks
from kognitos_migrate.record import replace
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import plain, plain_lines
from kognitos_migrate.report.excerpt import Excerpts
from kognitos_migrate.report.paint import Paint
from kognitos_migrate.report.text import TextOptions, full
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.locations import Locations

_INDENT = "    "


def explained_text(explanation: Explanation, sources: Mapping[str, SourceFile], paint: Paint) -> str:
    """All that is told, a paragraph for each thing."""
    excerpts, where = Excerpts(sources), Locations(sources)
    parts = ["\n".join(_told(one, excerpts, where, sources, paint)) for one in explanation.told]
    if not explanation.told:
        parts.append("\n".join(_no_finding(explanation, excerpts, where, paint)))
    if explanation.passing:
        parts.append("\n".join(_passing(explanation.passing, where, paint)))
    if explanation.requests:
        parts.append("\n".join(_requests(explanation.requests, where, paint)))
    parts += [f"{paint.label('note')}: {plain(note)}." for note in explanation.notes]
    return "\n\n".join(parts)


def _told(
    told: Told, excerpts: Excerpts, where: Locations, sources: Mapping[str, SourceFile], paint: Paint
) -> Iterator[str]:
    finding = told.finding
    yield full([replace(finding, help=None)], excerpts, TextOptions(paint, trace=True, locations=where))
    if told.hidden is not None:
        yield f"{paint.label('not reported')}: {plain(told.hidden)}"
    if len(told.members) > 1:
        yield f"{paint.label('conversation')}: {len(told.members)} requests, fixed together or not at all"
        for member in told.members:
            one, hidden = member.finding, f" (not reported: {member.hidden})" if member.hidden else ""
            mark = ">" if one == finding else " "
            yield f"  {mark} {_where(one.place, where)}: {paint.code(one.code)} {plain(one.message + hidden)}"
    if told.changes:
        yield f"{paint.label(f'what `{_command(finding)}` does')}:"
        yield diff_text(told.changes, paint, sources)
    yield from _unlock(told, paint)


def _unlock(told: Told, paint: Paint) -> Iterator[str]:
    """The one fact that would make a fix possible."""
    finding = told.finding
    unlocks = what_unlocks(finding)
    if finding.fix.applicability is not Applicability.SAFE and unlocks is not None:
        yield f"{paint.label('what unlocks a fix')}: {unlocks}"
    elif told.unlock:
        yield f"{paint.label('help')}:"
    if told.unlock:
        yield from _indented(told.unlock)


def _command(finding: Finding) -> str:
    option = (
        "" if finding.fix.applicability is Applicability.SAFE else f" --{finding.fix.applicability.value}"
    )
    return f"fix{option}"


def _no_finding(
    explanation: Explanation, excerpts: Excerpts, where: Locations, paint: Paint
) -> Iterator[str]:
    target = explanation.target
    said = where.said(target.path, target.row, target.column or 1)
    if target.column is None:
        said = said.rpartition(":")[0]
    yield f"{paint.strong('No finding')} at {plain(said)}"
    lines = excerpts.lines(target.path)
    line = lines[target.row - 1] if target.row <= len(lines) else ""
    indent = len(line) - len(line.lstrip())
    place = Place(target.path, target.row, indent + 1, target.row, len(line.rstrip()) + 1)
    excerpt = excerpts.excerpt(place, paint)
    if excerpt:
        yield excerpt


def _passing(passing: Sequence[Passing], where: Locations, paint: Paint) -> Iterator[str]:
    yield f"{paint.label('a step of')}:"
    for one in passing:
        finding = one.finding
        yield f"  {_where(finding.place, where)}: {paint.code(finding.code)} {plain(finding.message)}"
        yield f"{_INDENT}here: {plain(one.step.text)}"


def _requests(requests: Sequence[Account], where: Locations, paint: Paint) -> Iterator[str]:
    yield f"{paint.label('requests that are sent here')}:"
    for one in requests:
        yield f"  {paint.strong(plain(one.sent))} ({plain(one.client)}, {_where(one.place, where)})"
        yield f"{_INDENT}{one.standing.value}: {plain(one.said)}"
        for shown in one.evidence:
            yield f"{_INDENT}shown by: {plain(shown)}"
        if one.unlock:
            yield from _indented(one.unlock)


def _indented(text: str) -> Iterator[str]:
    for line in plain_lines(text.rstrip()).split("\n"):
        yield f"{_INDENT}{line}".rstrip()


def _where(place: Place, where: Locations) -> str:
    return plain(where.said(place.path, place.row, place.column))

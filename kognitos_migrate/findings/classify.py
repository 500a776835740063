"""From plans and refusals to findings: every use of the old version, its place, its trace, how it is
fixed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kognitos_migrate.conversations.dynamic import Dynamic
from kognitos_migrate.conversations.leftovers import Leftover
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.finding import Applicability, Finding, Fix, Place, Severity, Step
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import Edit, Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Reply, Text
from kognitos_migrate.values.join import alternatives

SYNTAX_ERROR = ("KOG901", "syntax-error")
NOT_FOLLOWED = ("KOG902", "v1-not-followed")
TOO_DYNAMIC = ("KOG903", "too-dynamic")


@dataclass(frozen=True, slots=True)
class Planned:
    """A conversation with what is planned for it, and the edits that come of it."""

    conversation: Conversation
    outcome: Plan | Refusal
    edits: tuple[Edit, ...]


class Places:
    """Rows and columns of spans, by file."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._indexes: dict[str, LineIndex] = {}

    def of(self, span: Span) -> Place:
        """The place of a span."""
        if span.path not in self._indexes:
            self._indexes[span.path] = LineIndex(self._texts[span.path])
        located = self._indexes[span.path].place(span.path, span.start, span.end)
        return Place(*located)


def findings_of(
    scene: Scene, planned: list[Planned], leftovers: list[Leftover], dynamic: list[Dynamic], places: Places
) -> list[Finding]:
    """All findings, in the order of place."""
    found: dict[tuple[Place, str], Finding] = {}
    for number, one in enumerate(planned, 1):
        for match in one.conversation.matches:
            finding = _finding(scene, one, match, f"c{number}", places)
            found.setdefault((finding.place, finding.code), finding)
    for one_dynamic in dynamic:
        finding = _dynamic(scene, one_dynamic, places)
        found.setdefault((finding.place, finding.code), finding)
    taken = {(place.path, row) for place, _ in found for row in range(place.row, place.end_row + 1)}
    for leftover in leftovers:
        finding = _leftover(scene, leftover, places)
        if (finding.place.path, finding.place.row) not in taken:
            found.setdefault((finding.place, finding.code), finding)
    return sorted(found.values(), key=lambda finding: (finding.place, finding.code))


def _finding(scene: Scene, one: Planned, match: Match, conversation: str, places: Places) -> Finding:
    operation = match.operation
    outcome = one.outcome
    place = places.of(scene.span(primary(scene, match)))
    message, reason, help_ = operation.message, None, None
    notes: tuple[str, ...] = ()
    if isinstance(outcome, Refusal):
        held = places.of(scene.span(outcome.site))
        own = (
            any(site == outcome.site for site, _ in scene.calls(match.request))
            or len(one.conversation.matches) == 1
        )
        where = "" if own and held == place else f" ({held.path}:{held.row}:{held.column})"
        fix = Fix(Applicability.MANUAL, f"left as it is: {outcome.message}{where}")
        reason, help_ = outcome.reason, outcome.help
    else:
        fix = Fix(applicability(outcome), f"becomes {operation.new.method} {_path(match)}", one.edits)
        notes = outcome.notes
        if outcome.adapting is not None:
            reason = outcome.adapting.reason
            notes = (_adapting(scene, outcome.adapting, places), *notes)
    trace = tuple(_trace(scene, match, places))
    return Finding(
        operation.code,
        operation.name,
        message,
        Severity.ERROR,
        place,
        fix,
        reason,
        conversation,
        trace,
        operation.url,
        help_,
        tuple(notes),
    )


def _adapting(scene: Scene, why: Refusal, places: Places) -> str:
    held = places.of(scene.span(why.site))
    return f"put back into its old shape: {why.message} ({held.path}:{held.row}:{held.column})"


def applicability(plan: Plan) -> Applicability:
    """How certain a plan is to keep what the program does."""
    return Applicability.SAFE if plan.adapting is None else Applicability.ADAPT


def _path(match: Match) -> str:
    new = match.operation.new
    if new.target is not None:
        return "the upload's URL, as a form"
    return "".join(
        f"/{part.text if part.text is not None else '{' + (part.slot or '') + '}'}" for part in new.path
    )


def primary(scene: Scene, match: Match) -> Site:
    """Where a match is shown: the innermost call that sends only this operation."""
    for site, _ in scene.calls(match.request):
        if scene.same_operation(scene.callers.get(site, set()), match):
            return site
    return match.request.site


def _trace(scene: Scene, match: Match, places: Places) -> Iterator[Step]:
    for path in match.paths[:1]:
        seen: set[Site] = set()
        for piece in path.url.pieces():
            if piece.site is not None and piece.site not in seen:
                seen.add(piece.site)
                word = "the URL begins here" if len(seen) == 1 else "a part of the URL"
                yield Step(places.of(scene.span(piece.site)), word)
    for number, (site, _) in enumerate(reversed(list(scene.calls(match.request)))):
        del number
        last = site == match.request.site
        yield Step(places.of(scene.span(site)), "the request is sent" if last else "by this call")
    done: set[tuple[Site, str]] = set()
    for use in scene.uses.get(match.request.id, []):
        if use.kind is UseKind.READ and isinstance(use.value, Reply) and use.other is not None:
            for choice in alternatives(use.other):
                name = choice.literal if isinstance(choice, Text) else None
                if name is not None and (use.site, name) not in done:
                    done.add((use.site, name))
                    yield Step(places.of(scene.span(use.site)), f"`{name}` of the reply is read")


def _leftover(scene: Scene, leftover: Leftover, places: Places) -> Finding:
    code, name = NOT_FOLLOWED
    return Finding(
        code,
        name,
        f"{leftover.what} is named here, but no request could be followed from it",
        Severity.WARNING,
        places.of(scene.span(leftover.site)),
        Fix(Applicability.MANUAL, "look at what is sent from here, and migrate it by hand"),
        "not-followed",
    )


def _dynamic(scene: Scene, dynamic: Dynamic, places: Places) -> Finding:
    code, name = TOO_DYNAMIC
    return Finding(
        code,
        name,
        f"{dynamic.what}: it may be a call of the old version",
        Severity.WARNING,
        places.of(scene.span(dynamic.site)),
        Fix(Applicability.MANUAL, "look at what is sent from here, and migrate it by hand"),
        "too-dynamic",
    )


def syntax_error(path: str, text: str, message: str, line: int, named: list[str]) -> Finding:
    """A file that can't be parsed; `named` is what its text names of the old version."""
    code, name = SYNTAX_ERROR
    lines = text.splitlines() or [""]
    row = min(max(line, 1), len(lines))
    said = f"; its text names {', '.join(named)}" if named else ""
    return Finding(
        code,
        name,
        f"this file can't be parsed: {message}{said}",
        Severity.ERROR,
        Place(path, row, 1, row, len(lines[row - 1]) + 1),
        Fix(Applicability.MANUAL, "mend the syntax, then run the tool again"),
        "syntax-error",
    )

"""From plans and refusals to findings: every use of the old version, its place, its trace, how it is
fixed."""

from kognitos_migrate.conversations.dynamic import Dynamic
from kognitos_migrate.conversations.leftovers import Leftover
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.finding import HELD_BACK, Applicability, Finding, Fix, Place
from kognitos_migrate.findings.holder import holder_of
from kognitos_migrate.findings.inflight import notes_in_flight
from kognitos_migrate.findings.passages import notes_of_passages
from kognitos_migrate.findings.places import Places
from kognitos_migrate.findings.primary import primary
from kognitos_migrate.findings.reasons import REASONS
from kognitos_migrate.findings.runtime_keys import notes_of_keys
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.findings.trace import Traces
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.rulebook.codes import NOT_FOLLOWED, SYNTAX_ERROR, TOO_DYNAMIC
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.source.span import Edit
from kognitos_migrate.syntax.tree import SourceSyntaxError

_LOOK = "look at what is sent from here, and migrate it by hand"


class Planned(Struct, frozen=True):
    """A conversation with what is planned for it, and the edits that come of it."""

    conversation: Conversation
    outcome: Plan | Refusal
    edits: tuple[Edit, ...]


def findings_of(
    scene: Scene, planned: list[Planned], leftovers: list[Leftover], dynamic: list[Dynamic], places: Places
) -> list[Finding]:
    """All findings, in the order of place."""
    traces = Traces(scene, places)
    found: dict[tuple[Place, str, int], Finding] = {}
    for number, one in enumerate(planned, 1):
        in_flight = notes_in_flight(scene, one.conversation, places)
        held = one.outcome.site if isinstance(one.outcome, Refusal) else None
        holder = holder_of(scene, one.conversation, held) if held is not None else None
        is_fixed = isinstance(one.outcome, Plan) and one.outcome.adapting is None
        passages = {} if is_fixed else notes_of_passages(scene, one.conversation, places)
        keys = notes_of_keys(scene, one.conversation) if held is None else {}
        for match in one.conversation.matches:
            finding = _finding(scene, one, holder, match, f"c{number}", traces)
            known = found.setdefault((finding.place, finding.code, number), finding)
            own = (*passages.get(match.request.id, ()), *in_flight.get(match.request.id, ()))
            own = (*own, *keys.get(match.request.id, ()))
            notes = dict.fromkeys((*known.notes, *own))
            found[finding.place, finding.code, number] = replace(known, notes=tuple(notes))
    others: dict[tuple[Place, str], Finding] = {}
    for one_dynamic in dynamic:
        finding = _dynamic(scene, one_dynamic, traces)
        others.setdefault((finding.place, finding.code), finding)
    places_taken = {*(place for place, _, _ in found), *(place for place, _ in others)}
    taken = {(place.path, row) for place in places_taken for row in range(place.row, place.end_row + 1)}
    for leftover in leftovers:
        finding = _leftover(scene, leftover, places)
        if (finding.place.path, finding.place.row) not in taken:
            others.setdefault((finding.place, finding.code), finding)
    calls = {(place, code) for place, code, _ in found}
    rest = (finding for place, finding in others.items() if place not in calls)
    return sorted([*found.values(), *rest], key=lambda finding: (finding.place, finding.code))


def _finding(
    scene: Scene, one: Planned, holder: Match | None, match: Match, conversation: str, traces: Traces
) -> Finding:
    operation = match.operation
    outcome = one.outcome
    place = traces.places.of(scene.span(primary(scene, match)))
    trace = traces.of(match, one.conversation.telling_signs(match.request.id))
    reason, help_ = None, None
    notes: tuple[str, ...] = ()
    if isinstance(outcome, Refusal):
        fix = Fix(
            Applicability.MANUAL, f"left as it is: {_held_back(scene, one, outcome, holder, match, traces)}"
        )
        reason, help_ = outcome.reason, outcome.help
        trace = (*trace, traces.step(outcome.site, f"{HELD_BACK}{outcome.message}"))
    else:
        fix = Fix(applicability(outcome), f"becomes {new_call(operation)}", one.edits)
        notes = outcome.notes
        if outcome.adapting is not None:
            reason = outcome.adapting.reason
            notes = (_adapting(scene, outcome.adapting, traces.places), *notes)
            why = f"what it says is put back into its old shape: {outcome.adapting.message}"
            trace = (*trace, traces.step(outcome.adapting.site, why))
    mocked = f"a mock of what {operation.message}" if match.request.stub is not None else operation.message
    return Finding(
        operation.code,
        operation.name,
        mocked,
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


def _held_back(
    scene: Scene, one: Planned, refusal: Refusal, holder: Match | None, match: Match, traces: Traces
) -> str:
    """Why a request stays, and which one of its conversation is to blame, where it is another."""
    held = traces.places.of(scene.span(refusal.site))
    place = traces.places.of(scene.span(primary(scene, match)))
    if holder is not None and traces.places.of(scene.span(primary(scene, holder))) != place:
        return f"{refusal.message} ({holder.operation.code}, {traces.places.said(held)})"
    own = (
        any(site == refusal.site for site, _ in scene.calls(match.request))
        or len(one.conversation.matches) == 1
    )
    where = "" if own and held == place else f" ({traces.places.said(held)})"
    return f"{refusal.message}{where}"


def _adapting(scene: Scene, why: Refusal, places: Places) -> str:
    held = places.of(scene.span(why.site))
    return f"put back into its old shape: {why.message} ({places.said(held)})"


def applicability(plan: Plan) -> Applicability:
    """How certain a plan is to keep what the program does."""
    return Applicability.SAFE if plan.adapting is None else Applicability.ADAPT


def new_call(operation: Operation) -> str:
    """What an operation is on the new version, in words: `GET /new/things/{thing}`."""
    new = operation.new
    if new.target is not None:
        return f"{new.method} the upload's URL, as a form"
    return new.call


def _leftover(scene: Scene, leftover: Leftover, places: Places) -> Finding:
    message = f"{leftover.what} is named here, but no request could be followed from it"
    return by_hand(NOT_FOLLOWED, message, places.of(scene.span(leftover.site)), _LOOK, "not-followed")


def _dynamic(scene: Scene, dynamic: Dynamic, traces: Traces) -> Finding:
    message = f"{dynamic.what}: it may be a call of the old version"
    place = traces.places.of(scene.span(dynamic.site))
    finding = by_hand(TOO_DYNAMIC, message, place, _LOOK, "too-dynamic")
    if not dynamic.signs:
        return finding
    steps = traces.evidence(dynamic.signs, "this is as in a call of the API")
    return replace(finding, trace=(*steps, traces.step(dynamic.site, f"here: {message}")))


def syntax_error(path: str, text: str, error: SourceSyntaxError, named: list[str]) -> Finding:
    """A file that can't be parsed; `named` is what its text names of the old version."""
    lines = text.splitlines() or [""]
    row = min(max(error.line, 1), len(lines))
    said = f"; its text names {', '.join(named)}" if named else ""
    message = f"this file can't be parsed: {error.message}{said}"
    place = Place(path, row, 1, row, len(lines[row - 1]) + 1)
    to_do = f"{REASONS[error.reason].todo}, then run the tool again"
    return by_hand(SYNTAX_ERROR, message, place, to_do, error.reason)

"""Factories for each kind of finding."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.unexplained_texts import UnexplainedText
from kognitos_migrate.conversations.unresolved_requests import DynamicSend
from kognitos_migrate.conversations.unversioned_requests import sources_out_of_sight
from kognitos_migrate.edits.adapter_source import MARK, is_adapter, is_marked
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.plan import Plan, Refusal, notes_of_version_settings
from kognitos_migrate.findings.key_notes import notes_of_keys, notes_of_stubs
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.findings.notes import (
    notes_of_passages,
    notes_on_persisted_ids,
)
from kognitos_migrate.findings.reasons import all_reasons
from kognitos_migrate.findings.request_classification import request_at_site
from kognitos_migrate.findings.result import (
    HELD_BACK,
    MOCKS,
    OF_CHOICE,
    OF_CONFIGURATION,
    Applicability,
    Finding,
    Fix,
    Place,
    PlaceConverter,
)
from kognitos_migrate.findings.severity import Severity
from kognitos_migrate.findings.trace import Traces, primary_call
from kognitos_migrate.rulebook.codes import ADAPTED, NOT_FOLLOWED, SYNTAX_ERROR, TOO_DYNAMIC
from kognitos_migrate.rulebook.model import Operation
from kognitos_migrate.source.data_file.forms import is_settings_module
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import call_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Function

_LOOK = "check whether this sends a v1 request, and migrate it by hand"
_DELETE = "delete it, or change it together with the calls in this module"


class PlannedConversation(Struct, frozen=True):
    """A conversation with its plan or refusal, and the resulting edits."""

    conversation: Conversation
    outcome: Plan | Refusal
    edits: tuple[Edit, ...]


_EditedText = tuple[PendingEdit, PlannedConversation, Plan]


def findings_of(
    context: PlanContext,
    conversations: list[PlannedConversation],
    leftovers: list[UnexplainedText],
    dynamic: list[DynamicSend],
    places: PlaceConverter,
) -> list[Finding]:
    """All findings, in the order of place."""
    traces = Traces(context, places)
    findings_by_call: dict[tuple[Place, str, int], Finding] = {}
    for number, planned in enumerate(conversations, 1):
        in_flight = notes_on_persisted_ids(context, planned.conversation, places)
        refusal_site = planned.outcome.site if isinstance(planned.outcome, Refusal) else None
        holder = (
            request_at_site(context, planned.conversation, refusal_site) if refusal_site is not None else None
        )
        is_fixed = isinstance(planned.outcome, Plan) and planned.outcome.avoided_refusal is None
        passages = {} if is_fixed else notes_of_passages(context, planned.conversation, places)
        keys = notes_of_keys(context, planned.conversation, places) if refusal_site is None else {}
        stubs = notes_of_stubs(context, planned.conversation) if refusal_site is None else {}
        for match in sorted(planned.conversation.matches, key=partial(_is_sent_by_test, context)):
            finding = _old_version_finding(context, planned, holder, match, f"c{number}", traces)
            previous = findings_by_call.setdefault((finding.place, finding.code, number), finding)
            own = (*passages.get(match.request.id, ()), *in_flight.get(match.request.id, ()))
            own = (*own, *keys.get(match.request.id, ()), *stubs.get(match.request.id, ()))
            notes = dict.fromkeys((*previous.notes, *finding.notes, *own))
            findings_by_call[finding.place, finding.code, number] = replace(previous, notes=tuple(notes))
    others: dict[tuple[Place, str], Finding] = {}
    settings = _notes_of_settings(context, leftovers, places) if dynamic else ()
    for dynamic_send in dynamic:
        finding = replace(_dynamic_call_finding(context, dynamic_send, traces), notes=settings)
        others.setdefault((finding.place, finding.code), finding)
    places_taken = {*(place for place, _, _ in findings_by_call), *(place for place, _ in others)}
    taken = {(place.path, row) for place in places_taken for row in range(place.row, place.end_row + 1)}
    edited = _edited_texts(conversations) if any(not leftover.is_read for leftover in leftovers) else {}
    for leftover in leftovers:
        finding = _unexplained_text_finding(context, leftover, edited.get(leftover.site.path, ()), places)
        if (finding.place.path, finding.place.row) not in taken:
            others.setdefault((finding.place, finding.code), finding)
    calls = {(place, code) for place, code, _ in findings_by_call}
    rest = (finding for place, finding in others.items() if place not in calls)
    return sorted([*findings_by_call.values(), *rest], key=lambda finding: (finding.place, finding.code))


def _is_sent_by_test(context: PlanContext, match: Match) -> bool:
    """Whether a test's call sends the request. The trace of a call of the program explains more."""
    calls = list(context.calls(match.request))
    return bool(calls) and calls[-1][0].path in context.facts.tests


def _old_version_finding(
    context: PlanContext,
    planned: PlannedConversation,
    holder: Match | None,
    match: Match,
    conversation: str,
    traces: Traces,
) -> Finding:
    operation = match.operation
    outcome = planned.outcome
    place = traces.places.of(context.span(primary_call(context, match)))
    trace = traces.of(match, planned.conversation.proving_signs(match.request.id))
    reason, help_ = None, None
    notes: tuple[str, ...] = ()
    if isinstance(outcome, Refusal):
        fix = Fix(Applicability.MANUAL, _blocking_reason(context, planned, outcome, holder, match, traces))
        reason, help_ = outcome.reason, outcome.help
        if reason in OF_CONFIGURATION:  # the next obstacle is known
            settings = sources_out_of_sight(context, match)
            notes = tuple(
                f"then run `fix --unsafe`: {note}"
                for note in notes_of_version_settings(context, match, settings)
            )
        trace = (*trace, traces.step(outcome.site, f"{HELD_BACK}{outcome.message}"))
    else:
        fix = Fix(
            applicability(outcome),
            f"becomes {new_call(operation_of_rules(context, operation))}",
            planned.edits,
        )
        notes = outcome.notes.get(match.request.id, ())
        if outcome.version_sources:
            reason = "version-elsewhere"
        if outcome.avoided_refusal is not None:
            reason = reason or outcome.avoided_refusal.reason
            help_ = outcome.avoided_refusal.help
            notes = (
                _adapter_reason(context, planned.conversation, outcome.avoided_refusal, traces.places),
                *notes,
            )
            why = f"--adapt converts the response back to v1 shape: {outcome.avoided_refusal.message}"
            trace = (*trace, traces.step(outcome.avoided_refusal.site, why))
    mocked = f"{MOCKS}{operation.message}" if match.request.stub is not None else operation.message
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
        key_source=outcome.key_source if isinstance(outcome, Refusal) else None,
        is_blocked_elsewhere=isinstance(outcome, Refusal) and _is_at_other_place(context, holder, match),
    )


def _is_at_other_place(context: PlanContext, holder: Match | None, match: Match) -> bool:
    """Whether a request that holds back a conversation is sent at another place than a request of it."""
    return holder is not None and primary_call(context, holder) != primary_call(context, match)


def _blocking_reason(
    context: PlanContext,
    planned: PlannedConversation,
    refusal: Refusal,
    holder: Match | None,
    match: Match,
    traces: Traces,
) -> str:
    """The reason why a request stays unchanged. If another request of its conversation blocks it, also that
    one, unless the user chose."""
    if refusal.reason in OF_CHOICE:
        return refusal.message
    refusal_place = traces.places.of(context.span(refusal.site))
    place = traces.places.of(context.span(primary_call(context, match)))
    if holder is not None and _is_at_other_place(context, holder, match):
        return f"{refusal.message} ({holder.operation.code}, {traces.places.location_text(refusal_place)})"
    own = (
        any(site == refusal.site for site, _ in context.calls(match.request))
        or len(planned.conversation.matches) == 1
    )
    where = "" if own and refusal_place == place else f" ({traces.places.location_text(refusal_place)})"
    return f"{refusal.message}{where}"


def _adapter_reason(
    context: PlanContext, conversation: Conversation, refusal: Refusal, places: PlaceConverter
) -> str:
    """The use of a response that needs an adapter, with its operation if the conversation has several."""
    place = places.location_text(places.of(context.span(refusal.site)))
    user = request_at_site(context, conversation, refusal.site)
    codes = {match.operation.code for match in conversation.matches}
    where = f"{user.operation.code}, {place}" if user is not None and len(codes) > 1 else place
    return f"--adapt converts the response back to v1 shape: {refusal.message} ({where})"


def applicability(plan: Plan) -> Applicability:
    """The applicability of a plan's fix."""
    if plan.version_sources:
        return Applicability.UNSAFE
    return Applicability.SAFE if plan.avoided_refusal is None else Applicability.ADAPT


def new_call(operation: Operation) -> str:
    """The operation's new call: `GET /new/things/{thing}`."""
    new = operation.new
    if new.target is not None:
        return f"a multipart {new.method} to the upload URL"
    return new.call


def operation_of_rules(context: ProgramFacts, operation: Operation) -> Operation:
    """The operation with its whole paths, also for a call whose version isn't in sight."""
    return context.rules.operation(operation.id)


def _edited_texts(conversations: Iterable[PlannedConversation]) -> Mapping[str, Sequence[_EditedText]]:
    """The edits of all plans, by file."""
    edited: dict[str, list[_EditedText]] = {}
    for planned in conversations:
        if isinstance(planned.outcome, Plan):
            for edit in planned.outcome.edits:
                edited.setdefault(edit.span.path, []).append((edit, planned, planned.outcome))
    return edited


def _unexplained_text_finding(
    context: ProgramTrees, leftover: UnexplainedText, edited: Iterable[_EditedText], places: PlaceConverter
) -> Finding:
    around = context.span(leftover.site)
    if leftover.is_read:
        message = f"{leftover.description} is mentioned here, but no request could be traced from it"
        return manual_finding(NOT_FOLLOWED, message, places.of(around), _LOOK, "not-followed")
    message = f"{leftover.description} is mentioned in an unused string"
    finding = manual_finding(NOT_FOLLOWED, message, places.of(around), _DELETE, "not-followed")
    for edit, planned, outcome in edited:
        if around.contains(edit.span):
            fix = Fix(applicability(outcome), f"becomes {''.join(map(str, edit.parts))!r}", planned.edits)
            reason = outcome.avoided_refusal.reason if outcome.avoided_refusal is not None else None
            return replace(finding, fix=fix, reason=reason)
    return finding


def _dynamic_call_finding(context: ProgramTrees, send: DynamicSend, traces: Traces) -> Finding:
    message = f"{send.description}: it may call v1"
    place = traces.places.of(context.span(send.site))
    finding = replace(manual_finding(TOO_DYNAMIC, message, place, _LOOK, "too-dynamic"), help=send.help)
    if not send.signs:
        return finding
    steps = traces.evidence(send.signs, "this is typical of an API call")
    return replace(finding, trace=(*steps, traces.step(send.site, f"here: {message}")))


def _notes_of_settings(
    context: ProgramTrees, leftovers: Iterable[UnexplainedText], places: PlaceConverter
) -> tuple[str, ...]:
    """Notes on the texts of settings files that the program reads, and that no request was traced from."""
    read = [
        (leftover.description, places.of(context.span(leftover.site)))
        for leftover in leftovers
        if leftover.is_read and is_settings_module(context.trees[leftover.site.path].text)
    ]
    return tuple(f"{text} is in {place.path}:{place.row}, which this program reads" for text, place in read)


def syntax_error(path: str, text: str, error: SourceSyntaxError, named: list[str]) -> Finding:
    """The finding for a file that can't be parsed. `named` are the mentions of the old version in its
    text."""
    lines = text.splitlines() or [""]
    row = min(max(error.line, 1), len(lines))
    mentions = f"; its text mentions {', '.join(named)}" if named else ""
    message = f"this file can't be parsed: {error.message}{mentions}"
    place = Place(path, row, 1, row, len(lines[row - 1]) + 1)
    to_do = f"{all_reasons()[error.reason].todo}, then run the tool again"
    return manual_finding(SYNTAX_ERROR, message, place, to_do, error.reason)


def adapted_calls(context: ProgramFacts, places: PlaceConverter) -> Iterator[Finding]:
    """A finding for each place that uses an adapter."""
    modules = {path for path, tree in context.trees.items() if is_adapter(tree)}
    if not any(path in modules or MARK in tree.text for path, tree in context.trees.items()):
        return
    seen: set[Site] = set()
    for (site, _), value in context.facts.values.items():
        if site.path in modules or site in seen or _is_in_adapter(context, site):
            continue
        for choice in alternatives(value):
            if isinstance(choice, Function) and _is_adapter(context, choice, modules):
                seen.add(site)
                yield _adapted_finding(context, site, choice, places)


def _is_adapter(context: ProgramTrees, function: Function, modules: Collection[str]) -> bool:
    """Whether a function belongs to a module of adapters, or is marked as an adapter."""
    return function.site.path in modules or is_marked(context.node(function.site))


def _is_in_adapter(context: ProgramTrees, site: Site) -> bool:
    """Whether a place is inside the definition of a marked adapter."""
    tree = context.tree(site)
    node = tree.node(site)
    around = node if isinstance(node, cst.FunctionDef) else tree.enclosing(node, cst.FunctionDef)
    return around is not None and is_marked(around)


def _adapted_finding(
    context: ProgramTrees, site: Site, function: Function, places: PlaceConverter
) -> Finding:
    tree = context.tree(site)
    call = call_of(tree, tree.node(site))
    call_site = tree.site(call) if call is not None else site
    definition = context.node(function.site)
    function_name = definition.name.value if isinstance(definition, cst.FunctionDef) else "an adapter"
    message = f"callers still expect the v1 response, rebuilt by {function_name}()"
    to_do = f"read the v2 fields in the code that follows, and remove {function_name}()"
    return manual_finding(ADAPTED, message, places.of(context.span(call_site)), to_do, "adapted")

"""Rewrites the status codes that tests return for requests of an operation whose status changes.

[Response(201, ticket), Response(200)]    becomes    [Response(201, ticket), Response(204)]
"""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_matching import (
    canned_field_names,
    known_statuses,
    outermost_frame,
    status_numbers,
)
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.rulebook.model import Operation, Role, StubRole, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    HeapObject,
    Instance,
    Operand,
    SequenceObject,
    ServiceDouble,
    StubContent,
)
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Json, Reply, Symbol, Text, Value


class CannedStatus(NamedTuple):
    """A status that an object of a test has as a response, and whether the object also has content."""

    operand: Operand
    has_content: bool


def is_status_read(context: PlanContext, operation: Operation) -> bool:
    """Whether the program compares the status code of the operation's responses."""
    return any(
        isinstance(use.value, Reply) and use.value.path == (View.STATUS,) and use.kind is UseKind.COMPARE
        for match in context.matches.values()
        if match.operation.id == operation.id and match.request.stub is None
        for use in context.uses.get(match.request.id, ())
    )


def migrate_canned_statuses(context: PlanContext, matches: Iterable[Match]) -> Iterator[PendingEdit]:
    """Pending edits of the statuses of doubles without a URL. Raises RefusalError if a test sends a request
    whose status changes, and it isn't known which status answers it."""
    sent = [match for match in matches if match.request.stub is None]
    changing = {
        match.operation.id: match.operation
        for match in sent
        if match.operation.old.status != match.operation.new.status
    }
    edits: dict[PendingEdit, None] = {}
    for operation in changing.values():
        if not is_status_read(context, operation):
            continue
        own = [match for match in sent if match.operation.id == operation.id]
        for test in dict.fromkeys(outermost_frame(context.facts, match.request.frame) for match in own):
            if context.facts.frames[test].path in context.facts.tests:
                edits.update((edit, None) for edit in _edits_of_test(context, operation, test))
    yield from edits


def _edits_of_test(context: PlanContext, operation: Operation, test: int) -> Iterator[PendingEdit]:
    stubs = _stubs_of_test(context, test)
    if any(_is_served(stub) or _is_registered(operation, stub) for stub in stubs):
        return  # the response belongs to its URL
    source = operation.old.target.operation if operation.old.target is not None else operation.id
    if not any(stub.operation.id == source and _may_supply_target(context, stub) for stub in stubs):
        return  # the test ends before the request
    statuses = _statuses_of_test(context, test)
    alone = [status for status in statuses if not status.has_content]
    old = operation.old.status
    if not any(map(status_numbers, (status.operand for status in alone))):
        place = next(
            (status.operand.site for status in statuses if old in status_numbers(status.operand)), None
        )
        message = f"the status that answers the request for which {old} becomes {operation.new.status}"
        at = place or next(stub.request.site for stub in stubs if stub.operation.id == source)
        raise _refusal(at, f"{message} isn't known here")
    for operand in (status.operand for status in alone):
        if old in status_numbers(operand) and _reaches(context, stubs, operation, operand):
            _require_no_other_request(context, operation, operand, stubs, test)
            yield _status_edit(context, operation, operand, statuses)


def _is_served(stub: Match) -> bool:
    return stub.request.stub is not None and stub.request.stub.served


def _is_registered(operation: Operation, stub: Match) -> bool:
    return stub.operation.id == operation.id and bool(stub.request.value(Role.URL))


def _may_supply_target(context: ProgramFacts, stub: Match) -> bool:
    """Whether a reply of a stub may have fields, such as the URL of the next request: it isn't known to be an
    error without any of the operation's."""
    assert stub.request.stub is not None
    names = {member.name for member in stub.operation.old.reply}
    replies = stub.request.stub.replies.values()
    return not replies or any(
        min(known_statuses(reply), default=0) < HTTPStatus.BAD_REQUEST
        or not all(_is_known(context, operand.value) for operand in (*reply.json, *reply.text))
        or bool(names & canned_field_names(context.facts, reply))
        for reply in replies
    )


def _is_known(context: ProgramFacts, content: Value) -> bool:
    """Whether all names in the content of a reply are known."""
    return all(
        isinstance(choice, Const)
        or (isinstance(choice, Text) and choice.literal is not None)
        or (isinstance(choice, Json) and _is_known(context, choice.value))
        or (isinstance(part := context.facts.heap.get(choice), DictObject) and part.is_closed)
        for choice in alternatives(content)
    )


def _refusal(at: Site, message: str) -> RefusalError:
    return RefusalError(at, "stub", message, "return each response where the test looks at its URL")


def _stubs_of_test(context: PlanContext, test: int) -> list[Match]:
    """The stubs of a test, and those of functions that may prepare it."""
    return [
        match
        for match in context.matches.values()
        if match.request.stub is not None and _serves_test(context, match.request.frame, test)
    ]


def _serves_test(context: PlanContext, frame: int, test: int) -> bool:
    """Whether an object that is made in a frame is for a test: its own, or one of a function that sends no
    request, as a fixture."""
    outer = outermost_frame(context.facts, frame)
    return outer == test or outer not in context.memoize(_sending_frames)


def _sending_frames(context: ProgramFacts) -> frozenset[int]:
    """The outermost frames of all requests of the program."""
    sent = [request for request in context.facts.requests if request.stub is None]
    return frozenset(outermost_frame(context.facts, request.frame) for request in sent)


def _statuses_of_test(context: PlanContext, test: int) -> list[CannedStatus]:
    return [
        status
        for status in context.memoize(_canned_statuses)
        if _serves_test(context, status.operand.frame, test)
    ]


def _canned_statuses(context: ProgramFacts) -> list[CannedStatus]:
    """The statuses of all objects of tests that have one."""
    facts = context.facts
    views = {name: view for client in context.rules.clients for name, view in client.reply.items()}
    registered = {
        site
        for request in facts.requests
        if request.stub is not None and request.value(Role.URL)
        for site in request.stub.replies
    }
    return [
        status
        for heap_object in facts.heap.objects
        if isinstance(heap_object, ServiceDouble | Instance | StubContent)
        if heap_object.site.path in facts.tests and heap_object.site not in registered
        for status in _statuses_of_object(context, views, heap_object)
    ]


def _statuses_of_object(
    context: ProgramFacts, views: Mapping[str, View], response: ServiceDouble | Instance | StubContent
) -> Iterator[CannedStatus]:
    """The statuses of an object. The attributes of a double may be those of several responses."""
    if isinstance(response, StubContent):
        parts = response.parts
        has_content = bool(parts.get(StubRole.REPLY_JSON) or parts.get(StubRole.REPLY_TEXT))
        for operand in parts.get(StubRole.STATUS, ()):
            yield CannedStatus(operand, has_content)
        return
    if isinstance(response, Instance):
        assigned: Mapping[tuple[str, ...], list[Operand]] = {
            (name,): operands for name, operands in response.origins.items()
        }
    else:
        assigned = response.assigned
    for names, operands in assigned.items():
        if not names or views.get(names[-1]) is not View.STATUS:
            continue
        parts_beside = (
            operand.value
            for other, values in assigned.items()
            if other != names and other[: len(names) - 1] == names[:-1]
            for operand in values
        )
        has_content = any(_may_be_content(context, value) for value in parts_beside)
        for operand in operands:
            yield CannedStatus(operand, has_content)


def _may_be_content(context: ProgramFacts, value: Value) -> bool:
    """Whether a part of a response may be its content: data, or an object that may return them."""
    return any(
        not isinstance(choice, Const | Text | Symbol)
        and not _is_empty(context, context.facts.heap.get(choice))
        for choice in alternatives(value)
    )


def _is_empty(context: ProgramFacts, part: HeapObject | None) -> bool:
    match part:
        case DictObject():
            return not (part.open or part.spreads or part.all_entries)
        case SequenceObject():
            return not part.items
        case ServiceDouble():
            operands = [operand for values in part.assigned.values() for operand in values]
            return not any(_may_be_content(context, operand.value) for operand in operands)
    return False


def _reaches(context: PlanContext, stubs: list[Match], operation: Operation, operand: Operand) -> bool:
    return all(
        ReceivedUrls(context, stub).reach_place(operation, operand.site, operand.frame) for stub in stubs
    )


def _require_no_other_request(
    context: PlanContext, operation: Operation, operand: Operand, stubs: list[Match], test: int
) -> None:
    """Raises RefusalError if a response without content may answer another request of the test, whose status
    the program looks at."""
    for request in context.facts.requests:
        if request.stub is not None or outermost_frame(context.facts, request.frame) != test:
            continue
        match = context.matches.get(request.id)
        if match is not None and (
            match.operation.id == operation.id
            or not is_status_read(context, match.operation)
            or any(stub.operation.id == match.operation.id for stub in stubs)
            or not _reaches(context, stubs, match.operation, operand)
        ):
            continue
        message = f"the status {operation.old.status} may be that of another request, for which it stays"
        raise _refusal(operand.site, message)


def _status_edit(
    context: PlanContext, operation: Operation, operand: Operand, statuses: list[CannedStatus]
) -> PendingEdit:
    """The status as the new one, where it is written. Raises RefusalError if it is no literal, or also the
    status of a response with content."""
    written = _outermost_argument(context, operand)
    node = context.node(written.site)
    if not isinstance(node, cst.Integer):
        message = f"the status changes to {operation.new.status}, and it isn't a literal here"
        raise _refusal(operand.site, message)
    if any(
        other.has_content and _outermost_argument(context, other.operand).site == written.site
        for other in statuses
    ):
        raise _refusal(written.site, f"the status {operation.old.status} is also that of other responses")
    return PendingEdit(context.span(written.site), (str(operation.new.status),))


def _outermost_argument(context: PlanContext, operand: Operand) -> Operand:
    """The argument that a status is, outside of the functions of the test that it is passed through."""
    outer = context.caller_argument(operand)
    while outer is not None:
        operand, outer = outer, context.caller_argument(outer)
    return operand

"""The requests that a stub answers: those that its test reaches."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import libcst as cst

from kognitos_migrate.conversations.match import Match, method_fits
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_receivers import goes_elsewhere, stubs_of_other_services
from kognitos_migrate.interpret.library.testing import collection_rank
from kognitos_migrate.interpret.library_effects import computes_with
from kognitos_migrate.interpret.request_outcomes import status_of
from kognitos_migrate.interpret.state.canned_replies import CannedReply, Stub
from kognitos_migrate.interpret.state.facts import Facts, Frame, Request, Use, UseKind
from kognitos_migrate.rulebook.model import Operation, Role, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Decoding, Json, Reply, Symbol, Text, Unknown, Value
from kognitos_migrate.values.texts import literals_in

_LOOKED_AT = (
    UseKind.READ,
    UseKind.COMPARE,
    UseKind.MATCH,
    UseKind.CONTAINS,
    UseKind.METHOD,
    UseKind.ITERATE,
)


def answered_requests(stub: Match, matches: Iterable[Match], facts: Facts) -> list[Match]:
    """The requests of the stub's operation that its test sends.

    If its test sends none (the stub may be in a fixture or a `setUp`), all requests of that operation.
    """
    same = [match for match in matches if match.operation.id == stub.operation.id]
    return _requests_of_same_test(facts, stub.request.frame, same)


def urlless_stubs(program: ProgramFacts, matches: Sequence[Match]) -> Iterator[Match]:
    """The stubs without a URL, as a match of each operation that their test calls.

    A stub counts if it replies fields of the operation, or if the test reads the request that it received.
    """
    facts, operations = program.facts, program.rules.operations
    of_others = stubs_of_other_services(program, matches)
    waiting = [
        request
        for request in facts.requests
        if request.stub is not None and not request.value(Role.URL) and request.id not in of_others
    ]
    inspected_ids = {number for use in facts.uses for number in _inspected_stubs(facts, use)}
    for request in waiting:
        assert request.stub is not None
        fields = {
            name for canned in request.stub.replies.values() for name in canned_field_names(facts, canned)
        }
        returned = _operations_answered(request.stub, facts, matches, operations)
        is_elsewhere = sends_elsewhere_only(program, request, matches)
        called = {match.operation.id for match in _requests_of_same_test(facts, request.frame, matches)}
        for operation in operations:
            shared_fields = fields & {member.name for member in operation.old.reply}
            fits_request = (
                bool(request.value(Role.JSON)) and bool(operation.new.members)
            ) or _is_for_replaced_method(request, operation)
            has_method = request.stub.served or request.stub.implies_method
            is_other = has_method and not method_fits(request.method, operation.old.method)
            if operation.id not in returned or is_other or (is_elsewhere and not shared_fields):
                continue
            is_asked = shared_fields or fits_request or request.id in inspected_ids
            if operation.id in called and (is_asked or _may_answer(program, request, operation, matches)):
                yield Match(request, operation, operation.old, (), (), (), ())


def sends_elsewhere_only(program: ProgramFacts, stub: Request, matches: Sequence[Match]) -> bool:
    """Whether the test of a stub sends requests, and none that may be a call of the API."""
    own = program.memoize(_requests_by_test).get(outermost_frame(program.facts, stub.frame), ())
    ids = {match.request.id for match in matches}
    of_targets = {match.request.site for match in matches if not match.operation.old.path}
    return bool(own) and all(
        request.id not in ids and request.site not in of_targets and goes_elsewhere(program, request)
        for request in own
    )


def _requests_by_test(program: ProgramFacts) -> Mapping[int, Sequence[Request]]:
    """The requests that code sends, by the outermost frame that leads to them."""
    by_test: dict[int, list[Request]] = {}
    for request in program.facts.requests:
        if request.stub is None:
            by_test.setdefault(outermost_frame(program.facts, request.frame), []).append(request)
    return by_test


def _may_answer(
    program: ProgramFacts, request: Request, operation: Operation, matches: Sequence[Match]
) -> bool:
    """Whether a stub gives an unknown reply, and its test sends requests of the operation.

    A stub that a set-up function or a module creates is for all tests of the module.
    """
    assert request.stub is not None
    replies = request.stub.replies.values()
    is_unknown = any(is_unknown_canned_reply(program.facts, canned) for canned in replies)
    if not (is_unknown and operation.old.reply and method_fits(request.method, operation.old.method)):
        return False
    test = program.facts.frames[outermost_frame(program.facts, request.frame)]
    definition = program.node(test.function) if test.function is not None else None
    is_setup = not isinstance(definition, cst.FunctionDef) or not collection_rank(definition)
    senders = [
        program.facts.frames[outermost_frame(program.facts, match.request.frame)]
        for match in matches
        if match.request.stub is None and match.operation.id == operation.id
    ]
    return test in senders or (is_setup and test.path in {sender.path for sender in senders})


def _operations_answered(
    stub: Stub, facts: Facts, matches: Sequence[Match], operations: Sequence[Operation]
) -> set[str]:
    """The ids of operations that a stub may answer.

    If it replaces a function of the program, they are those whose reply the function returns. A double that
    only receives requests may be for all that the function sends, if it returns none as a whole.
    """
    if stub.function is None:
        return {operation.id for operation in operations}
    returned = _operations_returned_by(stub.function, facts, matches)
    if returned or stub.replies:
        return returned
    sent = {match.operation.id for match, _ in requests_sent_by(stub.function, facts, matches)}
    return sent or {operation.id for operation in operations}


def requests_sent_by(function: Site, facts: Facts, matches: Iterable[Match]) -> Iterator[tuple[Match, Frame]]:
    """The requests that a function of the program sends, also by others that it calls, each with the
    function's frame."""
    for match in matches:
        for frame in facts.stack(match.request.frame) if match.request.stub is None else ():
            if frame.function == function:
                yield match, frame


def _is_for_replaced_method(request: Request, operation: Operation) -> bool:
    """Whether the function that a stub replaces belongs to a method that the new version no longer uses."""
    old, new = operation.old.method, operation.new.method
    methods = literals_in(request.method)
    return old != new and methods == [old]


def _operations_returned_by(function: Site, facts: Facts, matches: Sequence[Match]) -> set[str]:
    """The ids of operations whose decoded reply a function returns as a whole, also in an object."""
    operations = {match.request.id: match.operation.id for match in matches}
    return {
        operations[choice.request]
        for choice in _with_attributes(facts, facts.results.get(function, NEVER))
        if isinstance(choice, Reply) and choice.path == (View.JSON,) and choice.request in operations
    }


def _with_attributes(facts: Facts, value: Value) -> Iterator[Value]:
    """The alternatives of a value, and the attributes of the objects among them."""
    for choice in alternatives(value):
        yield choice
        instance = facts.heap.get(choice)
        for attribute in instance.attributes.values() if isinstance(instance, Instance) else ():
            yield from alternatives(attribute)


_LOOKED_INTO = (View.JSON, View.TEXT, View.ADDRESS, View.NOTHING)
"""The views of a received request that tests read."""


def _inspected_stubs(facts: Facts, use: Use) -> Iterator[int]:
    """The id of the stub whose received request this use reads."""
    value = use.value
    is_part = isinstance(value, Reply) and bool(value.path) and value.path[0] in _LOOKED_INTO
    is_read = (is_part and _depends_on_content(use)) or reads_address(use) or reads_unknown_data(facts, use)
    is_query = isinstance(value, Reply) and value.path == (View.NOTHING,)
    if isinstance(value, Reply) and (is_read or (is_query and use.kind is UseKind.NONE)):
        yield value.request


def reads_unknown_data(facts: Facts, use: Use) -> bool:
    """Whether a test decodes an unknown part of what a double received in place of a function of a client or
    of the program, reads a key in it, or compares it with data. It may be the body."""
    stub = facts.requests[use.value.request].stub if isinstance(use.value, Reply) else None
    if stub is None or not isinstance(use.value, Reply) or (stub.function, stub.sender) == (None, None):
        return False
    if use.value.path:
        return use.value.path[0] is Decoding.LOADS and _depends_on_content(use)
    if use.kind is UseKind.READ:
        return use.other is not None
    return use.kind is UseKind.COMPARE and use.other is not None and _has_data(facts, use.other)


def _has_data(facts: Facts, value: Value) -> bool:
    """Whether a value may be a dict with entries, or contains one as an element or an item."""
    for choice in facts.heap.flat_alternatives(value):
        part = facts.heap.get(choice)
        if isinstance(choice, Json) and _has_data(facts, choice.value):
            return True
        if isinstance(part, DictObject) and (part.entries or part.open or part.spreads):
            return True
    return False


def _depends_on_content(use: Use) -> bool:
    """Whether a use shows the value's content, also by a function such as `re.search`."""
    return use.kind in _LOOKED_AT or (use.kind is UseKind.ESCAPE and computes_with(use.function))


def reads_address(use: Use) -> bool:
    """Whether an unknown component of a stub's received request is tested for a path. Then it is the URL."""
    if not isinstance(use.value, Reply) or use.value.path:
        return False
    choices = alternatives(use.other) if use.other is not None else ()
    path = any(isinstance(choice, Text) and "/" in (choice.literal or "") for choice in choices)
    return (use.kind is UseKind.CONTAINS and path) or (
        use.kind is UseKind.METHOD and use.detail in ("startswith", "endswith")
    )


def canned_field_names(facts: Facts, canned: CannedReply) -> set[str]:
    """The names of the fields in a canned reply."""
    return {name for operand in (*canned.json, *canned.text) for name in _names(facts, operand.value, 0)}


def texts_of_field(facts: Facts, canned: CannedReply, name: str) -> Iterator[tuple[str, Site]]:
    """The literal texts of a field in the JSON of a canned reply, each with its site."""
    for operand in (*canned.json, *canned.text):
        for entry in _field_entries(facts, operand.value, name, 0):
            for choice in alternatives(entry.value):
                if isinstance(choice, Text) and choice.literal is not None:
                    yield choice.literal, entry.site
    for operand in canned.text:
        for choice in alternatives(operand.value):
            reply = _json_object(choice.literal) if isinstance(choice, Text) and choice.literal else {}
            if isinstance(text := reply.get(name), str):
                yield text, operand.site


def _field_entries(facts: Facts, value: Value, name: str, depth: int) -> Iterator[Operand]:
    for choice in alternatives(value):
        if isinstance(choice, Json):
            yield from _field_entries(facts, choice.value, name, depth)
        elif isinstance(record := facts.heap.get(choice), DictObject) and depth < 8:
            yield from (entry.operand for entry in record.entries.get(name, ()))
            for spread in record.spreads:
                yield from _field_entries(facts, spread.value, name, depth + 1)


def known_statuses(canned: CannedReply) -> set[int]:
    """The statuses of a canned reply. Empty if one of them isn't known."""
    numbers = [status_numbers(operand) for operand in canned.status]
    choices = [alternatives(operand.value) for operand in canned.status]
    return set(chain(*numbers)) if list(map(len, numbers)) == list(map(len, choices)) else set()


def status_numbers(operand: Operand) -> list[int]:
    """The numbers that a status may be, also by a name as `HTTPStatus.OK`."""
    numbers = [
        status_of(choice) if isinstance(choice, Symbol) else getattr(choice, "value", None)
        for choice in alternatives(operand.value)
    ]
    return [number for number in numbers if isinstance(number, int)]


def is_unknown_canned_reply(facts: Facts, canned: CannedReply) -> bool:
    """Whether nothing is known of the JSON of a canned reply: the value, or any of its keys."""
    choices = [choice for operand in canned.json for choice in alternatives(operand.value)]
    return bool(choices) and all(_is_unknown(facts, choice) for choice in choices)


def _is_unknown(facts: Facts, value: Value) -> bool:
    record = facts.heap.get(value)
    if isinstance(record, DictObject):
        has_keys = record.open or record.others != NEVER or bool(record.spreads)
        return has_keys and not any(_names(facts, value, 0))
    return isinstance(value, Unknown)


def _names(facts: Facts, value: Value, depth: int) -> Iterator[str]:
    for choice in alternatives(value):
        if isinstance(choice, Json):
            yield from _names(facts, choice.value, depth)
        elif isinstance(choice, Text) and choice.literal:
            yield from _json_object(choice.literal)
        elif isinstance(record := facts.heap.get(choice), DictObject) and depth < 8:
            yield from record.entries
            for spread in record.spreads:
                yield from _names(facts, spread.value, depth + 1)


def _json_object(text: str) -> Mapping[str, object]:
    """The JSON object in a text; empty if there is none."""
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _requests_of_same_test(facts: Facts, frame: int, matches: Iterable[Match]) -> list[Match]:
    """The requests that the same test sends as the frame. All requests if there are none."""
    sent = [match for match in matches if match.request.stub is None]
    test = outermost_frame(facts, frame)
    return [match for match in sent if outermost_frame(facts, match.request.frame) == test] or sent


def outermost_frame(facts: Facts, frame: int) -> int:
    """The id of the outermost frame around all calls that led to `frame`, for instance a test function."""
    stack = list(facts.stack(frame))
    return next((outer.id for outer in stack if outer.function is None), stack[-1].id)

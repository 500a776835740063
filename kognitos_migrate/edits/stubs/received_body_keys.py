"""The keys of the bodies that stubs receive, which tell an operation's requests from those of others."""

from collections.abc import Iterator
from itertools import product

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import outermost_frame
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import records_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Operation, Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Json, Text, Value
from kognitos_migrate.values.texts import known_text


class _BodyKeys(Struct, frozen=True):
    """The keys that a body surely has, and those that it may have. `open` means that it may have others."""

    required: frozenset[str]
    possible: frozenset[str]
    open: bool


def mentioned_keys(context: PlanContext, use: Use) -> frozenset[str] | None:
    """The keys of a body that a use of a received request mentions. None if it mentions none."""
    keys: set[str] = set()
    for choice in alternatives(use.other) if use.other is not None else ():
        value = _value_in_text(choice)
        if use.kind is not UseKind.COMPARE and isinstance(value, Text) and value.literal is not None:
            keys.add(value.literal)
        for record in records_of(context, value):
            keys.update(record.entries)
    return frozenset(keys) or None


def may_have_keys(context: PlanContext, use: Use, operation: Operation, keys: frozenset[str]) -> bool:
    """Whether a body of the operation may have the keys that a use mentions: all of them in a comparison,
    some of them in a read."""
    bodies = _bodies(context, operation, outermost_frame(context.facts, use.frame))
    return any(_fits(body, use, keys) for body in bodies)


def may_send(context: PlanContext, match: Match, body: Value) -> bool:
    """Whether a request may send a body that is equal to a dict of a test: with the same keys, and without
    another constant at one of them."""
    sent, expected = [*_body_values(match)], [_value_in_text(choice) for choice in alternatives(body)]
    records = [
        [record for value in values for record in records_of(context, value)] for values in (sent, expected)
    ]
    if any(len(own) < len(values) for own, values in zip(records, (sent, expected), strict=True)):
        return True
    return not sent or any(_may_be_equal(context, *pair) for pair in product(*records))


def _may_be_equal(context: PlanContext, first: DictObject, second: DictObject) -> bool:
    keys, others = _keys_of(context, first), _keys_of(context, second)
    fits = (keys.open or others.required <= keys.possible) and (
        others.open or keys.required <= others.possible
    )
    shared = keys.required & others.required
    return fits and not any(_are_other_constants(first.get(key), second.get(key)) for key in shared)


def _are_other_constants(first: Value, second: Value) -> bool:
    constants = [
        value.value if isinstance(value, Const) else known_text(value)
        for value in (first, second)
        if isinstance(value, Const) or known_text(value) is not None
    ]
    return len(constants) == 2 and constants[0] != constants[1]


def _value_in_text(value: Value) -> Value:
    return value.value if isinstance(value, Json) else value


def is_sent_elsewhere(context: PlanContext, use: Use, keys: frozenset[str]) -> bool:
    """Whether the test of a use sends a body that may have the keys in a request to another service."""
    test = outermost_frame(context.facts, use.frame)
    others = (
        request
        for request in context.facts.requests
        if request.stub is None
        and request.id not in context.matches
        and outermost_frame(context.facts, request.frame) == test
    )
    return any(
        _fits(_keys_of(context, record), use, keys)
        for request in others
        for operand in (*request.value(Role.JSON), *request.value(Role.DATA))
        for choice in alternatives(operand.value)
        for record in records_of(context, _value_in_text(choice))
    )


def _fits(body: _BodyKeys, use: Use, keys: frozenset[str]) -> bool:
    """Whether a body may have the keys that a use mentions."""
    is_whole = use.kind not in (UseKind.READ, UseKind.CONTAINS)
    return (body.open or keys <= body.possible) and (not is_whole or body.required <= keys)


def _bodies(context: PlanContext, operation: Operation, test: int) -> Iterator[_BodyKeys]:
    """The keys of the bodies that the operation's requests send in a test. In all tests if it sends none."""
    requests = [
        match
        for match in context.matches.values()
        if match.operation.id == operation.id and match.request.stub is None
    ]
    own = [match for match in requests if outermost_frame(context.facts, match.request.frame) == test]
    for value in (value for match in own or requests for value in _body_values(match)):
        for record in records_of(context, value):
            yield _keys_of(context, record)


def _keys_of(context: PlanContext, record: DictObject) -> _BodyKeys:
    required = {key for key in record.entries if record.has_surely(key)}
    possible = set(record.entries)
    is_open = record.open
    for spread in record.spreads:
        merged = [_keys_of(context, inner) for inner in records_of(context, spread.value)]
        is_open |= len(merged) < len([*alternatives(spread.value)])
        for keys in merged:
            possible |= keys.possible
            is_open |= keys.open
    return _BodyKeys(frozenset(required), frozenset(possible), is_open)


def _body_values(match: Match) -> Iterator[Value]:
    for operand in body_operands(match):
        for choice in alternatives(operand.value):
            yield _value_in_text(choice)

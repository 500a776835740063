"""Assertions on requests that stubs received: comparisons of components, alone or in lists and dicts.

    assert sent == [("POST", "https://host/things/a", {"size": 1})]

An element whose URL is compared is recorded as an expected request, with the components that are compared
beside it. Other components are compared each at its own place.
"""

from collections.abc import Iterator

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking.asserted_calls import note_expected_calls
from kognitos_migrate.interpret.mocking.compared_components import (
    Component,
    compared_components,
    holds_requests,
    records_in,
)
from kognitos_migrate.interpret.mocking.double_arguments import received_keyword
from kognitos_migrate.interpret.mocking.recorded_calls import (
    are_known_to_differ,
    has_data,
    is_text,
    method_and_url,
    method_of_verb,
    recorded_address,
    sequences_in,
    with_bases,
)
from kognitos_migrate.interpret.state.canned_replies import Stub
from kognitos_migrate.interpret.state.facts import Request, UseKind
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Json, Reply, Text, Unknown, Value
from kognitos_migrate.values.texts import known_text


def note_request_assertion(point: EvalPoint, left: Operand, right: Operand) -> bool:
    """Record what an equality expects of requests that stubs received. Return whether it compares such."""
    interpreter = point.interpreter
    if note_expected_calls(interpreter, left.value, right.value):
        return True
    for actual, expected in ((left, right), (right, left)):
        if holds_requests(interpreter, actual.value, 0):
            whole = Component(actual, expected)
            records = list(compared_components(interpreter, whole, 0))
            if records == [[whole]]:
                records = [
                    *_positional_arguments(interpreter, whole),
                    *_keyword_arguments(interpreter, whole),
                ] or records
            records = [part for record in records for part in _request_keys(interpreter, record)]
            if records == [[whole]]:
                return _note_expected_request(interpreter, point.operand(expected.value), whole, [])
            for record in records:
                _note_compared_request(interpreter, record)
            return True
    return False


def _positional_arguments(interpreter: Interpreter, whole: Component) -> Iterator[list[Component]]:
    """The components of a tuple that is compared with the positional arguments of a replaced function: its
    method and its URL. Empty for any other arguments."""
    actual, expected = whole
    parts = [choice for choice in alternatives(actual.value) if not isinstance(choice, Unknown)]
    if not parts or any(recorded_address(interpreter, part) != part for part in parts):
        return
    for sequence in sequences_in(interpreter, expected.value):
        verbs = [
            item for item in sequence.items if known_text(item.value) in interpreter.libraries.verbs.values()
        ]
        urls = [item for item in sequence.items if item not in verbs and is_text(item.value)]
        if len(urls) == 1 and len(verbs) + 1 == len(sequence.items) and sequence.rest is NEVER:
            methods = [Component(actual._replace(value=UNKNOWN), verb) for verb in verbs]
            yield [Component(actual, urls[0]), *methods]


def _request_keys(interpreter: Interpreter, record: list[Component]) -> list[list[Component]]:
    """The keys of requests that a record compares, each as a record; the record if it has others."""
    keys = [_request_key(interpreter, *pair) for pair in record]
    return keys if all(keys) else [record]


def _request_key(interpreter: Interpreter, actual: Operand, expected: Operand) -> list[Component]:
    """The method and the URL of a tuple that is compared with a key of the requests. Empty for others."""
    keys = sequences_in(interpreter, expected.value)
    pair = method_and_url(interpreter, keys[0]) if len(keys) == 1 else None
    choices = [*alternatives(actual.value)]
    received = [choice for choice in choices if isinstance(choice, Reply) and not choice.path]
    if pair is None or received != choices or any(recorded_address(interpreter, reply) for reply in received):
        return []
    verb, url = pair
    parts = ((View.ADDRESS, url), (View.VERB, verb))
    return [
        Component(actual._replace(value=join(*(reply.at(view) for reply in received))), part)
        for view, part in parts
    ]


def _keyword_arguments(interpreter: Interpreter, whole: Component) -> Iterator[list[Component]]:
    """The components of a dict that is compared with the keyword arguments of a client's function. Empty for
    any other value, and for a dict with other keys."""
    actual, expected = whole
    received = [choice for choice in alternatives(actual.value) if isinstance(choice, Reply)]
    stubs = [interpreter.facts.requests[reply.request].stub for reply in received if not reply.path]
    if len(received) != 1 or not stubs or stubs[0] is None or stubs[0].sender is None:
        return
    roles = interpreter.libraries.keywords
    for record in records_in(interpreter, expected.value):
        if not (record.open or record.spreads) and roles.keys() & record.entries.keys():
            yield [
                Component(
                    actual._replace(value=received_keyword(received[0], roles.get(name))), entry.operand
                )
                for name, entries in record.entries.items()
                for entry in entries
            ]


def _note_compared_request(interpreter: Interpreter, record: list[Component]) -> None:
    """Record what the components of one request, or a list of the same component of several, are compared
    with."""
    urls = [pair for pair in record if _addresses(interpreter, pair)]
    others = [pair for pair in record if pair not in urls]
    for pair in urls:
        _note_expected_request(interpreter, pair.expected, pair, others if len(urls) == 1 else [])
    if len(urls) != 1:
        _note_comparisons(interpreter, others)


def _addresses(interpreter: Interpreter, pair: Component) -> list[Reply]:
    """The received URLs that a component may be, if texts are expected."""
    if not all(isinstance(choice, Text) for choice in alternatives(pair.expected.value)):
        return []
    addresses = (recorded_address(interpreter, choice) for choice in alternatives(pair.actual.value))
    return [address for address in addresses if address is not None]


def _note_expected_request(
    interpreter: Interpreter, place: Operand, url: Component, others: list[Component]
) -> bool:
    """Record a request that is expected at `place`, with other components of it that are compared. Return
    whether `url` is the URL of a received request."""
    addresses = _addresses(interpreter, url)
    if not addresses:
        return False
    first = interpreter.facts.requests[addresses[0].request]
    assert first.stub is not None
    parts = {Role.URL: [_as_url(first, url.expected)]}
    rest: list[Component] = []
    for pair in others:
        role = _role(interpreter, pair)
        if role is None:
            rest.append(pair)
        else:
            parts.setdefault(role, []).append(pair.expected)
    method = join(*(operand.value for operand in parts.get(Role.METHOD, ())))
    if method is NEVER:  # a replaced function may also send requests of another method, with a body
        is_known = len(addresses) == 1 and not interpreter.libraries.mocks[first.stub.mock].object_spelling
        method = first.method if is_known else method_of_verb(None)
    stub = Stub(first.stub.mock)
    for actual, expected in rest:
        if has_data(interpreter, expected.value) and UNKNOWN in alternatives(actual.value):
            stub.possible_bodies.append(expected)
    interpreter.notes.request(Request(-1, place.site, place.frame, first.client, method, parts, stub=stub))
    _note_comparisons(interpreter, rest)
    return True


def _as_url(received: Request, expected: Operand) -> Operand:
    """A text that is expected as a received URL, behind the bases that the replaced function puts in front of
    it. A text without a slash is a key that the function puts into the path."""
    is_path = any("/" in (known_text(choice) or "/") for choice in alternatives(expected.value))
    return with_bases(expected, received.bases) if received.bases and is_path else expected


def _role(interpreter: Interpreter, pair: Component) -> Role | None:
    """The part of an expected request that a component is, if it is a body or the method."""
    views = [choice.path for choice in alternatives(pair.actual.value) if isinstance(choice, Reply)]
    is_verb = known_text(pair.expected.value) in interpreter.libraries.verbs.values()
    if {*views} == {(View.VERB,)}:
        return Role.METHOD if is_verb else None
    if len({*views}) == 1 and len(views[0]) == 1:
        is_json = any(isinstance(choice, Json) for choice in alternatives(pair.expected.value))
        if views[0] == (View.TEXT,):
            return Role.JSON if is_json else Role.DATA
        return Role.JSON if views[0] == (View.JSON,) else None
    unknown = all(isinstance(choice, Unknown) for choice in alternatives(pair.actual.value))
    is_same = known_text(pair.actual.value) == known_text(pair.expected.value)
    return Role.METHOD if is_verb and (unknown or is_same) else None


def _note_comparisons(interpreter: Interpreter, record: list[Component]) -> None:
    """Record that components are compared, each at the place of the expected value."""
    for actual, expected in record:
        interpreter.note_use_at(UseKind.COMPARE, actual.value, expected, actual.site, expected.value, "Equal")
        if not holds_requests(interpreter, actual.value, 0):
            interpreter.note_use_at(
                UseKind.COMPARE, expected.value, expected, expected.site, actual.value, "Equal"
            )


def requests_at_key(point: EvalPoint, received: Reply, key: Value) -> Value | None:
    """The requests among those that stubs `received` with the method and the URL in a key, as in
    `requests["POST", URL(url)]`. None for any other key."""
    interpreter = point.interpreter
    first = interpreter.facts.requests[received.request]
    assert first.stub is not None
    requests: list[Value] = []
    for sequence in sequences_in(interpreter, key):
        pair = method_and_url(interpreter, sequence)
        if pair is None:
            continue
        verb, url = pair
        parts = {Role.URL: [_as_url(first, url)], Role.METHOD: [verb]}
        stub = Stub(first.stub.mock)
        request = Request(-1, point.site, point.act.frame.id, first.client, verb.value, parts, stub=stub)
        requests.append(interpreter.notes.request(request))
    return join(*requests) if requests else None


def note_request_key(interpreter: Interpreter, key: Value, owner: Value) -> bool:
    """Record that a received URL, alone or in a tuple with the method, is looked up in a dict: its keys are
    those of expected requests. Return whether `key` is such a key, and the dict has known keys."""
    records = records_in(interpreter, owner)
    if not records or any(record.spreads for record in records):
        return False
    if tuples := sequences_in(interpreter, key):
        is_known = len(tuples) == len(list(alternatives(key))) and holds_requests(interpreter, key, 0)
        return is_known and _note_tuple_keys(interpreter, tuples, records)
    received = [choice for choice in alternatives(key) if recorded_address(interpreter, choice) is not None]
    if not received or received != [*alternatives(key)]:
        return False
    if any(record.open or not record.entries for record in records):
        return False
    for entry in (entry for record in records for entry in record.all_entries):
        if entry.key is None:
            return False
        url = Operand(
            interpreter.facts.values.get((entry.key, entry.operand.frame), UNKNOWN),
            entry.key,
            entry.operand.frame,
        )
        _note_expected_request(interpreter, url, Component(url._replace(value=key), url), [])
    return True


def _note_tuple_keys(
    interpreter: Interpreter, looked_up: list[SequenceObject], records: list[DictObject]
) -> bool:
    """Record the tuples that are keys of dicts as expected requests. Return whether all keys are tuples of as
    many elements."""
    names = [choice for record in records for choice in alternatives(record.names)]
    keys = [sequence for name in names for sequence in sequences_in(interpreter, name)]
    sizes = {len(sequence.items) for sequence in (*looked_up, *keys)}
    is_known = all(sequence.rest is NEVER for sequence in (*looked_up, *keys))
    if not keys or len(keys) < len(names) or len(sizes) > 1 or not is_known:
        return False
    if any(record.entries for record in records):
        return False
    for key in keys:
        for own in looked_up:
            pairs = [Component(*pair) for pair in zip(own.items, key.items, strict=True)]
            if not any(are_known_to_differ(*pair) for pair in pairs):
                _note_compared_request(interpreter, pairs)
    return True

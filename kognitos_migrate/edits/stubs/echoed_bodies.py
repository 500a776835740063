"""Received bodies that a double puts into its responses.

{"state": "done", "answer": json.dumps({"got": facts})}    contains `facts["inputs"]` in the new version
"""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.shapes import written_subscript_key
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Json, Ref, Reply, Value

_DEPTH = 6
_BODIES = ((View.JSON,), (View.TEXT,))


def migrate_echoes(
    context: PlanContext, stub: Match, received: Mapping[int, ExpectedBodies | None]
) -> Iterator[PendingEdit]:
    """Pending edits for the bodies in the responses of a stub. `received` are the bodies of the received
    requests, by request id; None if they stay. Raises RefusalError if a response contains a body in another
    way."""
    assert stub.request.stub is not None
    for reply in stub.request.stub.replies.values():
        for operand in (*reply.json, *reply.text):
            yield from _echoes_in(context, received, operand, 0)


def _echoes_in(
    context: PlanContext, received: Mapping[int, ExpectedBodies | None], operand: Operand, depth: int
) -> Iterator[PendingEdit]:
    """Pending edits for the bodies in a value."""
    heap = context.facts.heap
    for choice in alternatives(operand.value) if depth < _DEPTH else ():
        if isinstance(choice, Json):
            yield from _echoes_in(
                context, received, Operand(choice.value, choice.site, choice.frame), depth + 1
            )
        elif isinstance(choice, Reply) and choice.path in _BODIES:
            yield from _echo(context, received, operand, choice)
        heap_object = heap.get(choice)
        inner: list[Operand] = []
        if isinstance(heap_object, DictObject):
            inner = [*heap_object.spreads, *(entry.operand for entry in heap_object.all_entries)]
        elif isinstance(heap_object, SequenceObject):
            inner = [*heap_object.items]
        for part in inner:
            yield from _echoes_in(context, received, part, depth + 1)


def _echo(
    context: PlanContext, received: Mapping[int, ExpectedBodies | None], operand: Operand, body: Reply
) -> Iterator[PendingEdit]:
    """The pending edit of an expression of a received body."""
    requests, expected = context.facts.requests, received.get(body.request)
    sites = {requests[number].site for number in received}  # a test needn't send what its double can receive
    if requests[body.request].stub is None or (expected is None and requests[body.request].site in sites):
        return
    node, whole = context.node(operand.site), context.outer_span(operand.site)
    values = [*_possible_values(context, operand)]
    is_body = body.path == (View.JSON,) and all(map(_is_decoded, values))
    if expected is None or not is_body or not isinstance(node, cst.BaseExpression):
        message = "the response of a stub contains the body of the request"
        raise RefusalError(operand.site, "stub", message, "write the response as a literal here")
    inner = expected.facts_in_values(node, operand.site, values)
    is_suffix = inner.span.start == inner.span.end
    yield PendingEdit(whole, (whole, *inner.parts)) if is_suffix else inner  # it moves with the expression


def _possible_values(context: PlanContext, operand: Operand) -> Iterator[Value]:
    """The values of an expression. An entry that is read from a dict is one of the dict's own entries. The
    dict may be an item of another one, which needn't have it: then no entry is read."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    key = written_subscript_key(node) if isinstance(node, cst.Subscript) else None
    if not isinstance(node, cst.Subscript) or key is None:
        yield from alternatives(context.value(operand.site, operand.frame))
        return
    owners = list(alternatives(context.value(tree.site(node.value), operand.frame)))
    records = [context.facts.heap[owner] for owner in owners if isinstance(owner, Ref)]
    for record in records:
        if not isinstance(record, DictObject) or not record.has_surely(key):
            yield UNKNOWN
            return
        yield from (value for entry in record.entries[key] for value in alternatives(entry.operand.value))
    others = [owner for owner in owners if not isinstance(owner, Ref)]
    yield from (UNKNOWN for owner in others if owner not in (NONE, UNKNOWN) or not records)


def _is_decoded(value: Value) -> bool:
    return isinstance(value, Reply) and value.path == (View.JSON,)

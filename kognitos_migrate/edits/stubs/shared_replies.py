"""Canned replies that several stubs return."""

from collections.abc import Iterator

from kognitos_migrate.conversations.stub_matching import sends_elsewhere_only
from kognitos_migrate.conversations.stub_receivers import goes_elsewhere
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.interpret.state.tracked_values import values_in_object
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Json, Ref, Value


def is_reply_of_other(context: PlanContext, record: DictObject) -> bool:
    """Whether a stub whose requests surely go to another service returns a dict that the same display makes,
    or one with the same entries, perhaps inside of another object or as text."""
    places = {record.site, *(entry.holder for entry in record.all_entries)}
    return not places.isdisjoint(context.memoize(_places_of_others))


def _places_of_others(context: PlanContext) -> frozenset[Site]:
    """The displays and entries of the dicts that stubs return for requests that surely go elsewhere."""
    replies = (
        reply
        for request in context.facts.requests
        if request.stub is not None and _answers_others(context, request)
        for reply in request.stub.replies.values()
    )
    operands = (operand for reply in replies for operand in (*reply.json, *reply.text))
    records = _records_in(context, [choice for operand in operands for choice in alternatives(operand.value)])
    return frozenset(
        site for record in records for site in (record.site, *(entry.holder for entry in record.all_entries))
    )


def _answers_others(context: PlanContext, stub: Request) -> bool:
    """Whether the requests of a stub surely go elsewhere: its URL does, or it has none and the URLs do to
    which its test sends requests."""
    if stub.value(Role.URL):
        return stub.id not in context.matches and goes_elsewhere(context, stub)
    return sends_elsewhere_only(context, stub, [*context.matches.values()])


def _records_in(context: PlanContext, worklist: list[Value]) -> Iterator[DictObject]:
    """The dicts that values lead to."""
    reached: dict[Value, None] = {}
    while worklist:
        value = worklist.pop()
        if value in reached:
            continue
        reached[value] = None
        content = context.facts.heap[value] if isinstance(value, Ref) else None
        if isinstance(content, DictObject):
            yield content
        inner = values_in_object(content) if content is not None else ()
        parts = [value.value] if isinstance(value, Json) else inner
        worklist += [choice for part in parts for choice in alternatives(part)]

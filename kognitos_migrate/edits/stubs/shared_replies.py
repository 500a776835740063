"""Canned replies that several stubs return."""

from kognitos_migrate.conversations.stub_receivers import goes_elsewhere
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Value


def replies_of_others(context: PlanContext) -> frozenset[Value]:
    """The dicts that stubs return for requests that surely go to other services."""
    stubs = (
        request.stub
        for request in context.facts.requests
        if request.id not in context.matches and goes_elsewhere(context, request)
    )
    return frozenset(
        choice
        for stub in stubs
        for reply in (stub.replies.values() if stub is not None else ())
        for operand in reply.json
        for choice in alternatives(operand.value)
        if isinstance(choice, Ref)
    )

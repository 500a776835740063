"""Replies that are read from an error of the HTTP client, which raises it for a failed request."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import Evaluation, Source
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.value_provenance import ValueSearch
from kognitos_migrate.interpret.exceptions import is_caught
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.interpret.state.use_details import IN_ERROR
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Unknown, Value


class ErrorSearch(ValueSearch, frozen=True):
    """The search from an expression to a client's error that contains the reply of a request.

    except requests.HTTPError as error:
        refusal = error.response
        print(refusal.status_code)
    """

    request: int

    def is_target(self, evaluation: Evaluation) -> bool:
        """Whether an expression reads the reply, or a part of it, from an error."""
        node = self.context.node(evaluation[0])
        if not isinstance(node, cst.Attribute) or not self.contains_target(self.context.value(*evaluation)):
            return False
        owner = self.context.value(self.context.tree(evaluation[0]).site(node.value), evaluation[1])
        choices = list(alternatives(owner))
        return (
            bool(choices)
            and node.attr.value in self.context.client(self.context.facts.requests[self.request]).errors
            and all(isinstance(choice, Unknown) and is_caught(choice) for choice in choices)
        )

    def contains_target(self, value: Value) -> bool:
        """Whether a value may be the reply or a part of it."""
        return any(
            isinstance(choice, Reply) and choice.request == self.request for choice in alternatives(value)
        )

    def predecessors_at_binding(self, source: Source, _read: Evaluation) -> Iterator[Evaluation | None]:
        """The expression that a variable is bound to."""
        yield source.evaluation


def is_of_client_error(context: PlanContext, place: Evaluation, reply: Reply) -> bool:
    """Whether an expression has a position in a reply only from errors of the client, and not from objects of
    the program with an attribute of the same name."""
    is_from_error = ErrorSearch(context, reply.request).leads_to_target(place)
    return is_from_error and reply.request not in context.memoize(_replies_in_objects)


def uses_in_errors(context: PlanContext, request: int) -> Iterator[Use]:
    """The uses of a whole reply as an argument of an error that the program creates, or may create out of
    sight."""
    for use in context.uses.get(request, ()):
        is_in_error = use.kind is UseKind.ESCAPE or (use.kind is UseKind.LOG and use.detail == IN_ERROR)
        if is_in_error and isinstance(use.value, Reply) and not use.value.path:
            yield use


def error_attributes(context: ProgramFacts) -> frozenset[str]:
    """The attributes and methods of the errors of the HTTP clients that give their reply."""
    return frozenset(
        name.removesuffix("()")
        for request in context.facts.requests
        for name in context.client(request).errors
    )


def _replies_in_objects(context: ProgramFacts) -> frozenset[int]:
    """The requests whose reply an object of the program has in an attribute named as that of a client's
    error."""
    names = context.memoize(error_attributes)
    return frozenset(
        leaf.request
        for heap_object in context.facts.heap.objects
        if isinstance(heap_object, Instance)
        for name in names & heap_object.attributes.keys()
        for leaf in tracked_leaves(heap_object.attributes[name], (), None, {})
        if isinstance(leaf, Reply)
    )

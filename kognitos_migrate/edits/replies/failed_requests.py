"""Uses of a reply after its request has failed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import covers
from kognitos_migrate.edits.evaluation_order import is_first, stack_of
from kognitos_migrate.edits.replies.client_errors import (
    error_attributes,
    is_of_client_error,
    uses_in_errors,
)
from kognitos_migrate.edits.success_checks import checks_of, is_checked, tests_outcome
from kognitos_migrate.interpret.narrowing import field_facts_of
from kognitos_migrate.interpret.request_outcomes import FAILURES, STATUS, SUCCESSES
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.scopes import Scopes, is_variable
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance, Task
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Ref, Reply, Text, Unknown, Value

_HANDLERS = (cst.ExceptHandler, cst.ExceptStarHandler)
_BINDERS = (cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.WithItem)


def is_after_failure(context: PlanContext, use: Use) -> bool:
    """Whether a use is reached only if the request has failed: after a test of the status, or in a handler
    of the error. For the content of an error, the place that creates the error counts, not the handler; for
    any value, the places that read it from the response may, too, but for those that are only compared."""
    assert isinstance(use.value, Reply)
    places = list(_errors(context, use)) or [(use.operand, use.frame)]
    request = use.value.request
    compared = {
        (other.operand, other.frame)
        for other in context.uses.get(request, ())
        if other.kind is UseKind.COMPARE
    }
    reads = [
        place
        for place in context.memoize(_reads_of_responses).get((request, use.value.path[:1]), ())
        if place not in compared
    ]
    has_own_errors = any(
        isinstance(whole.value, Reply) and not _has_failed(context, whole.operand, whole.frame, whole.value)
        for whole in uses_in_errors(context, request)
    )
    return any(
        bool(some)
        and all(
            _has_failed(context, site, frame, use.value)
            or (
                not has_own_errors
                and (
                    _is_handled(context, site, frame, use.value)
                    or is_of_client_error(context, (site, frame), use.value)
                )
            )
            for site, frame in some
        )
        for some in (places, reads)
    )


_Place = tuple[Site, int]


def _reads_of_responses(context: ProgramFacts) -> Mapping[tuple[int, tuple[object, ...]], list[_Place]]:
    """By request and view: the expressions, other than variables and parts of objects, that get the view from
    no part of theirs, with their frames."""
    reads: dict[tuple[int, tuple[object, ...]], list[_Place]] = {}
    for (site, frame), value in context.facts.values.items():
        views = [
            choice for choice in alternatives(value) if isinstance(choice, Reply) and len(choice.path) == 1
        ]
        if views and not _reads_object(context, site, frame):
            tree, node = context.tree(site), context.node(site)
            parts = [part for part in _expressions(tree, node) if part is not node]
            inner = {
                choice for part in parts for choice in alternatives(context.value(tree.site(part), frame))
            }
            for view in views:
                if view not in inner:
                    reads.setdefault((view.request, view.path), []).append((site, frame))
    return reads


def _reads_object(context: ProgramFacts, site: Site, frame: int) -> bool:
    """Whether an expression is a variable, or reads a part of an object that code has filled. An error or
    another object that isn't known is one, unless a client may have filled it."""
    match node := context.node(site):
        case cst.Name():
            return True
        case cst.Attribute(value=owner) | cst.Subscript(value=owner):
            owners = list(alternatives(context.value(context.tree(site).site(owner), frame)))
            name = node.attr.value if isinstance(node, cst.Attribute) else ""
            return all(isinstance(choice, Ref) for choice in owners) or (
                name not in context.memoize(error_attributes)
                and not any(isinstance(choice, Reply) for choice in owners)
            )
    return False


def may_be_after_failure(context: PlanContext, use: Use) -> bool:
    """Whether a use may be reached after the request has failed, in a program that tells failed requests
    from others."""
    assert isinstance(use.value, Reply)
    return not is_of_success(context, use) and (
        is_after_failure(context, use)
        or tests_outcome(context, use.value.request)
        or _tests_for_field(context, use.value.request)
    )


def _tests_for_field(context: PlanContext, request: int) -> bool:
    """Whether the program tests a reply for a field that only error replies lack."""
    match = context.matches.get(request)
    members = match.operation.old.reply if match is not None else ()
    fields = {member.name for member in members if not (member.optional or member.present or member.missing)}
    return any(
        use.kind is UseKind.CONTAINS and isinstance(choice, Text) and choice.literal in fields
        for use in context.uses.get(request, ())
        for choice in alternatives(use.other or NEVER)
    )


def is_of_success(context: PlanContext, use: Use) -> bool:
    """Whether a use is reached only if the request has succeeded: tests of its status show it, or a call that
    raises an error for a failure."""
    assert isinstance(use.value, Reply)
    statuses = _possible_statuses(context, use.operand, use.frame, use.value)
    if statuses and statuses <= SUCCESSES:
        return True
    return is_checked(context, use) and not is_after_failure(context, use)


def _has_failed(context: PlanContext, site: Site, frame: int, reply: Reply) -> bool:
    """Whether a reply has another status than a successful one where an expression uses it."""
    match = context.matches.get(reply.request)
    success = match.operation.old.status if match is not None else None
    statuses = _possible_statuses(context, site, frame, reply)
    return bool(statuses) and (statuses <= FAILURES if success is None else success not in statuses)


def _possible_statuses(context: ProgramFacts, site: Site, frame: int, reply: Reply) -> frozenset[int]:
    """The statuses that a reply may have where an expression uses a position in it; empty if any may be."""
    tree, node = context.tree(site), context.node(site)
    parts = [(part, context.value(tree.site(part), frame)) for part in _expressions(tree, node)]
    exact = [part for part, value in parts if value == reply]
    around = [part for part, value in parts if _is_of_request(value, reply.request)]
    for part in (*reversed(exact), *around, node):
        if STATUS in (fields := field_facts_of(context.facts, tree, part, frame)):
            return frozenset(map(int, fields[STATUS].words))
    return frozenset()


def _is_of_request(value: Value, request: int) -> bool:
    choices = alternatives(value)
    return bool(choices) and all(
        isinstance(choice, Reply) and choice.request == request for choice in choices
    )


def _is_handled(context: PlanContext, site: Site, frame: int, reply: Reply) -> bool:
    """Whether an expression is in a handler of the error that the request, or a check of its reply,
    raises."""
    raising = _raising_calls(context, reply.request)
    for in_frame, place in stack_of(context, site, frame).items():
        tree, inner = context.tree(place), context.node(place)
        for above in tree.ancestors(inner):
            tried = tree.parent(above) if isinstance(above, _HANDLERS) else None
            if isinstance(above, _HANDLERS) and isinstance(tried, cst.Try | cst.TryStar):
                body = tree.site(tried.body)
                reached = [call for call in raising if context.is_inside(call, body)]
                if reached and (
                    _catches_no_other_error(context, tree, above) or _reads_error(tree, above, inner)
                ):
                    reads = _Handler(context, tree, above, tried.body, reached, in_frame, reply)
                    if reads.is_of_failure(inner):
                        return True
    return False


class _Handler(Struct):
    """A handler of the error that a request, or a check of its reply, raises in the body of the `try`."""

    context: PlanContext
    tree: Tree
    handler: cst.ExceptHandler | cst.ExceptStarHandler
    body: cst.BaseSuite
    raising: Sequence[Site]
    frame: int
    reply: Reply
    visited: list[cst.Name] = field(default_factory=list)
    """The bindings that were visited."""

    def is_of_failure(self, node: cst.CSTNode) -> bool:
        """Whether an expression in the handler reads the reply of the failed request, from the error or from
        a variable, and none of an earlier one with the same number, as in another round of a loop."""
        variables = self._reply_variables(node)
        is_read = bool(variables) or _reads_error(self.tree, self.handler, node)
        return is_read and all(map(self._is_bound_by_failure, variables))

    def _is_bound_by_failure(self, name: cst.Name) -> bool:
        """Whether a variable has the reply only from the body, before the check, or from the error."""
        scopes = self.tree.memoize(Scopes)
        variable = scopes.variable(name)
        bindings = [node for node in scopes.bindings(variable) if self._may_bind_reply(node)]
        return scopes.is_own(variable) and bool(bindings) and all(map(self._is_of_round, bindings))

    def _is_of_round(self, binding: cst.Name) -> bool:
        """Whether a binding has the failed request's reply when the handler reads it."""
        tree = self.tree
        if binding in self.visited:
            return True
        self.visited.append(binding)
        above = list(tree.ancestors(binding))
        assigned = next((node for node in above if isinstance(node, _BINDERS)), None)
        if assigned is None:
            return False
        value = assigned.item if isinstance(assigned, cst.WithItem) else assigned.value
        if self.body not in above:
            return self.handler in above and value is not None and self.is_of_failure(value)
        checks = [tree.node(call) for call in self.raising]
        is_before = all(is_first(tree, assigned, check) for check in checks)
        is_new = value is not None and all(map(self._is_bound_by_failure, self._reply_variables(value)))
        return is_before and is_new and not any(assigned in tree.ancestors(check) for check in checks)

    def _reply_variables(self, node: cst.CSTNode) -> list[cst.Name]:
        """The variables in an expression that have the reply."""
        return [
            name
            for name in self.tree.descendants_of_kind(node, cst.Name)
            if is_variable(self.tree, name)
            and not _reads_error(self.tree, self.handler, name)
            and self._contains_reply(self.context.value(self.tree.site(name), self.frame))
        ]

    def _may_bind_reply(self, binding: cst.Name) -> bool:
        """Whether a binding may give a variable the reply."""
        assigned = self.tree.parent(self.tree.parent(binding) or binding)
        if not isinstance(assigned, cst.Assign):
            return True
        values = self.context.values_at(self.tree.site(assigned.value))
        return not values or any(map(self._contains_reply, values))

    def _contains_reply(self, value: Value) -> bool:
        """Whether a value is the used position in the reply or contains it."""
        request, path = self.reply.request, self.reply.path
        return any(
            isinstance(leaf, Reply) and leaf.request == request and path[: len(leaf.path)] == leaf.path
            for leaf in tracked_leaves(value, (), self.context.facts.heap, {})
        )


def _raising_calls(context: PlanContext, request: int) -> frozenset[Site]:
    """The calls that raise an error if a request fails, themselves or further down."""
    sent = context.facts.requests[request]
    calls: set[Site] = set()
    if sent.raises:
        calls.update(site for site, _ in context.calls(sent))
        calls |= context.memoize(_reply_calls).get(request, set())
    for check in checks_of(context, request):
        calls.update(stack_of(context, check.site, check.frame).values())
    return frozenset(calls)


def _reply_calls(context: ProgramFacts) -> Mapping[int, set[Site]]:
    """By request: the calls that return its reply, such as that which sends a prepared request."""
    calls: dict[int, set[Site]] = {}
    for (site, _), value in context.facts.values.items():
        for choice in alternatives(value):
            if isinstance(choice, Reply) and not choice.path and isinstance(context.node(site), cst.Call):
                calls.setdefault(choice.request, set()).add(site)
    return calls


def _catches_no_other_error(
    context: ProgramFacts, tree: Tree, handler: cst.ExceptHandler | cst.ExceptStarHandler
) -> bool:
    """Whether a handler catches none of the errors that other code raises."""
    if handler.type is None:
        return False
    values = context.values_at(tree.site(handler.type))
    return bool(values) and all(covers(context, value, ValueError) is False for value in values)


def _reads_error(tree: Tree, handler: cst.ExceptHandler | cst.ExceptStarHandler, node: cst.CSTNode) -> bool:
    """Whether an expression reads the error that a handler binds."""
    name = handler.name.name if handler.name is not None else None
    return isinstance(name, cst.Name) and any(
        read.value == name.value for read in tree.descendants_of_kind(node, cst.Name)
    )


def _errors(context: ProgramFacts, use: Use) -> Iterator[tuple[Site, int]]:
    """The sites and frames that create the errors which contain the used reply."""
    tree = context.tree(use.operand)
    for node in _expressions(tree, context.node(use.operand)):
        for ref in _refs(alternatives(context.value(tree.site(node), use.frame))):
            heap_object = context.facts.heap[ref]
            is_error = isinstance(heap_object, Task) or (
                isinstance(heap_object, Instance) and "args" in heap_object.attributes
            )
            if is_error and use.value in tracked_leaves(ref, (), context.facts.heap, {}):
                yield heap_object.site, heap_object.frame


def _expressions(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The expressions inside a node, including itself."""
    return (descendant for descendant in tree.descendants(node) if isinstance(descendant, cst.BaseExpression))


def _refs(values: Iterable[Value]) -> Iterator[Ref]:
    """The objects on the heap among values, and those in the messages of unknown errors."""
    for value in values:
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, Unknown):
            yield from value.messages

"""Proves that a reply is read only if its request has succeeded: an earlier call raises an error for a
failure."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import places_around, runs_during_call
from kognitos_migrate.edits.evaluation_order import stack_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import child_containing, last_statement, loops_around, with_of
from kognitos_migrate.syntax.roles import call_of
from kognitos_migrate.syntax.scopes import COMPREHENSIONS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, MemberRef, Ref, Reply

_OUTCOMES = ((View.STATUS,), (View.OK,), (View.FAILED,))
_TESTS = (UseKind.COMPARE, UseKind.MATCH, UseKind.TRUTH, UseKind.CONTAINS)
_CONDITIONAL = (cst.IfExp, cst.BooleanOperation, cst.Lambda, *COMPREHENSIONS)
_LEAVING = (cst.Return, cst.Break, cst.Continue, cst.Yield)
_SUITES = (cst.IndentedBlock, cst.SimpleStatementSuite, cst.Module)


class SuccessCheck(Struct, frozen=True):
    """A call that raises an error for a failed request, as evaluated in a frame."""

    site: Site
    frame: int


def is_checked(context: PlanContext, read: Use) -> bool:
    """Whether an error is raised for a failed request before its reply is read."""
    assert isinstance(read.value, Reply)
    request = context.facts.requests[read.value.request]
    if request.raises:
        return True
    request_stack, read_stack = (
        stack_of(context, request.site, request.frame),
        stack_of(context, read.site, read.frame),
    )
    checks = checks_of(context, request.id)
    return any(_comes_before(context, check, request_stack, read_stack) for check in checks)


def checks_of(context: PlanContext, request: int) -> list[SuccessCheck]:
    """The calls that raise an error if a request has failed."""
    return context.memoize(_checks).get(request, [])


def tests_outcome(context: ProgramFacts, request: int) -> bool:
    """Whether the program tests the outcome of a request."""
    return any(
        use.kind in _TESTS and isinstance(use.value, Reply) and use.value.path in _OUTCOMES
        for use in context.uses.get(request, ())
    )


def _checks(context: PlanContext) -> Mapping[int, list[SuccessCheck]]:
    """By request: the calls that raise an error for its failure."""
    checks: dict[int, list[SuccessCheck]] = {}
    for (site, frame), value in context.facts.values.items():
        if not isinstance(value, MemberRef) or not isinstance(value.receiver, Reply):
            continue
        request, tree = context.facts.requests[value.receiver.request], context.tree(site)
        call = call_of(tree, tree.node(site))
        if call is None:
            continue
        if not value.receiver.path and value.name in context.client(request).checks:
            checks.setdefault(request.id, []).append(SuccessCheck(tree.site(call), frame))
    return checks


def _comes_before(
    context: PlanContext,
    check: SuccessCheck,
    request_stack: Mapping[int, Site],
    read_stack: Mapping[int, Site],
) -> bool:
    """Whether each path from the request to the read passes a check. `request_stack` and `read_stack` are
    their call stacks, by frame."""
    while True:
        tree, node = context.tree(check.site), context.node(check.site)
        frame = context.read_frame(check.frame)
        read = context.node(read_stack[check.frame]) if check.frame in read_stack else None
        if read is not None and _is_always_evaluated_with(tree, node, read):
            return True
        statement, block = _statement_of(tree, node)
        if statement is None or block is None:
            return False
        body = context.node(frame.function) if frame.function is not None else tree.module
        managed = with_of(tree, block)
        if check.frame in request_stack:
            request = context.node(request_stack[check.frame])
            start = _statement_index(tree, block, request)
            if start is None and managed is not None:
                start = next((0 for item in managed.items if item in tree.ancestors(request)), None)
            is_same_round = loops_around(tree, request) == loops_around(tree, node)
            if start is None or not is_same_round or tree.number(request) > tree.end(node):
                return False
        elif isinstance(body, cst.FunctionDef) and block is body.body:
            start = 0
        else:
            return False
        end = list(block.body).index(statement)
        if read is not None:
            place = _statement_index(tree, block, read)
            if place is None and managed is not None and _passes_errors(context, managed, check):
                if any(_may_leave(tree, part) for part in block.body[start:end]):
                    return False
                check = SuccessCheck(tree.site(managed), check.frame)
                continue
            return place is not None and place >= end and tree.number(read) > tree.number(node)
        if frame.call is None or frame.caller is None or start > end:
            return False
        if any(_may_leave(tree, part) for part in block.body[start:end]) or _may_continue_after_error(
            context, check
        ):
            return False
        if not runs_during_call(context, frame.call, frame.caller, frame.function):
            return False
        check = SuccessCheck(frame.call, frame.caller)


def _is_always_evaluated_with(tree: Tree, node: cst.CSTNode, whole: cst.CSTNode) -> bool:
    """Whether an expression is evaluated in each evaluation of another one."""
    for ancestor in (node, *tree.ancestors(node)):
        if ancestor is whole:
            return True
        if isinstance(ancestor, _CONDITIONAL):
            return False
    return False


def _statement_of(
    tree: Tree, node: cst.CSTNode
) -> tuple[cst.CSTNode, cst.IndentedBlock | cst.SimpleStatementSuite | cst.Module] | tuple[None, None]:
    """The statement that surely evaluates an expression first, and its block. A pair of None without one."""
    inner = node
    for ancestor in tree.ancestors(node):
        if isinstance(ancestor, _SUITES):
            return inner, ancestor
        is_header = inner in (getattr(ancestor, name, None) for name in ("test", "iter"))
        if isinstance(ancestor, cst.If | cst.While | cst.For) and not is_header:
            return None, None
        if isinstance(ancestor, (*_CONDITIONAL, cst.Else, cst.ExceptHandler)):
            return None, None
        inner = ancestor
    return None, None


def _statement_index(tree: Tree, block: cst.CSTNode, node: cst.CSTNode) -> int | None:
    """The index of the statement in a block that contains a node; None if there is none."""
    statement = child_containing(tree, block, node)
    return list(getattr(block, "body", ())).index(statement) if statement is not None else None


def _may_leave(tree: Tree, node: cst.CSTNode) -> bool:
    return any(True for kind in _LEAVING for _ in tree.descendants_of_kind(node, kind))


def _may_continue_after_error(context: PlanContext, check: SuccessCheck) -> bool:
    """Whether a function may continue after the error of a check. A decorator that calls the function again
    doesn't."""
    reached = (context.node(point.site) for point in places_around(context, check.site, check.frame))
    return any(not isinstance(node, cst.Decorator) and not _ends_with_raise(node) for node in reached)


def _passes_errors(context: PlanContext, managed: cst.With, check: SuccessCheck) -> bool:
    """Whether a `with` ends with the error of a check in its body: it manages responses and clients only."""
    tree, frame = context.tree(check.site), check.frame
    choices = [
        choice
        for item in managed.items
        for choice in alternatives(context.value(tree.site(item.item), frame)) or (UNKNOWN,)
    ]
    heap_objects = [context.facts.heap[choice] if isinstance(choice, Ref) else choice for choice in choices]
    return all(
        (isinstance(heap_object, Reply) and not heap_object.path)
        or (isinstance(heap_object, Instance) and heap_object.cls is None and heap_object.client is not None)
        for heap_object in heap_objects
    )


def _ends_with_raise(node: cst.CSTNode) -> bool:
    """Whether a node is a block that ends with `raise`."""
    return isinstance(node, cst.BaseSuite) and isinstance(last_statement(node), cst.Raise)

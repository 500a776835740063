"""Aliases of the dict that becomes a body, and whether it is filled after it was copied."""

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum

import libcst as cst

from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import RebuildPoint, records_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import intervening_nodes, is_first
from kognitos_migrate.edits.memory_locations import (
    FieldKind,
    FieldLocation,
    executed_functions,
    may_be_same_object,
)
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.written_locations import own_locations_written
from kognitos_migrate.syntax.blocks import child_containing
from kognitos_migrate.syntax.roles import argument_of, assignment_to, method_call_on, parameter_of
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, Prepared, Task
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Const, Json, MemberRef, Ref, Symbol, Text, Value


def is_fresh_dict(context: PlanContext, target: cst.Name, read: Site) -> bool:
    """Whether a variable, as `read`, is the dict that the statement of its binding creates: `body = {}`, but
    neither `body = facts` nor `body = self.body = {}`, which make aliases."""
    tree = context.tree(read)
    match assignment_to(tree, target):
        case cst.Assign([_], value) | cst.AnnAssign(value=value) if value is not None:
            site = tree.site(value)
        case _:
            return False
    values = (*context.values_at(site), *context.values_at(read))
    choices = [choice for value in values for choice in alternatives(value)]
    return bool(choices) and all(_is_dict_of(context, choice, site) for choice in choices)


def _is_dict_of(context: PlanContext, value: Value, site: Site) -> bool:
    record = context.facts.heap.get(value)
    return isinstance(record, DictObject) and record.site == site


def has_single_assignment(context: PlanContext, owner: Operand, attribute: str, scope: cst.CSTNode) -> bool:
    """Whether an attribute is assigned at a single place, which is neither in the function `scope` nor run by
    it."""
    heap_objects = [context.facts.heap.get(choice) for choice in alternatives(owner.value)]
    here = context.tree(owner.site).site(scope)
    for heap_object in heap_objects:
        origins = heap_object.origins.get(attribute, []) if isinstance(heap_object, Instance) else []
        sites = {origin.site for origin in origins}
        if len(sites) != 1:
            return False
        place = sites.pop()
        home = context.tree(place)
        function = home.enclosing(home.node(place), cst.FunctionDef)
        if (
            function is None
            or home.site(function) == here
            or calls_function(context, here, home.site(function))
        ):
            return False
    return bool(heap_objects)


def calls_function(context: PlanContext, caller: Site, function: Site) -> bool:
    """Whether a function calls another one, directly or indirectly."""
    return any(
        outer.function == caller
        for frame in context.facts.frames
        if frame.function == function and frame.caller is not None
        for outer in context.facts.stack(frame.caller)
    )


_STANDARD = sys.stdlib_module_names | {"builtins"}
_FILLED = "this may change the body between building the request and sending it"


class SendTime(Enum):
    """The time at which a request is sent, relative to its body's rebuild point."""

    HERE = "by the call that the place is in"
    AFTER = "by another call of the same activation"
    LATER = "by whatever gets what the call makes"


def require_no_write_before_send(context: PlanContext, point: RebuildPoint) -> None:
    """Raises RefusalError if the dict at a place may be filled between there and the request. JSON text is a
    copy."""
    if point.operand is None or all(_sends_json_text(context, number) for number in point.frames):
        return
    send_times = {_send_time(context, point, number) for number in point.frames}
    if send_times == {SendTime.HERE}:
        _require_unchanged_by_arguments(context, point)
        return
    around = context.tree(point.site).enclosing(context.node(point.site), cst.FunctionDef)
    _require_unchanged(context, point, send_times)
    for record in records_of(context, point.operand.value):
        holders = [entry.holder for entry in record.all_entries]
        for site in (*holders, *(spread.site for spread in record.spreads), *record.writes):
            elsewhere = not _is_in_function(context, site, point.site.path, around)
            if (
                elsewhere
                and SendTime.LATER not in send_times
                and not _is_run_by(context, site, point.site.path, around)
            ):
                continue
            if not _always_precedes(context, record.site, site, point.site):
                raise RefusalError(site, "body", _FILLED)


def _require_unchanged(context: PlanContext, point: RebuildPoint, send_times: Collection[SendTime]) -> None:
    """Raises RefusalError if the objects at a place may be changed before the request: by code that isn't
    analysed, or by any code unless they are a dict that the program creates."""
    objects = _possible_objects(context, point)
    if objects:
        _require_no_alias(context, objects, _locations_written_before_send(context, point, send_times))


def _require_unchanged_by_arguments(context: PlanContext, point: RebuildPoint) -> None:
    """Raises RefusalError if the call that sends a place's value changes it in a later argument, as in
    `post(url, json=facts, timeout=facts.pop("timeout"))`."""
    tree, node = context.tree(point.site), context.node(point.site)
    calls = (
        context.node(site)
        for number in point.frames
        for site, frame in context.calls(context.facts.requests[number])
        if frame == point.frames[number] and site.path == point.site.path
    )
    ends = [tree.end(call) for call in calls if tree.number(call) < tree.number(node) < tree.end(call)]
    if not ends:
        return
    later = [(tree.path, tree.nodes[number]) for number in range(tree.end(node), max(ends))]
    run = _with_executed_functions(context, later)
    written = {tree.site(node) for tree, node in run}
    for record in records_of(context, point.operand.value) if point.operand is not None else ():
        for site in (*(entry.holder for entry in record.all_entries), *record.writes):
            if site in written and not context.is_inside(site, record.site):
                raise RefusalError(site, "body", _FILLED)
    unrecorded = [fact for fact in _possible_objects(context, point) if not _is_recorded_dict(context, fact)]
    for location in (
        location for tree, node in run for location in _locations_changed_by(context, tree, node)
    ):
        is_named_alike = context.code(location.owner) == context.code(point.site)
        for fact in {*unrecorded}.intersection(location.values(context)):
            if fact != UNKNOWN or is_named_alike:
                raise RefusalError(location.owner, "body", _FILLED)


def _possible_objects(context: PlanContext, point: RebuildPoint) -> list[Value]:
    """The values at a place that may be objects."""
    return [choice for choice in _values_at(context, point) if not isinstance(choice, Text | Const | Json)]


def _require_no_alias(
    context: PlanContext, objects: Sequence[Value], changed: Iterable[FieldLocation]
) -> None:
    """Raises RefusalError if one of the objects is among the owners of items that are changed."""
    for written in changed:
        owner, owners = written.owner, written.values(context)
        is_equal = written.value is None and _is_parameter_without_callers(context, owner)
        changing = (
            objects
            if written.value is not None
            else [candidate for candidate in objects if not _is_recorded_dict(context, candidate)]
        )
        if any(
            candidate == other if is_equal else may_be_same_object(candidate, other)
            for candidate in changing
            for other in owners
        ):
            tree = context.tree(owner)
            raise RefusalError(tree.site(tree.parent(context.node(owner)) or tree.module), "body", _FILLED)


def _values_at(context: PlanContext, point: RebuildPoint) -> Iterator[Value]:
    if point.operand is not None:
        yield from alternatives(point.operand.value)
    for value in context.values_at(point.site) if point.spread is None else ():
        yield from alternatives(value)


def _is_recorded_dict(context: PlanContext, value: Value) -> bool:
    """Whether a value is a dict whose changes by the program are all recorded."""
    return isinstance(context.facts.heap.get(value), DictObject)


def _is_parameter_without_callers(context: PlanContext, site: Site) -> bool:
    """Whether an expression is a parameter of a function without known callers."""
    tree, node = context.tree(site), context.node(site)
    if not isinstance(node, cst.Name):
        return False
    variable = tree.memoize(Scopes).variable(node)
    bindings = tree.memoize(Scopes).bindings(variable)
    if not bindings or not all(parameter_of(tree, binding) is not None for binding in bindings):
        return False
    function = tree.site(tree.nodes[variable.scope])
    return all(frame.call is None for frame in context.facts.frames if frame.function == function)


def _locations_written_before_send(
    context: PlanContext, point: RebuildPoint, send_times: Collection[SendTime]
) -> Iterator[FieldLocation]:
    """The items that may be written after the evaluation of a place and before its value is sent."""
    runs: list[tuple[str, cst.CSTNode]] = []
    for number, frame in point.frames.items():
        request = context.facts.requests[number]
        nodes = None
        if SendTime.LATER not in send_times:
            nodes = intervening_nodes(context, point.site, frame, request.site, request.frame)
        if nodes is None:
            changed = context.memoize(_locations_written)
            yield from (
                location
                for location in changed
                if not _always_precedes(context, None, location.owner, point.site)
            )
            return
        runs += nodes
    for tree, node in _with_executed_functions(context, runs):
        yield from _locations_changed_by(context, tree, node)


def _with_executed_functions(
    context: PlanContext, nodes: Iterable[tuple[str, cst.CSTNode]]
) -> Collection[tuple[Tree, cst.CSTNode]]:
    """Nodes, each with its module's path, and those of the functions that they run."""
    nodes_by_id = {
        (path, context.trees[path].number(node)): (context.trees[path], node) for path, node in nodes
    }
    functions = (
        site for tree, node in nodes_by_id.values() for site in executed_functions(context, tree, [node])
    )
    for function in list(dict.fromkeys(functions)):
        tree = context.tree(function)
        for node in tree.descendants(context.node(function)):
            nodes_by_id[function.path, tree.number(node)] = (tree, node)
    return nodes_by_id.values()


def _locations_written(context: PlanContext) -> list[FieldLocation]:
    """The items that any code of the program may write."""
    kinds = (cst.Attribute, cst.Subscript, cst.Call, cst.AugAssign)
    return [
        location
        for tree in context.trees.values()
        for node in tree.of_kind(*kinds)
        for location in _locations_changed_by(context, tree, node)
    ]


def _locations_changed_by(context: PlanContext, tree: Tree, node: cst.CSTNode) -> Iterator[FieldLocation]:
    """The items that a node itself may write."""
    for location in own_locations_written(context, tree, node).fields:
        if location.kind is FieldKind.ITEM and not _is_preserved_by_library(context, location):
            yield location


def _is_preserved_by_library(context: PlanContext, location: FieldLocation) -> bool:
    """Whether an object is an argument of a function of the standard library, or of a method of a container.
    These don't change it, unless a model of the function says so."""
    argument = location.owner
    if location.value is not None:
        mutations = context.facts.mutations.get(argument, ())
        functions = [mutation.function for mutation in mutations if mutation.value == location.value]
        return bool(functions) and all(
            "." in function and function.partition(".")[0] in _STANDARD for function in functions
        )
    tree, node = context.tree(argument), context.node(argument)
    passed = argument_of(tree, node)
    call = passed.call if passed is not None else method_call_on(tree, node)
    if call is None:
        return False
    callees = context.alternatives_at(tree.site(call.func))
    return bool(callees) and all(
        (isinstance(callee, Symbol) and callee.name.partition(".")[0] in _STANDARD)
        or (isinstance(callee, MemberRef) and isinstance(callee.receiver, Ref))
        for callee in callees
    )


def _is_in_function(context: PlanContext, site: Site, path: str, function: cst.FunctionDef | None) -> bool:
    return site.path == path and context.tree(site).enclosing(context.node(site), cst.FunctionDef) is function


def _is_run_by(context: PlanContext, site: Site, path: str, caller: cst.FunctionDef | None) -> bool:
    """Whether a function runs the function that contains a site."""
    tree = context.tree(site)
    function = tree.enclosing(context.node(site), cst.FunctionDef)
    if caller is None or function is None:
        return caller is None and function is not None
    return calls_function(context, context.trees[path].site(caller), tree.site(function))


def _sends_json_text(context: PlanContext, request_number: int) -> bool:
    bodies = [operand.value for operand in body_operands(context.matches[request_number])]
    return bool(bodies) and all(isinstance(choice, Json) for body in bodies for choice in alternatives(body))


def _send_time(context: PlanContext, point: RebuildPoint, request_number: int) -> SendTime:
    tree = context.tree(point.site)
    inside = tree.span(tree.node(point.site))
    send_time = SendTime.LATER
    for site, frame in context.calls(context.facts.requests[request_number]):
        if _is_deferred_send(context, site):
            continue
        if context.span(site).contains(inside):
            return SendTime.HERE
        if frame == point.frames[request_number]:
            send_time = SendTime.AFTER
    return send_time


def _is_deferred_send(context: PlanContext, call: Site) -> bool:
    tree, node = context.tree(call), context.node(call)
    if isinstance(tree.parent(node), cst.Await | cst.WithItem):
        return False
    function = tree.enclosing(node, cst.FunctionDef)
    if call in context.facts.deferred or (function is not None and function.asynchronous is not None):
        return True
    choices = context.alternatives_at(call)
    heap_objects = [context.facts.heap[choice] for choice in choices if isinstance(choice, Ref)]
    return any(isinstance(heap_object, Prepared | Task) for heap_object in heap_objects)


def _always_precedes(context: PlanContext, made_at: Site | None, filling: Site, place: Site) -> bool:
    """Whether each evaluation of `place` follows the write at `filling`. The dict was created at `made_at`,
    if that is known."""
    if made_at is not None and context.is_inside(filling, made_at):
        return True  # part of the dict's creation
    if filling.path != place.path:
        return False
    tree = context.tree(place)
    at, filled = tree.node(place), tree.node(filling)
    function = tree.enclosing(at, cst.FunctionDef)
    if tree.enclosing(filled, cst.FunctionDef) is not function or not (
        filled is at or is_first(tree, filled, at)
    ):
        return False
    is_here = made_at is not None and made_at.path == place.path
    creation_ancestors = set(tree.ancestors(tree.node(made_at))) if made_at is not None and is_here else set()
    around = set(tree.ancestors(filled))
    loops = [loop for loop in tree.ancestors(at) if isinstance(loop, cst.For | cst.While) and loop in around]
    return all(
        loop in creation_ancestors or (made_at is None and _is_rebound_in(tree, at, loop)) for loop in loops
    )


def _is_rebound_in(tree: Tree, node: cst.CSTNode, loop: cst.CSTNode) -> bool:
    """Whether each round of a loop binds a variable to another object: the result of a call, or an
    element."""
    if not isinstance(node, cst.Name):
        return False
    bindings = tree.memoize(Scopes).bindings(tree.memoize(Scopes).variable(node))
    return bool(bindings) and all(_is_bound_in_each_round(tree, binding, loop) for binding in bindings)


def _is_bound_in_each_round(tree: Tree, target: cst.CSTNode, loop: cst.CSTNode) -> bool:
    if child_containing(tree, loop, target) is target:
        return True
    match assignment_to(tree, target):
        case cst.Assign(value=cst.Call()) | cst.AnnAssign(value=cst.Call()):
            return loop in set(tree.ancestors(target))
    return False

"""Aliases of the dict that becomes a body, and whether it is filled after it was copied."""

import sys
from collections.abc import Collection, Iterator
from enum import Enum

import libcst as cst

from kognitos_migrate.edits.body.rebuild_points import RebuildPoint, body_operands, records_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import intervening_nodes, is_first
from kognitos_migrate.edits.memory_locations import (
    FieldKind,
    FieldLocation,
    executed_functions,
    may_be_one,
    own_locations_written,
)
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, Prepared, Task
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Json, MemberRef, Ref, Symbol, Text, Value


def is_fresh_dict(scene: PlanContext, target: cst.Name, read: Site) -> bool:
    """Whether a variable, as `read`, is the dict that the statement of its binding creates: `body = {}`, but
    neither `body = facts` nor `body = self.body = {}`, which make aliases."""
    tree = scene.tree(read)
    holder = tree.parent(target)
    statement = tree.parent(holder) if isinstance(holder, cst.AssignTarget) else holder
    if isinstance(statement, cst.Assign) and len(statement.targets) > 1:
        return False
    if not isinstance(statement, cst.Assign | cst.AnnAssign) or statement.value is None:
        return False
    site = tree.site(statement.value)
    values = (*scene.everywhere(site), *scene.everywhere(read))
    choices = [choice for value in values for choice in alternatives(value)]
    return bool(choices) and all(_is_dict_of(scene, choice, site) for choice in choices)


def _is_dict_of(scene: PlanContext, value: Value, site: Site) -> bool:
    record = scene.facts.heap[value] if isinstance(value, Ref) else None
    return isinstance(record, DictObject) and record.site == site


def is_bound_once(scene: PlanContext, owner: Operand, attribute: str, scope: cst.CSTNode) -> bool:
    """Whether an attribute is assigned at a single place, which is neither in the function `scope` nor run by
    it."""
    heap_objects = [
        scene.facts.heap[choice] if isinstance(choice, Ref) else None for choice in alternatives(owner.value)
    ]
    here = scene.tree(owner.site).site(scope)
    for heap_object in heap_objects:
        origins = heap_object.origins.get(attribute, []) if isinstance(heap_object, Instance) else []
        sites = {origin.site for origin in origins}
        if len(sites) != 1:
            return False
        place = sites.pop()
        home = scene.tree(place)
        function = home.enclosing(home.node(place), cst.FunctionDef)
        if function is None or home.site(function) == here or is_called_by(scene, here, home.site(function)):
            return False
    return bool(heap_objects)


def is_called_by(scene: PlanContext, caller: Site, function: Site) -> bool:
    """Whether a function calls another one, directly or indirectly."""
    for frame in scene.facts.frames:
        number = frame.caller if frame.function == function else None
        while number is not None:
            outer = scene.facts.frames[number]
            if outer.function == caller:
                return True
            number = outer.caller
    return False


_STANDARD = sys.stdlib_module_names | {"builtins"}
_FILLED = "the facts may be filled further here, between making the request and sending it"


class SendTime(Enum):
    """The time at which a request is sent, relative to its body's rebuild point."""

    HERE = "by the call that the place is in"
    AFTER = "by another call of the same activation"
    LATER = "by whatever gets what the call makes"


def require_complete_at(scene: PlanContext, place: RebuildPoint) -> None:
    """Raises RefusalError if the dict at a place may be filled between there and the request. JSON text is a
    copy."""
    if place.operand is None or all(_is_text(scene, number) for number in place.frames):
        return
    sendings = {_sending(scene, place, number) for number in place.frames}
    if sendings == {SendTime.HERE}:
        return
    around = scene.tree(place.site).enclosing(scene.node(place.site), cst.FunctionDef)
    _require_unchanged(scene, place, sendings)
    for record in records_of(scene, place.operand.value):
        holders = [entry.holder for entries in record.entries.values() for entry in entries]
        for site in (*holders, *(spread.site for spread in record.spreads), *record.writes):
            elsewhere = not _is_in(scene, site, place.site.path, around)
            if (
                elsewhere
                and SendTime.LATER not in sendings
                and not _is_run_by(scene, site, place.site.path, around)
            ):
                continue
            if not _is_before(scene, record.site, site, place.site):
                raise RefusalError(site, "body", _FILLED)


def _require_unchanged(scene: PlanContext, place: RebuildPoint, sendings: Collection[SendTime]) -> None:
    """Raises RefusalError if facts may be changed between a place and the request: by code that isn't
    analysed, or by any code unless they are a dict that the program creates."""
    facts = [choice for choice in _facts(scene, place) if not isinstance(choice, Text | Const | Json)]
    if not facts:
        return
    for written in _changed(scene, place, sendings):
        owner, owners = written.owner, written.values(scene)
        is_equal = written.value is None and _is_of_callers(scene, owner)
        changing = (
            facts if written.value is not None else [fact for fact in facts if not _is_noted(scene, fact)]
        )
        if any(
            fact == other if is_equal else may_be_one(fact, other) for fact in changing for other in owners
        ):
            tree = scene.tree(owner)
            raise RefusalError(tree.site(tree.parent(scene.node(owner)) or tree.module), "body", _FILLED)


def _facts(scene: PlanContext, place: RebuildPoint) -> Iterator[Value]:
    if place.operand is not None:
        yield from alternatives(place.operand.value)
    for value in scene.everywhere(place.site) if place.spread is None else ():
        yield from alternatives(value)


def _is_noted(scene: PlanContext, value: Value) -> bool:
    """Whether a value is a dict whose changes by the program are all recorded."""
    return isinstance(value, Ref) and isinstance(scene.facts.heap[value], DictObject)


def _is_of_callers(scene: PlanContext, site: Site) -> bool:
    """Whether an expression is a parameter of a function without known callers."""
    tree, node = scene.tree(site), scene.node(site)
    if not isinstance(node, cst.Name):
        return False
    variable = tree.cached(Scopes).variable(node)
    bindings = tree.cached(Scopes).bindings(variable)
    if not bindings or not all(isinstance(tree.parent(binding), cst.Param) for binding in bindings):
        return False
    function = tree.site(tree.nodes[variable.scope])
    return all(frame.call is None for frame in scene.facts.frames if frame.function == function)


def _changed(
    scene: PlanContext, place: RebuildPoint, sendings: Collection[SendTime]
) -> Iterator[FieldLocation]:
    """The items that may be written after the evaluation of a place and before its value is sent."""
    runs: list[tuple[str, cst.CSTNode]] = []
    for number, frame in place.frames.items():
        request = scene.facts.requests[number]
        nodes = None
        if SendTime.LATER not in sendings:
            nodes = intervening_nodes(scene, place.site, frame, request.site, request.frame)
        if nodes is None:
            changed = scene.cached(_ever_changed)
            yield from (
                location for location in changed if not _is_before(scene, None, location.owner, place.site)
            )
            return
        runs += nodes
    nodes_by_id = {(path, scene.trees[path].number(node)): (scene.trees[path], node) for path, node in runs}
    functions = (
        site for tree, node in nodes_by_id.values() for site in executed_functions(scene, tree, [node])
    )
    for function in list(dict.fromkeys(functions)):
        tree = scene.tree(function)
        for node in tree.descendants(scene.node(function)):
            nodes_by_id[function.path, tree.number(node)] = (tree, node)
    for tree, node in nodes_by_id.values():
        yield from _changed_at(scene, tree, node)


def _ever_changed(scene: PlanContext) -> list[FieldLocation]:
    """The items that any code of the program may write."""
    kinds = (cst.Attribute, cst.Subscript, cst.Call, cst.AugAssign)
    return [
        location
        for tree in scene.trees.values()
        for node in tree.of_kind(*kinds)
        for location in _changed_at(scene, tree, node)
    ]


def _changed_at(scene: PlanContext, tree: Tree, node: cst.CSTNode) -> Iterator[FieldLocation]:
    """The items that a node itself may write."""
    if isinstance(node, cst.AugAssign):
        yield FieldLocation(FieldKind.ITEM, None, tree.site(node.target), None)  # `facts |= more`
    for location in own_locations_written(scene, tree, node).fields:
        if location.kind is FieldKind.ITEM and not _is_read_by_library(scene, location):
            yield location


def _is_read_by_library(scene: PlanContext, location: FieldLocation) -> bool:
    """Whether an object is an argument of a function of the standard library, or of a method of a container.
    These don't change it, unless a model of the function says so."""
    argument = location.owner
    if location.value is not None:
        mutations = scene.facts.mutations.get(argument, ())
        functions = [mutation.function for mutation in mutations if mutation.value == location.value]
        return bool(functions) and all(
            "." in function and function.partition(".")[0] in _STANDARD for function in functions
        )
    tree, node = scene.tree(argument), scene.node(argument)
    call = tree.parent(tree.parent(node) or tree.module)
    if not isinstance(call, cst.Call) or node is call.func:
        return False
    callees = [callee for value in scene.everywhere(tree.site(call.func)) for callee in alternatives(value)]
    return bool(callees) and all(
        (isinstance(callee, Symbol) and callee.name.partition(".")[0] in _STANDARD)
        or (isinstance(callee, MemberRef) and isinstance(callee.receiver, Ref))
        for callee in callees
    )


def is_inside(scene: PlanContext, site: Site, around: Site) -> bool:
    """Whether an expression is a part of another one."""
    inner, outer = scene.span(site), scene.span(around)
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end


def _is_in(scene: PlanContext, site: Site, path: str, function: cst.FunctionDef | None) -> bool:
    return site.path == path and scene.tree(site).enclosing(scene.node(site), cst.FunctionDef) is function


def _is_run_by(scene: PlanContext, site: Site, path: str, caller: cst.FunctionDef | None) -> bool:
    """Whether a function runs the function that contains a site."""
    tree = scene.tree(site)
    function = tree.enclosing(scene.node(site), cst.FunctionDef)
    if caller is None or function is None:
        return caller is None and function is not None
    return is_called_by(scene, scene.trees[path].site(caller), tree.site(function))


def _is_text(scene: PlanContext, number: int) -> bool:
    bodies = [operand.value for operand in body_operands(scene.matches[number])]
    return bool(bodies) and all(isinstance(choice, Json) for body in bodies for choice in alternatives(body))


def _sending(scene: PlanContext, place: RebuildPoint, number: int) -> SendTime:
    tree = scene.tree(place.site)
    inside = tree.span(tree.node(place.site))
    send_time = SendTime.LATER
    for site, frame in scene.calls(scene.facts.requests[number]):
        if _gives_what_sends(scene, site):
            continue
        span = scene.span(site)
        if span.path == inside.path and span.start <= inside.start and inside.end <= span.end:
            return SendTime.HERE
        if frame == place.frames[number]:
            send_time = SendTime.AFTER
    return send_time


def _gives_what_sends(scene: PlanContext, call: Site) -> bool:
    tree, node = scene.tree(call), scene.node(call)
    if isinstance(tree.parent(node), cst.Await | cst.WithItem):
        return False
    function = tree.enclosing(node, cst.FunctionDef)
    if call in scene.facts.deferred or (function is not None and function.asynchronous is not None):
        return True
    choices = [choice for value in scene.everywhere(call) for choice in alternatives(value)]
    heap_objects = [scene.facts.heap[choice] for choice in choices if isinstance(choice, Ref)]
    return any(isinstance(heap_object, Prepared | Task) for heap_object in heap_objects)


def _is_before(scene: PlanContext, made_at: Site | None, filling: Site, place: Site) -> bool:
    """Whether each evaluation of `place` follows the write at `filling`. The dict was created at `made_at`,
    if that is known."""
    if made_at is not None and is_inside(scene, filling, made_at):
        return True  # part of the dict's creation
    if filling.path != place.path:
        return False
    tree = scene.tree(place)
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
    bindings = tree.cached(Scopes).bindings(tree.cached(Scopes).variable(node))
    return bool(bindings) and all(_is_of_round(tree, binding, loop) for binding in bindings)


def _is_of_round(tree: Tree, target: cst.CSTNode, loop: cst.CSTNode) -> bool:
    above = tree.parent(target)
    if above is loop:
        return True
    assigned = tree.parent(above) if isinstance(above, cst.AssignTarget) else above
    value = assigned.value if isinstance(assigned, cst.Assign | cst.AnnAssign) else None
    return isinstance(value, cst.Call) and loop in set(tree.ancestors(target))

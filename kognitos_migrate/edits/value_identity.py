"""Value identity: whether a moved expression still has the value that reached the request."""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import catch_points
from kognitos_migrate.edits.evaluation_order import intervening_nodes, is_evaluated_before
from kognitos_migrate.edits.exception_freedom import is_exception_free
from kognitos_migrate.edits.final_variables import (
    are_constant_locations,
    is_computed,
    is_final,
    is_final_field,
    is_module_variable,
    is_set_from_outside,
)
from kognitos_migrate.edits.memory_locations import FieldKind, LocationSet, field_in, may_alias
from kognitos_migrate.edits.side_effects import acts_or_raises, acts_or_raises_itself, may_fail
from kognitos_migrate.edits.value_provenance import is_hole_carried_to_request
from kognitos_migrate.edits.written_locations import locations_written
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.scopes import Scopes, Variable, function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Iterated, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    Bound,
    Class,
    Function,
    Hole,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.origins import OriginKind


def is_deferred(context: PlanContext, frame: int, other: int) -> bool:
    """Whether a function that leads from one activation to the other may run later than its call."""
    mine, theirs = _frames(context, frame), _frames(context, other)
    apart = [number for number in mine if number not in theirs]
    apart += [number for number in theirs if number not in mine]
    return any(_may_run_later(context, number) for number in apart)


def _frames(context: PlanContext, frame: int) -> list[int]:
    """A frame, and those whose calls lead to it."""
    return [frame, *(caller for _, caller in context.outer_calls(frame))]


def _may_run_later(context: PlanContext, number: int) -> bool:
    frame = context.read_frame(number)
    if frame.call is None or frame.caller is None or frame.function is None:
        return False
    tree, call = context.tree(frame.call), context.node(frame.call)
    function = context.node(frame.function)
    if is_generator(context.tree(frame.function), function):
        return True
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        return not isinstance(tree.parent(call), cst.Await)
    if not isinstance(call, cst.Call) or _is_run_at_once(function):
        return False  # a property, an operator, a constructor
    callees = alternatives(context.value(tree.site(call.func), frame.caller))
    return not any(isinstance(callee, Function | Bound | Class | Ref) for callee in callees)


def _is_run_at_once(function: cst.CSTNode) -> bool:
    """Whether a function is a special method, such as a constructor, that libraries don't call later."""
    name = function.name.value if isinstance(function, cst.FunctionDef) else ""
    return name.startswith("__") and name.endswith("__") and name != "__call__"


class RereadOperand(Struct, frozen=True):
    """A component of a value that new code reads again. It was evaluated at `site` in `frame`, and is read
    again at `again` in the frame `reader`."""

    site: Site
    frame: int
    again: Site
    reader: int
    read: LocationSet


def has_same_value(
    context: PlanContext, leaves: list[RereadOperand], hole: Hole, texts: list[Operand]
) -> bool:
    """Whether `leaves`, which rebuild the value of `hole`, read what they read before. `texts` are the
    request's texts that contain the hole."""
    varying = [leaf for leaf in leaves if not are_constant_locations(context, leaf.read)]
    if not all(_has_same_errors(context, leaf) for leaf in leaves):
        return False
    return _site_yields_hole_or_object(context, hole) and (
        not varying
        or (
            is_hole_carried_to_request(context, texts, hole)
            and all(has_unchanged_locations(context, leaf) for leaf in varying)
        )
    )


def belongs_to_request(
    context: PlanContext, leaves: list[RereadOperand], hole: Hole, texts: list[Operand]
) -> bool:
    """Whether the value of `hole` belongs to the request that has `texts`. The caller checks whether the
    statements that bind its names can move."""
    return _site_yields_hole_or_object(context, hole) and (
        all(are_constant_locations(context, leaf.read) for leaf in leaves)
        or is_hole_carried_to_request(context, texts, hole)
    )


def _site_yields_hole_or_object(context: ProgramFacts, hole: Hole) -> bool:
    """Whether the expression of a hole has the hole's value. An object's text comes from its class."""
    refs = [
        choice for choice in alternatives(context.value(hole.site, hole.frame)) if isinstance(choice, Ref)
    ]
    is_object = any(isinstance(context.facts.heap[ref], Instance) for ref in refs)
    return (is_object and hole.mark is None) or site_yields_value(context, hole)


def site_yields_value(context: ProgramFacts, operand: Hole | Operand) -> bool:
    """Whether an expression evaluates to a value. False if a template took the value out of a mapping."""
    values = alternatives(context.value(operand.site, operand.frame))
    return all(choice in values for choice in alternatives(operand.value))


def _has_same_errors(context: PlanContext, leaf: RereadOperand) -> bool:
    """Whether a leaf can't raise an error, or the same statements handle it at both places, and no code
    between its two evaluations acts or may raise one."""
    if _may_raise(context, leaf.site) and not _has_same_handlers(context, leaf):
        return False
    if not acts_or_raises(context, leaf.site):
        return True
    nodes = _nodes_between(context, leaf)
    if nodes is None or any(
        acts_or_raises_itself(context, context.trees[path], node) for path, node in nodes
    ):
        return False
    tree = context.tree(leaf.again)
    is_early = is_evaluated_before(context, leaf.again, leaf.reader, leaf.site, leaf.frame)
    return not is_early or not may_fail(context, tree, tree.node(leaf.again))


def _may_raise(context: PlanContext, site: Site) -> bool:
    """Whether an expression reads an item, or calls something, and may raise an error."""
    tree = context.tree(site)
    node = tree.node(site)
    reads_item = any(tree.descendants_of_kind(node, cst.Subscript)) or any(
        isinstance(record := context.facts.heap.get(owner), DictObject) and record.has_attributes
        for attribute in tree.descendants_of_kind(node, cst.Attribute)
        for owner in context.alternatives_at(tree.site(attribute.value))
    )
    return (reads_item or acts_or_raises(context, site)) and not is_exception_free(context, tree, node)


def _has_same_handlers(context: PlanContext, leaf: RereadOperand) -> bool:
    """Whether the same code handles an error of a leaf at both of its places."""
    return all(
        catch_points(context, leaf.site, leaf.frame, error)
        == catch_points(context, leaf.again, leaf.reader, error)
        for error in _ERRORS
    )


_ERRORS = (KeyError, IndexError, AttributeError, TypeError, ValueError)
"""The errors that reading an item, or calling something, commonly raises."""


def _nodes_between(context: PlanContext, leaf: RereadOperand) -> list[tuple[str, cst.CSTNode]] | None:
    """The nodes, each with its module's path, that may be evaluated between a leaf's two evaluations. None if
    these have no common chain of calls, or if a function on it may run later than it is called."""
    if is_deferred(context, leaf.frame, leaf.reader):
        return None
    nodes = intervening_nodes(context, leaf.site, leaf.frame, leaf.again, leaf.reader)
    if nodes is not None and is_evaluated_before(context, leaf.again, leaf.reader, leaf.site, leaf.frame):
        tree = context.tree(leaf.again)  # the new code stands in front of the expression at this place
        nodes += [(tree.path, node) for node in tree.descendants(context.node(leaf.again))]
    return nodes


def has_unchanged_locations(context: PlanContext, leaf: RereadOperand) -> bool:
    """Whether no code between a leaf's two evaluations may write a memory location that it reads."""
    variables = {variable for variable in leaf.read.variables if not is_final(context, variable)}
    fields = [field for field in leaf.read.fields if not is_final_field(context, field)]
    if not variables and not fields:
        return True
    nodes = _nodes_between(context, leaf)
    if nodes is None or any(
        is_module_variable(context, variable) and is_set_from_outside(context, variable)
        for variable in variables
    ):
        return False
    by_tree: dict[str, list[cst.CSTNode]] = {}
    for path, node in nodes:
        by_tree.setdefault(path, []).append(node)
    if any(is_computed(context, field) for field in fields):
        return not any(_writes_objects(context, context.trees[path], part) for path, part in by_tree.items())
    return all(
        is_unwritten(context, context.trees[path], tree_nodes, LocationSet(variables, fields))
        for path, tree_nodes in by_tree.items()
    )


def has_unchanged_contents(context: PlanContext, leaf: RereadOperand) -> bool:
    """Whether a leaf of a test has unchanged locations, and so have the objects that it may be: the truth of
    a list changes with its contents."""
    tree = context.tree(leaf.site)
    contents = [
        field_in(tree, FieldKind.ITEM, None, node)
        for node in tree.descendants(tree.node(leaf.site))
        if isinstance(node, cst.Name | cst.Attribute | cst.Subscript)
        if any(_may_be_container(context, choice) for choice in context.alternatives_at(tree.site(node)))
    ]
    read = LocationSet(leaf.read.variables, [*leaf.read.fields, *contents])
    return has_unchanged_locations(context, replace(leaf, read=read))


def _may_be_container(context: ProgramFacts, value: Value) -> bool:
    """Whether a value may be a list or a dict. An environment variable is a text."""
    if isinstance(value, Ref):
        return isinstance(context.facts.heap[value], DictObject | SequenceObject | Iterated)
    if isinstance(value, Unknown):
        return value.origin is None or value.origin.kind is not OriginKind.VARIABLE
    return isinstance(value, Symbol | MemberRef | Reply)


def _writes_objects(context: PlanContext, tree: Tree, nodes: Sequence[cst.CSTNode]) -> bool:
    """Whether nodes of one activation, and the functions that they run, may write to any object."""
    waits = any(isinstance(node, cst.Await | cst.Yield | cst.Asynchronous) for node in nodes)
    return (
        waits
        or bool(locations_written(context, tree, nodes).fields)
        or any(acts_or_raises_itself(context, tree, node) for node in nodes)
    )


def is_unwritten(
    context: PlanContext, tree: Tree, nodes: Sequence[cst.CSTNode], locations: LocationSet
) -> bool:
    """Whether nodes of one activation, and the functions that they run, write none of the locations.

    While an `await`, `async with` or `yield` waits, other code may write all that isn't private to the
    activation."""
    written = locations_written(context, tree, nodes)
    if not locations.variables.isdisjoint(written.variables):
        return False
    if any(may_alias(context, field, other) for field in locations.fields for other in written.fields):
        return False
    switches = any(isinstance(node, cst.Await | cst.Yield | cst.Asynchronous) for node in nodes)
    return not switches or (
        not locations.fields and all(_is_private(context, variable) for variable in locations.variables)
    )


def _is_private(context: ProgramTrees, variable: Variable) -> bool:
    tree = context.trees[variable.path]
    owner = tree.nodes[variable.scope]
    bindings = tree.memoize(Scopes).bindings(variable)
    return not isinstance(owner, cst.Module) and all(
        function_around(tree, binding) is owner for binding in bindings
    )

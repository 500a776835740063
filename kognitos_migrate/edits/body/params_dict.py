"""Dicts of query parameters that become a list, or disappear if they are empty."""

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.dict_aliasing import is_fresh_dict
from kognitos_migrate.edits.body.list_values import holds_slot, slot_as_list
from kognitos_migrate.edits.body.moved_fields import MovedField, MovedFields
from kognitos_migrate.edits.calling_contexts import sends_only_for
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.observers import (
    EntryChange,
    Observation,
    innermost_replaceable_argument,
    observations_of,
)
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate, primary_source
from kognitos_migrate.edits.structural_edits import remove_item, remove_statement
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.rulebook.model import LayoutMember, Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import named_parameters
from kognitos_migrate.syntax.roles import (
    argument_of,
    assignment_to,
    innermost_ancestors,
    is_attribute_name,
    is_keyword,
    subscript_of,
)
from kognitos_migrate.syntax.scopes import Variables, occurrences
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictEntry, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Ref


class ParamsDict(Struct, frozen=True):
    """A dict of parameters that is filled with one member only. It becomes a list with this `name`."""

    context: PlanContext
    match: Match
    member: LayoutMember
    tree: Tree
    entries: list[DictEntry]
    name: str


def dict_to_list(
    params: ParamsDict, operand: Operand, holder: Site, moved_fields: MovedFields
) -> list[PendingEdit] | None:
    """Turn a local dict that is created empty and filled with this parameter only into the list itself, so
    that the conditions of the assignments remain. None if the dict isn't of this kind."""
    context, tree = params.context, params.tree
    node = tree.node(operand.site)
    if not isinstance(node, cst.Name):
        return None
    function = context.read_frame(operand.frame).function
    scope = tree.node(function) if function else tree.module
    if occurrences(tree, scope, params.name):
        return None
    edits: list[PendingEdit] = []
    for use in (other for other in occurrences(tree, scope, node.value) if other is not node):
        step = _convert_use(params, use)
        if step is None:
            return None
        edits.extend(step)
    removal = remove_item(context, holder)
    if removal is None or not edits:
        return None
    moved_fields.expressions[params.member.slot] = MovedField(
        (params.name,), frame=operand.frame, always=True
    )
    return [*edits, removal]


def _convert_use(params: ParamsDict, use: cst.Name) -> list[PendingEdit] | None:
    """The pending edits at the dict's creation or at an assignment of an item; None for any other use."""
    tree = params.tree
    if is_keyword(tree, use):
        return []
    match assignment_to(tree, use):
        case cst.Assign([_], cst.Dict([]) as display):
            return [
                PendingEdit(tree.span(use), (params.name,)),
                PendingEdit(tree.outer_span(display), ("[]",)),
            ]
        case cst.Assign([_], cst.IfExp(_, cst.Dict([cst.DictElement() as element]), other)) if (
            _is_dict_display_or_none(other)
        ):
            return _choose_list(params, use, element, other)
    item = subscript_of(tree, use)
    match assignment_to(tree, item) if item is not None else None:
        case cst.Assign([_], value) if item is not None:
            return _assign_list(params, item, value)
    return None


def _choose_list(
    params: ParamsDict, use: cst.Name, element: cst.DictElement, other: cst.BaseExpression
) -> list[PendingEdit] | None:
    """The pending edits of `params = {name: value} if condition else {}`, where the value is more than a
    name: it is still evaluated there. None if the dict can disappear."""
    tree, value = params.tree, _list_source(params, params.tree.site(element), element.value)
    if value is None or isinstance(element.value, cst.Name):
        return None
    display = tree.parent(element)
    assert display is not None
    return [
        PendingEdit(tree.span(use), (params.name,)),
        PendingEdit(tree.outer_span(display), value),
        PendingEdit(tree.outer_span(other), ("[]",)),
    ]


def _assign_list(
    params: ParamsDict, item: cst.Subscript, assigned: cst.BaseExpression
) -> list[PendingEdit] | None:
    """The pending edits at an assignment of an item: the item's value becomes the list."""
    tree, value = params.tree, _list_source(params, params.tree.site(item), assigned)
    if value is None:
        return None
    return [
        PendingEdit(tree.span(item), (params.name,)),
        PendingEdit(tree.outer_span(assigned), value),
    ]


def _list_source(params: ParamsDict, holder: Site, assigned: cst.BaseExpression) -> CodeTemplate | None:
    """The value of an entry as a list; None if the value isn't one of the slot."""
    context = params.context
    entry = next((candidate for candidate in params.entries if candidate.holder == holder), None)
    if entry is None or not holds_slot(context, params.member, entry.operand.value):
        return None
    value = params.tree.outer_span(assigned)
    list_field = slot_as_list(context, params.match, entry.operand)
    if list_field.operand is not None and list_field.operand.site != entry.operand.site:
        return (context.outer_span(list_field.operand.site),)
    if not any(isinstance(choice, Ref) for choice in alternatives(entry.operand.value)):
        return ("[", value, "]")
    return (value,)


def remove_empty_dict(
    context: PlanContext, match: Match, operand: Operand, other_removals: Sequence[PendingEdit]
) -> list[PendingEdit]:
    """The pending edits that delete a variable whose dict is empty after `other_removals`. None are returned
    if it has a use other than the argument of one request."""
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    argument = argument_of(tree, node)
    if not isinstance(node, cst.Name) or argument is None or argument.keyword is None:
        return []
    function = context.read_frame(operand.frame).function
    scope = tree.node(function) if function is not None else tree.module
    call = tree.site(argument.call)
    if not may_omit_argument(context, match, call, argument.keyword):
        return []
    if function is None and context.is_used_elsewhere(tree.path, node.value):
        return []
    if not sends_only_for(context, match, call):
        return []
    bindings = tree.memoize(Variables).bindings(scope, node.value)
    spans = [edit.span for edit in other_removals]
    for use in _uses(tree, scope, node.value):
        if (
            use is not node
            and use not in bindings
            and not any(span.contains(tree.span(use)) for span in spans)
        ):
            return []
    edits = [
        remove_item(context, tree.site(argument.arg)),
        *(_remove_empty_assignment(context, tree, binding) for binding in bindings),
    ]
    removals = [edit for edit in edits if edit is not None]
    return removals if bindings and len(removals) == len(edits) else []


def remove_dict_assignment(context: PlanContext, site: Site) -> PendingEdit | None:
    """The pending edit that deletes an assignment of a dict display to an item of a fresh dict. None if the
    statement is of another kind, or is alone in its block."""
    tree = context.tree(site)
    match tree.enclosing(tree.node(site), cst.Assign):
        case cst.Assign([cst.AssignTarget(cst.Subscript(cst.Name(name) as owner))], cst.Dict() as display):
            scope = tree.enclosing(owner, cst.FunctionDef) or tree.module
        case _:
            return None
    bindings = tree.memoize(Variables).bindings(scope, name)
    if display is not tree.node(site) or len(bindings) != 1:
        return None
    if not is_fresh_dict(context, bindings[0], tree.site(owner)):
        return None
    if not all(_is_filled_or_spread(tree, occurrence) for occurrence in occurrences(tree, scope, name)):
        return None
    edit = remove_statement(context, site)
    return edit if edit is not None and edit.parts == ("",) else None


def _is_filled_or_spread(tree: Tree, name: cst.Name) -> bool:
    """Whether a name is bound, has an item assigned, or is passed as `**`."""
    match innermost_ancestors(tree, name, 2):
        case [cst.Arg(star="**") | cst.AssignTarget() | cst.AnnAssign(), _]:
            return True
        case [cst.Subscript(), cst.AssignTarget()]:
            return True
    return False


def may_omit_argument(context: PlanContext, match: Match, call: Site, keyword: str) -> bool:
    """Whether a call that leads to the request can omit this argument: each function in between only passes
    its keyword arguments on."""
    frame = match.request.frame
    for site, _ in context.calls(match.request):
        if site == call:
            return True
        inner = context.read_frame(frame)
        if (
            inner.function is None
            or inner.caller is None
            or not _passes_keywords_on(context, inner.function, keyword)
        ):
            return False
        frame = inner.caller
    return False


def _passes_keywords_on(context: PlanContext, function: Site, keyword: str) -> bool:
    tree = context.tree(function)
    definition = tree.node(function)
    if not isinstance(definition, cst.FunctionDef) or definition.params.star_kwarg is None:
        return False
    name = definition.params.star_kwarg.name
    arguments = (
        argument_of(tree, node) for node in occurrences(tree, definition, name.value) if node is not name
    )
    return all(param.name.value != keyword for param in named_parameters(definition)) and all(
        argument is not None and argument.arg.star == "**" for argument in arguments
    )


def _uses(tree: Tree, scope: cst.CSTNode, name: str) -> Iterator[cst.Name]:
    """The occurrences of a name in a scope, except keywords and attributes."""
    for node in occurrences(tree, scope, name):
        if not is_keyword(tree, node) and not is_attribute_name(tree, node):
            yield node


def _remove_empty_assignment(context: PlanContext, tree: Tree, target: cst.Name) -> PendingEdit | None:
    """The pending edit that deletes an assignment. None if its value may have a side effect, or its block has
    no other statement."""
    match tree.enclosing(target, cst.Assign, cst.AnnAssign):
        case cst.Assign([_], value) | cst.AnnAssign(value=value) if (
            value is not None and _is_dict_display_or_none(value)
        ):
            pass
        case _:
            return None
    edit = remove_statement(context, tree.site(target))
    return edit if edit is not None and edit.parts == ("",) else None


def _is_dict_display_or_none(value: cst.BaseExpression) -> bool:
    """Whether a value is a dict display or None, or a choice of these by a name."""
    match value:
        case cst.IfExp(cst.Name(), body, orelse):
            return _is_dict_display_or_none(body) and _is_dict_display_or_none(orelse)
        case cst.Dict() | cst.Name("None"):
            return True
    return False


_NOTHING = ("None", "{}", "()", '""', "''", "dict()")


def query_observations(
    context: PlanContext, match: Match, entries: list[DictEntry], *, alone: bool
) -> list[Observation]:
    """The places that see entries of a dict of parameters, other than the request. If the dict has no other
    entries (`alone`), that includes tests of its truth."""
    sent = [site for site, _ in context.calls(match.request)]
    return [
        observation
        for entry in entries
        for observation in observations_of(context, match, entry, EntryChange.REMOVED)
        if observation.kind is not AccessKind.TRUTH
        or (
            alone
            and _truth_decides_more(context.tree(observation.site), context.node(observation.site), sent)
        )
    ]


def send_without(
    context: PlanContext,
    match: Match,
    operand: Operand,
    key: str,
    observations: list[Observation],
    *,
    alone: bool,
) -> PendingEdit:
    """The pending edit that sends the parameters without a key at an argument that only this operation uses.
    Without other keys (`alone`), the argument is omitted. Raises RefusalError if there is no such
    argument."""
    level = innermost_replaceable_argument(context, match, operand, Role.QUERY, observations)
    if level is None:
        message = f"the code reads the parameter {key!r} here, and the new request doesn't have it"
        raise RefusalError(observations[0].site, "query", message, "build a separate dict for this request")
    tree = context.tree(level.site)
    argument = argument_of(tree, tree.node(level.site))
    if alone and argument is not None and argument.keyword is not None:
        if may_omit_argument(context, match, tree.site(argument.call), argument.keyword):
            edit = remove_item(context, tree.site(argument.arg))
            if edit is not None:
                return edit
    return PendingEdit(context.outer_span(level.site), _without_key(context, level, key))


def _without_key(context: PlanContext, operand: Operand, key: str) -> CodeTemplate:
    whole = primary_source(context, operand.site)
    if any(choice == NONE for choice in alternatives(operand.value)):
        whole = ("(", context.outer_span(operand.site), " or {})")
    return ("{key: value for key, value in ", *whole, f".items() if key != {string_literal(key)}}}")


def _truth_decides_more(tree: Tree, node: cst.CSTNode, sent: Collection[Site]) -> bool:
    """Whether a dict's truth decides on something other than the dict, or on whether the request is sent."""
    parent, name = tree.parent(node), tree.code(node)
    match parent:
        case cst.BooleanOperation(left, operator):
            return left is node and isinstance(operator, cst.And)
        case cst.IfExp() if parent.test is node:
            is_left_out = tree.code(parent.orelse) in _NOTHING
            return not is_left_out or not _reads_dict(tree, parent.body, name, sent)
        case cst.If() if parent.test is node:
            lines = parent.body.body
            return parent.orelse is not None or not all(_reads_dict(tree, line, name, sent) for line in lines)
        case _:
            return True


def _reads_dict(tree: Tree, node: cst.CSTNode, name: str, sent: Collection[Site]) -> bool:
    """Whether a node reads the dict `name` and sends no request."""
    within = [node, *tree.descendants(node)]
    return any(tree.code(part) == name for part in within) and not any(
        tree.site(part) in sent for part in within
    )

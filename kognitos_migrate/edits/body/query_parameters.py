"""Query parameters: their values in a body, lists of pairs, and their removal from a URL."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.body.entry_extraction import BodyEntry, exclude_from_dict, take_from_merged_dict
from kognitos_migrate.edits.body.key_precedence import Precedence, precedence
from kognitos_migrate.edits.body.list_values import entry_as_list, holds_slot, slot_as_list
from kognitos_migrate.edits.body.moved_fields import BodyEntryRead, MovedField, MovedFields
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import always_has, bodies_of, find_entries, spread_calls
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.item_removals import item_span
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import is_pure_expression
from kognitos_migrate.edits.side_effects import acts, acts_or_raises, is_repeatable
from kognitos_migrate.edits.structural_edits import remove_item, remove_statement
from kognitos_migrate.edits.url.path import remove_hole, remove_placeholder
from kognitos_migrate.rulebook.model import LayoutMember, Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import argument_of, innermost_ancestors
from kognitos_migrate.syntax.scopes import Variables, occurrences
from kognitos_migrate.syntax.shapes import string_value
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Hole, Json, Lit, Reply, Text, Unknown, Value


def record_value(
    context: PlanContext, match: Match, member: LayoutMember, value: Operand, moved_fields: MovedFields
) -> list[PendingEdit]:
    """Record in `moved_fields` the slot's value: an entry of the body that the parameter names, or the
    parameter itself. Returns the edits that take the entry out of the facts. Raises RefusalError if the value
    isn't known."""
    choices = [choice for choice in alternatives(value.value) if choice != NONE]
    literals = {choice.literal if isinstance(choice, Text) else None for choice in choices}
    if not choices:  # never set
        return []
    if holds_slot(context, member, value.value) or _stands_for_slot(context, member, value):
        moved_fields.expressions[member.slot] = slot_as_list(context, match, value)
        return []
    if len(literals) == 1 and None not in literals:
        return record_body_key(context, match, str(next(iter(literals))), moved_fields)
    written = " ".join(context.code(value.site).split())
    source = next((choice.source for choice in choices if isinstance(choice, Unknown) and choice.source), "")
    origin = f" ({source})" if source and source != written else ""
    raise RefusalError(
        value.site, "attachments", f"{member.name} is `{written}`{origin}, and its value isn't known here"
    )


def _stands_for_slot(context: PlanContext, member: LayoutMember, value: Operand) -> bool:
    """Whether a test passes a text where the program passes the slot's value, as in `start({}, "blob-1")`."""
    choices = [choice for choice in alternatives(value.value) if choice != NONE]
    is_of_test = all(
        isinstance(part, Lit) and part.site is not None and part.site.path in context.facts.tests
        for choice in choices
        for part in (choice.parts if isinstance(choice, Text) else (None,))
    )
    return is_of_test and any(holds_slot(context, member, other) for other in context.values_at(value.site))


def record_body_key(
    context: PlanContext, match: Match, key: str, moved_fields: MovedFields
) -> list[PendingEdit]:
    """Record in `moved_fields` that the body's entry `key` contains the slot, so that it moves out of the
    facts. Returns the edits that take it out of them."""
    slot = match.operation.old.query[0].slot
    bodies = [body for operand in body_operands(match) for body in bodies_of(operand.value)]
    entries = list(dict.fromkeys(entry for body in bodies for entry in find_entries(context, body, key)))
    certain = all(always_has(context, body, key, match.request.regions) for body in bodies)
    rank = precedence(context, bodies, entries[0], key) if len(entries) == 1 else Precedence.UNPROVEN
    part = BodyEntry(key, entries[0], rank, certain) if entries and rank is not Precedence.UNPROVEN else None
    if (
        part is not None
        and certain
        and isinstance(context.node(part.entry.holder), cst.DictElement | cst.Arg)
    ):
        moved_fields.moved_keys.add(key)
        if _is_in_body_display(context, match, part.entry):
            moved_fields.expressions[slot] = entry_as_list(context, part.entry.operand)
            if rank is Precedence.LAST:
                moved_fields.replaced_keys.add(key)
            edit = remove_item(context, part.entry.holder)
            return [edit] if edit is not None else []
    new = match.operation.new.request_member(slot)
    local = exclude_from_dict(context, match, new.name, part) if new and part is not None else None
    if local is not None:
        moved_fields.expressions[slot] = local.addition
        moved_fields.moved_keys.add(key)
        moved_fields.replaced_keys |= local.replaced
        return list(local.edits)
    extraction = take_from_merged_dict(context, match, key) if rank is not Precedence.UNPROVEN else None
    if extraction is None:
        read = _entry_read(context, match, key, entries, certain=certain)
        moved_fields.expressions[slot] = MovedField(entry_read=read, always=not certain)
        moved_fields.removed_keys.add(key)
        return []
    if rank is Precedence.LAST:
        moved_fields.replaced_keys.add(key)
    moved_fields.expressions[slot] = extraction.addition
    (moved_fields.removed_keys if extraction.edit is None else moved_fields.moved_keys).add(key)
    return [extraction.edit] if extraction.edit is not None else []


def _is_in_body_display(context: PlanContext, match: Match, entry: DictEntry) -> bool:
    """Whether an entry is written in a display, or in the arguments of a call, that is the body."""
    tree = context.tree(entry.holder)
    display = tree.parent(tree.node(entry.holder))
    levels = (
        level for operand in body_operands(match) for level in context.argument_chain(operand, Role.JSON)
    )
    return display is not None and tree.site(display) in {level.site for level in levels}


def _entry_read(
    context: PlanContext, match: Match, key: str, entries: list[DictEntry], *, certain: bool
) -> BodyEntryRead:
    """A read of the body's entry `key` at the expressions of the body. Raises RefusalError if there are
    none."""
    levels = [
        level for operand in body_operands(match) for level in context.argument_chain(operand, Role.JSON)
    ]
    if not levels:
        raise RefusalError(
            match.request.site, "attachments", f"the code that sets the body's {key!r} wasn't found"
        )
    suffix_by_site = {
        level.site: ""
        for level in levels
        if is_repeatable(context, level.site) and type(level.value) is not Json
    }
    suffix_by_site |= {
        place.site: f"[{string_literal(place.spread or '')}]" for place in spread_calls(context, match)
    }
    if not suffix_by_site:
        raise RefusalError(
            levels[0].site, "attachments", f"the body's {key!r} can't be separated from its other keys here"
        )
    single = bool(entries) and all(
        isinstance(choice, Reply | Text) for entry in entries for choice in alternatives(entry.operand.value)
    )
    maybe_none = any(level.value == NONE or NONE in alternatives(level.value) for level in levels)
    return BodyEntryRead(key, suffix_by_site, certain, single, maybe_none)


class QueryPair(Struct, frozen=True):
    """A parameter's value, and the edit that takes the pair out of the call."""

    value: Operand
    removal: PendingEdit


def pairs_of(context: PlanContext, request: Site, operand: Operand, name: str) -> list[QueryPair] | None:
    """The pairs of a parameter in a display that a request's own call contains. None for any other value, and
    if a name isn't written out."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    argument = argument_of(tree, node)
    if argument is None or argument.call is not context.node(request):
        return None
    if not isinstance(node, cst.List | cst.Tuple):
        return None
    elements = _elements(context, operand.value)
    if elements is None or len(elements) != len(node.elements):
        return None
    pairs: list[QueryPair] = []
    for element, written in zip(elements, node.elements, strict=True):
        parts = _elements(context, element.value)
        if parts is None or len(parts) != 2 or not isinstance(written, cst.Element):
            return None
        key = parts[0].value.literal if isinstance(parts[0].value, Text) else None
        if key is None:
            return None
        if key != name:
            continue
        alone = remove_item(context, tree.site(argument.arg)) if len(elements) == 1 else None
        if alone is None and not isinstance(node, cst.List):
            return None
        pairs.append(
            QueryPair(parts[1], alone or PendingEdit(item_span(tree, written, node.elements), ("",)))
        )
    return pairs


def _elements(context: PlanContext, value: Value) -> list[Operand] | None:
    """The elements of a list or tuple, if all are known."""
    sequence = context.facts.heap.get(value)
    if not isinstance(sequence, SequenceObject) or sequence.rest is not NEVER:
        return None
    return sequence.items


def remove_query(context: PlanContext, match: Match, url: Url) -> list[PendingEdit] | None:
    """Remove the expression that supplies the whole query, with the question mark before it. None if there is
    no such expression, or if other requests have its text in their URLs."""
    mark, first = url.question_mark, url.query[0]
    if mark is None:
        return None
    for hole in first.via:
        if hole in mark.via or not all(hole in piece.via for piece in url.query):
            continue
        if acts(context, context.tree(hole.site), context.node(hole.site)):
            return None
        readers = context.requests.by_url_part.get(hole.site, set())
        edits = remove_hole(context, match, hole, mark)
        if edits is not None and context.requests.are_calls_of(readers, match):
            return [*(edit for _, edit in edits), *_remove_unused_assignment(context, hole)]
    return None


def _remove_unused_assignment(context: PlanContext, hole: Hole) -> list[PendingEdit]:
    """Remove the assignment of a name whose only read is removed."""
    tree, node = context.tree(hole.site), context.node(hole.site)
    function = context.read_frame(hole.frame).function
    scope = tree.node(function) if function else tree.module
    if not isinstance(node, cst.Name):
        return []
    bound = tree.memoize(Variables).bindings(scope, node.value)
    if len(bound) != 1 or len(occurrences(tree, scope, node.value)) != 2:
        return []
    if function is None and context.is_used_elsewhere(tree.path, node.value):
        return []
    match innermost_ancestors(tree, bound[0], 2):
        case [cst.AssignTarget(), cst.Assign([_], value)] if not acts_or_raises(context, tree.site(value)):
            edit = remove_statement(context, tree.site(bound[0]))
            return [edit] if edit is not None else []
    return []


def remove_parameter(context: PlanContext, match: Match, name: Span, hole: Hole) -> list[PendingEdit]:
    """Remove a parameter from the text that contains its name, in the span `name`, with the expression of its
    value. Raises RefusalError if that isn't possible."""
    tree = context.tree(hole.site)
    node = tree.node(hole.site)
    whole = _remove_conditional_parameter(context, name, hole)
    if whole is not None:
        return [whole]
    if hole.mark is not None:
        placeholder = remove_placeholder(context, match, hole, hole.mark)
        if placeholder is not None:
            return [*remove_text(name, name), *(edit for _, edit in placeholder)]
    match tree.parent(node):
        case cst.FormattedStringExpression() as field if tree.path == name.path:
            return remove_text(name, tree.span(field))
        case cst.BinaryOperation(left, right=right) if right is node:
            added = Span(tree.path, tree.outer_span(left).end, tree.outer_span(node).end)
            return [PendingEdit(name, ("",)), PendingEdit(added, ("",))]
    raise RefusalError(hole.site, "query", "the query of the URL can't be removed here")


def _remove_conditional_parameter(context: PlanContext, name: Span, hole: Hole) -> PendingEdit | None:
    """The pending edit that removes all of `"?name=" + value if test else ""`, as both branches would be
    empty."""
    tree = context.tree(hole.site)
    match innermost_ancestors(tree, tree.node(hole.site), 3):
        case [
            cst.BinaryOperation(cst.SimpleString() as text, right=right) as added,
            cst.IfExp(test) as chosen,
            outer,
        ] if right is tree.node(hole.site) and test is not added:
            other = chosen.orelse if chosen.body is added else chosen.body
        case _:
            return None
    written_out = tree.span(text)
    quotes = len(text.prefix) + len(text.quote), len(text.quote)
    is_all = (written_out.start + quotes[0], written_out.end - quotes[1]) == (name.start, name.end)
    if not is_all or string_value(other) != "":
        return None
    if not is_pure_expression(context, test, tree.site(test), hole.frame):
        return None
    match outer:
        case cst.BinaryOperation(left, cst.Add(), right) if right is chosen:
            return PendingEdit(Span(tree.path, tree.outer_span(left).end, tree.outer_span(chosen).end), ("",))
        case cst.FormattedStringExpression():
            return PendingEdit(tree.span(outer), ("",))
    return PendingEdit(tree.span(chosen), (tree.span(other),))


def remove_append(context: PlanContext, first: UrlPiece, start: int, last: Span) -> list[PendingEdit]:
    """The pending edit that removes a statement which only appends this text to the URL. Empty for any other
    statement."""
    site = first.site
    node = context.node(site) if site is not None else None
    if site is None or not isinstance(node, cst.SimpleString):
        return []
    span, quotes = context.span(site), len(node.quote)
    if (span.start + len(node.prefix) + quotes, span.end - quotes) != (start, last.end):
        return []
    is_appended = isinstance(context.tree(site).parent(node), cst.AugAssign)
    edit = remove_statement(context, site) if is_appended else None
    return [edit] if edit is not None else []


def remove_text(first: Span, last: Span) -> list[PendingEdit]:
    """Remove the text from one span to another in the same file."""
    return [PendingEdit(Span(first.path, first.start, last.end), ("",))]

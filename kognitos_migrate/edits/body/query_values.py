"""The value of a query parameter as an addition to the body: what it is, and where it is read."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.key_precedence import Precedence, precedence
from kognitos_migrate.edits.body.list_values import as_list, holds_slot, value_as_list
from kognitos_migrate.edits.body.moved_fields import BodyEntryRead, MovedField, MovedFields
from kognitos_migrate.edits.body.rebuild_points import (
    always_has,
    bodies_of,
    body_operands,
    find_entries,
    spread_calls,
)
from kognitos_migrate.edits.body.split_dict import Part, exclude_from_dict, take_from_merged_dict
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.side_effects import is_repeatable
from kognitos_migrate.edits.structural_edits import remove_item
from kognitos_migrate.rulebook.model import LayoutMember, Role
from kognitos_migrate.values.heap import DictEntry, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Json, Reply, Text, Unknown


def record_value(
    context: PlanContext, match: Match, member: LayoutMember, value: Operand, additions: MovedFields
) -> list[PendingEdit]:
    """Record in `additions` the slot's value: an entry of the body that the parameter names, or the parameter
    itself. Returns the edits that take the entry out of the facts. Raises RefusalError if the value isn't
    known."""
    choices = [choice for choice in alternatives(value.value) if choice != NONE]
    literals = {choice.literal if isinstance(choice, Text) else None for choice in choices}
    if holds_slot(context, member, value.value):
        additions.expressions[member.slot] = as_list(context, match, value)
        return []
    if len(literals) == 1 and None not in literals:
        return record_body_key(context, match, str(next(iter(literals))), additions)
    written = " ".join(context.code(value.site).split())
    source = next((choice.source for choice in choices if isinstance(choice, Unknown) and choice.source), "")
    origin = f" ({source})" if source and source != written else ""
    raise RefusalError(
        value.site, "attachments", f"{member.name} is `{written}`{origin}, and its value isn't in sight"
    )


def record_body_key(
    context: PlanContext, match: Match, key: str, additions: MovedFields
) -> list[PendingEdit]:
    """Record in `additions` that the body's entry `key` contains the slot, so that it moves out of the facts.
    Returns the edits that take it out of them."""
    slot = match.operation.old.query[0].slot
    bodies = [body for operand in body_operands(match) for body in bodies_of(operand.value)]
    entries = list(dict.fromkeys(entry for body in bodies for entry in find_entries(context, body, key)))
    certain = all(always_has(context, body, key) for body in bodies)
    rank = precedence(context, bodies, entries[0], key) if len(entries) == 1 else Precedence.UNPROVEN
    part = Part(key, entries[0], rank, certain) if entries and rank is not Precedence.UNPROVEN else None
    if (
        part is not None
        and certain
        and isinstance(context.node(part.entry.holder), cst.DictElement | cst.Arg)
    ):
        additions.moved_keys.add(key)
        if _is_in_body_display(context, match, part.entry):
            additions.expressions[slot] = value_as_list(context, part.entry.operand)
            if rank is Precedence.LAST:
                additions.replaced_keys.add(key)
            draft = remove_item(context, part.entry.holder)
            return [draft] if draft is not None else []
    new = next((candidate for candidate in match.operation.new.members if candidate.slot == slot), None)
    local = exclude_from_dict(context, match, new.name, part) if new and part is not None else None
    if local is not None:
        additions.expressions[slot] = local.addition
        additions.moved_keys.add(key)
        additions.replaced_keys |= local.replaced
        return list(local.drafts)
    extraction = take_from_merged_dict(context, match, key) if rank is not Precedence.UNPROVEN else None
    if extraction is None:
        read = _entry_read(context, match, key, entries, certain=certain)
        additions.expressions[slot] = MovedField(entry_read=read, always=not certain)
        additions.removed_keys.add(key)
        return []
    if rank is Precedence.LAST:
        additions.replaced_keys.add(key)
    additions.expressions[slot] = extraction.addition
    (additions.removed_keys if extraction.draft is None else additions.moved_keys).add(key)
    return [extraction.draft] if extraction.draft is not None else []


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

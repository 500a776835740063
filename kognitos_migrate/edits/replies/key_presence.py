"""The presence of keys in an adapted reply.

The new version has null for a field that was null or missing in the old one, so the adapter omits the field
in both cases.
"""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import GuardedReads, ReplySlot
from kognitos_migrate.edits.replies.keyword_unpacking import FieldFill, UnpackedCalls
from kognitos_migrate.edits.replies.missing_fields import is_null_test
from kognitos_migrate.edits.replies.propagation import catch_points, escapes
from kognitos_migrate.interpret.state.facts import MERGED, Use, UseKind
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Reply, Text


def require_null_unseen(context: PlanContext, match: Match, use: Use, helpers: Helpers) -> None:
    """Raises RefusalError if the program's result depends on whether a field is null or missing."""
    if not isinstance(use.value, Reply) or use.value.path != (View.JSON,):
        return
    for old in match.operation.old.reply:
        new = match.operation.new.reply_member(old.slot) if old.present else None
        if new is None or not _tests_presence(context, match, use, old):
            continue
        if not _guards(context, ReplySlot(match, old, new), helpers).is_over(use.operand, use.frame):
            message = f"{old.name!r} may be null or missing, and the code here treats these cases differently"
            raise RefusalError(use.site, "absence", message)


def presence_as_null_test(context: PlanContext, use: Use, slot: ReplySlot) -> PendingEdit | None:
    """The pending edit that makes `name in reply` a test for null. None unless tests have shown that the
    field is missing or present, not null, and the expression contains such replies only."""
    tree, node = context.tree(use.site), context.node(use.site)
    match node:
        case cst.Comparison(
            comparisons=[
                cst.ComparisonTarget(
                    cst.In() | cst.NotIn() as operator,
                    cst.Name() | cst.Attribute() | cst.Subscript() | cst.Call() as replies,
                )
            ]
        ):
            pass
        case _:
            return None
    if not _guards(context, slot, Helpers()).is_over(use.operand, use.frame):
        return None
    choices = context.alternatives_at(use.operand)
    matches = [context.matches.get(choice.request) for choice in choices if isinstance(choice, Reply)]
    operations = {match.operation.id if match is not None else None for match in matches}
    if len(matches) < len(choices) or operations != {slot.match.operation.id}:
        return None
    test = " is not None" if isinstance(operator, cst.In) else " is None"
    reply = tree.outer_span(replies)
    return PendingEdit(tree.span(node), (reply, f".get({string_literal(slot.new.name)}){test}"))


def _guards(context: PlanContext, slot: ReplySlot, helpers: Helpers) -> GuardedReads:
    """The tests around reads of a slot."""
    filled = FieldFill(UnpackedCalls(context), [])
    return GuardedReads(context, slot.match, slot.old, slot.new, [], [], helpers, filled)


def _tests_presence(context: PlanContext, match: Match, use: Use, member: LayoutMember) -> bool:
    """Whether a use of a whole reply has different results for a missing field and a null one."""
    if use.kind is UseKind.ITERATE:
        return use.detail != MERGED
    if use.kind not in (UseKind.CONTAINS, UseKind.READ):
        return False
    names = {choice.literal for choice in alternatives(use.other or NEVER) if isinstance(choice, Text)}
    if member.name not in names:
        return False
    node = context.node(use.site)
    is_get = is_method_call(node, "get") and len(node.args) == 1
    if use.kind is UseKind.CONTAINS:
        return not is_null_test(context, match, use, member.name)
    return not is_get and not escapes(catch_points(context, use.site, use.frame, KeyError))

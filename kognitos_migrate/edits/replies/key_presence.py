"""The presence of keys in a reply, and the errors for a missing key, which contain its name.

The new version has null for a field that was null or missing in the old one, so the adapter omits the field
in both cases.
"""

from collections.abc import Collection, Container, Iterable

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.calling_contexts import evaluations
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.error_propagation import catch_points, escapes
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import GuardedReads, ReplySlot, slot_of
from kognitos_migrate.edits.replies.keyword_unpacking import FieldFill, UnpackedCalls
from kognitos_migrate.edits.replies.null_equivalence import is_null_test
from kognitos_migrate.edits.success_checks import is_checked
from kognitos_migrate.interpret.exceptions import HELD, is_error_outside_handler
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import IN_ERROR, MERGED, TYPE
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.syntax.shapes import is_method_call, written_subscript_key
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Decoding, Reply, Text, Value
from kognitos_migrate.values.texts import literals_in


def require_null_unobserved(context: PlanContext, match: Match, use: Use, helpers: Helpers) -> None:
    """Raises RefusalError if the program's result depends on whether a field is null or missing."""
    if not isinstance(use.value, Reply) or use.value.path != (View.JSON,):
        return
    for old in match.operation.old.reply:
        new = match.operation.new.reply_member(old.slot) if old.present else None
        if new is None or not _tests_presence(context, match, use, old):
            continue
        if not _guards(context, ReplySlot(match, old, new), helpers).is_never_null(use.operand, use.frame):
            message = f"{old.name!r} may be null or missing, and the code treats these cases differently"
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
    if not _guards(context, slot, Helpers()).is_never_null(use.operand, use.frame):
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
    names = literals_in(use.other or NEVER)
    if member.name not in names:
        return False
    node = context.node(use.site)
    is_get = is_method_call(node, "get") and len(node.args) == 1
    if use.kind is UseKind.CONTAINS:
        return not is_null_test(context, match, use, member.name)
    points = () if is_get else catch_points(context, use.site, use.frame, KeyError)
    return any(point.catches for point in points)


_HANDLERS = (cst.ExceptHandler, cst.ExceptStarHandler)


def reads_with_observed_error(
    context: PlanContext, match: Match, use: Use, widened: Container[str]
) -> tuple[Use, ...]:
    """The reads whose error the program reads at a use, if the key in it gets a new name. Raises RefusalError
    if one of them can't raise the old error: it isn't a subscript with the key written out, or its slot is
    one of `widened`, whose reads the upload rewrites."""
    assert isinstance(use.value, Reply)
    if use.value.path[1:2] != (Decoding.MISSING,):
        return ()
    name = str(use.value.path[-1])
    slot = slot_of(match, name)
    is_shown = use.kind in (*HARMLESS, UseKind.FORMAT) or use.detail in (IN_ERROR, TYPE)
    if slot is None or slot.old.name == slot.new.name or is_shown:
        return ()
    if slot.old.present:
        return ()  # a helper raises the error with the old name
    reads = tuple(read for read in _strict_reads(context, match, name) if _may_reach(context, read, use))
    if reads and (slot.old.slot in widened or not all(_is_subscript(context, read, name) for read in reads)):
        raise RefusalError(
            use.site,
            "absence",
            f"the error shows the missing key {name!r}, which becomes {slot.new.name!r}",
            "call `raise_for_status()` before the response is read",
        )
    return reads


def require_own_errors_unread(context: PlanContext, slot: ReplySlot, reads: Iterable[Use]) -> None:
    """Raises RefusalError if a dict of the program that lacks the slot's key reaches one of the reads, and a
    handler reads the error, which would name the new key."""
    name = slot.old.name
    for read in reads:
        if not any(_lacks_key(context, value, name) for value in context.alternatives_at(read.operand)):
            continue
        for frame in sorted(context.memoize(evaluations).get(read.operand, ())):
            values = alternatives(context.value(read.operand, frame))
            points = catch_points(context, read.site, frame, KeyError)
            is_shown = any(point.is_shown for point in points)
            if is_shown and any(_lacks_key(context, value, name) for value in values):
                message = f"a dict without the key {name!r} may be read here, and the error shows the key"
                raise RefusalError(read.site, "absence", message)


def _lacks_key(context: PlanContext, value: Value, name: str) -> bool:
    """Whether a value is a dict of the program that may lack a key."""
    record = context.facts.heap.get(value)
    return isinstance(record, DictObject) and not record.has_surely(name)


def _is_subscript(context: PlanContext, read: Use, name: str) -> bool:
    """Whether a read is a subscript in which the key is written out."""
    node = context.node(read.site)
    return isinstance(node, cst.Subscript) and written_subscript_key(node) == name


def _strict_reads(context: PlanContext, match: Match, name: str) -> list[Use]:
    """The reads of a field that raise an error if the reply lacks it."""
    return [
        use
        for use in context.uses.get(match.request.id, ())
        if use.kind is UseKind.READ
        and isinstance(use.value, Reply)
        and use.value.path == (View.JSON,)
        and any(isinstance(key, Text) and key.literal == name for key in alternatives(use.other or NEVER))
        and not is_method_call(context.node(use.site), "get")
        and not is_checked(context, use)
    ]


def _may_reach(context: PlanContext, read: Use, use: Use) -> bool:
    """Whether the error of a read may be the value of a use."""
    points = catch_points(context, read.site, read.frame, KeyError)
    if any(point.catches is None for point in points):
        return True
    node, handlers = context.node(use.operand), _handlers_around(context, use)
    if isinstance(node, cst.Attribute) and node.attr.value in HELD:
        return bool(points)
    sites = {point.site for point in points}
    if handlers:
        return not sites.isdisjoint(handlers) or _is_raised_on(context, use, sites)
    if _is_in_exit_method(context, use):
        return any(isinstance(context.node(point.site), cst.WithItem) for point in points)
    is_got = escapes(points) and is_error_outside_handler(context.value(use.operand, use.frame))
    return is_got or any(point.catches and point.is_read for point in points)


def _is_raised_on(context: PlanContext, use: Use, handlers: Collection[Site]) -> bool:
    """Whether one of these handlers puts the used error into another one."""
    assert isinstance(use.value, Reply)
    return any(
        other.value == use.value
        and other.detail == IN_ERROR
        and not _handlers_around(context, other).isdisjoint(handlers)
        for other in context.uses.get(use.value.request, ())
    )


def _is_in_exit_method(context: PlanContext, use: Use) -> bool:
    """Whether a use is in the method that `with` calls at its end."""
    function = context.read_frame(use.frame).function
    node = context.node(function) if function is not None else None
    return isinstance(node, cst.FunctionDef) and node.name.value in ("__exit__", "__aexit__")


def _handlers_around(context: PlanContext, use: Use) -> set[Site]:
    """The bodies of the handlers around a use."""
    tree, node = context.tree(use.operand), context.node(use.operand)
    handlers: set[Site] = set()
    for ancestor in tree.ancestors(node):
        if isinstance(ancestor, cst.FunctionDef | cst.Lambda):
            break
        if isinstance(ancestor, _HANDLERS):
            handlers.add(tree.site(ancestor.body))
    return handlers

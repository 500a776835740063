"""The equivalence of a null field and a missing one: the old reply may lack a field that the new one always
has, as null."""

import json
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.compared_values import contained_values
from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.error_propagation import (
    calls_distinguishing_errors,
    catch_points,
    errors_outside_handlers,
    escapes,
    handlers_distinguishing_errors,
)
from kognitos_migrate.edits.evaluation_order import intervening_nodes
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError
from kognitos_migrate.edits.replies.argument_reads import argument_of_read
from kognitos_migrate.edits.replies.class_patterns import requires_text
from kognitos_migrate.edits.replies.earlier_replies import keeps_earlier_reply
from kognitos_migrate.edits.replies.field_reads import GuardedReads, ReplySlot
from kognitos_migrate.edits.side_effects import acts_itself
from kognitos_migrate.interpret.branches import truth
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import BY_CALLERS, MERGED, POPPED
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.shapes import is_method_call
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import NEVER, NONE, UNKNOWN, Reply, Text, Value
from kognitos_migrate.values.texts import literals_in

_RAISING = (UseKind.DECODE, UseKind.METHOD, UseKind.ITERATE)
"""Uses that raise an error for null."""
_OF_NULL = {
    UseKind.DECODE: (TypeError,),
    UseKind.METHOD: (AttributeError, TypeError),
    UseKind.ITERATE: (TypeError,),
}
"""The errors that these uses raise."""
_ALIKE = (UseKind.LOG, UseKind.TYPED)
"""Uses with the same effect for null and for the default."""


def require_null_like_missing(reads: GuardedReads) -> None:
    """Raises RefusalError if code waits for the field to be missing, or treats a missing field unlike a null
    one."""
    for read in reads.reads:
        node = reads.context.node(read.site)
        is_merged = read.detail == MERGED and _has_default(node)
        if is_merged and not reads.is_after_presence_test(read) and keeps_earlier_reply(reads.context, read):
            message = f"a response without {reads.old.name!r} keeps what an earlier one left in the dict"
            raise RefusalError(read.site, "absence", f"{message}; a null replaces it")
        if isinstance(node, cst.Subscript | cst.Attribute) or (
            read.detail == POPPED and _is_pop_without_default(node)
        ):
            continue  # `reads_without_default` compares the errors
        if isinstance(node, cst.Call):
            _require_default_like_null(reads, read, node)
        else:
            _require_pattern_words(reads, read)


def reads_without_default(reads: GuardedReads) -> list[Use]:
    """The reads that raise an error if the field is missing, unless a test has shown that it is present.
    Raises RefusalError if the new code can't raise the same error."""
    missing: list[Use] = []
    for read in reads.reads:
        node = reads.context.node(read.site)
        if not isinstance(node, cst.Subscript | cst.Attribute | cst.Call | cst.BinaryOperation):
            continue
        if _has_default(node) or reads.is_after_presence_test(read):
            continue
        is_item = isinstance(node, cst.Subscript | cst.Attribute) or read.detail == POPPED
        if not is_item and argument_of_read(reads.context, read) is None:
            message = f"this raises an error if {reads.old.name!r} is missing; in the new response it is null"
            raise RefusalError(read.site, "absence", message)
        missing.append(read)
    _require_same_error_for_null(reads, missing)
    return missing


def _has_default(node: cst.CSTNode) -> bool:
    """Whether a read has a default: `get(name)`, `pop(name, default)`."""
    return is_method_call(node, "get") or (is_method_call(node, "pop") and len(node.args) == 2)


def _require_same_error_for_null(reads: GuardedReads, missing: list[Use]) -> None:
    """Raises RefusalError if code treats null without an error while a missing field raises one, or
    distinguishes these errors."""
    for read in missing:
        if reads.is_never_null(read.site, read.frame):
            continue
        raised = AttributeError if isinstance(reads.context.node(read.site), cst.Attribute) else KeyError
        uses = [use for use in _uses_of(reads, read, missing) if use.kind not in _ALIKE]
        if any(use.kind not in _RAISING for use in uses):
            message = f"this raises an error if {reads.old.name!r} is missing, but not if it is null"
            raise RefusalError(read.site, "absence", message)
        for use in uses:
            for error in _OF_NULL[use.kind]:
                _require_same_catch_point(reads, read, use, raised, error)


def _uses_of(reads: GuardedReads, read: Use, missing: list[Use]) -> Iterator[Use]:
    """The uses of the value of a read, without those that belong to other reads."""
    request, sites = requests_of([read]), {other.site for other in missing}
    others = requests_of(other for other in reads.reads if other not in missing)
    for use in reads.uses:
        if use.operand in sites and (use.operand, use.frame) != (read.site, read.frame):
            continue  # the value of another read
        if request & requests_of([use]) and (use.operand in sites or not others & requests_of([use])):
            if not (use.kind is UseKind.ESCAPE and use.detail in BY_CALLERS):
                yield use


def _require_same_catch_point(
    reads: GuardedReads, read: Use, use: Use, missing: type[Exception], other: type[Exception]
) -> None:
    """Raises RefusalError unless the error of a missing field and the error of a null field end in the same
    place, which can't tell them apart."""
    context, name = reads.context, reads.old.name
    first, second = (
        catch_points(context, read.site, read.frame, missing),
        catch_points(context, use.site, use.frame, other),
    )
    apart = f"the code distinguishes the error of a missing {name!r} from that of a null one"
    if [(stop.site, stop.catches) for stop in first] != [(stop.site, stop.catches) for stop in second]:
        raise RefusalError((*first, *second)[0].site, "absence", apart)
    if any(stop.is_read for stop in first):
        raise RefusalError(next(stop.site for stop in first if stop.is_read), "absence", apart)
    tellers = [*errors_outside_handlers(context)]
    if any(stop.catches is None for stop in first):
        tellers.extend(handlers_distinguishing_errors(context, (missing, other)))
    if escapes(first):
        tellers.extend(calls_distinguishing_errors(context, missing, other))
    if tellers:
        raise RefusalError(tellers[0], "absence", apart)
    inside = intervening_nodes(context, read.site, read.frame, use.site, use.frame)
    if inside is None or any(acts_itself(context, context.trees[path], node) for path, node in inside):
        message = f"side effects occur here before a null {name!r} raises the error that a missing one raises"
        raise RefusalError(use.site, "absence", message)


def _is_pop_without_default(node: cst.CSTNode) -> bool:
    """Whether a `pop` has no default."""
    return isinstance(node, cst.Call) and len(node.args) == 1


def _require_pattern_words(reads: GuardedReads, read: Use) -> None:
    """Raises RefusalError unless a pattern with the field also matches the words with which the old reply
    contains it."""
    tree = reads.context.tree(read.site)
    around = tree.enclosing(tree.node(read.site), cst.MatchMapping)
    if around is None or requires_text(tree, tree.node(read.site), around):
        return
    inside = {tree.site(node) for node in tree.descendants(around)}
    tests = [test for test in reads.tests(read) if test.site in inside]
    if not tests:
        message = f"a pattern tests for {reads.old.name!r}, which the new response always has"
        raise RefusalError(read.site, "field-asked", message)
    if not reads.shows_present(tests):
        message = (
            f"a pattern tests for {reads.old.name!r}, which may be missing; the new response always has it"
        )
        raise RefusalError(read.site, "absence", message)


def require_parameter_default_like_null(reads: GuardedReads, fill_use: Use, default: str | None) -> None:
    """Raises RefusalError if a parameter that null fills is used for anything that comes out differently for
    its default."""
    if default is None or reads.is_never_null(fill_use.operand, fill_use.frame):
        return
    for use in reads.uses:
        if reads.is_never_null(use.operand, use.frame):
            continue
        choices = set(reads.context.alternatives_at(use.operand))
        defaults = [choice for choice in choices if isinstance(choice, Text) and choice.literal == default]
        if not defaults and use.value not in choices and requests_of([fill_use]) & requests_of([use]):
            defaults = [plain_text(default)]
        if any(_separates_null_from_default(reads, use, candidate) for candidate in defaults):
            message = f"the default replaces a missing {reads.old.name!r}, but not a null one"
            raise RefusalError(use.site, "absence", message)


def _require_default_like_null(reads: GuardedReads, read: Use, node: cst.Call) -> None:
    """Raises RefusalError if null comes out differently from the default of a missing field."""
    default = node.args[1].value if len(node.args) == 2 else None
    if default is None or reads.is_after_presence_test(read) or reads.is_never_null(read.site, read.frame):
        return
    stands_in = [
        choice
        for choice in reads.context.alternatives_at(reads.context.tree(read.site).site(default))
        if choice != NONE
    ]
    for use in reads.uses:
        if reads.is_never_null(use.operand, use.frame):
            continue
        if any(
            _may_be_of_default(reads, read, use, choice) and _separates_null_from_default(reads, use, choice)
            for choice in stands_in
        ):
            message = f"the default replaces a missing {reads.old.name!r}, but not a null one"
            raise RefusalError(use.site, "absence", message)


def _may_be_of_default(reads: GuardedReads, read: Use, use: Use, default: Value) -> bool:
    """Whether a use may be of a read's default, alone or within a text."""
    choices = reads.context.alternatives_at(use.operand)
    is_inside = use.value not in choices and bool(requests_of([read]) & requests_of([use]))
    return is_inside or default in choices


def _separates_null_from_default(reads: GuardedReads, use: Use, default: Value) -> bool:
    """Whether a use has different results for null and for a default."""
    if use.kind is UseKind.TRUTH:
        is_same = use.detail == "or" and _is_value_of_right_operand(reads.context, use, default)
        return truth(default) is not False and not is_same
    if use.kind is UseKind.COMPARE:
        others = contained_values(reads.context, use.other or UNKNOWN)
        words = {value.literal for value in others if isinstance(value, Text)}
        is_word = isinstance(default, Text) and default.literal in words
        if use.detail in ("In", "NotIn") and NONE in others and is_word:
            return False
        is_text = None not in words and all(isinstance(value, Text) for value in others)
        return not is_text or not isinstance(default, Text) or is_word
    if use.kind is UseKind.DECODE and _fails_like_null(reads.context, use, default):
        return False
    if use.kind in (UseKind.DECODE, UseKind.METHOD):
        return not isinstance(reads.context.node(use.operand), cst.BooleanOperation)
    return use.kind not in _ALIKE


def _is_value_of_right_operand(context: PlanContext, use: Use, default: Value) -> bool:
    """Whether `null or other` has the same text as a default: `get(name, "{}") or "{}"`."""
    node = context.node(use.site)
    if not isinstance(node, cst.BooleanOperation) or not isinstance(default, Text) or default.literal is None:
        return False
    others = context.alternatives_at(context.tree(use.site).site(node.right))
    texts = {choice.literal if isinstance(choice, Text) else None for choice in others}
    return texts == {default.literal}


def _fails_like_null(context: PlanContext, use: Use, default: Value) -> bool:
    """Whether a default is no JSON, and its decoding raises an error that is caught where null's is, and
    isn't read."""
    if not isinstance(default, Text) or default.literal is None:
        return False
    try:
        json.loads(default.literal)
    except json.JSONDecodeError as error:
        some, other = (catch_points(context, use.site, use.frame, kind) for kind in (TypeError, type(error)))
        return some == other and not escapes(some) and not any(stop.is_read for stop in some)
    return False


def require_no_field_of_other_operation(context: PlanContext, match: Match, use: Use, name: str) -> None:
    """Raises ReplyEscapesError if a reply is read by a field that only another operation's old reply has. The
    new reply may have that field."""
    for other in context.matches.values():
        if other.operation.id != match.operation.id and other.operation.old.reply_field(name) is not None:
            if any(theirs.site == use.site for theirs in context.uses.get(other.request.id, ())):
                raise ReplyEscapesError(
                    (match.request.id,),
                    use.site,
                    "field-asked",
                    f"the code tests for {name!r} of another response, which this one may have now",
                )


def require_no_new_field(context: PlanContext, match: Match, use: Use, name: str) -> None:
    """Raises an error if a reply is read by a field that only the new version has: RefusalError for a field
    of a vocabulary, else ReplyEscapesError. A read in the same expression as a read of the old field is
    allowed."""
    new = match.operation.new
    if not new.has_reply_field(name):
        return
    member = new.reply_field(name)
    same = {
        reply_member.name
        for reply_member in match.operation.old.reply
        if member is not None and reply_member.slot == member.slot
    }
    around = _whole_expression(context, use)
    for other in context.uses.get(match.request.id, ()):
        asked = literals_in(other.other or NEVER)
        if not same.isdisjoint(asked) and _whole_expression(context, other) is around:
            return
    what = f"the code tests for {name!r}, which only the new response has"
    if member is not None and member.vocabulary is not None:
        raise RefusalError(use.site, "field-asked", what)
    raise ReplyEscapesError((match.request.id,), use.site, "field-asked", what)


_CHOOSING = (cst.BooleanOperation, cst.IfExp, cst.Call, cst.Arg, cst.Comparison, cst.ComparisonTarget)


def _whole_expression(context: PlanContext, use: Use) -> cst.CSTNode:
    """The expression around a read, as far out as it chooses between values."""
    tree = context.tree(use.site)
    expression = tree.node(use.site)
    for above in tree.ancestors(expression):
        if not isinstance(above, _CHOOSING):
            break
        expression = above
    return expression


def require_field_in_other_replies(context: PlanContext, match: Match, use: Use, slot: ReplySlot) -> None:
    """Raises ReplyEscapesError if a field that only this reply has, in the old version, distinguishes it from
    another operation's. The new replies may both have the field."""
    replies = [
        choice
        for choice in alternatives(context.value(use.operand, use.frame))
        if isinstance(choice, Reply) and choice.path == (View.JSON,)
    ]
    others = [
        context.matches[reply.request].operation
        for reply in replies
        if reply.request in context.matches
        and context.matches[reply.request].operation.id != match.operation.id
    ]
    if any(other.old.reply_field(slot.old.name) is None for other in others):
        raise ReplyEscapesError(
            [reply.request for reply in replies],
            use.site,
            "field-asked",
            f"{slot.old.name!r} tells responses apart here; the new ones may all have {slot.new.name!r}",
        )


def is_null_test(context: PlanContext, match: Match, use: Use, name: str) -> bool:
    """Whether a test of a field's presence is combined with a test of its value for null: `name in reply and
    reply[name] is not None`, or the opposite."""
    tree = context.tree(use.site)
    match tree.node(use.site):
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator)]) as asked:
            is_there = isinstance(operator, cst.In)
        case _:
            return False
    inner: cst.CSTNode = asked
    for above in tree.ancestors(asked):
        match above:
            case cst.BooleanOperation(left, joint, right) if isinstance(joint, cst.And) is is_there:
                if left is inner:
                    read = _null_test_operand(right, is_there=is_there)
                    return any(
                        read is context.node(other.site) and _reads_key(other, name)
                        for other in context.uses.get(match.request.id, ())
                        if other.kind is UseKind.READ and other.site.path == use.site.path
                    )
            case _:
                return False
        inner = above
    return False


def _null_test_operand(test: cst.BaseExpression, *, is_there: bool) -> cst.CSTNode | None:
    """The operand that a test requires to be other than None (to be None, unless `is_there`). None for other
    tests."""
    match test:
        case cst.Comparison(left=read, comparisons=[cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
            return read if is_there else None
        case cst.Comparison(left=read, comparisons=[cst.ComparisonTarget(cst.Is(), cst.Name("None"))]):
            return None if is_there else read
        case cst.UnaryOperation(cst.Not(), read):
            return None if is_there else read
        case _:
            return test if is_there else None


def _reads_key(use: Use, name: str) -> bool:
    return any(isinstance(one, Text) and one.literal == name for one in alternatives(use.other or NEVER))

"""HTTP status codes that change, and branches that only a failed request takes."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from operator import ge, gt, le, lt

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.observers import observations_of_list
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.failed_requests import is_after_failure
from kognitos_migrate.edits.structural_edits import insert_argument
from kognitos_migrate.interpret.request_outcomes import status_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import IN_ERROR, PRINT
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.shapes import literal_number, variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Const, Function, Ref, Reply, Symbol, Text, Value

_ORDER: dict[type[cst.CSTNode], Callable[[int, int], bool]] = {
    cst.LessThan: lt,
    cst.LessThanEqual: le,
    cst.GreaterThan: gt,
    cst.GreaterThanEqual: ge,
}

SHOWN = (PRINT, IN_ERROR)
"""The details of escapes to readers: printed texts and error messages."""


def is_same_for_both(node: cst.CSTNode, old: int, new: int) -> bool:
    """Whether an expression over a status has the same result for both, whichever of its operands the status
    is."""
    match node:
        case cst.BinaryOperation(operator=cst.FloorDivide(), right=right):
            divisor = _number(right)
            return bool(divisor) and old // (divisor or 1) == new // (divisor or 1)
        case cst.Comparison():
            pass
        case _:
            return False
    parts = [node.left, *(target.comparator for target in node.comparisons)]
    for place, target in enumerate(node.comparisons):
        left, right = parts[place], parts[place + 1]
        if isinstance(target.operator, cst.In | cst.NotIn):
            bounds = _comparison_bounds(right)
            if bounds is None or (old in bounds) != (new in bounds):
                return False
            continue
        compare = _ORDER.get(type(target.operator))
        low, high = _number(left), _number(right)
        if compare is None or (low is None) == (high is None):
            return False
        if low is not None and compare(low, old) != compare(low, new):
            return False
        if high is not None and compare(old, high) != compare(new, high):
            return False
    return True


def _number(node: cst.CSTNode) -> int | None:
    number = literal_number(node) if isinstance(node, cst.Integer) else None
    return number if isinstance(number, int) else None


def _comparison_bounds(node: cst.CSTNode) -> range | None:
    """The range in `range(200, 300)`; None for any other node."""
    match node:
        case cst.Call(cst.Name("range"), arguments):
            ends = [_number(arg.value) for arg in arguments]
        case _:
            return None
    numbers = [end for end in ends if end is not None]
    return range(*numbers) if numbers and len(numbers) == len(ends) < 3 else None


def migrate_status(context: PlanContext, match: Match, use: Use) -> list[PendingEdit]:
    """Pending edits for a use of a status. Raises RefusalError if the status of a
    success isn't written out."""
    old, new = match.operation.old.status, match.operation.new.status
    if old == new or use.kind in HARMLESS or use.kind is UseKind.FORMAT or _is_only_shown(context, use):
        return []
    if old is not None and new is not None and is_same_for_both(context.node(use.site), old, new):
        return []
    compared = use.kind in (UseKind.COMPARE, UseKind.MATCH) and not _has_two_bounds(context.node(use.site))
    if compared and old is not None and new is not None:
        if _is_search_for_both(context, match, use, old, new):
            return []
        edits = list(status_edits(context, match, use, old, new))
        is_for_neither = _has_same_outcome(context, use, old, new) and not any(
            _may_equal(context, use.other, status) for status in (old, new)
        )
        if edits or is_for_neither:
            return edits
    if is_after_failure(context, replace(use, operand=use.site) if use.kind is UseKind.KEY else use):
        return []
    if use.kind is UseKind.ESCAPE and use.detail == PRINT:
        message = f"the status code changes from {old} to {new}, and it is printed here"
        raise RefusalError(use.site, "status", message, "print whether the request succeeded instead")
    is_for_new = compared and not _may_equal(context, use.other, old)
    what = f"the code for {new} would run now" if is_for_new else "it isn't a literal here"
    raise RefusalError(use.site, "status", f"the status code changes from {old} to {new}, and {what}")


def _is_only_shown(context: PlanContext, use: Use) -> bool:
    """Whether a status is printed after a failure, becomes part of an error message, or escapes inside a text
    that isn't printed."""
    if use.kind is not UseKind.ESCAPE:
        return False
    if use.detail == PRINT:
        return is_after_failure(context, use)
    choices = alternatives(context.value(use.operand, use.frame))
    return use.detail in SHOWN or all(isinstance(choice, Text) for choice in choices)


def _has_two_bounds(node: cst.CSTNode) -> bool:
    """Whether a comparison has two bounds: changing one number would leave the other."""
    return isinstance(node, cst.Comparison) and len(node.comparisons) > 1


def _is_search_for_both(context: PlanContext, match: Match, use: Use, old: int, new: int) -> bool:
    """Whether a status is searched in displays that contain both statuses or neither, and that no other code
    may change."""
    if use.detail not in ("In", "NotIn"):
        return False
    choices = list(alternatives(use.other or NEVER))
    displays = list(_compared_lists(context, use.other))
    if not displays or len(displays) < len(choices):
        return False
    for display in displays:
        numbers = [_number_of(item.value) for item in display.items]
        is_written = all(context.is_inside(item.site, display.site) for item in display.items)
        if display.rest is not NEVER or None in numbers or not is_written:
            return False
        if (old in numbers) is not (new in numbers):
            return False
    return all(
        isinstance(context.node(context.facts.heap[ref].site), cst.Tuple)
        or all(seen.site == use.site for seen in observations_of_list(context, match, ref))
        for ref in choices
        if isinstance(ref, Ref)
    )


def _has_same_outcome(context: PlanContext, use: Use, old: int, new: int) -> bool:
    """Whether an ordering comparison has the same result for both statuses, as far as its numbers are
    known."""
    tree = context.tree(use.site)
    match context.node(use.site):
        case cst.Comparison(left, [cst.ComparisonTarget(operator, right), *_]) if type(operator) in _ORDER:
            compare = _ORDER[type(operator)]
        case _:
            return True
    low, high = (
        [_number_of(choice) for choice in alternatives(context.value(tree.site(side), use.frame))]
        for side in (left, right)
    )
    return all(number is None or compare(number, old) == compare(number, new) for number in low) and all(
        number is None or compare(old, number) == compare(new, number) for number in high
    )


class _Default(Struct, frozen=True):
    """The default of a parameter with a status, and the call that omits its argument."""

    call: Site
    parameter: str
    node: cst.BaseExpression


def status_edits(context: PlanContext, match: Match, use: Use, old: int, new: int) -> Iterator[PendingEdit]:
    """Pending edits that write the new status instead of the old one: in the test, in a list of statuses, in
    the argument that supplies it, or as a new argument if the call omits that."""
    for status_list in _compared_lists(context, use.other):
        yield from _insert_in_list(context, match, use, status_list, old, new)
    edited_sites: set[Site] = set()
    for origin in _operand_sources(context, use):
        if isinstance(origin, _Default):
            if _number(origin.node) == old:
                _require_only_own_reply(context, match, origin.call, use)
                yield insert_argument(context, origin.call, (f"{origin.parameter}={new}",))
        elif _is_constant_name(context, origin, old):
            if origin.site not in edited_sites:
                edited_sites.add(origin.site)
                _require_only_own_reply(context, match, origin.site, use)
                yield PendingEdit(context.span(origin.site), (str(new),))
        elif (text := _status_text(context.node(origin.site), origin.value, old, new)) is not None:
            if origin.site not in edited_sites and not _is_listed(context, use, origin.site):
                edited_sites.add(origin.site)
                _require_only_own_reply(context, match, origin.site, use)
                yield PendingEdit(context.span(origin.site), (text,))


def _operand_sources(context: PlanContext, use: Use) -> Iterator[Operand | _Default]:
    """The sources of the operands of a test: the expressions in it, and from each the arguments outwards."""
    tree = context.tree(use.site)
    test = tree.node(use.site)
    for descendant in tree.descendants(test):
        if not isinstance(descendant, cst.BaseExpression) or _is_argument(tree, descendant, test):
            continue
        site = tree.site(descendant)
        operand: Operand | None = Operand(context.value(site, use.frame), site, use.frame)
        while operand is not None:
            yield operand
            last, operand = operand, context.caller_argument(operand)
            if operand is None and (default := _status_default(context, last)) is not None:
                yield default


def _is_argument(tree: Tree, node: cst.CSTNode, test: cst.CSTNode) -> bool:
    """Whether an operand of a test is an argument of a call in it, which may compute another number."""
    argument = tree.enclosing(node, cst.Arg)
    call = tree.enclosing(argument, cst.Call) if argument is not None else None
    return call is not None and call is not test and tree.number(call) > tree.number(test)


def _status_default(context: PlanContext, operand: Operand) -> _Default | None:
    """The default of a parameter in its frame, if the call can get another value for it."""
    name, frame = variable_name(context.node(operand.site)), context.read_frame(operand.frame)
    parameter = context.parameters(frame).get(name) if name is not None else None
    if parameter is None or parameter.default is None or frame.call is None or frame.caller is None:
        return None
    name, call = parameter.name.value, context.call(frame.call)
    if call is None or name in frame.arguments or context.is_rebound(frame, name):
        return None
    direct = any(
        getattr(choice, "function", choice) == Function(frame.function, frame.closure or 0)
        for choice in alternatives(context.value(context.tree(frame.call).site(call.func), frame.caller))
        if frame.function is not None
    )
    return (
        _Default(frame.call, name, parameter.default)
        if direct and not any(a.star for a in call.args)
        else None
    )


def _compared_lists(context: PlanContext, other: Value | None) -> Iterator[SequenceObject]:
    """The lists that are searched for a status."""
    for choice in alternatives(other) if other is not None else ():
        heap_object = context.facts.heap.get(choice)
        if isinstance(heap_object, SequenceObject):
            yield heap_object


def _insert_in_list(
    context: PlanContext, match: Match, use: Use, status_list: SequenceObject, old: int, new: int
) -> Iterator[PendingEdit]:
    """The new status in a list: next to the old one if other replies are compared with the list, too, else
    instead of it."""
    if any(_number_of(item.value) == new for item in status_list.items):
        return
    for ref in (choice for choice in alternatives(use.other or NEVER) if isinstance(choice, Ref)):
        seen = observations_of_list(context, match, ref) if context.facts.heap[ref] is status_list else []
        if others := [observation for observation in seen if observation.site != use.site]:
            raise RefusalError(
                others[0].site, "status", "the list of status codes changes, and it is also used here"
            )
    shared = any(True for _ in _other_operands(context, match, use))
    for item in status_list.items:
        text = _status_text(context.node(item.site), item.value, old, new)
        if text is not None and shared:
            last = context.span(_insert_behind_last(context, item.site, status_list))
            yield PendingEdit(Span(last.path, last.end, last.end), (f", {text}",))
        elif text is not None:
            yield PendingEdit(context.span(item.site), (text,))


def _insert_behind_last(context: PlanContext, site: Site, status_list: SequenceObject) -> Site:
    """The last status of the list that is in the same display as this one."""
    tree = context.tree(site)
    display = tree.enclosing(tree.node(site), cst.List, cst.Tuple, cst.Set)
    sibling_sites = [
        item.site
        for item in status_list.items
        if item.site.path == site.path
        and tree.enclosing(tree.node(item.site), cst.List, cst.Tuple, cst.Set) is display
    ]
    return max([site, *sibling_sites], key=lambda other: other.node)


def _number_of(value: Value) -> int | None:
    if isinstance(value, Const) and isinstance(value.value, int):
        return value.value
    return status_of(value) if isinstance(value, Symbol) else None


def _is_listed(context: PlanContext, use: Use, site: Site) -> bool:
    return any(
        item.site == site for status_list in _compared_lists(context, use.other) for item in status_list.items
    )


def _status_text(node: cst.CSTNode, value: Value, old: int, new: int) -> str | None:
    match node, value:
        case cst.Integer(), _:
            return str(new) if literal_number(node) == old else None
        case cst.Attribute(owner, cst.Name(member)), Symbol() if status_of(value) == old:
            name = HTTPStatus(new).name
            return f"{_dotted_name(owner)}.{name if member.isupper() else name.lower()}"
    return None


def _is_constant_name(context: PlanContext, operand: Operand, status: int) -> bool:
    """Whether an operand is a name that always has this status, and no parameter."""
    name = variable_name(context.node(operand.site))
    if name is None or name in context.parameters(context.read_frame(operand.frame)):
        return False
    choices = context.alternatives_at(operand.site)
    return bool(choices) and all(_number_of(choice) == status for choice in choices)


def _dotted_name(node: cst.CSTNode) -> str:
    match node:
        case cst.Attribute(owner, cst.Name(name)):
            return f"{_dotted_name(owner)}.{name}"
    return variable_name(node) or ""


def _other_operands(context: PlanContext, match: Match, use: Use) -> Iterator[Use]:
    """The comparisons at the same site with the statuses of requests whose new status is another one."""
    for other in context.matches.values():
        if other.operation.new.status != match.operation.new.status:
            for theirs in context.uses.get(other.request.id, []):
                if theirs.kind is UseKind.COMPARE and isinstance(theirs.value, Reply):
                    if theirs.value.path == (View.STATUS,) and theirs.site == use.site:
                        yield theirs


def _require_only_own_reply(context: PlanContext, match: Match, site: Site, use: Use) -> None:
    """Raises RefusalError if the status is compared with another request's reply as well."""
    for theirs in _other_operands(context, match, use):
        for origin in _operand_sources(context, theirs):
            if site == (origin.call if isinstance(origin, _Default) else origin.site):
                raise RefusalError(
                    use.site, "status", "other responses are compared with the same status code"
                )


def _may_equal(context: PlanContext, other: Value | None, status: int | None) -> bool:
    """Whether a status may be equal to a value, or to an element of it."""
    if other is None:
        return True
    values: list[Value] = []
    for choice in alternatives(other):
        heap_object = context.facts.heap.get(choice)
        values.extend(
            alternatives(heap_object.element()) if isinstance(heap_object, SequenceObject) else [choice]
        )
    return not all(
        (isinstance(value, Const) and value.value != status)
        or (isinstance(value, Symbol) and status_of(value) not in (None, status))
        for value in values
    )

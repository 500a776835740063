"""Evaluation order: code that may run between two evaluations, and edits that must not reorder effects."""

import sys
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import LocationSet, are_same_object, field_of, may_alias
from kognitos_migrate.edits.pending_edit import PendingEdit, arrangement, in_source_order
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.side_effects import acts_itself
from kognitos_migrate.edits.written_locations import locations_written
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import LOOPS, loops_around
from kognitos_migrate.syntax.roles import call_of, is_attribute_name, is_keyword
from kognitos_migrate.syntax.scopes import FUNCTIONS, Scopes
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Site, Tree

_CHOICES = (cst.If, cst.IfExp, cst.BooleanOperation, cst.Try, cst.TryStar, cst.Match, *LOOPS)
_LEAVING = (cst.Return, cst.Raise, cst.Continue, cst.Break)


def intervening_nodes(
    context: PlanContext, first: Site, frame: int, second: Site, other: int
) -> list[tuple[str, cst.CSTNode]] | None:
    """The nodes, each with its module's path, that may be evaluated between an evaluation of `first` in
    `frame` and one of `second` in the frame `other`, in either order. None if the frames have no common chain
    of calls."""
    mine, theirs = stack_of(context, first, frame), stack_of(context, second, other)
    common = next((number for number in mine if number in theirs), None)
    if common is None:
        return None
    left, right = mine[common], theirs[common]
    tree = context.tree(left)
    nodes = [(tree.path, node) for node in _nodes_in_activation(tree, tree.node(left), tree.node(right))]
    left_first = is_first(tree, tree.node(left), tree.node(right))
    for stack, comes_first in ((mine, left_first), (theirs, not left_first)):
        for number, site in stack.items():
            if number == common:
                break
            nodes.extend((site.path, node) for node in _part_of(context, number, site, is_left=comes_first))
    return nodes


def is_evaluated_before(context: PlanContext, first: Site, frame: int, second: Site, other: int) -> bool:
    """Whether an evaluation of `first` in `frame` comes before the first one of `second` in the frame
    `other`, if there is one. False if the frames have no common chain of calls."""
    mine, theirs = stack_of(context, first, frame), stack_of(context, second, other)
    common = next((number for number in mine if number in theirs), None)
    if common is None or mine[common] == theirs[common]:
        return False
    tree = context.tree(mine[common])
    return is_first(tree, tree.node(mine[common]), tree.node(theirs[common]))


def stack_of(context: CallChains, site: Site, frame: int) -> dict[int, Site]:
    """By frame, from the inside out: the expression that is evaluated, or the call that leads to it."""
    return {frame: site, **{caller: call for call, caller in context.outer_calls(frame)}}


def is_first(tree: Tree, first: cst.CSTNode, second: cst.CSTNode) -> bool:
    """Whether an expression is evaluated before another one: operands come before the whole."""
    if second in tree.ancestors(first):
        return True
    return first not in tree.ancestors(second) and tree.number(first) < tree.number(second)


def _part_of(context: PlanContext, frame: int, site: Site, *, is_left: bool) -> Iterator[cst.CSTNode]:
    """The nodes of an activation that are evaluated after an expression if the activation `is_left` then, or
    before the expression if it isn't."""
    tree, node = context.tree(site), context.node(site)
    function = context.read_frame(frame).function
    body = tree.node(function) if function is not None else tree.module
    number, end = tree.number(node), tree.end(node)
    loops = [loop for loop in tree.ancestors(node) if isinstance(loop, LOOPS)]
    targets = _assignment_target_nodes(tree, node)
    for part in tree.descendants(body):
        place = tree.number(part)
        if any(tree.number(loop) <= place < tree.end(loop) for loop in loops):
            yield part
        elif place >= end or place in targets if is_left else place < number and place not in targets:
            yield part


def _nodes_in_activation(tree: Tree, first: cst.CSTNode, second: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes that may be evaluated between two expressions of one activation."""
    if not is_first(tree, first, second):
        first, second = second, first
    spans = [(tree.end(first), tree.end(second))]  # the operands of the second come before it
    mine, theirs = set(loops_around(tree, first)), set(loops_around(tree, second))
    spans += [(tree.number(loop), tree.end(loop)) for loop in mine ^ theirs]
    if mine & theirs and _is_conditional(tree, first, second):
        loop = max(mine & theirs, key=tree.number)
        spans.append((tree.number(loop), tree.end(loop)))
    numbers = {number for begin, stop in spans for number in range(begin, stop)}
    bound, later = _assignment_target_nodes(tree, first), _assignment_target_nodes(tree, second)
    looped = {number for begin, stop in spans[1:] for number in range(begin, stop)}
    outer = _enclosing_expressions(tree, second)
    inner = _enclosing_expressions(tree, first) - outer - {tree.number(second)}  # `second(between(first))`
    numbers = (numbers | inner | (bound - later)) - ((later | outer) - looped)
    return (tree.nodes[number] for number in sorted(numbers))


def is_of_earlier_round(tree: Tree, binding: cst.CSTNode, read: cst.CSTNode) -> bool:
    """Whether a variable that is read in a loop may have been bound in an earlier round of it."""
    loops = set(loops_around(tree, binding)) & set(loops_around(tree, read))
    return bool(loops) and (is_first(tree, read, binding) or _is_conditional(tree, binding, read))


def _enclosing_expressions(tree: Tree, node: cst.CSTNode) -> set[int]:
    """The expressions that an expression is an operand or an argument of. They precede it in the source and
    are evaluated after it."""
    numbers: set[int] = set()
    for above in tree.ancestors(node):
        if isinstance(
            above, (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.BaseSuite, cst.Lambda, *LOOPS)
        ):
            break
        if isinstance(above, cst.BaseExpression):
            numbers.add(tree.number(above))
    return numbers


def _assignment_target_nodes(tree: Tree, node: cst.CSTNode) -> set[int]:
    """The nodes of the targets of the assignments around an expression. They precede it in the source and are
    bound after it."""
    numbers: set[int] = set()
    for above in tree.ancestors(node):
        match above:
            case cst.Assign(targets):
                listed: list[cst.CSTNode] = list(targets)
            case cst.AnnAssign(target) | cst.AugAssign(target) | cst.NamedExpr(target):
                listed = [target]
            case _:
                continue
        for part in listed:
            numbers |= set(range(tree.number(part), tree.end(part)))
    return numbers


def _is_conditional(tree: Tree, first: cst.CSTNode, second: cst.CSTNode) -> bool:
    """Whether the second of two expressions may be evaluated without the first one directly before it."""
    around = {id(above) for above in (second, *tree.ancestors(second))}
    inner = first
    name = _assigned_name(tree, first)
    for above in tree.ancestors(first):
        if id(above) in around:
            return False
        if isinstance(above, _CHOICES) and not _is_always_evaluated(above, inner):
            return name is None or not _binds(tree, above, name)
        inner = above
    return False


def choices_around(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements and expressions in its function that decide whether a node is evaluated, from the inside
    out."""
    inner = node
    for above in tree.ancestors(node):
        if isinstance(above, FUNCTIONS):
            return
        if isinstance(above, _CHOICES) and not _is_always_evaluated(above, inner):
            yield above
        inner = above


def _is_always_evaluated(choice: cst.CSTNode, part: cst.CSTNode) -> bool:
    """Whether a child of a choice is always evaluated with it, as a test is."""
    return part in (
        getattr(choice, "test", None),
        getattr(choice, "iter", None),
        getattr(choice, "subject", None),
        getattr(choice, "left", None),
    )


def _assigned_name(tree: Tree, node: cst.CSTNode) -> str | None:
    """The name in the assignment around an expression; None if there is no name."""
    match tree.enclosing(node, cst.Assign, cst.AnnAssign, cst.AugAssign):
        case (
            cst.Assign([cst.AssignTarget(cst.Name(name)), *_])
            | cst.AnnAssign(cst.Name(name))
            | cst.AugAssign(cst.Name(name))
        ):
            return str(name)
    return None


def _binds(tree: Tree, statement: cst.CSTNode, name: str) -> bool:
    """Whether each path through a statement binds a name, or leaves the block."""
    match statement:
        case cst.SimpleStatementLine(body):
            return any(isinstance(small, _LEAVING) or _is_binding(small, name) for small in body)
        case cst.If(_, body, orelse):
            return orelse is not None and _binds(tree, body, name) and _binds(tree, orelse, name)
        case cst.Else(body) | cst.With(_, body) | cst.ExceptHandler(body):
            return _binds(tree, body, name)
        case cst.IndentedBlock(body):
            return any(_binds(tree, inner, name) for inner in body)
        case cst.Try(body, handlers, orelse):
            ways = [body, *handlers] if orelse is None else [orelse, *handlers]
            return all(_binds(tree, way, name) for way in ways)
    return False


def _is_binding(statement: cst.CSTNode, name: str) -> bool:
    match statement:
        case cst.Assign(targets):
            return any(variable_name(target.target) == name for target in targets)
        case cst.AnnAssign(cst.Name(value), _, assigned_value):
            return bool(value == name) and assigned_value is not None
    return False


_STATEMENTS = (cst.SimpleStatementLine, cst.If, cst.While, cst.For, cst.With, cst.Match)


class EffectSite(Struct, frozen=True):
    """An expression with a side effect, and the locations that it may write."""

    node: cst.CSTNode
    locations: LocationSet


def require_evaluation_order(context: PlanContext, edits: Collection[PendingEdit]) -> None:
    """Raises RefusalError if edits move an expression with a side effect past another one, or past a read of
    a location that it writes, or repeat it."""
    statements: dict[int, tuple[Tree, cst.CSTNode]] = {}
    for edit in edits:
        if edit.span.path in context.facts.tests or not any(isinstance(part, Span) for part in edit.parts):
            continue
        tree = context.trees[edit.span.path]
        statement = _enclosing_statement(tree, edit.span)
        if statement is not None:
            statements[id(statement)] = (tree, statement)
    ordered = in_source_order(edits) if statements else []
    for tree, statement in statements.values():
        _require_order(context, tree, statement, arrangement(ordered, tree.span(statement)))


def _enclosing_statement(tree: Tree, span: Span) -> cst.CSTNode | None:
    """The innermost statement that contains a span."""
    nodes: list[cst.CSTNode] = tree.of_kind(*_STATEMENTS)
    number = bisect_right(nodes, span.start, key=lambda node: tree.span(node).start)
    if not number:
        return None
    last = nodes[number - 1]  # each statement around the span contains this one's start
    around = (node for node in (last, *tree.ancestors(last)) if isinstance(node, _STATEMENTS))
    return next((node for node in around if span.end <= tree.span(node).end), None)


def _require_order(context: PlanContext, tree: Tree, statement: cst.CSTNode, spans: Sequence[Span]) -> None:
    blocks = [block for block in _blocks(tree.path, spans) if len(block) > 1]
    if not blocks:
        return
    nodes = [(tree.span(node).start, node) for node in tree.descendants(statement)]
    effects = [(tree.span(effect.node).start, effect) for effect in _effects(context, tree, statement)]
    for block in blocks:
        start, end = min(span.start for span in block), max(span.end for span in block)
        inside = [effect for place, effect in effects if start <= place < end]
        near = [node for place, node in nodes if start <= place < end] if inside else []
        for effect in inside:
            _require_in_order(context, tree, effect, inside, near, block)


def _require_in_order(
    context: PlanContext,
    tree: Tree,
    effect: EffectSite,
    effects: Collection[EffectSite],
    nodes: Collection[cst.CSTNode],
    spans: Sequence[Span],
) -> None:
    """Raises RefusalError if an effect occurs twice, or on the other side of a node that depends on it."""
    places = _offsets_in_spans(tree, effect.node, spans)
    if len(places) > 1:
        raise RefusalError(
            tree.site(effect.node),
            "order",
            "this expression may have side effects, and the new code would evaluate it twice",
        )
    for node in nodes if places else ():
        if not _depends(context, tree, node, effect, effects):
            continue
        was_before = tree.number(node) < tree.number(effect.node)
        if any((place < places[0]) is not was_before for place in _offsets_in_spans(tree, node, spans)):
            raise RefusalError(
                tree.site(effect.node),
                "order",
                f"the new code would change the evaluation order of this expression and `{tree.code(node)}`",
            )


def _blocks(path: str, spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The shortest runs of an arrangement that can be checked separately: all that precedes a run in the
    source precedes it in the arrangement, too. 3 1 2 | 4 | 6 5 are three."""
    own = [span for span in spans if span.path == path and span.start < span.end]
    behind = [0] * len(own)
    lowest = sys.maxsize
    for number in range(len(own) - 1, -1, -1):
        behind[number] = lowest
        lowest = min(lowest, own[number].start)
    block: list[Span] = []
    highest = 0
    for span, next_start in zip(own, behind, strict=True):
        block.append(span)
        highest = max(highest, span.end)
        if highest <= next_start:
            yield block
            block = []


def _effects(context: PlanContext, tree: Tree, statement: cst.CSTNode) -> Iterator[EffectSite]:
    for node in tree.descendants(statement):
        if isinstance(node, cst.BaseExpression) and acts_itself(context, tree, node):
            yield EffectSite(node, locations_written(context, tree, tree.descendants(node)))


def _is_callee_or_label(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is that of a callee, an attribute or a keyword."""
    is_callee = call_of(tree, node) is not None
    return is_callee or is_attribute_name(tree, node) or is_keyword(tree, node)


def _depends(
    context: PlanContext, tree: Tree, node: cst.CSTNode, effect: EffectSite, effects: Collection[EffectSite]
) -> bool:
    """Whether it matters that a node is evaluated before or after an effect. Nodes inside or around the
    effect don't count."""
    start, end = tree.number(effect.node), tree.end(effect.node)
    if start <= tree.number(node) < end or tree.number(node) <= start < tree.end(node):
        return False
    if any(other.node is node for other in effects):
        return True
    if isinstance(node, cst.Name):
        if _is_callee_or_label(tree, node):
            return False
        variable = tree.memoize(Scopes).variable(node)
        return variable in effect.locations.variables or any(
            field.root == variable or are_same_object(context, field.owner, tree.site(node))
            for field in effect.locations.fields
        )
    if isinstance(node, cst.Attribute | cst.Subscript):
        return any(may_alias(context, field_of(tree, node), field) for field in effect.locations.fields)
    return False


def _offsets_in_spans(tree: Tree, node: cst.CSTNode, spans: Sequence[Span]) -> list[int]:
    """The positions of an expression in an arrangement of spans, in bytes from its start."""
    own = tree.span(node)
    positions: list[int] = []
    before = 0
    for span in spans:
        if span.path == own.path and span.start <= own.start < span.end:
            positions.append(before + own.start - span.start)
        before += span.end - span.start
    return positions

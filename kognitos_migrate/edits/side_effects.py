"""Side effects of expressions: none, may raise, or acts. Edits must neither drop nor repeat an effect."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import IntEnum

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.library_effects import is_pure, takes_elements
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.scopes import CREATION_METHODS
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Iterated, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Ref,
    Text,
    Value,
)


class Effect(IntEnum):
    """The side effect of an expression, weakest first."""

    NOTHING = 0
    FAILS = 1
    """It may raise an error if it gets another value."""
    ACTS = 2


_ACTING = (cst.NamedExpr, cst.Await, cst.Yield, cst.Global, cst.Nonlocal, cst.Del, cst.With, cst.Import)
_FAILING = (cst.Raise, cst.Assert)
_OWN = (Function, Bound, Class)


def acts_or_raises(context: PlanContext, site: Site) -> bool:
    """Whether an expression acts or may raise, so that dropping it changes the program. The answer is
    cached."""
    if site not in context.effects:
        parts = _effects_within(context, context.tree(site), context.node(site), ())
        context.effects[site] = any(True for _ in parts)
    return context.effects[site]


def acts(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node, or a node inside it, acts: it may be neither repeated nor moved."""
    return any(effect is Effect.ACTS for _, effect in _effects_within(context, tree, node, ()))


def acts_itself(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node itself acts. The nodes inside it don't count."""
    return _own_effect(context, tree, node, ()) is Effect.ACTS


def acts_or_raises_itself(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node itself acts or may raise. The nodes inside it don't count."""
    return _own_effect(context, tree, node, ()) is not Effect.NOTHING


def may_fail(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression acts or may raise, also because an object lacks an attribute or has another
    type."""
    unsafe = (cst.Attribute, cst.Subscript, cst.BinaryOperation)
    return acts_or_raises(context, tree.site(node)) or any(
        isinstance(part, unsafe) for part in tree.descendants(node)
    )


def is_repeatable(context: PlanContext, site: Site) -> bool:
    """Whether an expression may be evaluated twice: a name, an attribute, or a call of a library's function
    without side effects, such as `asdict(order)`."""
    tree, node = context.tree(site), context.node(site)
    if not isinstance(node, cst.Call):
        return isinstance(node, cst.Name | cst.Attribute)
    calls = [part for part in tree.descendants(node) if isinstance(part, cst.Call)]
    own = any(isinstance(callee, _OWN) for call in calls for callee in _callee_values(context, tree, call))
    return not own and not acts(context, tree, node)


def may_use_up_iterators(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call takes the elements of what may be an iterator, so that a second one would find none."""
    values = [value for argument in call.args for value in context.alternatives_at(tree.site(argument.value))]
    objects = [context.facts.heap.get(value) for value in values]
    if any(isinstance(heap_object, Iterated) for heap_object in objects):
        return True
    can_repeat = all(
        isinstance(value, Text | Const) or isinstance(heap_object, DictObject | SequenceObject)
        for value, heap_object in zip(values, objects, strict=True)
    )
    return not can_repeat and any(
        takes_elements(callee, call) for callee in _callee_values(context, tree, call)
    )


def require_effects_preserved(
    context: PlanContext,
    edits: Collection[PendingEdit],
    of_urls: Collection[PendingEdit],
    moved: Iterable[Site],
) -> None:
    """Raises RefusalError if pending edits delete an acting node outside `moved`, or keep one that is in
    `moved`.

    Calls of library functions count in edits of URLs only. Elsewhere they decode the reply, which the new
    code does in another way. Edits of tests never count."""
    lost = {
        tree.site(node): None
        for edit, tree, node in _removed_effects(context, edits)
        if edit in of_urls or not _is_foreign(context, tree, node)
    }
    acting = {
        context.tree(site).site(node)
        for site in moved
        for node, effect in _effects_within(context, context.tree(site), context.node(site), ())
        if effect is Effect.ACTS
    }
    for site in (
        *(site for site in lost if site not in acting),
        *(site for site in acting if site not in lost),
    ):
        raise RefusalError(site, "acts", "this expression would be removed, and it has side effects")


def _is_foreign(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    callees = _callee_values(context, tree, node) if isinstance(node, cst.Call) else None
    return callees is not None and not any(isinstance(callee, _OWN) for callee in callees)


def _removed_effects(
    context: PlanContext, edits: Collection[PendingEdit]
) -> Iterator[tuple[PendingEdit, Tree, cst.CSTNode]]:
    """The acting nodes that pending edits delete and none of them re-emits. Edits of tests are skipped."""
    moved = {part for edit in edits for part in edit.parts if isinstance(part, Span)}
    for edit in edits:
        if edit.span.path in context.facts.tests:
            continue
        tree = context.trees[edit.span.path]
        for node in _inside(tree, edit.span):
            if _own_effect(context, tree, node, ()) is Effect.ACTS and not _is_reemitted(
                tree, node, edit, moved
            ):
                yield edit, tree, node


def _is_reemitted(tree: Tree, node: cst.CSTNode, edit: PendingEdit, moved: Collection[Span]) -> bool:
    """Whether the deleted code is re-emitted, by this edit or by another one that moves it."""
    span = tree.span(node)
    for part in edit.parts:
        if tree.code(node) in part if isinstance(part, str) else part.contains(span):
            return True
    return any(part.contains(span) and not part.contains(edit.span) for part in moved)


def _inside(tree: Tree, span: Span) -> Iterator[cst.CSTNode]:
    starts, nodes = tree.memoize(_effect_nodes)
    for node in nodes[bisect_left(starts, span.start) : bisect_left(starts, span.end)]:
        if tree.span(node).end <= span.end:
            yield node


def _effect_nodes(tree: Tree) -> tuple[Sequence[int], Sequence[cst.CSTNode]]:
    """The nodes of a module that may have a side effect, in source order, and their start offsets in
    bytes."""
    nodes = tree.of_kind(cst.Call, cst.NamedExpr, cst.Await, cst.Attribute, cst.FormattedStringExpression)
    return [tree.span(node).start for node in nodes], nodes


def _effects_within(
    context: PlanContext, tree: Tree, node: cst.CSTNode, call_chain: tuple[Site, ...]
) -> Iterator[tuple[cst.CSTNode, Effect]]:
    """The nodes inside an expression or function that may raise or act. `call_chain` are the functions whose
    calls were followed to it."""
    for part in tree.descendants(node):
        effect = _own_effect(context, tree, part, call_chain)
        if effect is not Effect.NOTHING:
            yield part, effect


def _own_effect(context: PlanContext, tree: Tree, node: cst.CSTNode, call_chain: tuple[Site, ...]) -> Effect:
    """The side effect of a node without the nodes inside it."""
    if is_data_file(tree.path):
        return Effect.NOTHING
    if isinstance(node, _ACTING):
        return Effect.ACTS
    if isinstance(node, _FAILING):
        return Effect.FAILS
    match node:
        case cst.AssignTarget(target) | cst.AnnAssign(target) | cst.AugAssign(target):
            return Effect.NOTHING if isinstance(target, cst.Name) else Effect.ACTS
        case cst.Subscript():
            return _effect_of_subscript(context, tree, node)
        case cst.Call():
            return _effect_of_call(context, tree, node, call_chain)
        case cst.Attribute():
            return _effect_of_functions(context, context.callees(tree.site(node)), call_chain)
        case cst.FormattedStringExpression(expression):
            text = tree.enclosing(node, cst.FormattedString, cst.FormattedStringExpression)
            values = context.alternatives_at(tree.site(expression))
            if text is not None and any(isinstance(value, Ref) for value in values):
                return _effect_of_functions(context, context.callees(tree.site(text)), call_chain)
    return Effect.NOTHING


def _effect_of_subscript(context: PlanContext, tree: Tree, node: cst.Subscript) -> Effect:
    """A read from a dict may raise if the dict may lack the key."""
    index = node.slice[0].slice
    keys = context.values_at(tree.site(index.value)) if isinstance(index, cst.Index) else ()
    choices = [choice for key in keys for choice in alternatives(key)]
    literals = [choice.literal if isinstance(choice, Text) else None for choice in choices]
    for value in context.values_at(tree.site(node.value)):
        for choice in alternatives(value):
            record = context.facts.heap.get(choice)
            if isinstance(record, DictObject) and any(key not in record.entries for key in literals):
                return Effect.FAILS
    return Effect.NOTHING


def _effect_of_call(context: PlanContext, tree: Tree, node: cst.Call, call_chain: tuple[Site, ...]) -> Effect:
    if isinstance(tree.parent(node), cst.Raise):
        return Effect.FAILS
    if tree.site(node) in context.requests.by_call:
        return Effect.ACTS
    if call_chain and context.has_inner_effect(call_chain[-1], tree.site(node), tree.site(node.func)):
        return Effect.NOTHING
    callees = _callee_values(context, tree, node)
    foreign = [callee for callee in callees or (UNKNOWN,) if not isinstance(callee, _OWN)]
    if not all(is_pure(callee, node) for callee in foreign):
        return Effect.ACTS
    return _effect_of_functions(
        context, [site for callee in callees for site in _functions(context, callee)], call_chain
    )


def _callee_values(context: PlanContext, tree: Tree, call: cst.Call) -> Sequence[Value]:
    return context.alternatives_at(tree.site(call.func))


def _functions(context: PlanContext, callee: Value) -> Sequence[Site]:
    """The functions of the program that a call runs; for a class, the methods that build its instances."""
    if isinstance(callee, Bound):
        return _functions(context, callee.function)
    if isinstance(callee, Class):
        tree = context.tree(callee.site)
        methods = tree.descendants_of_kind(tree.node(callee.site), cst.FunctionDef)
        return [tree.site(method) for method in methods if method.name.value in CREATION_METHODS]
    return [callee.site] if isinstance(callee, Function) else []


def _effect_of_functions(
    context: PlanContext, functions: Iterable[Site], call_chain: tuple[Site, ...]
) -> Effect:
    """The strongest side effect of running functions of the program, except those in `call_chain`."""
    strongest = Effect.NOTHING
    for site in functions:
        if site not in call_chain and strongest < Effect.ACTS:
            tree, node = context.tree(site), context.node(site)
            own = node.body if isinstance(node, cst.FunctionDef | cst.Lambda) else node
            strongest = max(
                strongest,
                *(does for _, does in _effects_within(context, tree, own, (*call_chain, site))),
                strongest,
            )
    return strongest

"""The order of evaluation: edits that move code keep the order of everything that has side effects."""

import sys
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.besides import has_side_effect
from kognitos_migrate.edits.draft import Draft, arrangement, in_source_order
from kognitos_migrate.edits.locations import Locations, are_one, field_of, may_meet, writes
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.tree import Tree

_STATEMENTS = (cst.SimpleStatementLine, cst.If, cst.While, cst.For, cst.With, cst.Match)


class Effect(Struct, frozen=True):
    """An expression with a side effect, and what it may write."""

    node: cst.CSTNode
    written: Locations


def require_order(scene: Scene, drafts: Collection[Draft]) -> None:
    """Refuse where drafts move an expression with a side effect past another one, or past one that reads what
    it writes, or say it twice."""
    statements: dict[int, tuple[Tree, cst.CSTNode]] = {}
    for draft in drafts:
        if draft.span.path in scene.facts.tests or not any(isinstance(part, Span) for part in draft.parts):
            continue
        tree = scene.trees[draft.span.path]
        statement = _statement(tree, draft.span)
        if statement is not None:
            statements[id(statement)] = (tree, statement)
    ordered = in_source_order(drafts) if statements else []
    for tree, statement in statements.values():
        _require_order(scene, tree, statement, arrangement(ordered, tree.span(statement)))


def _statement(tree: Tree, span: Span) -> cst.CSTNode | None:
    """The innermost statement that holds a span."""
    nodes: list[cst.CSTNode] = tree.of_kind(*_STATEMENTS)
    number = bisect_right(nodes, span.start, key=lambda node: tree.span(node).start)
    if not number:
        return None
    last = nodes[number - 1]  # all that hold the span hold the start of this one, too
    around = (node for node in (last, *tree.ancestors(last)) if isinstance(node, _STATEMENTS))
    return next((node for node in around if span.end <= tree.span(node).end), None)


def _require_order(scene: Scene, tree: Tree, statement: cst.CSTNode, spans: Sequence[Span]) -> None:
    blocks = [block for block in _blocks(tree.path, spans) if len(block) > 1]
    if not blocks:
        return
    nodes = [(tree.span(node).start, node) for node in tree.descendants(statement)]
    effects = [(tree.span(effect.node).start, effect) for effect in _effects(scene, tree, statement)]
    for block in blocks:
        start, end = min(span.start for span in block), max(span.end for span in block)
        inside = [effect for place, effect in effects if start <= place < end]
        near = [node for place, node in nodes if start <= place < end] if inside else []
        for effect in inside:
            _require_in_order(scene, tree, effect, inside, near, block)


def _require_in_order(
    scene: Scene,
    tree: Tree,
    effect: Effect,
    effects: Collection[Effect],
    nodes: Collection[cst.CSTNode],
    spans: Sequence[Span],
) -> None:
    """Refuse where an effect comes twice, or on the other side of one of the nodes that depend on it."""
    places = _places(tree, effect.node, spans)
    if len(places) > 1:
        raise Refused(
            tree.site(effect.node), "order", "the new code would evaluate this twice: it has side effects"
        )
    for node in nodes if places else ():
        if not _depends(scene, tree, node, effect, effects):
            continue
        was_before = tree.number(node) < tree.number(effect.node)
        if any((place < places[0]) is not was_before for place in _places(tree, node, spans)):
            raise Refused(
                tree.site(effect.node),
                "order",
                f"the new code would evaluate this before or after `{tree.code(node)}`, unlike the old",
            )


def _blocks(path: str, spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The shortest runs of an arrangement that can be looked at alone: whatever comes before a run in the
    source comes before it in the arrangement too. 3 1 2 | 4 | 6 5 are three."""
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


def _effects(scene: Scene, tree: Tree, statement: cst.CSTNode) -> Iterator[Effect]:
    for node in tree.descendants(statement):
        if isinstance(node, cst.BaseExpression) and has_side_effect(scene, tree, node):
            yield Effect(node, writes(scene, tree, tree.descendants(node)))


def _is_called(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is only that of a function, an attribute or a keyword."""
    above = tree.parent(node)
    if isinstance(above, cst.Call):
        return above.func is node
    if isinstance(above, cst.Attribute):
        return above.attr is node
    return isinstance(above, cst.Arg) and above.keyword is node


def _depends(
    scene: Scene, tree: Tree, node: cst.CSTNode, effect: Effect, effects: Collection[Effect]
) -> bool:
    """Whether it matters if a node, neither in an effect nor around it, is evaluated before it or after."""
    start, end = tree.number(effect.node), tree.end(effect.node)
    if start <= tree.number(node) < end or tree.number(node) <= start < tree.end(node):
        return False
    if any(other.node is node for other in effects):
        return True
    if isinstance(node, cst.Name):
        if _is_called(tree, node):
            return False
        variable = tree.once(Scopes).variable(node)
        return variable in effect.written.variables or any(
            one.root == variable or are_one(scene, one.owner, tree.site(node))
            for one in effect.written.fields
        )
    if isinstance(node, cst.Attribute | cst.Subscript):
        return any(may_meet(scene, field_of(tree, node), one) for one in effect.written.fields)
    return False


def _places(tree: Tree, node: cst.CSTNode, spans: Sequence[Span]) -> list[int]:
    """The places of an expression in an arrangement of spans, as numbers that grow."""
    own = tree.span(node)
    found: list[int] = []
    before = 0
    for span in spans:
        if span.path == own.path and span.start <= own.start < span.end:
            found.append(before + own.start - span.start)
        before += span.end - span.start
    return found

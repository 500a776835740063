"""The order of evaluation: edits that move code keep the order of everything that has side effects."""

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.besides import has_side_effect
from kognitos_migrate.edits.draft import Draft, arrangement
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
    for tree, statement in statements.values():
        _require_order(scene, tree, statement, arrangement(drafts, tree.span(statement)))


def _statement(tree: Tree, span: Span) -> cst.CSTNode | None:
    """The innermost statement that holds a span."""
    found: cst.CSTNode | None = None
    for node in tree.of_kind(*_STATEMENTS):
        own = tree.span(node)
        if own.start > span.start:
            break
        if span.end <= own.end:
            found = node
    return found


def _require_order(scene: Scene, tree: Tree, statement: cst.CSTNode, spans: Sequence[Span]) -> None:
    effects = list(_effects(scene, tree, statement))
    for effect in effects:
        places = _places(tree, effect.node, spans)
        if len(places) > 1:
            raise Refused(
                tree.site(effect.node), "order", "the new code would evaluate this twice: it has side effects"
            )
        for node in tree.descendants(statement) if places else ():
            if not _depends(scene, tree, node, effect, effects):
                continue
            was_before = tree.number(node) < tree.number(effect.node)
            if any((place < places[0]) is not was_before for place in _places(tree, node, spans)):
                raise Refused(
                    tree.site(effect.node),
                    "order",
                    f"the new code would evaluate this before or after `{tree.code(node)}`, unlike the old",
                )


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

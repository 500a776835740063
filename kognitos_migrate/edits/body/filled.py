"""A list that takes the place of a query which a statement appends to the URL, perhaps."""

import libcst as cst

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.edits.body.additions import Addition, Additions
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.layout import indentation, newline
from kognitos_migrate.edits.meanings import means_builtin
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.rulebook.model import Member
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.syntax.variables import Variables, saying
from kognitos_migrate.values.base import Ref, Reply, Value
from kognitos_migrate.values.heap import Given, Sequence
from kognitos_migrate.values.join import alternatives


def filled(
    scene: Scene, match: Match, member: Member, value: Given, additions: Additions
) -> list[Draft] | None:
    """`url += "?name=" + upload()`: the statement fills a list in its place, which is empty before the
    statement around it. None where the value can be said elsewhere as it is."""
    tree, node = scene.tree(value.site), scene.node(value.site)
    new = next((one for one in match.operation.new.members if one.slot == member.slot), None)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    grown = line.body[0] if line is not None and len(line.body) == 1 else None
    function = scene.frame(value.frame).function
    scope = tree.node(function) if function else tree.module
    joined = joined_list(scene, value.site)
    if new is None or not is_slot(scene, match, member, value.value):
        return None
    if not isinstance(grown, cst.AugAssign) or not isinstance(grown.target, cst.Name):
        return None
    if _before(grown.value, node) != f"?{member.name}=":
        return None
    if saying(tree, scope, new.name):
        return None
    bound = [
        node
        for node in tree.once(Variables).bindings(scope, grown.target.value)
        if not isinstance(tree.parent(node), cst.AugAssign)
    ]
    made = tree.enclosing(bound[0], cst.SimpleStatementLine) if len(bound) == 1 else None
    body = scope.body if isinstance(scope, cst.FunctionDef) else scope
    empty = made_empty(tree, tree.parent(made) if made is not None else body, grown, new.name)
    if empty is None or len(bound) > 1:
        return None
    additions.expressions[member.slot] = Addition((new.name,), frame=value.frame, always=True)
    filling: Parts = ("[", tree.outer_span(node), "]")
    if joined is not None:
        if not means_builtin(tree, "list", node):
            return None
        filling = ("list(", scene.outer_span(joined), ")")
    return [empty, Draft(tree.span(grown), (f"{new.name} = ", *filling))]


def made_empty(tree: Tree, block: cst.CSTNode | None, filling: cst.CSTNode, name: str) -> Draft | None:
    """The draft that makes a list empty before the statement of a block in which it may be filled; None where
    it is filled elsewhere."""
    outer = next((one for one in tree.ancestors(filling) if tree.parent(one) is block), None)
    if outer is None:
        return None
    start = tree.span(outer).start
    return Draft(Span(tree.path, start, start), (f"{name} = []{newline(tree)}{indentation(tree, start)}",))


def _before(text: cst.BaseExpression, node: cst.CSTNode) -> str | None:
    """The literal in front of `node`, where a text is made of these two alone."""
    if isinstance(text, cst.BinaryOperation) and isinstance(text.left, cst.SimpleString):
        return str(literal_text(text.left)) if text.right is node else None
    if isinstance(text, cst.FormattedString) and len(text.parts) == 2:
        first, last = text.parts
        if isinstance(first, cst.FormattedStringText) and isinstance(last, cst.FormattedStringExpression):
            return first.value if last.expression is node else None
    return None


def is_slot(scene: Scene, match: Match, member: Member, value: Value) -> bool:
    """Whether a value is made of positions of replies that hold the slot."""
    found = list(_positions(scene, value))
    return bool(found) and all(
        position.request in scene.matches
        and len(position.path) == 2
        and (held := scene.matches[position.request].operation.old.reply_slot(str(position.path[1])))
        is not None
        and held.slot == member.slot
        for position in found
    )


def _positions(scene: Scene, value: Value) -> list[Reply]:
    found = list(replies_in(value))
    for choice in alternatives(value):
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Sequence):
            found.extend(replies_in(thing.element()))
    return found


def joined_list(scene: Scene, site: Site) -> Site | None:
    """The list of which `",".join(list)` makes a text."""
    node = scene.node(site)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "join":
        return scene.tree(site).site(node.args[0].value)
    return None

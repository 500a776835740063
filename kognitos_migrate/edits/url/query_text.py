"""A query that is written in a URL's text: it is taken out where it stands."""

import libcst as cst

from kognitos_migrate.conversations.url import Piece
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import stable
from kognitos_migrate.edits.removal import remove_statement
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.values.base import Hole


def taken_out(scene: Scene, span: Span, start: int, hole: Hole) -> list[Draft]:
    """Take a parameter out of the text where its name is written, from `start` on, with the expression
    behind it that says its value. Raises Refused."""
    tree = scene.tree(hole.site)
    node = tree.node(hole.site)
    parent = tree.parent(node)
    whole = _with_its_test(scene, Span(span.path, start, span.end), hole)
    if whole is not None:
        return [whole]
    if isinstance(parent, cst.FormattedStringExpression):
        return cut(span, start, tree.span(parent))
    if isinstance(parent, cst.BinaryOperation) and parent.right is node:
        added = Span(tree.path, tree.outer_span(parent.left).end, tree.outer_span(node).end)
        return [Draft(Span(span.path, start, span.end), ("",)), Draft(added, ("",))]
    raise Refused(hole.site, "query", "the URL's query can't be taken out here")


def _with_its_test(scene: Scene, name: Span, hole: Hole) -> Draft | None:
    """The draft that takes out the whole of `"?name=" + value if test else ""`: both would be empty then."""
    tree = scene.tree(hole.site)
    node = tree.node(hole.site)
    added = tree.parent(node)
    chosen = tree.parent(added) if added is not None else None
    if not isinstance(added, cst.BinaryOperation) or added.right is not node:
        return None
    if not isinstance(chosen, cst.IfExp) or not isinstance(added.left, cst.SimpleString):
        return None
    text, other = added.left, chosen.orelse if chosen.body is added else chosen.body
    written_out = tree.span(text)
    quotes = len(text.prefix) + len(text.quote), len(text.quote)
    is_all = (written_out.start + quotes[0], written_out.end - quotes[1]) == (name.start, name.end)
    is_empty = isinstance(other, cst.SimpleString) and literal_text(other) == "" and chosen.test is not added
    if not is_all or not is_empty or not stable(scene, chosen.test, tree.site(chosen.test), hole.frame):
        return None
    outer = tree.parent(chosen)
    is_added = isinstance(outer, cst.BinaryOperation) and isinstance(outer.operator, cst.Add)
    if isinstance(outer, cst.BinaryOperation) and is_added and outer.right is chosen:
        return Draft(Span(tree.path, tree.outer_span(outer.left).end, tree.outer_span(chosen).end), ("",))
    if isinstance(outer, cst.FormattedStringExpression):
        return Draft(tree.span(outer), ("",))
    return Draft(tree.span(chosen), (tree.span(other),))


def whole_text(scene: Scene, first: Piece, start: int, last: Span) -> list[Draft]:
    """The draft that takes out a statement which does no more than to append this text to the URL; nothing
    where it does."""
    site = first.site
    node = scene.node(site) if site is not None else None
    if site is None or not isinstance(node, cst.SimpleString):
        return []
    span, quotes = scene.span(site), len(node.quote)
    if (span.start + len(node.prefix) + quotes, span.end - quotes) != (start, last.end):
        return []
    is_appended = isinstance(scene.tree(site).parent(node), cst.AugAssign)
    draft = remove_statement(scene, site) if is_appended else None
    return [draft] if draft is not None else []


def cut(span: Span, start: int, last: Span) -> list[Draft]:
    """Take out what stands in the file of `span` from `start` to the end of `last`."""
    return [Draft(Span(span.path, start, last.end), ("",))]

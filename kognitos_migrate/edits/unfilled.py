"""A local dict of parameters in which nothing is left goes, with the argument that hands it on."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.removal import remove_item, remove_statement
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.syntax.variables import Variables, saying
from kognitos_migrate.values.heap import Given


def unfilled(scene: Scene, match: Match, given: Given, taken: Sequence[Draft]) -> list[Draft]:
    """The drafts that take a variable away whose dict has nothing in it any more, now that `taken` is taken
    out of it; nothing where it is used for more than to be given to one request."""
    tree = scene.tree(given.site)
    node = tree.node(given.site)
    holder = tree.parent(node)
    if not isinstance(node, cst.Name) or not isinstance(holder, cst.Arg) or holder.keyword is None:
        return []
    function = scene.frame(given.frame).function
    if tree.parent(holder) is not scene.node(match.request.site) or function is None:
        return []
    if not scene.same_operation(scene.callers.get(match.request.site, set()), match):
        return []
    bound = tree.once(Variables).bindings(tree.node(function), node.value)
    spans = [draft.span for draft in taken]
    for use in _uses(tree, function, node.value):
        if use is not node and use not in bound and not any(_holds(span, tree.span(use)) for span in spans):
            return []
    drafts = [remove_item(scene, tree.site(holder)), *(_unbound(scene, tree, one) for one in bound)]
    found = [draft for draft in drafts if draft is not None]
    return found if bound and len(found) == len(drafts) else []


def _uses(tree: Tree, function: Site, name: str) -> Iterator[cst.Name]:
    """Where a name stands in a function, other than as a keyword or an attribute."""
    for node in saying(tree, tree.node(function), name):
        above = tree.parent(node)
        is_keyword = isinstance(above, cst.Arg) and above.keyword is node
        is_attribute = isinstance(above, cst.Attribute) and above.attr is node
        if not is_keyword and not is_attribute:
            yield node


def _holds(outer: Span, inner: Span) -> bool:
    return outer.path == inner.path and outer.start <= inner.start and inner.end <= outer.end


def _unbound(scene: Scene, tree: Tree, target: cst.Name) -> Draft | None:
    """The draft that takes an assignment out; None where its value may do something, or its block has nothing
    else."""
    made = tree.enclosing(target, cst.Assign) or tree.enclosing(target, cst.AnnAssign)
    is_shared = isinstance(made, cst.Assign) and len(made.targets) > 1
    if made is None or is_shared or made.value is None or not _is_empty(made.value):
        return None
    draft = remove_statement(scene, tree.site(target))
    return draft if draft is not None and draft.parts == ("",) else None


def _is_empty(value: cst.BaseExpression) -> bool:
    """Whether a value is a dict whose entries are taken out, or nothing; also by a name's truth."""
    if isinstance(value, cst.IfExp):
        return isinstance(value.test, cst.Name) and _is_empty(value.body) and _is_empty(value.orelse)
    return isinstance(value, cst.Dict) or (isinstance(value, cst.Name) and value.value == "None")

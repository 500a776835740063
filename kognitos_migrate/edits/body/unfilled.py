"""A dict of parameters in which nothing is left goes: a local one, with the argument that hands it on; one
that is put into another dict, with the statement."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.ownership import is_made_at
from kognitos_migrate.edits.contexts import sends_only
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
    scope = tree.node(function) if function is not None else tree.module
    call = tree.parent(holder)
    if call is None or not may_lack(scene, match, tree.site(call), holder.keyword.value):
        return []
    if function is None and scene.is_taken_elsewhere(tree.path, node.value):
        return []
    if not sends_only(scene, match, tree.site(call)):
        return []
    bound = tree.once(Variables).bindings(scope, node.value)
    spans = [draft.span for draft in taken]
    for use in _uses(tree, scope, node.value):
        if use is not node and use not in bound and not any(_holds(span, tree.span(use)) for span in spans):
            return []
    drafts = [remove_item(scene, tree.site(holder)), *(_unbound(scene, tree, one) for one in bound)]
    found = [draft for draft in drafts if draft is not None]
    return found if bound and len(found) == len(drafts) else []


def put_apart(scene: Scene, site: Site) -> Draft | None:
    """The draft that takes out the statement which puts a dict that is written here, and nothing else, into
    another one; None where its block would be empty then."""
    tree = scene.tree(site)
    assigned = tree.parent(tree.node(site))
    if not isinstance(tree.node(site), cst.Dict) or not isinstance(assigned, cst.Assign):
        return None
    item = assigned.targets[0].target
    if (
        len(assigned.targets) > 1
        or not isinstance(item, cst.Subscript)
        or not isinstance(item.value, cst.Name)
    ):
        return None
    scope = tree.enclosing(item, cst.FunctionDef) or tree.module
    bound = tree.once(Variables).bindings(scope, item.value.value)
    if len(bound) != 1 or not is_made_at(scene, bound[0], tree.site(item.value)):
        return None
    if not all(_is_filled_or_spread(tree, one) for one in saying(tree, scope, item.value.value)):
        return None
    draft = remove_statement(scene, site)
    return draft if draft is not None and draft.parts == ("",) else None


def _is_filled_or_spread(tree: Tree, name: cst.Name) -> bool:
    """Whether a name is bound, gets an item, or gives keyword arguments."""
    above = tree.parent(name)
    if isinstance(above, cst.Arg):
        return above.star == "**"
    if isinstance(above, cst.Subscript):
        return isinstance(tree.parent(above), cst.AssignTarget)
    return isinstance(above, cst.AssignTarget | cst.AnnAssign)


def may_lack(scene: Scene, match: Match, call: Site, keyword: str) -> bool:
    """Whether a call that leads to the request needs no such argument: each function in between hands on what
    it is given by name, and no more."""
    frame = match.request.frame
    for site, _ in scene.calls(match.request):
        if site == call:
            return True
        inner = scene.frame(frame)
        if inner.function is None or inner.caller is None or not _hands_on(scene, inner.function, keyword):
            return False
        frame = inner.caller
    return False


def _hands_on(scene: Scene, function: Site, keyword: str) -> bool:
    tree = scene.tree(function)
    definition = tree.node(function)
    if not isinstance(definition, cst.FunctionDef) or definition.params.star_kwarg is None:
        return False
    name = definition.params.star_kwarg.name
    named = (*definition.params.posonly_params, *definition.params.params, *definition.params.kwonly_params)
    return all(one.name.value != keyword for one in named) and all(
        isinstance(above := tree.parent(node), cst.Arg) and above.star == "**"
        for node in saying(tree, definition, name.value)
        if node is not name
    )


def _uses(tree: Tree, scope: cst.CSTNode, name: str) -> Iterator[cst.Name]:
    """Where a name stands in a function or module, other than as a keyword or an attribute."""
    for node in saying(tree, scope, name):
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

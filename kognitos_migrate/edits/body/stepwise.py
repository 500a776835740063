"""A dict of parameters that is filled step by step becomes the list that the new body has."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.additions import Addition, Additions
from kognitos_migrate.edits.body.filled import is_slot
from kognitos_migrate.edits.body.listed import as_list
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.removal import remove_item
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Member
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.syntax.variables import saying
from kognitos_migrate.values.base import Ref
from kognitos_migrate.values.heap import Entry, Given
from kognitos_migrate.values.join import alternatives


class Gathered(Struct, frozen=True):
    """A dict of parameters that is filled with one member only; `name` is what the list is called that it
    becomes."""

    scene: Scene
    match: Match
    member: Member
    tree: Tree
    entries: list[Entry]
    name: str


def stepwise(gathered: Gathered, given: Given, holder: Site, additions: Additions) -> list[Draft] | None:
    """A local dict of parameters that is made empty and filled only with this one, perhaps: it becomes the
    list itself, so that the conditions around the filling stay as they are. None where it isn't so."""
    scene, tree = gathered.scene, gathered.tree
    node = tree.node(given.site)
    if not isinstance(node, cst.Name):
        return None
    function = scene.frame(given.frame).function
    scope = tree.node(function) if function else tree.module
    if saying(tree, scope, gathered.name):
        return None
    drafts: list[Draft] = []
    for use in (one for one in saying(tree, scope, node.value) if one is not node):
        step = _step(gathered, use)
        if step is None:
            return None
        drafts.extend(step)
    removal = remove_item(scene, holder)
    if removal is None or not drafts:
        return None
    additions.expressions[gathered.member.slot] = Addition((gathered.name,), frame=given.frame, always=True)
    return [*drafts, removal]


def _step(gathered: Gathered, use: cst.Name) -> list[Draft] | None:
    """The drafts where the dict is made, or an item is put into it; None where anything else is done."""
    tree = gathered.tree
    parent = tree.parent(use)
    above = tree.parent(parent) if parent is not None else None
    outer = tree.parent(above) if above is not None else None
    if isinstance(parent, cst.Arg) and parent.keyword is use:
        return []
    if (
        isinstance(above, cst.Assign)
        and isinstance(above.value, cst.Dict)
        and not above.value.elements
        and len(above.targets) == 1
    ):
        return [Draft(tree.span(use), (gathered.name,)), Draft(tree.outer_span(above.value), ("[]",))]
    if isinstance(parent, cst.Subscript) and isinstance(outer, cst.Assign) and len(outer.targets) == 1:
        return _item_put(gathered, parent, outer)
    return None


def _item_put(gathered: Gathered, item: cst.Subscript, assignment: cst.Assign) -> list[Draft] | None:
    """The drafts where an item is put into the dict: the list is what the item holds."""
    scene, match, tree = gathered.scene, gathered.match, gathered.tree
    entry = next((one for one in gathered.entries if one.holder == tree.site(item)), None)
    if entry is None or not is_slot(scene, match, gathered.member, entry.given.value):
        return None
    value = tree.outer_span(assignment.value)
    listed = as_list(scene, match, entry.given)
    inner: Parts = (value,)
    if listed.given is not None and listed.given.site != entry.given.site:
        inner = (scene.outer_span(listed.given.site),)
    elif not any(isinstance(choice, Ref) for choice in alternatives(entry.given.value)):
        inner = ("[", value, "]")
    return [Draft(tree.span(item), (gathered.name,)), Draft(value, inner)]

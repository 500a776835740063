"""A dict of parameters with an entry that goes, and that the program sees: the dict stays as it is, and the
request is sent without the entry."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.unfilled import may_lack
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.literal import quoted
from kognitos_migrate.edits.observers import Change, Observation, hidden_level, observations_of
from kognitos_migrate.edits.removal import remove_item
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import AccessKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import NONE
from kognitos_migrate.values.heap import Entry, Given
from kognitos_migrate.values.join import alternatives

_NOTHING = ("None", "{}", "()", '""', "''", "dict()")


def query_observations(scene: Scene, match: Match, entries: list[Entry], alone: bool) -> list[Observation]:
    """The places that see entries of a dict of parameters besides the request; of one that has nothing else
    (`alone`), also those that depend on whether it has anything."""
    sent = [site for site, _ in scene.calls(match.request)]
    return [
        found
        for entry in entries
        for found in observations_of(scene, match, entry, Change.REMOVED)
        if found.kind is not AccessKind.TRUTH
        or (alone and _is_tested(scene.tree(found.site), scene.node(found.site), sent))
    ]


def send_without(
    scene: Scene, match: Match, given: Given, key: str, seen: list[Observation], alone: bool
) -> Draft:
    """The draft that sends parameters without a key where only this operation's requests get them; no
    parameters if there is no other one. Raises Refused."""
    level = hidden_level(scene, match, given, Role.QUERY, seen)
    if level is None:
        message = f"it is asked here for {key!r}, which is no parameter any more"
        raise Refused(seen[0].site, "query", message, "give the request a dict of its own")
    tree = scene.tree(level.site)
    argument = tree.parent(tree.node(level.site))
    call = tree.parent(argument) if argument is not None else None
    if alone and isinstance(argument, cst.Arg) and argument.keyword is not None and call is not None:
        if may_lack(scene, match, tree.site(call), argument.keyword.value):
            draft = remove_item(scene, tree.site(argument))
            if draft is not None:
                return draft
    return Draft(scene.outer_span(level.site), _without(scene, level, key))


def _without(scene: Scene, level: Given, key: str) -> Parts:
    node, span = scene.node(level.site), scene.outer_span(level.site)
    whole: Parts = (span,) if isinstance(node, cst.Name | cst.Attribute | cst.Subscript) else ("(", span, ")")
    if any(choice == NONE for choice in alternatives(level.value)):
        whole = ("(", span, " or {})")
    return ("{key: value for key, value in ", *whole, f".items() if key != {quoted(key)}}}")


def _is_tested(tree: Tree, node: cst.CSTNode, sent: Collection[Site]) -> bool:
    """Whether it depends on a dict's truth what is done with other things, or whether the request is sent."""
    parent, name = tree.parent(node), tree.code(node)
    match parent:
        case cst.UnaryOperation():
            return isinstance(parent.operator, cst.Not)
        case cst.BooleanOperation():
            return isinstance(parent.operator, cst.And) and parent.left is node
        case cst.IfExp() if parent.test is node:
            is_left_out = tree.code(parent.orelse) in _NOTHING
            return not is_left_out or not _says(tree, parent.body, name, sent)
        case cst.If() if parent.test is node:
            lines = parent.body.body
            return parent.orelse is not None or not all(_says(tree, line, name, sent) for line in lines)
        case _:
            return False


def _says(tree: Tree, node: cst.CSTNode, name: str, sent: Collection[Site]) -> bool:
    """Whether something only hands a dict on that has this name: it is said there, and nothing is sent."""
    within = [node, *tree.descendants(node)]
    return any(tree.code(one) == name for one in within) and not any(tree.site(one) in sent for one in within)

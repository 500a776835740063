"""A key that acts where it is said in a URL: it is moved to where it is looked up."""

from collections.abc import Iterator, Mapping
from itertools import takewhile

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.besides import acts
from kognitos_migrate.edits.identity import is_given_by_site
from kognitos_migrate.edits.locations import Locations, may_meet, reads, writes
from kognitos_migrate.edits.lookup import Lookup, ways
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.rulebook.model import Table
from kognitos_migrate.syntax.tree import Site, Tree

_ALWAYS = (
    *(cst.Arg, cst.Call, cst.BinaryOperation, cst.FormattedString, cst.FormattedStringExpression),
    *(cst.Element, cst.Tuple, cst.List, cst.Dict, cst.DictElement),
)
"""What evaluates all that is in it."""


def moved_to(
    scene: Scene, matches: list[Match], slot: str, table: Table, frames: Mapping[int, int], at: Site
) -> Lookup | None:
    """The lookup with the expression that gives the slot of all of these requests, taken out of the URL,
    where `at` stands in the same call and nothing else that acts does; None where that isn't the case."""
    said = {_site(scene, match, slot, frames[match.request.id]) for match in matches}
    site = next(iter(said)) if len(said) == 1 else None
    if site is None or not _are_in_one_call(scene, site, at):
        return None
    keys = {key for match in matches for key in match.keys(slot)}
    known = frozenset(key for key in keys if key is not None) if None not in keys else None
    return Lookup(table, (scene.code(site),), known, moved=site)


def _site(scene: Scene, match: Match, slot: str, frame: int) -> Site | None:
    """The expression that gives the slot in a frame; None where there are several."""
    every = [given for path in match.paths for given in ways(scene, match, path, slot)]
    found = {given.site for given in every if given.frame == frame}
    return (
        next(iter(found)) if len(found) == 1 and all(is_given_by_site(scene, one) for one in every) else None
    )


def _are_in_one_call(scene: Scene, site: Site, at: Site) -> bool:
    """Whether a call has the expression in one argument, where it is always evaluated, and the other is
    another argument, or in one, or the call itself; none of the others acts."""
    if at.path != site.path:
        return False
    tree, other = scene.tree(site), scene.node(at)
    around = [other, *_always_around(tree, other)]
    inside = tree.node(site)
    for above in _always_around(tree, inside):
        if isinstance(above, cst.Call) and above in around:
            written = writes(scene, tree, tree.descendants(tree.node(site)))
            rest = [arg for arg in above.args if arg is not inside]
            behind = [arg for arg in rest if arg in around and tree.number(arg) > site.node]
            return not any(
                (arg not in around and acts(scene, tree, arg)) or _reads(scene, tree, arg, written)
                for arg in rest
                if arg not in behind
            )
        inside = above
    return False


def _reads(scene: Scene, tree: Tree, argument: cst.Arg, written: Locations) -> bool:
    """Whether an argument reads what is written."""
    read = reads(scene, tree.site(argument.value))
    roots = {field.root for field in written.fields if field.root is not None}
    return not read.variables.isdisjoint(written.variables | roots) or any(
        may_meet(scene, one, other) for one in read.fields for other in written.fields
    )


def _always_around(tree: Tree, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What is around a node, as far out as that it is evaluated with it."""
    return takewhile(lambda above: isinstance(above, _ALWAYS), tree.ancestors(node))

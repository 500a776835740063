"""Whether an expression that is said again at another place has the value there that it had where it was
evaluated: no rebinding, no mutation, no other activation or iteration in between."""

import libcst as cst

from kognitos_migrate.edits.finality import is_constant, is_final, is_final_field
from kognitos_migrate.edits.intervals import between
from kognitos_migrate.edits.locations import Locations, may_meet, writes
from kognitos_migrate.edits.provenance import is_carried
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.scopes import Scopes, Variable, function_around
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Hole, Ref
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives


class Leaf(Struct, frozen=True):
    """A part of a value that is said again: the expression at `site` was evaluated in `frame`, and is read
    again at `again`, in the frame `reader`."""

    site: Site
    frame: int
    again: Site
    reader: int
    read: Locations


def is_same(scene: Scene, leaves: list[Leaf], hole: Hole, texts: list[Given]) -> bool:
    """Whether `leaves`, which say again what gave `hole`, read what they read then. `texts` are those with
    the hole, as the request has them."""
    varying = [leaf for leaf in leaves if not is_constant(scene, leaf.read)]
    return _is_said_by_site(scene, hole) and (
        not varying or (is_carried(scene, texts, hole) and all(is_unchanged(scene, leaf) for leaf in varying))
    )


def is_of_request(scene: Scene, leaves: list[Leaf], hole: Hole, texts: list[Given]) -> bool:
    """Whether what gave `hole` belongs to the request that has `texts`; whoever moves the statements that
    bind its names finds out whether they may move."""
    return _is_said_by_site(scene, hole) and (
        all(is_constant(scene, leaf.read) for leaf in leaves) or is_carried(scene, texts, hole)
    )


def _is_said_by_site(scene: Scene, hole: Hole) -> bool:
    """Whether the expression of a hole says its value. An object gives a text that its class makes."""
    refs = [one for one in alternatives(scene.value(hole.site, hole.frame)) if isinstance(one, Ref)]
    is_object = any(isinstance(scene.facts.heap[ref], Instance) for ref in refs)
    return (is_object and hole.mark is None) or is_given_by_site(scene, hole)


def is_given_by_site(scene: Scene, given: Hole | Given) -> bool:
    """Whether an expression gives a value, and no entry that a template took out of a mapping."""
    values = alternatives(scene.value(given.site, given.frame))
    return all(choice in values for choice in alternatives(given.value))


def is_unchanged(scene: Scene, leaf: Leaf) -> bool:
    """Whether nothing that a leaf reads may be written between its two evaluations."""
    variables = {one for one in leaf.read.variables if not is_final(scene, one)}
    fields = [one for one in leaf.read.fields if not is_final_field(scene, one)]
    if not variables and not fields:
        return True
    nodes = between(scene, leaf.site, leaf.frame, leaf.again, leaf.reader)
    if nodes is None:
        return False
    by_tree: dict[str, list[cst.CSTNode]] = {}
    for path, node in nodes:
        by_tree.setdefault(path, []).append(node)
    for path, listed in by_tree.items():
        tree = scene.trees[path]
        written = writes(scene, tree, listed)
        if not variables.isdisjoint(written.variables):
            return False
        if any(may_meet(scene, one, other) for one in fields for other in written.fields):
            return False
        switches = any(isinstance(node, cst.Await | cst.Yield) for node in listed)
        if switches and (fields or not all(_is_private(scene, one) for one in variables)):
            return False
    return True


def _is_private(scene: Scene, variable: Variable) -> bool:
    """Whether only the function that owns a variable binds it."""
    tree = scene.trees[variable.path]
    owner = tree.nodes[variable.scope]
    bindings = tree.once(Scopes).bindings(variable)
    return not isinstance(owner, cst.Module) and all(function_around(tree, one) is owner for one in bindings)

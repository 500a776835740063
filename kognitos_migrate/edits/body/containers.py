"""Containers that hold a body on its way to the request: by way of these it is seen in its new layout."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.body.passage import looks_into
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Access, AccessKind
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Ref
from kognitos_migrate.values.heap import Given, Instance, Record, Sequence, Thing
from kognitos_migrate.values.join import alternatives


def is_taken_out_again(scene: Scene, levels: list[Given]) -> bool:
    """Whether a body that is put together at the last of these levels, and passes through the others, is
    looked into or changed by way of a container that it was put into."""
    by_site = scene.once(_by_site)
    containers = {ref for level in levels for ref in by_site.get(level.site, ())}
    if not containers:
        return False
    sites = {level.site for level in levels}
    bodies = [choice for choice in alternatives(levels[-1].value) if isinstance(choice, Ref)]
    read = [site for body in bodies for site in scene.holding(body)]
    if len(bodies) < len(alternatives(levels[-1].value)):
        read += [access.place for ref in containers for access in _accesses(scene, ref)]
    return any(
        site not in sites and _is_read_of(scene, site, containers) and looks_into(scene, site)
        for site in read
    )


def _accesses(scene: Scene, container: Ref) -> Iterator[Access]:
    """The reads of entries of a container, or of its attributes; what tests look at is written anew."""
    kinds = (AccessKind.READ, AccessKind.FLOW, AccessKind.WHOLE)
    for noted in scene.facts.accesses.get(container, {}).values():
        for access in noted:
            if access.kind in kinds and access.place.path not in scene.facts.tests:
                yield access


def _by_site(scene: Scene) -> dict[Site, set[Ref]]:
    """By expression: the containers that what it gave was put into."""
    found: dict[Site, set[Ref]] = {}
    for number, thing in enumerate(scene.facts.heap.things):
        for given in _contents(thing):
            found.setdefault(given.site, set()).add(Ref(number))
    return found


def _contents(thing: Thing) -> list[Given]:
    if isinstance(thing, Record):
        return [entry.given for entries in thing.entries.values() for entry in entries]
    if isinstance(thing, Instance):
        return [given for origins in thing.origins.values() for given in origins]
    return thing.items if isinstance(thing, Sequence) else []


def _is_read_of(scene: Scene, site: Site, containers: set[Ref]) -> bool:
    """Whether an expression gives what one of the containers holds."""
    tree = scene.tree(site)
    owner = _owner(tree, site)
    return owner is not None and any(
        choice in containers
        for value in scene.everywhere(tree.site(owner))
        for choice in alternatives(value)
        if isinstance(choice, Ref)
    )


def _owner(tree: Tree, site: Site) -> cst.BaseExpression | None:
    node = tree.node(site)
    if isinstance(node, cst.Call):
        return node.func.value if isinstance(node.func, cst.Attribute) else None
    return node.value if isinstance(node, cst.Subscript | cst.Attribute) else None

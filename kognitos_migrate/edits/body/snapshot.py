"""A body that is copied where it is put together: what is put into the dict later is not sent any more, where
the request is sent later."""

import libcst as cst

from kognitos_migrate.edits.body.places import Place, records_of
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Ref
from kognitos_migrate.values.heap import Prepared, Record, Task
from kognitos_migrate.values.join import alternatives


def require_filled(scene: Scene, place: Place) -> None:
    """Raises Refused where the dict at a place may be filled further between there and the sending."""
    if place.given is None or not any(_is_sent_later(scene, place, number) for number in place.frames):
        return
    for record in records_of(scene, place.given.value):
        held = [entry.holder for entries in record.entries.values() for entry in entries]
        for site in (*held, *(spread.site for spread in record.spreads)):
            if not _is_before(scene, record, site, place.site):
                message = (
                    "the facts may be filled further here, after the request is made and before it is sent"
                )
                raise Refused(site, "body", message)


def _is_sent_later(scene: Scene, place: Place, number: int) -> bool:
    """Whether the call that is given the body at a place only makes a request, a coroutine, or a function."""
    tree = scene.tree(place.site)
    inside = tree.span(tree.node(place.site))
    for site, _ in scene.calls(scene.facts.requests[number]):
        span = scene.span(site)
        if span.path == inside.path and span.start <= inside.start and inside.end <= span.end:
            return _gives_what_sends(scene, site)
    return True


def _gives_what_sends(scene: Scene, call: Site) -> bool:
    tree, node = scene.tree(call), scene.node(call)
    if isinstance(tree.parent(node), cst.Await | cst.WithItem):
        return False
    function = tree.enclosing(node, cst.FunctionDef)
    if function is not None and function.asynchronous is not None:
        return True
    choices = [choice for value in scene.everywhere(call) for choice in alternatives(value)]
    things = [scene.facts.heap[choice] for choice in choices if isinstance(choice, Ref)]
    return any(isinstance(thing, Prepared | Task) for thing in things)


def _is_before(scene: Scene, record: Record, filling: Site, place: Site) -> bool:
    """Whether a dict is filled at a site before each time that a place gets it."""
    if filling.path != place.path:
        return False
    tree = scene.tree(place)
    at, filled = tree.node(place), tree.node(filling)
    function = tree.enclosing(at, cst.FunctionDef)
    if tree.enclosing(filled, cst.FunctionDef) is not function or filling.node > place.node:
        return False
    made = set(tree.ancestors(tree.node(record.site))) if record.site.path == place.path else set()
    loops = (one for one in tree.ancestors(at) if isinstance(one, cst.For | cst.While))
    return all(loop in made or loop not in set(tree.ancestors(filled)) for loop in loops)

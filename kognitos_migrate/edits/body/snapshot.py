"""A body that is copied where it is put together: what is put into the dict later is not sent any more, where
the request is sent later."""

from enum import Enum

import libcst as cst

from kognitos_migrate.edits.body.ownership import is_run_by
from kognitos_migrate.edits.body.places import Place, body_roles, records_of
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Json, Ref
from kognitos_migrate.values.heap import Prepared, Record, Task
from kognitos_migrate.values.join import alternatives


class Sending(Enum):
    """Where a request is sent, seen from the place of its body."""

    HERE = "by the call that the place is in"
    AFTER = "by another call of the same activation"
    LATER = "by whatever gets what the call makes"


def require_filled(scene: Scene, place: Place) -> None:
    """Raises Refused where the dict at a place may be filled further between there and the sending; JSON text
    is a copy by itself."""
    if place.given is None or all(_is_text(scene, number) for number in place.frames):
        return
    sendings = {_sending(scene, place, number) for number in place.frames}
    if sendings == {Sending.HERE}:
        return
    around = scene.tree(place.site).enclosing(scene.node(place.site), cst.FunctionDef)
    for record in records_of(scene, place.given.value):
        held = [entry.holder for entries in record.entries.values() for entry in entries]
        for site in (*held, *(spread.site for spread in record.spreads), *record.writes):
            elsewhere = not _is_in(scene, site, place.site.path, around)
            if (
                elsewhere
                and Sending.LATER not in sendings
                and not _is_run_by(scene, site, place.site.path, around)
            ):
                continue
            if not _is_before(scene, record, site, place.site):
                message = "the facts may be filled further here, between making the request and sending it"
                raise Refused(site, "body", message)


def _is_in(scene: Scene, site: Site, path: str, function: cst.FunctionDef | None) -> bool:
    return site.path == path and scene.tree(site).enclosing(scene.node(site), cst.FunctionDef) is function


def _is_run_by(scene: Scene, site: Site, path: str, caller: cst.FunctionDef | None) -> bool:
    """Whether a function runs the one that a site is in."""
    tree = scene.tree(site)
    function = tree.enclosing(scene.node(site), cst.FunctionDef)
    if caller is None or function is None:
        return caller is None and function is not None
    return is_run_by(scene, scene.trees[path].site(caller), tree.site(function))


def _is_text(scene: Scene, number: int) -> bool:
    bodies = [given.value for given in body_roles(scene.matches[number])]
    return bool(bodies) and all(isinstance(choice, Json) for body in bodies for choice in alternatives(body))


def _sending(scene: Scene, place: Place, number: int) -> Sending:
    tree = scene.tree(place.site)
    inside = tree.span(tree.node(place.site))
    found = Sending.LATER
    for site, frame in scene.calls(scene.facts.requests[number]):
        if _gives_what_sends(scene, site):
            continue
        span = scene.span(site)
        if span.path == inside.path and span.start <= inside.start and inside.end <= span.end:
            return Sending.HERE
        if frame == place.frames[number]:
            found = Sending.AFTER
    return found


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
    made_at, filled_at = scene.span(record.site), scene.span(filling)
    if made_at.path == filled_at.path and made_at.start <= filled_at.start and filled_at.end <= made_at.end:
        return True  # as it is made
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

"""Dicts that a function makes for a request: nothing else has them, so nothing else sees them change."""

import libcst as cst

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Ref, Value
from kognitos_migrate.values.heap import Given, Instance, Record
from kognitos_migrate.values.join import alternatives


def is_made_at(scene: Scene, target: cst.Name, read: Site) -> bool:
    """Whether a variable, as it is `read`, is a dict that the statement makes which binds it at `target`:
    `body = {}`, but neither `body = facts` nor `body = self.body = {}`, which have a second name."""
    tree = scene.tree(read)
    holder = tree.parent(target)
    statement = tree.parent(holder) if isinstance(holder, cst.AssignTarget) else holder
    if isinstance(statement, cst.Assign) and len(statement.targets) > 1:
        return False
    if not isinstance(statement, cst.Assign | cst.AnnAssign) or statement.value is None:
        return False
    site = tree.site(statement.value)
    values = (*scene.everywhere(site), *scene.everywhere(read))
    choices = [choice for value in values for choice in alternatives(value)]
    return bool(choices) and all(_is_dict_of(scene, choice, site) for choice in choices)


def _is_dict_of(scene: Scene, value: Value, site: Site) -> bool:
    thing = scene.facts.heap[value] if isinstance(value, Ref) else None
    return isinstance(thing, Record) and thing.site == site


def is_bound_once(scene: Scene, owner: Given, attribute: str, scope: cst.CSTNode) -> bool:
    """Whether an attribute is assigned at one place of the program, which neither stands in the function
    `scope` nor is run by it."""
    things = [
        scene.facts.heap[choice] if isinstance(choice, Ref) else None for choice in alternatives(owner.value)
    ]
    here = scene.tree(owner.site).site(scope)
    for thing in things:
        origins = thing.origins.get(attribute, []) if isinstance(thing, Instance) else []
        sites = {origin.site for origin in origins}
        if len(sites) != 1:
            return False
        place = sites.pop()
        home = scene.tree(place)
        function = home.enclosing(home.node(place), cst.FunctionDef)
        if function is None or home.site(function) == here or is_run_by(scene, here, home.site(function)):
            return False
    return bool(things)


def is_run_by(scene: Scene, caller: Site, function: Site) -> bool:
    """Whether a function calls another one, itself or further down."""
    for frame in scene.facts.frames:
        number = frame.caller if frame.function == function else None
        while number is not None:
            outer = scene.facts.frames[number]
            if outer.function == caller:
                return True
            number = outer.caller
    return False

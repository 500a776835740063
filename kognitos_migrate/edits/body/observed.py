"""Who else sees the text, or the dict, that is sent as a body: there it would be in its new layout."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.passage import is_looked_at
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import Use, UseKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Json, Ref
from kognitos_migrate.values.heap import Given, Record
from kognitos_migrate.values.join import alternatives

_OBSERVING = (
    UseKind.ESCAPE,
    UseKind.KEY,
    UseKind.COMPARE,
    UseKind.ITERATE,
    UseKind.METHOD,
    UseKind.DECODE,
)


def require_unobserved(scene: Scene, match: Match, lengths: list[Site]) -> None:
    """Refuse where the JSON text that is sent is shown, stored, compared or measured, too: it becomes that of
    the new body. `lengths` say how long what is sent is, and follow it."""
    for given in match.request.value(Role.DATA):
        for choice in alternatives(given.value):
            for use in _uses(scene, choice) if isinstance(choice, Json) else ():
                if not any(_is_in(scene, use.site, length) for length in lengths):
                    message = "the text of the body is looked at here, and it becomes that of the new body"
                    raise Refused(use.site, "body", message)


def _uses(scene: Scene, text: Json) -> Iterator[Use]:
    yield from scene.once(_by_text).get((text.site, text.frame), ())


def _by_text(scene: Scene) -> dict[tuple[Site, int], list[Use]]:
    found: dict[tuple[Site, int], list[Use]] = {}
    for use in scene.facts.uses:
        if isinstance(use.value, Json) and use.kind in _OBSERVING:
            found.setdefault((use.value.site, use.value.frame), []).append(use)
    return found


def _is_in(scene: Scene, site: Site, around: Site) -> bool:
    inner, outer = scene.span(site), scene.span(around)
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end


def is_read_by_name(scene: Scene, level: Given) -> bool:
    """Whether a function that gets a body by name, in a dict of its arguments, looks into it there."""
    for choice in alternatives(level.value):
        for site in scene.holding(choice) if isinstance(choice, Ref) else ():
            if _is_read_of_arguments(scene, site, level) and is_looked_at(scene, site):
                return True
    return False


def _is_read_of_arguments(scene: Scene, site: Site, level: Given) -> bool:
    """Whether an expression reads the body at `level` from what a function gathers as `**`."""
    node, tree = scene.node(site), scene.tree(site)
    owner = node.value if isinstance(node, cst.Subscript) else None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        owner = node.func.value
    things = [
        scene.facts.heap[choice]
        for value in (scene.everywhere(tree.site(owner)) if owner is not None else ())
        for choice in alternatives(value)
        if isinstance(choice, Ref)
    ]
    return any(
        isinstance(thing, Record)
        and isinstance(scene.node(thing.site), cst.Param)
        and any(entry.given.site == level.site for held in thing.entries.values() for entry in held)
        for thing in things
    )

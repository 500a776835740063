"""What is left of a dict that is made for a request, now that entries move out of it."""

import re
from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.edits.body.additions import Additions
from kognitos_migrate.edits.body.places import Place
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Ref, Text
from kognitos_migrate.values.heap import Record
from kognitos_migrate.values.join import alternatives

_DICT = re.compile(r"(?:typing\.)?[dD]ict\b(?!.*\bNone\b)")
"""An annotation that says what is a dict."""


def rest_of(scene: Scene, place: Place, said: Mapping[int, Additions]) -> Site | None:
    """The dict that is left of one that is made for the request: `facts`, in the place of `{**facts}`. None
    where more is left, or where it may be something else than a dict."""
    moved = {key for number in place.frames if number in said for key in said[number].moved_keys}
    node, tree = scene.node(place.site), scene.tree(place.site)
    if not moved or not isinstance(node, cst.Dict):
        return None
    left = [one for one in node.elements if not _is_moved(scene, tree, one, moved)]
    only = left[0] if len(left) == 1 and len(node.elements) > 1 else None
    if not isinstance(only, cst.StarredDictElement):
        return None
    site = tree.site(only.value)
    return site if _is_dict(scene, site, place) else None


def _is_moved(scene: Scene, tree: Tree, element: cst.BaseDictElement, moved: set[str]) -> bool:
    if not isinstance(element, cst.DictElement):
        return False
    keys = [choice for one in scene.everywhere(tree.site(element.key)) for choice in alternatives(one)]
    return bool(keys) and all(isinstance(key, Text) and key.literal in moved for key in keys)


def _is_dict(scene: Scene, site: Site, place: Place) -> bool:
    """Whether an expression gives dicts, as far as the program says so."""
    node = scene.node(site)
    choices = [choice for one in scene.everywhere(site) for choice in alternatives(one)]
    if choices and all(
        isinstance(choice, Ref) and isinstance(scene.facts.heap[choice], Record) for choice in choices
    ):
        return True
    frames = map(scene.frame, place.frames.values())
    typed = [scene.parameters(one).get(node.value) for one in frames] if isinstance(node, cst.Name) else []
    return bool(typed) and all(
        one is not None
        and one.annotation is not None
        and _DICT.match(scene.tree(site).code(one.annotation.annotation))
        for one in typed
    )

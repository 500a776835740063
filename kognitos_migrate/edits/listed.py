"""What a slot holds, as a list."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.additions import Addition
from kognitos_migrate.edits.filled import joined_list
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.values.base import NONE, Lit, Ref, Reply, Text
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import alternatives


def as_list(scene: Scene, match: Match, value: Given) -> Addition:
    """The value as a list: a text of several, joined, is the list that was joined."""
    joined = joined_list(scene, value.site)
    if joined is not None:
        return Addition(given=Given(scene.value(joined, value.frame), joined, value.frame))
    whole = any(isinstance(choice, Ref) for choice in alternatives(value.value))
    around = ("", "") if whole else ("[", "]")
    if _moves(scene, match, value):
        return Addition((around[0], scene.outer_span(value.site), around[1]))
    optional = any(choice == NONE for choice in alternatives(value.value))
    return Addition(
        given=value,
        before=around[0],
        after=f"{around[1]} if {scene.code(value.site)} else []" if optional else around[1],
    )


def _moves(scene: Scene, match: Match, value: Given) -> bool:
    """Whether an expression is written in the request's own call, so that it moves and isn't repeated."""
    tree = scene.tree(value.site)
    if value.site.path != match.request.site.path:
        return False
    call, span = scene.span(match.request.site), scene.span(value.site)
    simple = isinstance(tree.node(value.site), cst.Name | cst.Attribute)
    return not simple and call.start <= span.start and span.end <= call.end


def value_as_list(scene: Scene, given: Given) -> Addition:
    """The value of an entry that moves out of the display that it is written in."""
    span = scene.outer_span(given.site)
    simple = isinstance(scene.node(given.site), cst.Name | cst.Attribute)
    guard = (scene.code(given.site),) if simple else None
    if all(isinstance(choice, Reply | Text | Lit) for choice in alternatives(given.value)):
        return Addition(("[", span, "]"), guard=guard)
    return Addition((span,), guard=guard)

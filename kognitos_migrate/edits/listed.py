"""What a slot holds, as a list."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.additions import Addition
from kognitos_migrate.edits.filled import joined_list
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.values.base import NONE, Lit, Ref, Reply, Text
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import alternatives


def as_list(scene: Scene, match: Match, value: Given) -> Addition:
    """The value as a list: a text of several, joined, is the list that was joined."""
    joined = joined_list(scene, value.site)
    test, negated = _test_around(scene, value)
    if joined is not None:
        listed = Given(scene.value(joined, value.frame), joined, value.frame)
        if test is not None and not negated and _is_list(scene, listed, test):
            return Addition(given=listed, always=True)
        return Addition(given=listed, test=test, negated=negated)
    whole = any(isinstance(choice, Ref) for choice in alternatives(value.value))
    before, after = ("", "") if whole else ("[", "]")
    if _moves(scene, match, value):
        parts = (before, scene.outer_span(value.site), after)
        return Addition(parts, frame=value.frame, test=test, negated=negated)
    if test is None and any(choice == NONE for choice in alternatives(value.value)):
        test = value
    return Addition(given=value, before=before, after=after, test=test, negated=negated)


def _test_around(scene: Scene, value: Given) -> tuple[Given | None, bool]:
    """The test by which an expression is evaluated in its statement, if there is one, and whether that has to
    fail. Raises Refused where there are several."""
    tree = scene.tree(value.site)
    inside: cst.CSTNode = tree.node(value.site)
    found: list[tuple[cst.BaseExpression, bool]] = []
    for above in tree.ancestors(inside):
        if isinstance(above, cst.BaseSmallStatement | cst.BaseCompoundStatement | cst.Lambda | cst.CompFor):
            break
        if isinstance(above, cst.IfExp) and inside is not above.test:
            found.append((above.test, inside is above.orelse))
        elif isinstance(above, cst.BooleanOperation) and inside is above.right:
            found.append((above.left, isinstance(above.operator, cst.Or)))
        inside = above
    if len(found) > 1:
        raise Refused(value.site, "attachments", "the files are given by more than one test here")
    if not found:
        return None, False
    node, negated = found[0]
    site = tree.site(node)
    return Given(scene.value(site, value.frame), site, value.frame), negated


def _is_list(scene: Scene, listed: Given, test: Given) -> bool:
    """Whether what is tested is the list itself: it says by itself that there is nothing."""
    things = [one for one in alternatives(listed.value) if isinstance(one, Ref)]
    is_known = len(things) == len(list(alternatives(listed.value))) > 0
    return is_known and scene.code(listed.site) == scene.code(test.site)


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
        return Addition(("[", span, "]"), frame=given.frame, guard=guard)
    return Addition((span,), frame=given.frame, guard=guard)

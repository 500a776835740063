"""What a slot holds, as a list."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.additions import Addition
from kognitos_migrate.edits.body.filled import joined_list
from kognitos_migrate.edits.express import Parts
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Lit, Ref, Reply, Text
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import alternatives

_WHOLE = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Lambda, cst.CompFor)
"""What an expression stands in, that is evaluated as a whole."""


def as_list(scene: Scene, match: Match, value: Given) -> Addition:
    """The value as a list: a text of several, joined, is the list that was joined."""
    joined = joined_list(scene, value.site)
    test, negated = _test_around(scene, match, value)
    if joined is not None:
        listed = Given(scene.value(joined, value.frame), joined, value.frame)
        if test is not None and not negated and _is_list(scene, listed, test):
            return Addition(given=listed, always=True)
        return Addition(given=listed, test=test, negated=negated)
    whole = any(isinstance(choice, Ref) for choice in alternatives(value.value))
    before, after = ("", "") if whole else ("[", "]")
    if _moves(scene, match, value):
        chosen = _chosen(scene.node(value.site)) if test is None else None
        if chosen is not None:
            node, asked, negated = chosen
            tree = scene.tree(value.site)
            test = Given(scene.value(tree.site(asked), value.frame), tree.site(asked), value.frame)
            parts: Parts = (before, tree.outer_span(node), after)
        elif NONE not in alternatives(value.value) or _is_got(scene.node(value.site)):
            parts = (before, scene.outer_span(value.site), after)
        else:
            parts = ("(", scene.outer_span(value.site), ") or []") if whole else _if_any(scene, value.site)
        return Addition(parts, frame=value.frame, test=test, negated=negated)
    if test is None and any(choice == NONE for choice in alternatives(value.value)):
        test = value
    return Addition(given=value, before=before, after=after, test=test, negated=negated)


def _chosen(node: cst.CSTNode) -> tuple[cst.BaseExpression, cst.BaseExpression, bool] | None:
    """What is chosen by a test, if anything is, with the test, and whether that has to fail."""
    match node:
        case cst.IfExp(test, body, orelse) if _is_nothing(orelse):
            return body, test, False
        case cst.IfExp(test, body, orelse) if _is_nothing(body):
            return orelse, test, True
        case cst.BooleanOperation(left, cst.And(), right):
            return right, left, False
        case _:
            return None


def _is_got(node: cst.CSTNode) -> bool:
    """Whether a field is asked for by `get`, which each reply has."""
    return (
        isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "get"
    )


def _is_nothing(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name | cst.SimpleString) and node.value in ("None", "''", '""')


def _if_any(scene: Scene, site: Site) -> Parts:
    """A list of a value, if it is one."""
    return ("[value for value in (", scene.outer_span(site), ",) if value]")


def _test_around(scene: Scene, match: Match, value: Given) -> tuple[Given | None, bool]:
    """The test by which an expression is evaluated in its statement, or in the request's own call, and
    whether that has to fail; None where there is none. Raises Refused where there are several."""
    tree = scene.tree(value.site)
    inside: cst.CSTNode = tree.node(value.site)
    found: list[tuple[cst.BaseExpression, bool]] = []
    for above in tree.ancestors(inside):
        if isinstance(above, _WHOLE) or tree.site(above) == match.request.site:
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

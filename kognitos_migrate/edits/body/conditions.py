"""Under which conditions statements of a program are run, and whether two of them are run under the same."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.express import Expression
from kognitos_migrate.edits.identity import is_unchanged
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Given

_ROUTES = (
    *(cst.For, cst.While, cst.CompFor, cst.MatchCase),
    *(cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler),
)
"""Statements whose parts may be run or not, for reasons that are no expression."""
_DEPTH = 32


class Condition(Struct, frozen=True):
    """A test, evaluated in `frame`, that has to come out as `outcome`; for other statements, the statement
    itself, of which it is the part `outcome`."""

    site: Site
    frame: int
    outcome: bool
    is_test: bool


def conditions(scene: Scene, site: Site, frame: int) -> tuple[Condition, ...]:
    """All on which it depends whether an expression is evaluated, from the outermost function inwards."""
    found: list[Condition] = []
    at: Site | None = site
    number: int | None = frame
    for _ in range(_DEPTH):
        if at is None or number is None:
            break
        found.extend(_in_function(scene, at, number))
        current = scene.frame(number)
        at, number = current.call, current.caller
    return tuple(reversed(found))


def _in_function(scene: Scene, site: Site, frame: int) -> list[Condition]:
    """The conditions within one function, from the inside out."""
    tree = scene.tree(site)
    inside: cst.CSTNode = tree.node(site)
    found: list[Condition] = []
    for above in tree.ancestors(inside):
        if isinstance(above, cst.FunctionDef | cst.Lambda):
            break
        if isinstance(above, cst.If | cst.IfExp) and inside is not above.test:
            found.append(Condition(tree.site(above.test), frame, inside is above.body, True))
        elif isinstance(above, cst.BooleanOperation) and inside is above.right:
            outcome = isinstance(above.operator, cst.And)
            found.append(Condition(tree.site(above.left), frame, outcome, True))
        elif isinstance(above, _ROUTES):
            found.append(Condition(tree.site(above), frame, inside is getattr(above, "body", None), False))
        inside = above
    return found


def is_same_condition(scene: Scene, match: Match, one: Given, other: Given) -> bool:
    """Whether, for a request, one expression is evaluated whenever another one is: what decides on both is
    the same, or is said by the same words there."""
    first, second = conditions_besides(scene, one, other), conditions_besides(scene, other, one)
    return len(first) == len(second) and all(
        is_same_test(scene, match, mine, theirs) for mine, theirs in zip(first, second, strict=True)
    )


def is_same_test(scene: Scene, match: Match, one: Condition, other: Condition) -> bool:
    """Whether two tests come out alike for a request: a call that leads to it would say both in the same
    words."""
    return one == other or any(
        words(scene, one, site, frame) == words(scene, other, site, frame) is not None
        for site, frame in scene.calls(match.request)
    )


def conditions_besides(scene: Scene, one: Given, other: Given) -> list[Condition]:
    """The conditions of an expression that another one does not share with it."""
    mine, theirs = conditions(scene, one.site, one.frame), conditions(scene, other.site, other.frame)
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    return list(mine[shared:])


def words(scene: Scene, condition: Condition, at: Site, frame: int) -> tuple[str, bool] | None:
    """The test of a condition, as it would be said at a place in a frame, and how it has to come out; None
    where it may have come out in another way than it would there."""
    if not condition.is_test:
        return None
    expression = Expression(scene, frame, at, [])
    parts = expression.parts(condition.site, condition.frame)
    if parts is None or not all(is_unchanged(scene, leaf) for leaf in expression.leaves):
        return None
    text = "".join(part if isinstance(part, str) else scene.trees[part.path].slice(part) for part in parts)
    return text, condition.outcome

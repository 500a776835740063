"""The conditions on which an expression is evaluated."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.rematerialize import Rematerialization, template_text
from kognitos_migrate.edits.value_identity import has_unchanged_contents
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.blocks import decision_on, loops_around
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand

_ROUTES = (
    *(cst.For, cst.While, cst.CompFor, cst.MatchCase),
    *(cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler),
)
"""Statements that run a block or skip it, for reasons other than a test."""
_DEPTH = 32


class Condition(Struct, frozen=True):
    """A test, evaluated in `frame`, that has to have this `outcome`. For a statement without a test, `site`
    is the statement and `outcome` tells its body from its other blocks."""

    site: Site
    frame: int
    outcome: bool
    is_test: bool


def path_conditions(context: PlanContext, site: Site, frame: int) -> tuple[Condition, ...]:
    """The conditions on which an expression is evaluated, from the outermost function inwards."""
    path_conditions: list[Condition] = []
    at: Site | None = site
    number: int | None = frame
    for _ in range(_DEPTH):
        if at is None or number is None:
            break
        path_conditions.extend(_conditions_in_function(context, at, number))
        current = context.read_frame(number)
        at, number = current.call, current.caller
    return tuple(reversed(path_conditions))


def _conditions_in_function(context: PlanContext, site: Site, frame: int) -> list[Condition]:
    """The conditions within one function, from the inside out."""
    tree = context.tree(site)
    inside: cst.CSTNode = tree.node(site)
    path_conditions: list[Condition] = []
    for above in tree.ancestors(inside):
        if isinstance(above, cst.FunctionDef | cst.Lambda):
            break
        if (decision := decision_on(above, inside)) is not None:
            site = tree.site(decision.test)
            path_conditions.append(Condition(site, frame, decision.outcome, is_test=True))
        elif isinstance(above, _ROUTES):
            path_conditions.append(
                Condition(tree.site(above), frame, inside is getattr(above, "body", None), is_test=False)
            )
        inside = above
    return path_conditions


def is_same_condition(context: PlanContext, match: Match, left: Operand, right: Operand) -> bool:
    """Whether two expressions are evaluated under the same conditions in a request: the tests are the same,
    or are the same expression at a call that leads to the request."""
    first, second = unshared_conditions(context, left, right), unshared_conditions(context, right, left)
    return len(first) == len(second) and all(
        is_same_test(context, match, mine, theirs) for mine, theirs in zip(first, second, strict=True)
    )


def is_same_test(context: PlanContext, match: Match, left: Condition, right: Condition) -> bool:
    """Whether two tests have the same outcome in a request: at a call that leads to it, both are the same
    expression."""
    return left == right or any(
        condition_source(context, left, site, frame)
        == condition_source(context, right, site, frame)
        is not None
        for site, frame in context.calls(match.request)
    )


def unshared_conditions(context: PlanContext, left: Operand, right: Operand) -> list[Condition]:
    """The conditions of an expression that it doesn't share with another one."""
    mine, theirs = (
        path_conditions(context, left.site, left.frame),
        path_conditions(context, right.site, right.frame),
    )
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    return list(mine[shared:])


def condition_source(
    context: PlanContext, condition: Condition, at: Site, frame: int
) -> tuple[str, bool] | None:
    """A condition's test as an expression at a site in a frame, and its outcome. None if its value may differ
    there."""
    if not condition.is_test:
        return None
    expression = Rematerialization(context, frame, at, [])
    parts = expression.parts(condition.site, condition.frame)
    if parts is None or not all(has_unchanged_contents(context, leaf) for leaf in expression.leaves):
        return None
    text = template_text(context, parts)
    return text, condition.outcome


def is_exclusive(context: PlanContext, record: DictObject, entry: DictEntry, request: Operand) -> bool:
    """Whether an entry is only set where a request isn't sent: in another branch of a statement that runs
    once for each such dict."""
    theirs = set(path_conditions(context, request.site, request.frame))
    for condition in path_conditions(context, entry.holder, entry.operand.frame):
        if condition.is_test and replace(condition, outcome=not condition.outcome) in theirs:
            tree = context.tree(condition.site)
            loops = loops_around(tree, tree.node(condition.site))
            if record.frame == condition.frame and record.site.path == tree.path:
                return {*loops} <= {*loops_around(tree, tree.node(record.site))}
    return False

"""Optional segments of a URL's path: arguments that are omitted."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.log_calls import callee_values, is_logged
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.structural_edits import remove_item
from kognitos_migrate.syntax.functions import star_parameters
from kognitos_migrate.syntax.roles import Argument, argument_of, enclosing_test
from kognitos_migrate.syntax.scopes import is_parameter, is_variable, occurrences
from kognitos_migrate.syntax.shapes import is_none, string_value, variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import Hole


def omit_argument(
    context: PlanContext, match: Match, hole: Hole, slash: UrlPiece | None
) -> tuple[Site, PendingEdit] | None:
    """Omit a function's argument for the hole, at the site that supplies it to this operation only. None if
    the function needs the argument, has another use for it, or gets it there for other operations."""
    test = _presence_test(context, hole, slash)
    if test is None:
        return None
    inner: Operand | None = Operand(hole.value, hole.site, hole.frame)
    expected_reads = 2  # in the test, and in the text
    while inner is not None and (nothing := _empty_default(context, inner, test)) is not None:
        outer = context.caller_argument(inner)
        if _count_reads(context, inner) > expected_reads:
            return None
        if outer is not None and is_observed_on_the_way(context, inner, outer):
            return None
        users = context.requests.of_call_around(outer.site) if outer is not None else set()
        if outer is not None and users and context.requests.are_calls_of(users, match):
            edit = _drop_argument(context, outer.site, nothing)
            return (outer.site, edit) if edit is not None else None
        inner, expected_reads = outer, 1
    return None


def has_other_uses(context: PlanContext, operand: Operand) -> bool:
    """Whether a function does more with its parameter than pass it on at `operand`, log it, and test it
    there. Empty text would change the result."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    function = tree.enclosing(node, cst.FunctionDef)
    if not isinstance(node, cst.Name) or function is None:
        return True
    for name in occurrences(tree, function, node.value):
        if name is node or not is_variable(tree, name) or is_parameter(tree, name):
            continue
        if _is_compared_with_none(tree, name):
            continue
        test = enclosing_test(tree, name)
        if test is None:
            if not is_logged(context, tree.site(name)):
                return True
        elif test not in tree.ancestors(node) or _raises_if_false(tree, test):
            return True
    return False


def is_observed_on_the_way(context: PlanContext, inner: Operand, outer: Operand) -> bool:
    """Whether a function between the caller's argument `outer` and the parameter `inner`, such as the wrapper
    of a decorator, does more with its `*args` and `**kwargs` than pass them on and log them."""
    frame = context.read_frame(inner.frame)
    while frame.caller is not None and frame.caller != outer.frame:
        site, frame = frame.call, context.read_frame(frame.caller)
        if frame.function is None or site is None:
            return True
        tree, function = context.tree(frame.function), context.node(frame.function)
        onward = callee_values(context, tree, cst.ensure_type(tree.node(site), cst.Call))
        for parameter in star_parameters(function):
            for name in occurrences(tree, function, parameter.name.value):
                if is_variable(tree, name) and not is_parameter(tree, name):
                    match argument_of(tree, name):
                        case Argument(call, arg) if arg.star and callee_values(context, tree, call) == onward:
                            continue
                    if not is_logged(context, tree.site(name)):
                        return True
    return frame.caller is None


def _is_compared_with_none(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is compared with None, which comes out the same for every text."""
    match tree.parent(node):
        case cst.Comparison(left, [cst.ComparisonTarget(cst.Is() | cst.IsNot(), right)]):
            return left is node and is_none(right)
    return False


def _raises_if_false(tree: Tree, asker: cst.CSTNode) -> bool:
    """Whether an error is raised if a test is false."""
    match asker:
        case cst.If(orelse=(cst.If() | cst.Else()) as other):
            return any(tree.descendants_of_kind(other, cst.Raise))
    return False


def _presence_test(context: PlanContext, hole: Hole, slash: UrlPiece | None) -> cst.BaseExpression | None:
    """The test that adds a hole and the slash before it only if the hole isn't empty. None if there is no
    such test, or if it decides on more."""
    tree, node = context.tree(hole.site), context.node(hole.site)
    match tree.enclosing(node, cst.If, cst.IfExp, cst.FunctionDef), node:
        case (cst.If() | cst.IfExp()) as guard, cst.Name(name):
            pass
        case _:
            return None
    if not _tests_name(guard.test, name) or not _adds_nothing_else(guard):
        return None
    guarded_sites = {tree.site(descendant) for descendant in tree.descendants(guard.body)}
    site = slash.lit.site if slash is not None and slash.lit is not None else None
    return guard.test if hole.site in guarded_sites and site in guarded_sites else None


def _count_reads(context: PlanContext, operand: Operand) -> int:
    """How often a function reads its parameter."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    function = tree.enclosing(node, cst.FunctionDef)
    if not isinstance(node, cst.Name) or function is None:
        return 0
    names = occurrences(tree, function, node.value)
    return sum(is_variable(tree, name) and not is_parameter(tree, name) for name in names)


def _tests_name(test: cst.BaseExpression, name: str) -> bool:
    """Whether a test is of a name's truth, or that it isn't None."""
    match test:
        case cst.Name(value) | cst.Comparison(
            cst.Name(value), [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]
        ):
            return bool(value == name)
        case _:
            return False


def _adds_nothing_else(guard: cst.If | cst.IfExp) -> bool:
    if isinstance(guard, cst.IfExp):
        return string_value(guard.orelse) == ""
    return guard.orelse is None and len(guard.body.body) == 1


def _empty_default(context: PlanContext, operand: Operand, test: cst.BaseExpression) -> str | None:
    """The default of a parameter if the test is false for it; None for a required parameter or any other
    default."""
    name = variable_name(context.node(operand.site))
    parameters = context.parameters(context.read_frame(operand.frame))
    param = parameters.get(name) if name is not None else None
    match param.default if param is not None else None, test:
        case cst.Name("None"), _:
            return "None"
        case cst.SimpleString(source) as text, cst.Name() if string_value(text) == "":
            return str(source)
    return None


def _drop_argument(context: PlanContext, site: Site, nothing: str) -> PendingEdit | None:
    """Remove an argument, or replace it by `nothing` if other positional arguments follow."""
    tree = context.tree(site)
    argument = argument_of(tree, tree.node(site))
    if argument is None or argument.arg.star:
        return None
    call, arg = argument
    following_arguments = call.args[list(call.args).index(arg) + 1 :]
    if arg.keyword is None and any(
        following.keyword is None and following.star != "**" for following in following_arguments
    ):
        return PendingEdit(tree.outer_span(arg.value), (nothing,))
    return remove_item(context, tree.site(arg))

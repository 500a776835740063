"""Optional segments of a URL's path: arguments that are omitted."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.structural_edits import remove_item
from kognitos_migrate.syntax.roles import argument_of, enclosing_test
from kognitos_migrate.syntax.scopes import is_parameter, is_variable, occurrences
from kognitos_migrate.syntax.shapes import string_value, variable_name
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
        users = context.requests.of_call_around(outer.site) if outer is not None else set()
        if outer is not None and users and context.requests.are_calls_of(users, match):
            edit = _drop_argument(context, outer.site, nothing)
            return (outer.site, edit) if edit is not None else None
        inner, expected_reads = outer, 1
    return None


def has_other_uses(context: PlanContext, operand: Operand) -> bool:
    """Whether a function tests its parameter for more than adding it to the text. Empty text would change the
    result."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    function = tree.enclosing(node, cst.FunctionDef)
    if not isinstance(node, cst.Name) or function is None:
        return False
    askers = {
        asker
        for occurrence in occurrences(tree, function, node.value)
        if (asker := enclosing_test(tree, occurrence)) is not None
    }
    return any(asker not in tree.ancestors(node) or _raises_otherwise(tree, asker) for asker in askers)


def _raises_otherwise(tree: Tree, asker: cst.CSTNode) -> bool:
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
    parameters = context.parameters(context.frame(operand.frame))
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

"""A part of a path that a function leaves out, with its slash, where it isn't given the argument for it."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Piece
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.removal import remove_item
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.tested import tester
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.syntax.variables import is_variable, saying
from kognitos_migrate.values.base import Hole
from kognitos_migrate.values.heap import Given


def leave_out(scene: Scene, match: Match, hole: Hole, slash: Piece | None) -> tuple[Site, Draft] | None:
    """Give a function no argument for the hole, at the site that gives it to this operation only; None where
    the function doesn't go without, does more with it, or others are given it there."""
    test = _test_for(scene, hole, slash)
    if test is None:
        return None
    inner: Given | None = Given(hole.value, hole.site, hole.frame)
    said = 2  # in the test, and where it is put into the text
    while inner is not None and (nothing := _default(scene, inner, test)) is not None:
        outer = scene.outward(inner)
        if _times_said(scene, inner) > said:
            return None
        users = scene.readers_of(outer.site) if outer is not None else set()
        if outer is not None and users and scene.same_operation(users, match):
            draft = _without(scene, outer.site, nothing)
            return (outer.site, draft) if draft is not None else None
        inner, said = outer, 1
    return None


def is_asked_otherwise(scene: Scene, given: Given) -> bool:
    """Whether a function asks something of its parameter, given on at the site, for more than to put it there
    or not: the answer would be another one if it were empty."""
    tree, node = scene.tree(given.site), scene.node(given.site)
    function = tree.enclosing(node, cst.FunctionDef)
    if not isinstance(node, cst.Name) or function is None:
        return False
    askers = {asker for one in saying(tree, function, node.value) if (asker := tester(tree, one)) is not None}
    return any(asker not in tree.ancestors(node) or _fails(tree, asker) for asker in askers)


def _fails(tree: Tree, asker: cst.CSTNode) -> bool:
    """Whether an error is raised where a test fails."""
    other = asker.orelse if isinstance(asker, cst.If) else None
    return other is not None and any(isinstance(one, cst.Raise) for one in tree.descendants(other))


def _test_for(scene: Scene, hole: Hole, slash: Piece | None) -> cst.BaseExpression | None:
    """The test by which a hole and the slash before it are put into the text only if the hole has something
    to say; None where there is no such test, or something else depends on it."""
    tree, node = scene.tree(hole.site), scene.node(hole.site)
    guard = tree.enclosing(node, cst.If, cst.IfExp, cst.FunctionDef)
    if not isinstance(guard, cst.If | cst.IfExp) or not isinstance(node, cst.Name):
        return None
    if not _asks(guard.test, node.value) or not _adds_nothing_else(guard):
        return None
    inside = {tree.site(one) for one in tree.descendants(guard.body)}
    site = slash.lit.site if slash is not None and slash.lit is not None else None
    return guard.test if hole.site in inside and site in inside else None


def _times_said(scene: Scene, given: Given) -> int:
    """How often a function says the name of its parameter, beside declaring it."""
    tree, node = scene.tree(given.site), scene.node(given.site)
    function = tree.enclosing(node, cst.FunctionDef)
    if not isinstance(node, cst.Name) or function is None:
        return 0
    names = saying(tree, function, node.value)
    return sum(is_variable(tree, one) and not isinstance(tree.parent(one), cst.Param) for one in names)


def _asks(test: cst.BaseExpression, name: str) -> bool:
    """Whether a test is whether a name has something to say."""
    match test:
        case cst.Name(value) | cst.Comparison(
            cst.Name(value), [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]
        ):
            return bool(value == name)
        case _:
            return False


def _adds_nothing_else(guard: cst.If | cst.IfExp) -> bool:
    if isinstance(guard, cst.IfExp):
        return isinstance(guard.orelse, cst.SimpleString) and literal_text(guard.orelse) == ""
    return guard.orelse is None and len(guard.body.body) == 1


def _default(scene: Scene, given: Given, test: cst.BaseExpression) -> str | None:
    """What a parameter is by itself, which doesn't pass the test; None where it has to be given, or does."""
    node = scene.node(given.site)
    found = scene.parameters(scene.frame(given.frame)).get(node.value) if isinstance(node, cst.Name) else None
    match found.default if found is not None else None:
        case cst.Name("None"):
            return "None"
        case cst.SimpleString() as text if literal_text(text) == "" and isinstance(test, cst.Name):
            return text.value
        case _:
            return None


def _without(scene: Scene, site: Site, nothing: str) -> Draft | None:
    """Take an argument out, or say nothing in its place, where others stand behind it."""
    tree = scene.tree(site)
    arg = tree.parent(tree.node(site))
    call = tree.parent(arg) if isinstance(arg, cst.Arg) else None
    if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call) or arg.star:
        return None
    behind = call.args[list(call.args).index(arg) + 1 :]
    if arg.keyword is None and any(one.keyword is None and one.star != "**" for one in behind):
        return Draft(tree.outer_span(arg.value), (nothing,))
    return remove_item(scene, tree.site(arg))

"""The code that may run between two evaluations, in one activation or along one chain of calls."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, FUNCTIONS
from kognitos_migrate.syntax.tree import Site, Tree

LOOPS = (cst.For, cst.While, *COMPREHENSIONS)
_CHOICES = (cst.If, cst.IfExp, cst.BooleanOperation, cst.Try, cst.TryStar, cst.Match, *LOOPS)
_LEAVING = (cst.Return, cst.Raise, cst.Continue, cst.Break)


def between(
    scene: Scene, first: Site, frame: int, second: Site, other: int
) -> list[tuple[str, cst.CSTNode]] | None:
    """The nodes, each with its module's path, that may be evaluated between an evaluation of `first` in
    `frame` and one of `second` in the frame `other`, whichever comes first; None where the frames are of no
    common chain of calls."""
    mine, theirs = stack_of(scene, first, frame), stack_of(scene, second, other)
    common = next((number for number in mine if number in theirs), None)
    if common is None:
        return None
    one, two = mine[common], theirs[common]
    tree = scene.tree(one)
    found = [(tree.path, node) for node in _in_activation(tree, tree.node(one), tree.node(two))]
    one_first = _is_first(tree, tree.node(one), tree.node(two))
    for stack, comes_first in ((mine, one_first), (theirs, not one_first)):
        for number, site in stack.items():
            if number == common:
                break
            found.extend((site.path, node) for node in _part_of(scene, number, site, comes_first))
    return found


def stack_of(scene: Scene, site: Site, frame: int) -> dict[int, Site]:
    """By frame, from the inside out: the expression that is evaluated, or the call that leads there."""
    found = {frame: site}
    current = scene.frame(frame)
    while current.call is not None and current.caller is not None:
        found[current.caller] = current.call
        current = scene.frame(current.caller)
    return found


def _is_first(tree: Tree, one: cst.CSTNode, two: cst.CSTNode) -> bool:
    """Whether an expression is evaluated before another: parts come before the whole."""
    if two in tree.ancestors(one):
        return True
    return one not in tree.ancestors(two) and tree.number(one) < tree.number(two)


def _part_of(scene: Scene, frame: int, site: Site, is_left: bool) -> Iterator[cst.CSTNode]:
    """The nodes of an activation that are evaluated after an expression, where the activation `is_left` then,
    or before it."""
    tree, node = scene.tree(site), scene.node(site)
    function = scene.frame(frame).function
    body = tree.node(function) if function is not None else tree.module
    number, end = tree.number(node), tree.end(node)
    loops = [loop for loop in tree.ancestors(node) if isinstance(loop, LOOPS)]
    targets = _targets(tree, node)
    for part in tree.descendants(body):
        place = tree.number(part)
        if any(tree.number(loop) <= place < tree.end(loop) for loop in loops):
            yield part
        elif place >= end or place in targets if is_left else place < number and place not in targets:
            yield part


def _in_activation(tree: Tree, one: cst.CSTNode, two: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes that may be evaluated between two expressions of one activation."""
    if not _is_first(tree, one, two):
        one, two = two, one
    start, end = tree.end(one), tree.number(two)
    if two in tree.ancestors(one):
        end = tree.end(two)
    spans = [(start, end)]
    mine, theirs = loops_around(tree, one), loops_around(tree, two)
    spans += [(tree.number(loop), tree.end(loop)) for loop in mine ^ theirs]
    if mine & theirs and _is_conditional(tree, one, two):
        loop = max(mine & theirs, key=tree.number)
        spans.append((tree.number(loop), tree.end(loop)))
    numbers = {number for begin, stop in spans for number in range(begin, stop)}
    bound, later = _targets(tree, one), _targets(tree, two)
    looped = {number for begin, stop in spans[1:] for number in range(begin, stop)}
    numbers = (numbers | (bound - later)) - (later - looped)
    return (tree.nodes[number] for number in sorted(numbers))


def loops_around(tree: Tree, node: cst.CSTNode) -> set[cst.CSTNode]:
    """The loops around a node that evaluate it more than once, up to the function."""
    found: set[cst.CSTNode] = set()
    inner = node
    for above in tree.ancestors(node):
        if isinstance(above, FUNCTIONS) and inner is above.body:
            break
        if isinstance(above, cst.For):
            if inner is above.body:
                found.add(above)
        elif isinstance(above, LOOPS):
            found.add(above)
        inner = above
    return found


def _targets(tree: Tree, node: cst.CSTNode) -> set[int]:
    """The targets of the assignments whose value an expression is a part of: they are bound after it, and
    stand before it."""
    found: set[int] = set()
    for above in tree.ancestors(node):
        match above:
            case cst.Assign(targets):
                listed: list[cst.CSTNode] = list(targets)
            case cst.AnnAssign(target) | cst.AugAssign(target) | cst.NamedExpr(target):
                listed = [target]
            case _:
                continue
        for part in listed:
            found |= set(range(tree.number(part), tree.end(part)))
    return found


def _is_conditional(tree: Tree, one: cst.CSTNode, two: cst.CSTNode) -> bool:
    """Whether the second of two expressions may be evaluated without the first one right before it."""
    around = {id(above) for above in (two, *tree.ancestors(two))}
    inner = one
    name = _assigned(tree, one)
    for above in tree.ancestors(one):
        if id(above) in around:
            return False
        if isinstance(above, _CHOICES) and not _is_certain(above, inner):
            return name is None or not _binds(tree, above, name)
        inner = above
    return False


def _is_certain(choice: cst.CSTNode, part: cst.CSTNode) -> bool:
    """Whether a part of a choice is always evaluated with it: a test is."""
    return part in (
        getattr(choice, "test", None),
        getattr(choice, "iter", None),
        getattr(choice, "subject", None),
        getattr(choice, "left", None),
    )


def _assigned(tree: Tree, node: cst.CSTNode) -> str | None:
    """The name that the value is assigned to of which an expression is a part."""
    statement = tree.enclosing(node, cst.Assign, cst.AnnAssign, cst.AugAssign)
    target = statement.targets[0].target if isinstance(statement, cst.Assign) else None
    if isinstance(statement, cst.AnnAssign | cst.AugAssign):
        target = statement.target
    return target.value if isinstance(target, cst.Name) else None


def _binds(tree: Tree, statement: cst.CSTNode, name: str) -> bool:
    """Whether each way through a statement binds a name, or leaves the block."""
    match statement:
        case cst.SimpleStatementLine(body):
            return any(isinstance(one, _LEAVING) or _is_binding(one, name) for one in body)
        case cst.If(_, body, orelse):
            return orelse is not None and _binds(tree, body, name) and _binds(tree, orelse, name)
        case cst.Else(body) | cst.With(_, body) | cst.ExceptHandler(body):
            return _binds(tree, body, name)
        case cst.IndentedBlock(body):
            return any(_binds(tree, one, name) for one in body)
        case cst.Try(body, handlers, orelse):
            ways = [body, *handlers] if orelse is None else [orelse, *handlers]
            return all(_binds(tree, way, name) for way in ways)
    return False


def _is_binding(statement: cst.CSTNode, name: str) -> bool:
    match statement:
        case cst.Assign(targets):
            return any(isinstance(one.target, cst.Name) and one.target.value == name for one in targets)
        case cst.AnnAssign(cst.Name(value), _, given):
            return bool(value == name) and given is not None
    return False

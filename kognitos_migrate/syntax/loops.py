"""The loops around a node: the nodes that evaluate it once for each element or round."""

import libcst as cst

from kognitos_migrate.syntax.scopes import COMPREHENSIONS, FUNCTIONS
from kognitos_migrate.syntax.tree import Tree

LOOPS = (cst.For, cst.While, *COMPREHENSIONS)
"""Nodes whose parts are evaluated once for each element or round."""


def loops_around(tree: Tree, node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """The loops that evaluate a node once for each round, within its function, from the inside out.

    The iterable of a `for` and the `else` of a loop are evaluated once. The defaults and decorators of a
    function belong to the function around it.
    """
    loops: list[cst.CSTNode] = []
    inner = node
    for above in tree.ancestors(node):
        if isinstance(above, FUNCTIONS) and inner is above.body:
            break
        if type(above) in LOOPS and not _is_evaluated_once(above, inner):
            loops.append(above)
        inner = above
    return tuple(loops)


def _is_evaluated_once(loop: cst.CSTNode, part: cst.CSTNode) -> bool:
    if isinstance(loop, cst.For) and part is loop.iter:
        return True
    return isinstance(loop, cst.For | cst.While) and part is loop.orelse

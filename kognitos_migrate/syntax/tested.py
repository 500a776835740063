"""What is asked whether it is true."""

import libcst as cst

from kognitos_migrate.syntax.tree import Tree

Tester = cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf
"""What has a test."""


def tester(tree: Tree, node: cst.CSTNode) -> Tester | None:
    """What a node is a part of the test of, in the statement that it stands in."""
    inside = node
    for above in tree.ancestors(node):
        if isinstance(above, Tester) and above.test is inside:
            return above
        if isinstance(above, cst.BaseSuite):
            return None
        inside = above
    return None


def is_tested(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression is a part of a test: whether it is true is all that matters."""
    for above in tree.ancestors(node):
        if isinstance(above, cst.UnaryOperation):
            return isinstance(above.operator, cst.Not)
        if not isinstance(above, cst.BooleanOperation):
            return isinstance(above, Tester) and above.test is node
        node = above
    return False

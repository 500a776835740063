"""Errors as values: what goes into their messages, and whether the program takes it out again."""

import libcst as cst

from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.machine import Activation, Arguments, Machine
from kognitos_migrate.syntax.tree import Tree


def message(m: Machine, act: Activation, node: cst.CSTNode, arguments: Arguments) -> None:
    """Note what an error is made of: a message for people, unless the program looks into `args`."""
    given = [one for one in arguments.everything() if m.tracked(one.value)]
    if not given:
        return
    read = any(_reads_args(tree, inside) for tree in m.trees.values() for inside in tree.nodes)
    kind = UseKind.ESCAPE if read else UseKind.LOG
    for one in given:
        m.use(kind, one.value, act, node, one.site, detail="an error's message")


def _reads_args(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether this is `error.args`, where `except ... as error` is around it."""
    if not isinstance(node, cst.Attribute) or node.attr.value != "args":
        return False
    return any(
        isinstance(above, cst.ExceptHandler)
        and above.name is not None
        and isinstance(above.name.name, cst.Name)
        and above.name.name.deep_equals(node.value)
        for above in tree.ancestors(node)
    )

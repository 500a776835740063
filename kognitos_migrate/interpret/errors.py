"""Errors as values: what goes into their messages, and whether the program takes it out again."""

import libcst as cst

from kognitos_migrate.interpret.activation import Activation
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.machine import Machine


def message(m: Machine, act: Activation, node: cst.CSTNode, arguments: Arguments) -> None:
    """Note what an error is made of: a message for people, unless the program looks into `args`."""
    given = [one for one in arguments.everything() if m.tracked(one.value)]
    if not given:
        return
    read = any(tree.reads_error_arguments for tree in m.trees.values())
    kind = UseKind.ESCAPE if read else UseKind.LOG
    for one in given:
        m.use(kind, one.value, act, node, one.site, detail="an error's message")

"""What is being run: a frame with its names, the loops and the `try` statements around."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.interpret.state.events import Frame
from kognitos_migrate.record import Struct, field
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import NEVER, Value

Environment = dict[str, Value]
NARROWED = "_ narrowed"
"""The name under which an environment has what tests have shown of the others."""


class Loop(Struct, eq=False):
    """A loop that is being run: the environments that leave it or start it over."""

    breaks: list[Environment] = field(default_factory=list)
    continues: list[Environment] = field(default_factory=list)


class Activation(Struct, eq=False):
    """A frame while it runs."""

    frame: Frame
    tree: Tree
    env: Environment = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    """Names declared global or nonlocal."""
    returns: Value = NEVER
    yields: Value = NEVER
    generator: bool = False
    loops: list[Loop] = field(default_factory=list)
    attempts: list[list[Environment]] = field(default_factory=list)
    """For each `try` around: the environments in which something may have been raised."""
    class_scope: bool = False
    shown: Mapping[str, frozenset[str]] | None = None
    """By field: what is shown of the replies that are returned; None before one is."""
    truths: Mapping[str, Mapping[str, frozenset[str]]] | None = None
    """By parameter: what is shown of it where a true value is returned; None before one is."""

    def site(self, node: cst.CSTNode) -> Site:
        """The name of a node of this activation's module."""
        return self.tree.sites[id(node)]

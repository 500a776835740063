"""What is known of the program's tests while it is run."""

import libcst as cst

from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.tree import Tree


class Testing(Struct, eq=False):
    """The modules that hold tests, and their fixtures."""

    modules: frozenset[str] = frozenset()
    runs: bool = False
    """Whether a test is being run."""
    fixtures: dict[str, list[tuple[Tree, cst.FunctionDef]]] | None = None
    """By name, once somebody has asked for one."""

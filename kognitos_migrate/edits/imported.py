"""What a module calls what it imports."""

import libcst as cst

from kognitos_migrate.syntax.tree import Tree


def json_module(tree: Tree) -> str | None:
    """What the module calls `json`; None where it isn't imported whole."""
    for statement in tree.module.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Import):
                for alias in small.names:
                    if isinstance(alias.name, cst.Name) and alias.name.value == "json":
                        bound = alias.asname.name if alias.asname is not None else alias.name
                        return bound.value if isinstance(bound, cst.Name) else None
    return None

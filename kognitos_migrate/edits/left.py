"""What modules say that are left out of a slice: Python's own parser reads them, nothing interprets them."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kognitos_migrate.discover.statements import parsed

_NOTHING = ast.Module([], [])
"""What can't be parsed says nothing."""


class Imported(NamedTuple):
    """A dotted name that an import may mean a module by, with the dots in front, and whether the import names
    no other than that."""

    dotted: str
    level: int
    is_whole: bool


@lru_cache(maxsize=2048)
def imports(text: str) -> tuple[Imported, ...]:
    """What a module imports."""
    return tuple(_imports(parsed(text) or _NOTHING))


@lru_cache(maxsize=2048)
def literals(text: str) -> frozenset[str]:
    """The texts in a module."""
    found = (node.value for node in ast.walk(parsed(text) or _NOTHING) if isinstance(node, ast.Constant))
    return frozenset(value for value in found if isinstance(value, str))


def _imports(module: ast.Module) -> Iterator[Imported]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name, 0, True) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield Imported(node.module, node.level, True)
            stem = f"{node.module}." if node.module else ""
            yield from (
                Imported(f"{stem}{alias.name}", node.level, False)
                for alias in node.names
                if alias.name != "*"
            )

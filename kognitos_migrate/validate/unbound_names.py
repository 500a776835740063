"""Finds names of a result that nothing binds: a removed import, a helper that was never added."""

import builtins
import symtable
from collections.abc import Iterator

from kognitos_migrate.syntax.symbol_tables import symbol_tables
from kognitos_migrate.syntax.tree import Tree

_OF_MODULES = frozenset(dir(builtins)) | {"__annotations__", "__builtins__", "__file__", "__path__"}
"""The names that every module has, and those of the modules of a package."""


def unbound_names(before: Tree | None, after: Tree) -> list[str]:
    """The names that a changed module reads without binding them, and that its original bound or didn't
    read.

    `before` is None for a module that only the result has.
    """
    names = dict.fromkeys(_unbound(after))
    if not names or before is None:
        return list(names)
    names_before = set(_unbound(before))
    return [name for name in names if name not in names_before]


def _unbound(tree: Tree) -> Iterator[str]:
    """The global names that a module reads and doesn't bind, in order. Empty if it imports any name."""
    try:
        tables = symbol_tables(tree.text, tree.path)
    except (SyntaxError, ValueError, RecursionError):
        return  # newer syntax than that of this interpreter
    bound = {symbol.get_name() for table in tables for symbol in table.get_symbols() if _binds(table, symbol)}
    bound |= _OF_MODULES
    for table in tables:
        for symbol in table.get_symbols():
            is_read = symbol.is_referenced() and (table is tables[0] or symbol.is_global())
            if is_read and symbol.get_name() not in bound:
                yield symbol.get_name()


def _binds(table: symtable.SymbolTable, symbol: symtable.Symbol) -> bool:
    """Whether a scope binds a name of the module."""
    is_bound = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    return is_bound and (table.get_type() == "module" or symbol.is_declared_global())

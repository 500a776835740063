"""The symbol tables of Python's own compiler."""

import re
import symtable
from collections.abc import Iterator
from functools import lru_cache

_ANY_NAME = "__getattr__"
_NAMESPACES = ("globals", "vars", "locals", "setattr", "exec", "__dict__", "sys.modules")


def symbol_tables(source: str, path: str) -> list[symtable.SymbolTable]:
    """The tables of a module and of all scopes in it, the module's first.

    Raises SyntaxError, ValueError or RecursionError if the interpreter that runs this tool can't compile it.
    """
    return list(_tables_within(symtable.symtable(source, path, "exec")))


def _tables_within(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables_within(inner)


@lru_cache(maxsize=1024)
def assigned_names(source: str) -> frozenset[str] | None:
    """The global names that a module assigns or defines itself, without its imports. None if it can't be
    compiled."""
    try:
        tables = symbol_tables(source, "module")
    except (SyntaxError, ValueError, RecursionError):
        return None
    return frozenset(
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_assigned() and (table is tables[0] or symbol.is_declared_global())
    )


def may_assign(source: str, name: str) -> bool:
    """Whether a module may have a global name that it doesn't import, also by a write to a namespace."""
    if name not in source and _ANY_NAME not in source:
        return False
    names = assigned_names(source)
    if names is None or name in names or _ANY_NAME in names:
        return True
    is_dynamic = any(word in source for word in _NAMESPACES)
    return is_dynamic and re.search(rf"(?<![.\w]){name}\b", source) is not None

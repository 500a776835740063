"""The symbol tables of Python's own compiler."""

import symtable
from collections.abc import Iterator


def symbol_tables(source: str, path: str) -> list[symtable.SymbolTable]:
    """The tables of a module and of all scopes in it, the module's first.

    Raises SyntaxError, ValueError or RecursionError if the interpreter that runs this tool can't compile it.
    """
    return list(_tables_within(symtable.symtable(source, path, "exec")))


def _tables_within(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables_within(inner)

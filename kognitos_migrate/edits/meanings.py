"""Meanings of the names that new code uses, where it stands: modules, and functions that are built in,
unless the program binds their names to something else."""

import symtable
from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.modules import dotted_name
from kognitos_migrate.syntax.scopes import Scopes, Variable
from kognitos_migrate.syntax.tree import Tree


def is_bound_at_top(tree: Tree, name: str) -> bool:
    """Whether a module binds a name, or may do so by an import of all names of another."""
    stars = (node for node in tree.of_kind(cst.ImportFrom) if isinstance(node.names, cst.ImportStar))
    return any(stars) or tree.once(Scopes).is_own(Variable(tree.path, 0, name))


def means_module(tree: Tree, name: str, module: str, at: cst.CSTNode | None = None) -> bool:
    """Whether a name means a module and nothing else: to the functions at the top, or in an expression that
    stands where `at` does."""
    scopes = tree.once(Scopes)
    variable = Variable(tree.path, 0, name) if at is None else scopes.named(name, at)
    bindings = scopes.bindings(variable)
    return bool(bindings) and all(_module(tree, node) == module for node in bindings)


def means_builtin(tree: Tree, name: str, at: cst.CSTNode) -> bool:
    """Whether a name is built in for an expression that stands where `at` does."""
    scopes = tree.once(Scopes)
    return not scopes.is_own(scopes.named(name, at))


def taken_name(tree: Tree, sources: Iterable[str], imports: Iterable[str]) -> str | None:
    """The first name that the functions of `sources` read and the module binds to something else."""
    modules = {line.rpartition(" ")[2] for line in imports}
    scopes = tree.once(Scopes)
    for name in sorted({name for source in sources for name in _free_names(source)}):
        bound = {_module(tree, node) for node in scopes.bindings(Variable(tree.path, 0, name))}
        if None in bound or (name in modules and bound - {name}):
            return name
    return None


def _module(tree: Tree, node: cst.Name) -> str | None:
    """The module that a binding imports whole."""
    alias = tree.enclosing(node, cst.ImportAlias)
    if alias is None or not isinstance(tree.parent(alias), cst.Import):
        return None
    dotted = dotted_name(alias.name)
    return dotted if alias.asname is not None else dotted.partition(".")[0]


def _free_names(source: str) -> set[str]:
    """The names that definitions read and don't bind themselves."""
    top = symtable.symtable(source, "definition", "exec")
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_namespace()}
    read = {
        symbol.get_name()
        for table in _tables(top)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }
    return read - own


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables(inner)

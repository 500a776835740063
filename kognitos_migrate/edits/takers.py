"""Which modules take a name from another one."""

from collections.abc import Callable, Iterable

from kognitos_migrate.syntax.taken import reads_of_modules, takes_by_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import ModuleRef, Symbol, Unknown, Value
from kognitos_migrate.values.join import alternatives


def takes(tree: Tree, name: str, values_of: Callable[[Site], Iterable[Value]]) -> bool:
    """Whether a module takes a name from another one: it imports it, or reads it of what may be a module, as
    the values of that expression tell."""
    if takes_by_name(tree, name):
        return True
    sites = (tree.site(node.value) for node in reads_of_modules(tree, name))
    return any(_may_be_module(values_of(site)) for site in sites)


def _may_be_module(values: Iterable[Value]) -> bool:
    choices = [choice for value in values for choice in alternatives(value)]
    return not choices or any(isinstance(choice, Unknown | ModuleRef | Symbol) for choice in choices)

"""Modules of the program whose names are read without an attribute or an import in the source."""

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.scopes import function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import ModuleRef, Symbol, Text, Unknown, Value

_LISTING = ("builtins.dir", "builtins.vars", "builtins.globals", "builtins.locals")
"""Functions that list the names of a module."""
_GLOBALS = Symbol("builtins.globals")
_ASKING = tuple(Symbol(f"builtins.{name}") for name in ("getattr", "hasattr", "setattr"))
"""Functions that take an object and the name of an attribute."""
_RESOLVING = ("pkgutil.resolve_name", "sys.modules", "operator.attrgetter")
"""Values that lead to a name of any module."""
_OF_CODE = ("__code__", "f_locals")
"""Attributes that lead to the names of a function's variables."""


class ReflectiveReads(Struct, frozen=True):
    """The paths of the modules whose names are read. `every` is set if these may be the names of any
    module."""

    paths: frozenset[str]
    names: frozenset[tuple[str, str]]
    """Pairs of a module's path and a name that is read from it, if the names are known."""
    every: bool
    listed: frozenset[str]
    """The paths of the modules all of whose names are read at once."""
    variables: frozenset[str]
    """The paths of the modules whose functions may have the names of their variables read."""

    def is_read(self, path: str, name: str) -> bool:
        """Whether a name of the module at `path` may be read."""
        return self.every or path in self.paths or (path, name) in self.names


def reflective_reads(context: ProgramFacts) -> ReflectiveReads:
    """The modules whose names are read by `getattr`, `vars`, `dir` and similar, outside of tests. If one of
    these functions isn't called but passed on, it may get any module."""
    paths, names, listed = set[str](), set[tuple[str, str]](), set[str]()
    variables, may_get_any = set[str](), False
    if any(tree.names_spelled(name) for tree in context.trees.values() for name in _OF_CODE):
        variables.update(context.trees)
    for (site, _), value in context.facts.values.items():
        modules = [choice.path for choice in alternatives(value) if isinstance(choice, ModuleRef)]
        functions = [choice for choice in alternatives(value) if isinstance(choice, Symbol)]
        if site.path in context.facts.tests or not (modules or functions):
            continue
        tree = context.tree(site)
        parent = tree.parent(tree.node(site))
        if modules:
            is_dict = isinstance(parent, cst.Attribute) and parent.attr.value == "__dict__"
            attribute_names = _attribute_names(context, tree, parent) if isinstance(parent, cst.Arg) else None
            if attribute_names is not None:
                names |= {(path, name) for path in modules for name in attribute_names}
            elif is_dict or isinstance(parent, cst.Arg):
                paths.update(modules)
                if not (isinstance(parent, cst.Arg) and _is_asked(context, tree, parent)):
                    listed.update(modules)
        for function in functions:
            may_get_any |= function.name in _RESOLVING
            if function in _ASKING:
                may_get_any |= not isinstance(parent, cst.Call)
            elif function.name in _LISTING:
                is_called = isinstance(parent, cst.Call)
                arguments = parent.args if isinstance(parent, cst.Call) else ()
                if isinstance(parent, cst.Call) and not arguments:
                    is_of_function = function_around(tree, parent) is not tree.module
                    is_of_module = function == _GLOBALS or not is_of_function
                    (paths if is_of_module else variables).add(site.path)
                    if is_of_module and not isinstance(tree.parent(parent), cst.Subscript | cst.Attribute):
                        listed.add(site.path)
                may_get_any |= not is_called or any(_is_unknown(context, tree, arg) for arg in arguments)
    return ReflectiveReads(
        frozenset(paths), frozenset(names), may_get_any, frozenset(listed), frozenset(variables)
    )


def _is_asked(context: ProgramFacts, tree: Tree, argument: cst.CSTNode) -> bool:
    """Whether an argument is the object whose attribute `getattr` or a similar function reads."""
    call = tree.parent(argument)
    if not isinstance(call, cst.Call) or call.args[0] is not argument:
        return False
    called = [choice for value in context.values_at(tree.site(call.func)) for choice in alternatives(value)]
    return bool(called) and all(choice in _ASKING for choice in called)


def _attribute_names(context: ProgramFacts, tree: Tree, argument: cst.Arg) -> list[str] | None:
    """The attributes that a call reads from a module; None if not all are known."""
    call = tree.parent(argument)
    if not isinstance(call, cst.Call) or len(call.args) < 2 or not _is_asked(context, tree, argument):
        return None
    values = context.values_at(tree.site(call.args[1].value))
    choices = [choice for value in values for choice in alternatives(value)]
    names = [choice.literal if isinstance(choice, Text) else None for choice in choices]
    return [name for name in names if name is not None] if names and None not in names else None


def _is_unknown(context: ProgramFacts, tree: Tree, argument: cst.Arg) -> bool:
    site: Site = tree.site(argument.value)
    values: list[Value] = context.values_at(site)
    return not values or any(
        isinstance(choice, Unknown) for value in values for choice in alternatives(value)
    )

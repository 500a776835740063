"""Reads of the program's own names by reflection."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.names import ANY_MODULE
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import Argument, argument_of, attribute_of, call_of, subscript_of
from kognitos_migrate.syntax.scopes import function_around
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Function, Join, ModuleRef, Symbol, Text, Unknown, Value

_LISTING = ("builtins.dir", "builtins.vars", "builtins.globals", "builtins.locals")
"""Functions that list the names of a module."""
_ITEM_METHODS = ("get", "pop", "setdefault", "update", "__getitem__", "__setitem__", "__contains__")
"""Methods of a namespace dict that read or write single names."""
_GLOBALS = Symbol("builtins.globals")
_ASKING = tuple(Symbol(f"builtins.{name}") for name in ("getattr", "hasattr", "setattr"))
"""Functions that take an object and the name of an attribute."""
_RESOLVING = ("pkgutil.resolve_name", "sys.modules", "operator.attrgetter")
"""Values that lead to a name of any module."""
_OF_CODE = ("__code__", "f_locals")
"""Attributes that lead to the names of a function's variables."""
_GLOBALS_OF_CODE = ("__globals__", "f_globals")
"""Attributes of functions and frames that contain the namespace of their module."""
_DOCUMENTATION = "__doc__"
_DOCUMENTATION_READERS = ("fire.Fire", "inspect.getdoc", "pydoc.getdoc")
"""Functions that read the documentation of what they get."""
_MODULES_AND_SYMBOLS = frozenset((ModuleRef, Symbol, Join, type(ANY_MODULE)))
"""The types of values that may be a module, or a function of a library."""


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

    documentation: bool
    """Whether documentation is read, also by tests."""

    def is_read(self, path: str, name: str) -> bool:
        """Whether a name of the module at `path` may be read."""
        return self.every or path in self.paths or (path, name) in self.names


def reflective_reads(context: ProgramFacts) -> ReflectiveReads:
    """The modules whose names are read by `getattr`, `vars`, `dir` and similar, outside of tests. If one of
    these functions isn't called but passed on, it may get any module."""
    paths, names, listed = set[str](), set[tuple[str, str]](), set[str]()
    variables, may_get_any = set[str](), False
    reads_documentation = any(_may_read_documentation(tree) for tree in context.trees.values())
    if any(tree.names_spelled(name) for tree in context.trees.values() for name in _OF_CODE):
        variables.update(context.trees)
    for (site, _), value in context.facts.values.items():
        if type(value) not in _MODULES_AND_SYMBOLS:
            continue
        choices = alternatives(value)
        modules = [choice.path for choice in choices if isinstance(choice, ModuleRef)]
        if ANY_MODULE in choices:
            modules = [*context.trees]
        functions = [choice for choice in choices if isinstance(choice, Symbol)]
        reads_documentation |= any(function.name in _DOCUMENTATION_READERS for function in functions)
        if site.path in context.facts.tests or not (modules or functions):
            continue
        tree = context.tree(site)
        node = tree.node(site)
        if modules:
            attribute, argument = attribute_of(tree, node), argument_of(tree, node)
            is_dict = attribute is not None and attribute.attr.value == "__dict__"
            attribute_names = _attribute_names(context, tree, argument) if argument is not None else None
            if attribute_names is not None:
                names |= {(path, name) for path in modules for name in attribute_names}
                listed.update(modules if "__dict__" in attribute_names else ())
            elif is_dict or argument is not None:
                paths.update(modules)
                if argument is None or not _is_getattr_object(context, tree, argument):
                    listed.update(modules)
        for function in functions:
            may_get_any |= function.name in _RESOLVING
            call = call_of(tree, node)
            if function in _ASKING:
                may_get_any |= call is None
            elif function.name in _LISTING:
                if call is not None and not call.args:
                    is_of_function = function_around(tree, call) is not tree.module
                    is_of_module = function == _GLOBALS or not is_of_function
                    (paths if is_of_module else variables).add(site.path)
                    if is_of_module and not _is_single_name_access(tree, call):
                        listed.add(site.path)
                may_get_any |= call is None or any(_may_be_unknown(context, tree, arg) for arg in call.args)
    listed.update(path for tree in context.trees.values() for path in _modules_of_namespaces(context, tree))
    return ReflectiveReads(
        frozenset(paths | listed),
        frozenset(names),
        may_get_any,
        frozenset(listed),
        frozenset(variables),
        reads_documentation,
    )


def _is_single_name_access(tree: Tree, namespace: cst.CSTNode) -> bool:
    """Whether an expression for a namespace dict is only asked for a single name, or sets one."""
    method = attribute_of(tree, namespace)
    return subscript_of(tree, namespace) is not None or (
        method is not None and method.attr.value in _ITEM_METHODS
    )


def _modules_of_namespaces(context: ProgramFacts, tree: Tree) -> Iterator[str]:
    """The modules whose namespaces a module reads from functions (`start.__globals__`) or frames."""
    if tree.path in context.facts.tests:
        return
    for name in _GLOBALS_OF_CODE:
        for node in tree.names_spelled(name):
            attribute = tree.parent(node)
            if not isinstance(attribute, cst.Attribute) or _is_single_name_access(tree, attribute):
                continue
            owners = context.alternatives_at(tree.site(attribute.value))
            functions = [owner for owner in owners if isinstance(owner, Function)]
            if functions and len(functions) == len(owners):
                yield from (function.site.path for function in functions)
            else:
                yield from context.trees


def _may_read_documentation(tree: Tree) -> bool:
    """Whether a module reads `__doc__`, or contains elided code that may read documentation."""
    readers = (name.rpartition(".")[2] for name in _DOCUMENTATION_READERS)
    return (
        bool(tree.names_spelled(_DOCUMENTATION))
        or _DOCUMENTATION in tree.plain_texts
        or any(tree.gaps.mentions(word) for word in (_DOCUMENTATION, *readers))
    )


def _is_getattr_object(context: ProgramFacts, tree: Tree, argument: Argument) -> bool:
    """Whether an argument is the object whose attribute `getattr` or a similar function reads."""
    call = argument.call
    if call.args[0] is not argument.arg:
        return False
    called = context.alternatives_at(tree.site(call.func))
    return bool(called) and all(choice in _ASKING for choice in called)


def _attribute_names(context: ProgramFacts, tree: Tree, argument: Argument) -> list[str] | None:
    """The attributes that a call reads from a module; None if not all are known."""
    call = argument.call
    if len(call.args) < 2 or not _is_getattr_object(context, tree, argument):
        return None
    values = context.values_at(tree.site(call.args[1].value))
    choices = [choice for value in values for choice in alternatives(value)]
    names = [choice.literal if isinstance(choice, Text) else None for choice in choices]
    return [name for name in names if name is not None] if names and None not in names else None


def _may_be_unknown(context: ProgramFacts, tree: Tree, argument: cst.Arg) -> bool:
    site: Site = tree.site(argument.value)
    values: list[Value] = context.values_at(site)
    return not values or any(
        isinstance(choice, Unknown) for value in values for choice in alternatives(value)
    )

"""Modules of the program whose names are read without being written as an attribute or an import."""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import ModuleRef, Symbol, Unknown, Value

_LISTING = ("builtins.dir", "builtins.vars", "builtins.globals", "builtins.locals")
"""Functions that list the names of a module."""
_RESOLVING = ("pkgutil.resolve_name", "sys.modules", "operator.attrgetter")
"""Values that lead to a name of any module."""


class ModuleNamespaces(Struct, frozen=True):
    """The paths of the modules whose names are read; `every` where they may be those of any module."""

    paths: frozenset[str]
    every: bool

    def read(self, path: str) -> bool:
        """Whether names of the module at `path` may be read."""
        return self.every or path in self.paths


def module_namespaces(scene: PlanContext) -> ModuleNamespaces:
    """The modules whose names code other than tests reads by `getattr`, `vars`, `dir` and their like."""
    paths, every = set[str](), False
    for (site, _), value in scene.facts.values.items():
        if site.path in scene.facts.tests or not isinstance(value, ModuleRef | Symbol):
            continue
        tree = scene.tree(site)
        parent = tree.parent(tree.node(site))
        if isinstance(value, ModuleRef):
            is_dict = isinstance(parent, cst.Attribute) and parent.attr.value == "__dict__"
            paths |= {value.path} if is_dict or isinstance(parent, cst.Arg) else set()
        elif isinstance(value, Symbol):
            every |= value.name in _RESOLVING
            if value.name in _LISTING and isinstance(parent, cst.Call):
                paths |= {site.path} if not parent.args else set()
                every |= any(_is_unknown(scene, tree, arg) for arg in parent.args)
    return ModuleNamespaces(frozenset(paths), every)


def _is_unknown(scene: PlanContext, tree: Tree, argument: cst.Arg) -> bool:
    site: Site = tree.site(argument.value)
    values: list[Value] = scene.everywhere(site)
    return not values or any(isinstance(one, Unknown) for value in values for one in alternatives(value))

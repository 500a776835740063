"""The variables of a module: where they are bound, and where they are read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.syntax.gaps import GapError
from kognitos_migrate.syntax.tree import Tree


class Variables:
    """Those of one module, each found once."""

    def __init__(self, tree: Tree) -> None:
        """Those of `tree`."""
        self._tree = tree
        self._reads: dict[str, Sequence[cst.Name]] = {}
        self._bound: dict[str, Mapping[int | None, Sequence[cst.Name]]] = {}

    def bindings(self, scope: cst.CSTNode, name: str) -> Sequence[cst.Name]:
        """The nodes in `scope` (a function or module, without functions inside it) that bind `name`."""
        return self._bound_to(name).get(None if isinstance(scope, cst.Module) else id(scope), ())

    def binding(self, name: str) -> Sequence[cst.Module | cst.FunctionDef]:
        """The functions that bind `name`, and the module if it does."""
        scopes = (self._scopes.get(owner) for owner in self._bound_to(name))
        return [scope for scope in scopes if scope is not None]

    def reads(self, name: str) -> Sequence[cst.Name]:
        """Where a variable is read, in source order: imports, keywords, attributes are none."""
        if name not in self._reads:
            self._reads[name] = [node for node in self._tree.named(name) if _is_read(self._tree, node)]
        return self._reads[name]

    @cached_property
    def _scopes(self) -> Mapping[int | None, cst.Module | cst.FunctionDef]:
        return {None: self._tree.module, **{id(node): node for node in self._tree.of_kind(cst.FunctionDef)}}

    def _bound_to(self, name: str) -> Mapping[int | None, Sequence[cst.Name]]:
        """Where a name is bound, by scope: the `id` of a function or class, None for the module."""
        if name not in self._bound:
            found: defaultdict[int | None, list[cst.Name]] = defaultdict(list)
            for node in self._tree.named(name):
                if _is_target(self._tree, node):
                    owner = self._tree.enclosing(node, cst.FunctionDef, cst.Lambda, cst.ClassDef)
                    found[None if owner is None else id(owner)].append(node)
            self._bound[name] = found
        return self._bound[name]


def _is_read(tree: Tree, node: cst.Name) -> bool:
    above = tree.parent(node)
    if isinstance(above, cst.Arg):
        return above.keyword is not node
    if isinstance(above, cst.Attribute):
        return above.attr is not node
    return tree.enclosing(node, cst.ImportAlias) is None


def saying(tree: Tree, scope: cst.CSTNode, name: str) -> list[cst.Name]:
    """The nodes in `scope`, a function or module, that say a name, be it that of an attribute. Raises
    GapError where what was not parsed says it."""
    if isinstance(scope, cst.Module):
        if tree.gaps.say(name):
            raise GapError(tree.path)
        return [*tree.named(name)]
    return [node for node in tree.within(scope, cst.Name) if node.value == name]


def is_variable(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is a variable, not an attribute, a keyword or a part of an import."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Attribute):
        return parent.value is node
    if isinstance(parent, cst.Arg):
        return parent.value is node
    return not isinstance(parent, cst.ImportAlias | cst.FunctionDef | cst.ClassDef | cst.MatchKeywordElement)


def _is_target(tree: Tree, node: cst.Name) -> bool:
    parent = tree.parent(node)
    while isinstance(parent, cst.Element | cst.Tuple | cst.List | cst.StarredElement):
        parent = tree.parent(parent)
    if isinstance(parent, cst.AssignTarget):
        return True
    if isinstance(parent, cst.AnnAssign):
        return parent.target is node and parent.value is not None
    if isinstance(parent, cst.AugAssign | cst.NamedExpr):
        return parent.target is node
    if isinstance(parent, cst.For | cst.CompFor):
        return any(inside is node for inside in tree.descendants(parent.target))
    return isinstance(parent, cst.AsName)

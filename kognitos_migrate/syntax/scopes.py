"""Scopes: the variables of a module, their bindings, and their reads."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, cast

import libcst as cst

from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.tree import Tree

Scope = cst.Module | cst.ClassDef | cst.FunctionDef | cst.Lambda | cst.BaseComp
FUNCTIONS = (cst.FunctionDef, cst.Lambda)
CREATION_METHODS = ("__init__", "__new__", "__post_init__")
"""The methods that a class runs when it is called."""
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_SCOPES = frozenset((cst.Module, cst.ClassDef, *FUNCTIONS, *COMPREHENSIONS))
"""The types of nodes that own names.

A type lookup is much faster than `isinstance` with abstract classes, and no node class has subclasses.
"""
_NESTING = frozenset((cst.Element, cst.Tuple, cst.List, cst.StarredElement))
_BINDING = {
    cst.AugAssign: "target",
    cst.ClassDef: "name",
    cst.CompFor: "target",
    cst.For: "target",
    cst.FunctionDef: "name",
    cst.MatchAs: "name",
    cst.MatchMapping: "rest",
    cst.NamedExpr: "target",
    cst.Param: "name",
}
"""The types of nodes that bind a name, each with the field that contains it."""
_ALWAYS_BINDING = frozenset((cst.AsName, cst.AssignTarget, cst.Del, cst.MatchStar))
"""The types of nodes that bind every name that is their child."""
_PARTLY_BINDING = frozenset((cst.AnnAssign, cst.ImportAlias, cst.Attribute))
"""The types of nodes that bind one of their names under some condition."""


class Variable(NamedTuple):
    """A variable: the module's path, the number of the node whose scope owns it, and its name."""

    path: str
    scope: int
    name: str


class Scopes:
    """The variables of one module, resolved.

    >>> tree.cached(Scopes).variable(name)   # of `x` in `[x for x in y]`: owned by the comprehension
    """

    def __init__(self, tree: Tree) -> None:
        """Resolve the names of `tree`."""
        self._tree = tree
        self._declared: dict[tuple[int, str], type[cst.CSTNode]] = {}
        for item in tree.of_kind(cst.NameItem):
            owner, statement = tree.enclosing(item, cst.FunctionDef), tree.parent(item)
            if owner is not None and statement is not None:
                self._declared[tree.number(owner), item.name.value] = type(statement)
        self._around: dict[tuple[int, bool], tuple[Scope, ...]] = {}
        """The scopes around a node, by its `id` and whether the first iterable of a comprehension has it."""
        self._own: defaultdict[int, set[str]] = defaultdict(set)
        targets = [(node, self._binder(node)) for node in tree.of_kind(cst.Name) if _is_bound(tree, node)]
        for node, scope in targets:
            self._own[tree.number(scope)].add(node.value)
        self._bindings: defaultdict[Variable, list[cst.Name]] = defaultdict(list)
        self._variables: dict[int, Variable] = {}
        """By `id` of a name."""
        for node, scope in targets:
            variable = self._variables[id(node)] = self._resolve(scope, node.value)
            self._bindings[variable].append(node)
        self._bound = frozenset(self._variables)

    def variable(self, node: cst.Name) -> Variable:
        """The variable that a name reads or binds."""
        if id(node) not in self._variables:
            self._variables[id(node)] = self.variable_at(node.value, node)
        return self._variables[id(node)]

    def variable_at(self, name: str, at: cst.CSTNode) -> Variable:
        """The variable that `name` refers to in an expression in place of the node `at`."""
        return self._resolve(self._scope(at, name), name)

    def bindings(self, variable: Variable) -> Sequence[cst.Name]:
        """The nodes that bind a variable, in source order, including parameters."""
        return self._bindings.get(variable, ())

    def variables_of(self, scope: Scope) -> list[Variable]:
        """The variables that a scope owns."""
        number = self._tree.number(scope)
        return [Variable(self._tree.path, number, name) for name in sorted(self._own[number])]

    def is_binding(self, node: cst.CSTNode) -> bool:
        """Whether a node is a name that is bound or deleted there."""
        return id(node) in self._bound

    def is_own(self, variable: Variable) -> bool:
        """Whether the module binds the variable. A name that it doesn't bind is a builtin."""
        return variable in self._bindings

    def _binder(self, node: cst.Name) -> Scope:
        """The scope that contains a binding, regardless of `global` and `nonlocal`."""
        tree = self._tree
        child: cst.CSTNode = node
        for ancestor in tree.ancestors(node):
            if type(ancestor) not in _SCOPES:
                child = ancestor
                continue
            if isinstance(ancestor, cst.FunctionDef | cst.ClassDef) and child is ancestor.name:
                child = ancestor  # bound in the scope around the definition
                continue
            if isinstance(ancestor, COMPREHENSIONS) and not isinstance(tree.parent(node), cst.NamedExpr):
                return ancestor
            if isinstance(ancestor, (cst.Module, cst.ClassDef, *FUNCTIONS)):
                return ancestor
            child = ancestor
        return tree.module

    def _scope(self, at: cst.CSTNode, name: str) -> Scope:
        """The innermost scope around an expression that binds or declares a name."""
        for depth, scope in enumerate(self._scopes_around(at)):
            number = self._tree.number(scope)
            owns = name in self._own[number] or (number, name) in self._declared
            if owns and (depth == 0 or not isinstance(scope, cst.ClassDef)):
                return scope
        return self._tree.module

    def _scopes_around(self, at: cst.CSTNode) -> Sequence[Scope]:
        """The scopes in which an expression is evaluated, the innermost first."""
        path: list[tuple[tuple[int, bool], cst.CSTNode, cst.CSTNode, cst.CSTNode]] = []
        child = below = at
        scopes: tuple[Scope, ...] = ()
        while (parent := self._tree.parent(child)) is not None:
            key = id(child), isinstance(child, cst.CompFor) and below is child.iter
            if key in self._around:
                scopes = self._around[key]
                break
            path.append((key, parent, child, below))
            child, below = parent, child
        for key, ancestor, inner, lower in reversed(path):
            if type(ancestor) in _SCOPES and self._is_inside(ancestor, inner, lower):
                scopes = (cast(Scope, ancestor), *scopes)
            self._around[key] = scopes
        return scopes

    def _is_inside(self, scope: cst.CSTNode, child: cst.CSTNode, below: cst.CSTNode) -> bool:
        """Whether a child of a scope's node is evaluated in that scope, or `below`, a child of that child.

        Defaults, decorators, bases, and the first iterable of a comprehension are not.
        """
        if isinstance(scope, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            return child is scope.body
        if isinstance(scope, COMPREHENSIONS):
            return not (child is scope.for_in and below is scope.for_in.iter)
        return isinstance(scope, cst.Module)

    def _resolve(self, scope: Scope, name: str) -> Variable:
        """The variable of a name that a scope binds or declares."""
        tree = self._tree
        declaration = self._declared.get((tree.number(scope), name))
        if declaration is cst.Global:
            return Variable(tree.path, 0, name)
        if declaration is cst.Nonlocal:
            return self._resolve(self._scope(scope, name), name)
        return Variable(tree.path, tree.number(scope), name)


def is_bound(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node is a name that is bound or deleted there."""
    return tree.memoize(Scopes).is_binding(node)


def _is_bound(tree: Tree, node: cst.Name) -> bool:
    parent: cst.CSTNode | None = tree.parent(node)
    inner: cst.CSTNode = node
    while type(parent) in _NESTING and parent is not None:
        inner, parent = parent, tree.parent(parent)
    kind = type(parent)
    if kind in _BINDING:
        return getattr(parent, _BINDING[kind]) is inner
    if kind in _ALWAYS_BINDING:
        return True
    if kind not in _PARTLY_BINDING:
        return False
    if isinstance(parent, cst.AnnAssign):
        return parent.target is inner and parent.value is not None
    if isinstance(parent, cst.ImportAlias):
        return parent.name is inner and parent.asname is None
    return isinstance(parent, cst.Attribute) and parent.value is inner and _is_imported(tree, parent)


def _is_imported(tree: Tree, node: cst.Attribute) -> bool:
    """Whether a dotted name is imported as in `import a.b`, which binds its first name."""
    parent = tree.parent(node)
    while isinstance(parent, cst.Attribute):
        parent = tree.parent(parent)
    return isinstance(parent, cst.ImportAlias) and parent.asname is None


def function_around(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The innermost function, lambda or module around a node."""
    return next(
        ancestor for ancestor in tree.ancestors(node) if isinstance(ancestor, (cst.Module, *FUNCTIONS))
    )


def evaluating_function(tree: Tree, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
    """The function whose body evaluates a node; None for a module or class.

    The defaults and decorators of a function are evaluated around it.
    """
    return tree.memoize(_FunctionBodies).around(tree.number(node))


class _FunctionBodies:
    """The bodies of the functions in one module, as ranges of node numbers."""

    def __init__(self, tree: Tree) -> None:
        functions: list[cst.FunctionDef | cst.Lambda] = [
            *tree.of_kind(cst.FunctionDef),
            *tree.of_kind(cst.Lambda),
        ]
        functions.sort(key=lambda function: tree.number(function.body))
        self._functions = functions
        self._starts = [tree.number(function.body) for function in functions]
        self._ends = [tree.end(function.body) for function in functions]
        self._outer: list[int] = []
        """By function: the index of the one around it, or -1."""
        for index, start in enumerate(self._starts):
            self._outer.append(self._innermost(index - 1, start))

    def around(self, number: int) -> cst.FunctionDef | cst.Lambda | None:
        """The innermost function whose body contains a node."""
        index = self._innermost(bisect_right(self._starts, number) - 1, number)
        return self._functions[index] if index >= 0 else None

    def _innermost(self, index: int, number: int) -> int:
        while index >= 0 and self._ends[index] <= number:
            index = self._outer[index]
        return index


class Variables:
    """The variables of one module by name, looked up when needed and cached."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._reads: dict[str, Sequence[cst.Name]] = {}
        self._bound: dict[str, Mapping[int | None, Sequence[cst.Name]]] = {}

    def bindings(self, scope: cst.CSTNode, name: str) -> Sequence[cst.Name]:
        """The nodes that bind `name` in `scope`, a function or module, nested functions excluded."""
        return self._bound_to(name).get(None if isinstance(scope, cst.Module) else id(scope), ())

    def binding(self, name: str) -> Sequence[cst.Module | cst.FunctionDef]:
        """The functions that bind `name`, and the module if it does."""
        scopes = (self._scopes.get(owner) for owner in self._bound_to(name))
        return [scope for scope in scopes if scope is not None]

    def reads(self, name: str) -> Sequence[cst.Name]:
        """The nodes that read a variable, in source order. Imports, keywords and attributes are left out."""
        if name not in self._reads:
            self._reads[name] = [
                node for node in self._tree.names_spelled(name) if _is_read(self._tree, node)
            ]
        return self._reads[name]

    @cached_property
    def _scopes(self) -> Mapping[int | None, cst.Module | cst.FunctionDef]:
        return {None: self._tree.module, **{id(node): node for node in self._tree.of_kind(cst.FunctionDef)}}

    def _bound_to(self, name: str) -> Mapping[int | None, Sequence[cst.Name]]:
        """The nodes that bind a name, by scope: the `id` of a function or class, None for the module."""
        if name not in self._bound:
            bindings: defaultdict[int | None, list[cst.Name]] = defaultdict(list)
            for node in self._tree.names_spelled(name):
                if _is_target(self._tree, node):
                    owner = self._tree.enclosing(node, cst.FunctionDef, cst.Lambda, cst.ClassDef)
                    bindings[None if owner is None else id(owner)].append(node)
            self._bound[name] = bindings
        return self._bound[name]


def _is_read(tree: Tree, node: cst.Name) -> bool:
    parent = tree.parent(node)
    if isinstance(parent, cst.Arg):
        return parent.keyword is not node
    if isinstance(parent, cst.Attribute):
        return parent.attr is not node
    return tree.enclosing(node, cst.ImportAlias) is None


def occurrences(tree: Tree, scope: cst.CSTNode, name: str) -> list[cst.Name]:
    """The nodes with a name in `scope`, a function or module, including attributes.

    Raises NeedsFullParseError if elided code contains the name.
    """
    if isinstance(scope, cst.Module):
        if tree.gaps.mentions(name):
            raise NeedsFullParseError(tree.path)
        return [*tree.names_spelled(name)]
    return [node for node in tree.descendants_of_kind(scope, cst.Name) if node.value == name]


def is_variable(tree: Tree, node: cst.Name) -> bool:
    """Whether a name is a variable, and not an attribute, a keyword or a part of an import."""
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
        return any(descendant is node for descendant in tree.descendants(parent.target))
    return isinstance(parent, cst.AsName)


def is_parameter(tree: Tree, node: cst.Name) -> bool:
    """Whether a name declares a parameter."""
    parent = tree.parent(node)
    return isinstance(parent, cst.Param) and parent.name is node

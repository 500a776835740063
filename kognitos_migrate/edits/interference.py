"""Interference: whether a write between two reads may change the value of a variable."""

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import ENVIRONMENT_WRITERS
from kognitos_migrate.edits.template_variables import is_comprehension_variable
from kognitos_migrate.interpret.library_effects import is_pure
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.functions import named_parameters
from kognitos_migrate.syntax.roles import attribute_of, innermost_ancestors, is_attribute_name, method_call_on
from kognitos_migrate.syntax.scopes import CREATION_METHODS, Variables, evaluating_function, is_variable
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound

"""Methods that build an instance. No other code has the instance before they return."""


class VariableRead(Struct, frozen=True):
    """The reads of variables, attributes and items in a `scope` of a module."""

    context: PlanContext
    tree: Tree
    scope: cst.FunctionDef | cst.Module | cst.Lambda

    def is_unmodified_between(self, readers: Sequence[cst.CSTNode], nodes: Sequence[cst.Name]) -> bool:
        """Whether neither the names `nodes`, nor a function that may be called there, change what `readers`
        read."""
        owners = {text for reader in readers for text in self._owners(reader)}
        changed = (_may_be_changed_at(self.context, self.tree, node, owners) for node in nodes)
        if any(changed) or any(node.value in ENVIRONMENT_WRITERS for node in nodes):
            return False
        return not any(
            self._is_changed_by_functions(owner) for owner in owners if self._is_reachable_elsewhere(owner)
        )

    def _owners(self, reader: cst.CSTNode) -> Iterator[str]:
        """The source of each expression whose attribute or item is read."""
        for node in self.tree.descendants(reader):
            if isinstance(node, cst.Attribute | cst.Subscript):
                yield self.tree.code(node.value)

    def _is_reachable_elsewhere(self, owner: str) -> bool:
        """Whether other functions may reach the owner, too: it is an attribute, or no local variable or
        parameter."""
        if isinstance(self.scope, cst.Module) or "." in owner:
            return True
        first = owner.partition(".")[0].partition("[")[0]
        local = bool(self.tree.memoize(Variables).bindings(self.scope, first))
        return not local and all(param.name.value != first for param in named_parameters(self.scope))

    def _is_changed_by_functions(self, owner: str) -> bool:
        """Whether a function of the program changes an object with the owner's last name. Raises
        NeedsFullParseError if a function that isn't parsed may change it."""
        word = owner.rpartition(".")[2].partition("[")[0]
        for tree in self.context.trees.values():
            if tree.gaps.mentions(word) or (
                word in ("os", "environ") and any(map(tree.gaps.mentions, ENVIRONMENT_WRITERS))
            ):
                raise NeedsFullParseError(tree.path)
            if any(item.name.value == word for item in tree.of_kind(cst.NameItem)):
                return True
            for node in tree.of_kind(cst.Name):
                if node.value in ENVIRONMENT_WRITERS and tree.enclosing(node, cst.FunctionDef) is not None:
                    return True
                if node.value == word and _is_nonlocal(tree, node):
                    attribute = tree.enclosing(node, cst.Attribute)
                    is_name = attribute is not None and attribute.attr is node
                    if _may_change(
                        self.context, tree, attribute if attribute is not None and is_name else node
                    ):
                        return True
        return False

    def is_never_rebound(self, code: str, at: Site) -> bool:
        """Whether no variable of the expression `code` is bound again after the site `at`."""
        variables = self.tree.memoize(Variables)
        for name in (node.id for node in ast.walk(_parse_expression(code)) if isinstance(node, ast.Name)):
            own = variables.bindings(self.scope, name)
            if any(
                self.tree.number(binding) > at.node and not is_comprehension_variable(self.tree, binding, at)
                for binding in own
            ):
                return False
            shared = variables.bindings(self.tree.module, name)
            if not own and not isinstance(self.scope, cst.Module) and len(shared) > 1:
                return False
        return True

    def is_unmodified_for(self, code: str) -> bool:
        """Whether no function of the program changes the objects that the expression `code` reads."""
        accesses = (
            node
            for node in ast.walk(_parse_expression(code))
            if isinstance(node, ast.Attribute | ast.Subscript)
        )
        chains = [ast.unparse(node.value) for node in accesses]
        return not any(
            self._is_changed_by_functions(chain) for chain in chains if self._is_reachable_elsewhere(chain)
        )


def _parse_expression(code: str) -> ast.expr:
    return ast.parse(f"({code})", mode="eval").body


def _is_nonlocal(tree: Tree, node: cst.Name) -> bool:
    """Whether a name in a function is no variable or parameter of that function."""
    function = evaluating_function(tree, node)
    if not isinstance(function, cst.FunctionDef):
        return function is not None
    if is_attribute_name(tree, node):
        return function.name.value not in CREATION_METHODS
    if not is_variable(tree, node):
        return False
    own = any(param.name.value == node.value for param in named_parameters(function))
    return not own and not tree.memoize(Variables).bindings(function, node.value)


def _is_own_method(context: ProgramFacts, tree: Tree, called: cst.CSTNode) -> bool:
    """Whether a method of the program is called. Its body is searched for changes on its own."""
    values = context.values_at(tree.site(called)) if isinstance(called, cst.Attribute) else []
    choices = [choice for value in values for choice in alternatives(value)]
    return bool(choices) and all(isinstance(choice, Bound) for choice in choices)


def _modules(tree: Tree) -> frozenset[str]:
    """The names that a module's `import` statements bind."""
    aliases = [alias for node in tree.of_kind(cst.Import) for alias in node.names]
    return frozenset(tree.code(alias.asname.name if alias.asname else alias.name) for alias in aliases)


def _may_be_changed_at(context: ProgramFacts, tree: Tree, node: cst.CSTNode, owners: set[str]) -> bool:
    """Whether a name, or an attribute read from it, is one of `owners` and may be changed at this place."""
    owner: cst.CSTNode | None = node
    while owner is not None:
        attribute = attribute_of(tree, owner)
        is_own = attribute is not None and _is_own_method(context, tree, attribute)
        if tree.code(owner) in owners and not is_own and _may_change(context, tree, owner):
            return True
        owner = attribute
    return False


def _may_change(context: ProgramFacts, tree: Tree, owner: cst.CSTNode) -> bool:
    """Whether an owner is passed on or assigned, gets another item or attribute, or has a method called that
    isn't known to have no side effect."""
    match innermost_ancestors(tree, owner, 2):
        case [cst.Attribute(value) | cst.Subscript(value), above] if value is owner:
            if isinstance(above, cst.AssignTarget | cst.AugAssign | cst.Del):
                return True
            call = method_call_on(tree, owner)
            if call is None or _is_pure(context, tree, call):
                return False
            return tree.code(owner) not in tree.memoize(_modules)
        case [cst.Arg() | cst.Assign() | cst.AnnAssign() | cst.AugAssign() | cst.AssignTarget(), *_]:
            return True
    return False


def _is_pure(context: ProgramFacts, tree: Tree, call: cst.Call) -> bool:
    callees = [choice for value in context.values_at(tree.site(call.func)) for choice in alternatives(value)]
    return bool(callees) and all(is_pure(callee, call) for callee in callees)

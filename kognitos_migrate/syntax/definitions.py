"""Reaching definitions: the binding, or the merge of several bindings, that a read of a variable sees.

The definitions of a function are in static single assignment form. Two reads with one definition read one
value if they are evaluated in the same activation and the same iteration of the loops around the definition.
"""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.syntax.blocks import LOOPS
from kognitos_migrate.syntax.definition_flow import Definition, DefinitionFlow, DefinitionKind
from kognitos_migrate.syntax.scopes import (
    FUNCTIONS,
    Scopes,
    Variable,
    evaluating_function,
    function_around,
    is_parameter,
)
from kognitos_migrate.syntax.tree import Tree


class Definitions:
    """The definitions that reach the reads of one module's variables, computed lazily for each function.

    A read of an enclosing function's variable has none.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._scopes = tree.memoize(Scopes)
        self._flows: dict[int, DefinitionFlow] = {}
        self._owners: dict[Variable, frozenset[int]] = {}

    def of(self, name: cst.Name) -> Definition | None:
        """The definition that reaches a name. None if there is none, or if another function binds it, too."""
        tree, variable = self._tree, self._scopes.variable(name)
        bindings = self._scopes.bindings(variable)
        if not self._binding_functions(variable) <= {tree.number(_evaluating_function(tree, name))}:
            return None
        if len(bindings) == 1 and not self._is_in_loop(bindings[0]):
            return Definition(DefinitionKind.BINDING, tree.number(bindings[0]), variable)
        return self._flow(name).reads.get(tree.number(name))

    def _binding_functions(self, variable: Variable) -> frozenset[int]:
        """The functions that bind a variable, by number; 0 is the module."""
        if variable not in self._owners:
            self._owners[variable] = frozenset(
                self._tree.number(_evaluating_function(self._tree, binding))
                for binding in self._scopes.bindings(variable)
            )
        return self._owners[variable]

    def _is_in_loop(self, binding: cst.Name) -> bool:
        """Whether a variable is bound once for each round of a loop."""
        around = self._tree.enclosing(binding, *LOOPS, *FUNCTIONS)
        return type(around) in LOOPS

    def sources_of_merge(self, definition: Definition) -> Sequence[Definition]:
        """The definitions that meet in one, in source order."""
        flow = self._flow(self._tree.nodes[definition.node])
        return sorted(
            flow.merges.get(definition, ()),
            key=lambda source_definition: (source_definition.node, source_definition.kind.value),
        )

    def _flow(self, node: cst.CSTNode) -> "DefinitionFlow":
        owner = _evaluating_function(self._tree, node)
        number = self._tree.number(owner)
        if number not in self._flows:
            self._flows[number] = DefinitionFlow(self._tree, self._scopes, owner)
        return self._flows[number]


def _evaluating_function(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The function in whose activation a node is evaluated: a default is not in its function's."""
    if isinstance(node, cst.Name) and is_parameter(tree, node):
        return function_around(tree, node)
    return evaluating_function(tree, node) or tree.module

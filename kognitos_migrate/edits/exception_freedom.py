"""Exception freedom: code that certainly ends, without an error, whatever ran before it."""

from collections.abc import Iterable

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.interpret.library_effects import never_fails, result_length, succeeds
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.scopes import Scopes, is_parameter
from kognitos_migrate.syntax.shapes import index_of, receiver_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.lattice import Bound, Const, Function, MemberRef, Ref, Symbol, Text, Value

_EQUALITY = (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)
_MEMBERSHIP = (cst.In, cst.NotIn)
_LITERALS = (cst.SimpleString, cst.Integer, cst.Float)
_SCALARS = (Text, Const)
_CONDITIONAL = (cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match)


def is_exception_free(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a statement or expression ends without an error wherever its names are bound."""
    return _ExceptionFreedom(context, tree, ()).is_exception_free(node)


def is_droppable(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an expression ends without an error if its names are bound and objects have the types that it
    takes: `len(data)` of a parameter, but not `TYPES[suffix]`."""
    return _ExceptionFreedom(context, tree, (), assumes_types=True).is_exception_free(node)


class _ExceptionFreedom(Struct, frozen=True):
    """The code of a module that is evaluated inside calls of the functions `chain`."""

    context: ProgramFacts
    tree: Tree
    chain: tuple[Site, ...]
    assumes_types: bool = False
    """Whether names are bound, and objects of unknown types have the attributes that the code uses."""

    def is_exception_free(self, node: cst.CSTNode) -> bool:
        """Whether a statement or expression ends without an error."""
        match node:
            case cst.BaseExpression():
                return self._is_free_expression(node)
            case cst.SimpleStatementLine(body) | cst.IndentedBlock(body) | cst.SimpleStatementSuite(body):
                return self._are_free(body)
            case cst.Expr(value) | cst.Assign([cst.AssignTarget(cst.Name())], value):
                return self.is_exception_free(value)
            case cst.AnnAssign(cst.Name(), _, value) | cst.Return(value):
                return value is None or self.is_exception_free(value)
            case cst.If(test, body, orelse):
                return self._are_free((test, body)) and (orelse is None or self.is_exception_free(orelse))
            case cst.Else(body):
                return self.is_exception_free(body)
        return isinstance(node, cst.Pass)

    def _is_free_expression(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Name():
                return self.assumes_types or self._is_bound(node)
            case cst.IfExp(test, body, orelse):
                return self._are_free((test, body, orelse))
            case cst.BooleanOperation(left, _, right):
                return self._are_free((left, right))
            case cst.UnaryOperation(cst.Not(), operand):
                return self.is_exception_free(operand)
            case cst.Tuple(elements) | cst.List(elements):
                return all(isinstance(element, cst.Element) for element in elements) and self._are_free(
                    element.value for element in elements
                )
            case cst.FormattedString(parts):
                return all(self._is_free_part(part) for part in parts)
        return isinstance(node, _LITERALS) or self._is_free_operation(node)

    def _is_free_operation(self, node: cst.BaseExpression) -> bool:
        """Whether an expression that may run code ends without an error."""
        match node:
            case cst.Comparison():
                return self._is_free_comparison(node)
            case cst.Attribute():
                return self._is_free_attribute(node)
            case cst.Subscript():
                return self._is_free_item(node)
            case cst.Call():
                return self._is_free_call(node)
            case cst.BinaryOperation(left, cst.Add(), right) if self.assumes_types:
                return self._are_free((left, right))
        return False

    def _are_free(self, nodes: Iterable[cst.CSTNode]) -> bool:
        return all(map(self.is_exception_free, nodes))

    def _values(self, node: cst.CSTNode) -> list[Value]:
        return self.context.alternatives_at(self.tree.site(node))

    def _are_scalars(self, node: cst.CSTNode) -> bool:
        """Whether an expression is known to be a text or a constant: it is hashable, and runs no code."""
        values = self._values(node)
        return bool(values) and all(isinstance(value, _SCALARS) for value in values)

    def _is_bound(self, node: cst.Name) -> bool:
        """Whether each way to a read of a variable binds it, or none does. A builtin is always bound."""
        scopes = self.tree.memoize(Scopes)
        variable = scopes.variable(node)
        bindings = scopes.bindings(variable)
        around = [self.tree.nodes[variable.scope], *self.tree.ancestors(node)]
        return not bindings or any(
            is_parameter(self.tree, binding)
            or all(above in around for above in self.tree.ancestors(binding) if _is_conditional(above))
            for binding in bindings
            if isinstance(binding, cst.Name)
        )

    def _is_free_part(self, part: cst.BaseFormattedStringContent) -> bool:
        match part:
            case cst.FormattedStringExpression(expression, format_spec=None):
                is_shown = self.assumes_types or self._are_scalars(expression)
                return is_shown and self.is_exception_free(expression)
        return isinstance(part, cst.FormattedStringText)

    def _is_free_comparison(self, node: cst.Comparison) -> bool:
        """Whether a test of equality or membership, or one of known values, has no error."""
        operands = [node.left, *(target.comparator for target in node.comparisons)]
        if not self._are_free(operands):
            return False
        if all(isinstance(target.operator, _EQUALITY) for target in node.comparisons):
            return True
        match node.comparisons:
            case [cst.ComparisonTarget(cst.In() | cst.NotIn(), container)]:
                return self._are_scalars(node.left) and self._are_containers(container)
        return not any(isinstance(target.operator, _MEMBERSHIP) for target in node.comparisons) and (
            all(map(self._are_numbers, operands))
        )

    def _are_containers(self, node: cst.CSTNode) -> bool:
        values = self._values(node)
        return bool(values) and all(
            isinstance(value, Ref) and isinstance(self.context.facts.heap[value], DictObject | SequenceObject)
            for value in values
        )

    def _are_numbers(self, node: cst.CSTNode) -> bool:
        values = self._values(node)
        return bool(values) and all(
            isinstance(value, Const) and isinstance(value.value, int | float) for value in values
        )

    def _is_free_attribute(self, node: cst.Attribute) -> bool:
        """Whether an attribute is one that its instance has, or a property that is exception-free."""
        functions = self.context.callees(self.tree.site(node))
        if functions:
            return self.is_exception_free(node.value) and all(map(self._ends_without_error, functions))
        if self.assumes_types:
            return self.is_exception_free(node.value)
        values = self._values(node.value)
        return (
            bool(values)
            and self.is_exception_free(node.value)
            and all(self._has_attribute(value, node.attr.value) for value in values)
        )

    def _has_attribute(self, value: Value, name: str) -> bool:
        instance = self.context.facts.heap.get(value)
        return isinstance(instance, Instance) and instance.client is None and name in instance.attributes

    def _is_free_item(self, node: cst.Subscript) -> bool:
        """Whether an item is one that its dict or sequence has."""
        key, values = index_of(node), self._values(node.value)
        if self.assumes_types and self._is_element_of_result(node.value, key):
            return True
        if key is None or not self._are_free((node.value, key)) or not values:
            return False
        keys = self._values(key)
        return bool(keys) and all(self._has_item(value, choice) for value in values for choice in keys)

    def _is_element_of_result(self, node: cst.BaseExpression, key: cst.BaseExpression | None) -> bool:
        """Whether an item is one of the elements that a library's function surely returns."""
        if not isinstance(node, cst.Call) or key is None or not self.is_exception_free(node):
            return False
        lengths = [result_length(callee, node) for callee in self._values(node.func)]
        indexes = [value.value if isinstance(value, Const) else None for value in self._values(key)]
        return bool(lengths and indexes) and all(
            isinstance(index, int) and -min(lengths) <= index < min(lengths) for index in indexes
        )

    def _has_item(self, value: Value, key: Value) -> bool:
        container = self.context.facts.heap.get(value)
        match container, key:
            case DictObject(), Text(literal=str() as literal):
                return container.has_surely(literal)
            case SequenceObject(items=items), Const(value=int() as index):
                return -len(items) <= index < len(items)
        return False

    def _is_free_call(self, call: cst.Call) -> bool:
        """Whether a call is of exception-free functions of the program, or of a library's function that never
        fails for texts."""
        if any(argument.star for argument in call.args) or not self._are_free(
            argument.value for argument in call.args
        ):
            return False
        callees = self._values(call.func)
        if all(isinstance(callee, Function | Bound) for callee in callees):
            functions = self.context.callees(self.tree.site(call))
            return bool(functions) and all(map(self._ends_without_error, functions))
        owner = receiver_of(call)
        if self.assumes_types:
            is_free = not isinstance(call.func, cst.Attribute) or self.is_exception_free(call.func.value)
            return is_free and bool(callees) and all(succeeds(callee, call) for callee in callees)
        if isinstance(owner, cst.Call | cst.Subscript) and not self.is_exception_free(owner):
            return False
        return bool(callees) and all(self._never_fails(callee, call) for callee in callees)

    def _never_fails(self, callee: Value, call: cst.Call) -> bool:
        """Whether a library's function has no error with the arguments of a call."""
        if any(argument.keyword is not None for argument in call.args):
            return False
        arguments = [argument.value for argument in call.args]
        if isinstance(callee, Symbol) and callee.name == "builtins.len":
            return len(arguments) == 1 and self._are_containers(arguments[0])
        receiver = callee.receiver if isinstance(callee, MemberRef) else None
        is_lookup = isinstance(callee, MemberRef) and callee.name == "get" and isinstance(receiver, Ref)
        is_dict = isinstance(receiver, Ref) and isinstance(self.context.facts.heap[receiver], DictObject)
        if is_lookup:
            return is_dict and bool(arguments) and self._are_scalars(arguments[0])
        return never_fails(callee) and all(map(self._are_scalars, arguments))

    def _ends_without_error(self, function: Site) -> bool:
        """Whether a run of a function of the program ends without an error."""
        tree, definition = self.context.tree(function), self.context.node(function)
        if function in self.chain or is_generator(tree, definition):
            return False
        inner = _ExceptionFreedom(self.context, tree, (*self.chain, function), self.assumes_types)
        match definition:
            case cst.FunctionDef(body=body, asynchronous=None) | cst.Lambda(body=body):
                return inner.is_exception_free(body)
        return False


def _is_conditional(node: cst.CSTNode) -> bool:
    return isinstance(node, _CONDITIONAL)

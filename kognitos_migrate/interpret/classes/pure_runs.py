"""Runs of functions for arguments that are known exactly, as long as the code that is reached does nothing
but compute a result.

The interpreter joins the paths through a function and the calls of it. A pure run takes the only path for its
arguments. It uses the values that the interpreter found for names of other scopes.

def decoded(value):
    return json.loads(value) if isinstance(value, str) else value   # null for null: `loads` isn't reached
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import libcst as cst

from kognitos_migrate.interpret.branches import are_equal, is_none, truth
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.type_tests import is_instance_of
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Const,
    Function,
    ModuleRef,
    Symbol,
    Text,
    Value,
)

_DEPTH = 8
"""Limit on the calls inside of calls."""
_IS_INSTANCE, _BOOL = Symbol("builtins.isinstance"), Symbol("builtins.bool")


class _ImpureError(Exception):
    """The code that is reached isn't known to be without effect, or its result isn't known."""


def result_of_pure_run(
    interpreter: Interpreter, function: Function, arguments: Sequence[Value], *, is_bare: bool = False
) -> Value:
    """The result of a function for positional arguments, if it certainly does nothing else and raises no
    error; unknown if not. The other parameters have unknown values. Decorators refuse,
    unless the bare function is to be run (`is_bare`)."""
    try:
        return _run(interpreter, function, arguments, _DEPTH, is_bare=is_bare)
    except _ImpureError:
        return UNKNOWN


def _run(
    interpreter: Interpreter,
    function: Function,
    arguments: Sequence[Value],
    depth: int,
    *,
    is_bare: bool = False,
) -> Value:
    tree, functions = interpreter.trees[function.site.path], interpreter.functions
    definition = tree.node(function.site)
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        raise _ImpureError
    parameters = definition.params
    positional = [*parameters.posonly_params, *parameters.params]
    if function.site in functions.memoizing or function.site in functions.recoded:
        raise _ImpureError
    if not depth or len(arguments) > len(positional):
        raise _ImpureError
    names = [parameter.name.value for parameter in positional]
    others = [parameter.name.value for parameter in parameters.kwonly_params]
    variables = dict.fromkeys((*names, *others), UNKNOWN) | dict(zip(names, arguments, strict=False))
    frames = [frame.id for frame in interpreter.facts.frames if frame.function == function.site]
    run = _PureRun(interpreter, tree, definition, frames, variables, depth - 1)
    if isinstance(definition, cst.Lambda):
        return run.value(definition.body)
    if (definition.decorators or function.site in functions.wrapped) and not is_bare:
        raise _ImpureError
    if definition.asynchronous is not None or is_generator(tree, definition):
        raise _ImpureError
    if any(isinstance(node, cst.Global | cst.Nonlocal) for node in tree.descendants(definition.body)):
        raise _ImpureError
    result = run.block(definition.body)
    return NONE if result is NEVER else result


class _PureRun(Struct, frozen=True):
    """A running function. Its methods raise _ImpureError for code that may have effects."""

    interpreter: Interpreter
    tree: Tree
    definition: cst.FunctionDef | cst.Lambda
    frames: Sequence[int]
    variables: dict[str, Value]
    depth: int

    def block(self, block: cst.BaseSuite) -> Value:
        """Run a block, and return the result of its `return`; never if its end is reached."""
        for statement in block.body:
            parts: Iterable[cst.CSTNode] = (
                statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
            )
            for part in parts:
                result = self._statement(part)
                if result is not NEVER:
                    return result
        return NEVER

    def _statement(self, node: cst.CSTNode) -> Value:
        match node:
            case cst.Pass():
                return NEVER
            case cst.Return(value):
                return self.value(value) if value is not None else NONE
            case cst.Expr(value):
                self.value(value)
                return NEVER
            case cst.Assign(targets, value):
                result = self.value(value)
                for target in targets:
                    self._bind(target.target, result)
                return NEVER
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                self._bind(target, self.value(value))
                return NEVER
            case cst.If(test, body, orelse):
                if self._is_true(test):
                    return self.block(body)
                return self._alternative(orelse)
            case cst.Try(body=body, orelse=orelse, finalbody=finalbody):
                result = self.block(body)  # it raises no error, so that no handler runs
                if result is NEVER:
                    result = self._alternative(orelse)
                final = self.block(finalbody.body) if finalbody is not None else NEVER
                return result if final is NEVER else final
        raise _ImpureError

    def _alternative(self, orelse: cst.Else | cst.If | None) -> Value:
        if isinstance(orelse, cst.If):
            return self._statement(orelse)
        return self.block(orelse.body) if orelse is not None else NEVER

    def _bind(self, target: cst.CSTNode, value: Value) -> None:
        if not isinstance(target, cst.Name):
            raise _ImpureError
        self.variables[target.value] = value

    def value(self, node: cst.BaseExpression) -> Value:
        """The value of an expression."""
        match node:
            case cst.Name():
                return self._variable(node)
            case cst.Attribute(value=owner):
                return self._attribute(self.value(owner), node)
            case cst.SimpleString() | cst.Integer() | cst.Float():
                return self._found_value(node)
            case cst.IfExp(test, body, orelse):
                return self.value(body if self._is_true(test) else orelse)
            case cst.BooleanOperation(left, operator, right):
                first = self.value(left)
                return self.value(right) if _truth(first) == isinstance(operator, cst.And) else first
            case cst.UnaryOperation(cst.Not(), expression):
                return Const(not self._is_true(expression))
            case cst.NamedExpr(target, value):
                result = self.value(value)
                self._bind(target, result)
                return result
            case cst.Comparison(left, [cst.ComparisonTarget(operator, right)]):
                return Const(self._holds(self.value(left), operator, right))
            case cst.Call():
                return self._call(node)
        raise _ImpureError

    def _is_true(self, node: cst.BaseExpression) -> bool:
        return _truth(self.value(node))

    def _variable(self, name: cst.Name) -> Value:
        """The value of a variable of this run, or of another scope."""
        if name.value in self.variables:
            return self.variables[name.value]
        scopes = self.tree.memoize(Scopes)
        bindings = scopes.bindings(scopes.variable(name))
        if any(self.definition in self.tree.ancestors(binding) for binding in bindings):
            raise _ImpureError  # unbound here
        return self._found_value(name)

    def _attribute(self, owner: Value, node: cst.Attribute) -> Value:
        """The value of a name in a module."""
        module = self.interpreter.modules.get(owner.path) if isinstance(owner, ModuleRef) else None
        if not isinstance(owner, Symbol) and (module is None or node.attr.value not in module.env):
            raise _ImpureError
        return self._found_value(node)

    def _found_value(self, node: cst.CSTNode) -> Value:
        """The only value that the interpreter found for an expression."""
        site = self.tree.site(node)
        value = join(*(self.interpreter.facts.values.get((site, frame), NEVER) for frame in self.frames))
        if not isinstance(value, Const | Text | Symbol | Function | ModuleRef):
            raise _ImpureError
        if isinstance(value, Text) and value.member_of is not None:
            raise _ImpureError  # its class may compare it
        return value

    def _holds(self, left: Value, operator: cst.BaseCompOp, right: cst.BaseExpression) -> bool:
        """The result of a comparison."""
        match operator, right:
            case cst.In() | cst.NotIn(), cst.Tuple(elements) | cst.List(elements) | cst.Set(elements):
                values = [self._element(element) for element in elements]
                is_element = any(_are_equal(left, value) for value in values)
                return is_element == isinstance(operator, cst.In)
            case cst.Equal() | cst.NotEqual(), _:
                return _are_equal(left, self.value(right)) == isinstance(operator, cst.Equal)
            case cst.Is() | cst.IsNot(), _:
                other = self.value(right)
                if NONE not in (left, other):
                    raise _ImpureError
                is_same = _certain(is_none(left if other == NONE else other))
                return is_same == isinstance(operator, cst.Is)
        raise _ImpureError

    def _element(self, element: cst.BaseElement) -> Value:
        if not isinstance(element, cst.Element):
            raise _ImpureError
        return self.value(element.value)

    def _call(self, call: cst.Call) -> Value:
        callee = self.value(call.func)
        if any(argument.star or argument.keyword is not None for argument in call.args):
            raise _ImpureError
        nodes = [argument.value for argument in call.args]
        if callee == _IS_INSTANCE and len(nodes) == 2:
            value = self.value(nodes[0])
            return Const(any(self._is_instance(value, part) for part in _types(nodes[1])))
        arguments = list(map(self.value, nodes))
        if callee == _BOOL and len(arguments) == 1:
            return Const(_truth(arguments[0]))
        if not isinstance(callee, Function) or not self._accepts(callee, len(arguments)):
            raise _ImpureError
        return _run(self.interpreter, callee, arguments, self.depth)

    def _accepts(self, function: Function, count: int) -> bool:
        """Whether a function may be called with so many positional arguments, and no others."""
        definition = self.interpreter.trees[function.site.path].node(function.site)
        if not isinstance(definition, cst.FunctionDef | cst.Lambda):
            return False
        parameters = definition.params
        rest = [*parameters.posonly_params, *parameters.params][count:]
        return all(parameter.default is not None for parameter in (*rest, *parameters.kwonly_params))

    def _is_instance(self, value: Value, declared: cst.BaseExpression) -> bool:
        return _certain(is_instance_of(self.interpreter, value, self.value(declared)))


def _types(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The types in the second argument of `isinstance`."""
    match node:
        case cst.Tuple(elements):
            return [part for element in elements for part in _types(element.value)]
        case cst.BinaryOperation(left, cst.BitOr(), right):
            return [*_types(left), *_types(right)]
    return [node]


def _truth(value: Value) -> bool:
    return _certain(truth(value))


def _are_equal(left: Value, right: Value) -> bool:
    return _certain(are_equal(left, right))


def _certain(outcome: Literal[True, False] | None) -> bool:
    """An outcome that is certain."""
    if outcome is None:
        raise _ImpureError
    return outcome

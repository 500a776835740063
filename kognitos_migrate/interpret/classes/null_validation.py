"""Whether the validators of a field leave null alone, so that null differs in nothing from a missing value.

A validator runs for null, and not for a missing value. Its result for null must be null, and the code that it
runs must have no other effect.
"""

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.fields import decorator_values, validators
from kognitos_migrate.interpret.classes.generic_types import (
    VALIDATION,
    annotated_metadata,
    inner_types,
    is_generic,
    is_nullable,
    types_in,
)
from kognitos_migrate.interpret.classes.pure_runs import result_of_pure_run
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.declarations import ClassField
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Symbol,
    Text,
    Value,
)

_SCHEMA_METHODS = ("__get_pydantic_core_schema__", "__get_validators__")
"""Methods of a type that validate values."""


def validators_keep_null(point: EvalPoint, cls: Class, field: ClassField) -> bool:
    """Whether the validators of a field, methods and functions in its annotation, return null unchanged and
    have no side effects."""
    interpreter = point.interpreter
    methods = validators(interpreter, cls, field.name)
    if methods is None or not _has_plain_schema(interpreter, cls):
        return False
    functions: list[Value] = [Bound(method.function, cls) for method in methods]
    act = interpreter.activations[field.frame]
    declaration = act.tree.parent(act.tree.node(field.site))
    annotation = declaration.annotation.annotation if isinstance(declaration, cst.AnnAssign) else None
    if annotation is not None:
        if not _is_known(interpreter, act, annotation):
            return False
        for argument in annotated_metadata(interpreter, act, annotation):
            specifier = interpreter.specifiers.get((argument.site, argument.frame))
            if specifier is None and not isinstance(argument.value, Text | Const):
                return False
            validator = specifier.get(VALIDATION) if specifier is not None else None
            functions += [validator.value] if validator is not None else []
    return all(_keeps_null(point, function) for function in functions)


def _is_known(interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression) -> bool:
    """Whether the types in an annotation that are tried for null are known, and run no code of the
    program."""
    return is_nullable(interpreter, act, annotation) or all(
        _is_known_type(interpreter, choice) for choice in types_in(interpreter, act, annotation)
    )


def _is_known_type(interpreter: Interpreter, declared: Value) -> bool:
    if isinstance(declared, Bound) and is_generic(declared):
        return all(
            _is_known_argument(interpreter, argument) for argument in inner_types(interpreter, declared)
        )
    return isinstance(declared, Symbol | Const)  # a class of the program may look at null


def _is_known_argument(interpreter: Interpreter, argument: Operand) -> bool:
    act = interpreter.activations[argument.frame]
    node = act.tree.node(argument.site)
    return isinstance(node, cst.BaseExpression) and _is_known(interpreter, act, node)


def _has_plain_schema(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class has no method of its own that validates values."""
    order = mro_of(interpreter, cls)
    return all(info.attributes.get(name, NEVER) is NEVER for info in order.infos for name in _SCHEMA_METHODS)


def _keeps_null(point: EvalPoint, validator: Value) -> bool:
    """Whether a validator returns null unchanged and has no side effect."""
    null = point.operand(NONE)
    point.call(validator, Arguments([null]))  # so that the values in it are known
    if isinstance(validator, Function):
        return result_of_pure_run(point.interpreter, validator, [NONE]) == NONE
    if not isinstance(validator, Bound) or not isinstance(validator.function, Function):
        return False
    arguments: list[Value] = [NONE] if _is_static(point.interpreter, validator.function) else [UNKNOWN, NONE]
    return result_of_pure_run(point.interpreter, validator.function, arguments, is_bare=True) == NONE


def _is_static(interpreter: Interpreter, method: Function) -> bool:
    """Whether a validator's first parameter is the value, not the class."""
    definition = interpreter.trees[method.site.path].node(method.site)
    decorators = decorator_values(interpreter, method, cst.ensure_type(definition, cst.FunctionDef))
    return Symbol("builtins.staticmethod") in decorators

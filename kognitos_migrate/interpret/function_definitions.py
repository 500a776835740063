"""Decorators of functions, and default values of their parameters."""

import keyword
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.names import NAME, name_in
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Function,
    MemberRef,
    ModuleRef,
    Symbol,
    Unknown,
    Value,
)

PROPERTY = "the function of a property"
"""The reserved attribute under which a property stores its getter."""

_TRANSPARENT_LIBRARIES = frozenset(
    (
        *("abc", "backoff", "builtins", "cachetools", "click", "contextlib", "dataclasses", "functools"),
        *("pytest", "ratelimit", "retry", "retrying", "stamina", "tenacity", "typer", "typing"),
        "typing_extensions",
    )
)
"""Libraries whose decorators call the function with the same arguments and return its result."""
ATTRS_FIELD = "attrs.field"
"""The function whose result, a field, has the decorators `@name.default` and `@name.validator`."""
_PYDANTIC_DECORATORS = (
    "computed_field",
    "field_validator",
    "validator",
    "field_serializer",
    "model_serializer",
)
_REGISTERING_DECORATORS = frozenset((ATTRS_FIELD, *(f"pydantic.{name}" for name in _PYDANTIC_DECORATORS)))
"""Decorators that register a function and return it unchanged."""
_MEMOIZERS = ("functools.lru_cache", "functools.cache", "cachetools.cached")
_CACHED_PROPERTY = "cached_property"
"""The name of the descriptor that libraries write like the one of functools."""
_RETRY_LIBRARIES = frozenset(("backoff", "cachetools", "retry", "retrying", "stamina", "tenacity"))
"""Libraries with decorators that may pass the result to a predicate."""


def is_transparent(decorator: Value) -> bool:
    """Whether a decorator is known not to change the function's result."""
    if {name.split("(")[0] for name in _decorator_names(decorator)} <= _REGISTERING_DECORATORS:
        return True
    return _library_modules(decorator) <= {*_TRANSPARENT_LIBRARIES, "property", "staticmethod", "classmethod"}


def asks_about_results(decorator: Value) -> bool:
    """Whether a decorator's library may pass the result to a predicate."""
    return bool(_library_modules(decorator) & _RETRY_LIBRARIES)


def dispatches_on_type(decorator: Value) -> bool:
    """Whether a decorator selects an implementation by the types of the arguments (`singledispatch`)."""
    names = {choice.name for choice in alternatives(decorator) if isinstance(choice, Symbol)}
    return bool(names & {"functools.singledispatch", "functools.singledispatchmethod"})


def is_memoizing(decorator: Value) -> bool:
    """Whether a decorator caches the function's results."""
    return any(name.split("(")[0] in _MEMOIZERS for name in _decorator_names(decorator))


def keeps_result(decorator: Value) -> bool:
    """Whether a decorator returns the result of an earlier call with the same arguments or receiver."""
    names = {name.split("(")[0] for name in _decorator_names(decorator)}
    return is_memoizing(decorator) or any(name.rpartition(".")[2] == _CACHED_PROPERTY for name in names)


def makes_command(decorator: Value) -> bool:
    """Whether a decorator turns a function into a command, which is called with a command line."""
    names = {name.split("(")[0] for name in _decorator_names(decorator)}
    return bool(names) and names <= {"click.command", "click.group"}


def _library_modules(decorator: Value) -> set[str]:
    return {name.split(".")[0].split("(")[0] for name in _decorator_names(decorator)}


def _decorator_names(decorator: Value) -> list[str]:
    functions = (
        choice.function if isinstance(choice, Bound) else choice for choice in alternatives(decorator)
    )
    return [
        choice.name if isinstance(choice, Symbol) else choice.source if isinstance(choice, Unknown) else "?"
        for choice in functions
    ]


DEFAULTS = ("__defaults__", "__kwdefaults__")
"""The attributes that contain a function's defaults."""


_VARIABLE_READS = frozenset(
    (cst.Name, cst.Attribute, cst.Subscript, cst.FormattedString, cst.BinaryOperation)
)
"""Expressions of defaults that read variables. Calls are excluded and evaluated at each call of the function,
because some of them declare values that a framework supplies."""


def note_defaults(
    interpreter: Interpreter, act: Activation, definition: cst.FunctionDef | cst.Lambda
) -> None:
    """Evaluate the defaults of a function at its definition, because their names may be rebound before the
    call."""
    for parameter in parameters_of(definition):
        default = parameter.default
        if default is not None and type(default) in _VARIABLE_READS and not _is_keyword(default):
            EvalPoint(interpreter, act, definition).note_flows(interpreter.operand(act, default))


def default_value(interpreter: Interpreter, act: Activation, default: cst.BaseExpression) -> Value:
    """The join of a default's values: at the call of its function and at the definition. The names in it are
    reads of the caller, which is run again when they change."""
    value = interpreter.evaluate(act, default)
    for name in act.tree.descendants_of_kind(default, cst.Name):
        if name.value in act.env:
            name_in(interpreter, act, name.value)
    interpreter.note_access(AccessKind.FLOW, value, act.site(default), act.site(default))
    return interpreter.facts.values.get((act.site(default), act.frame.id), value)


def _is_keyword(default: cst.BaseExpression) -> bool:
    return isinstance(default, cst.Name) and keyword.iskeyword(default.value)


def parameters_of(definition: cst.FunctionDef | cst.Lambda) -> tuple[cst.Param, ...]:
    """The parameters that may have defaults: all except `*args` and `**kwargs`."""
    parameters = definition.params
    return (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)


def note_defaults_access(point: EvalPoint, value: Value) -> None:
    """Record that the defaults of a function are read or set as an attribute, so that they escape."""
    interpreter = point.interpreter
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, Function):
        return
    tree = interpreter.trees[function.site.path]
    definition = tree.node(function.site)
    activation = interpreter.activations.get(function.closure or 0) or interpreter.modules[function.site.path]
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return
    interpreter.stores += function.site not in interpreter.functions.redefaulted
    interpreter.functions.redefaulted.add(function.site)
    for parameter in parameters_of(definition):
        if parameter.default is not None:
            value = interpreter.evaluate(activation, parameter.default)
            interpreter.expose(value)
            point.note_use(
                UseKind.ESCAPE, value, tree.site(parameter.default), detail="a default value of a function"
            )


CODE = "__code__"
"""The attribute that contains the compiled body of a function."""


def note_code_replaced(interpreter: Interpreter, value: Value) -> None:
    """Record that a function may get the body of another one."""
    function = value.function if isinstance(value, Bound) else value
    if isinstance(function, Function):
        interpreter.stores += function.site not in interpreter.functions.recoded
        interpreter.functions.recoded.add(function.site)


RETRY = "retry"
"""The attribute in which a retry library keeps the policy of a function."""


def note_policy_access(interpreter: Interpreter, value: Function | Bound) -> None:
    """Record that the retry policy of a function is read as an attribute, so that it may be changed."""
    function = value.function if isinstance(value, Bound) else value
    if isinstance(function, Function) and function.site not in interpreter.functions.reconfigured:
        interpreter.functions.reconfigured.add(function.site)
        interpreter.stores += 1


WRAPPED = "__wrapped__"
"""The attribute in which decorators keep the function that they wrap."""


def part_of_function(interpreter: Interpreter, value: Bound | Function, name: str) -> Value | None:
    """An attribute of a function or a bound method that is known. None for others."""
    if isinstance(value, Bound) and name in ("__self__", "__func__"):
        return value.receiver if name == "__self__" else value.function
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, Function):
        return None
    if name == WRAPPED:
        return join(*([*_wrapped_functions(interpreter, function)] or [function]))
    return MemberRef(ModuleRef(function.site.path), NAME) if name == "__module__" else None


def _wrapped_functions(interpreter: Interpreter, function: Function) -> Iterator[Value]:
    """The functions that a function says it wraps, by `functools`. Decorators that aren't modelled return a
    function that wraps its own body."""
    if function.site in interpreter.functions.originals:
        yield interpreter.functions.originals[function.site]
    tree = interpreter.trees[function.site.path]
    definition = tree.node(function.site)
    for decorator in definition.decorators if isinstance(definition, cst.FunctionDef) else ():
        match decorator.decorator:
            case cst.Call(func, [cst.Arg(original), *_]):
                place = (tree.site(func), function.closure)
                callees = alternatives(interpreter.facts.values.get(place, NEVER))
                if Symbol("functools.wraps") in callees:
                    yield interpreter.facts.values.get((tree.site(original), function.closure), UNKNOWN)


def property_part(definition: cst.FunctionDef) -> str | None:
    """The name under which a class stores the setter or deleter of a property; None for any other function.

    `name` itself stays the property; the setter is stored as `name.setter`.
    """
    for expression in (decorator.decorator for decorator in definition.decorators):
        if isinstance(expression, cst.Attribute) and expression.attr.value in ("setter", "deleter"):
            if isinstance(expression.value, cst.Name) and expression.value.value == definition.name.value:
                return f"{expression.value.value}.{expression.attr.value}"
    return None

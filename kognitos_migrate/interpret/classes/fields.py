"""Annotated fields of a class, as constructor parameters, and their validators."""

import sys
from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import has_plain_bases, mro_of
from kognitos_migrate.interpret.classes.generic_types import annotated_options, is_generic
from kognitos_migrate.interpret.function_definitions import PROPERTY
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.state.declarations import ClassField, ClassInfo
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    ModuleRef,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.origins import OriginKind

_FACTORIES = ("default_factory", "factory")
_KEYWORD_ONLY = "kw_only"
_ALIAS = "alias"


_LINES = (cst.SimpleStatementLine, cst.SimpleStatementSuite)


def declared_fields(
    interpreter: Interpreter, inner: Activation, definition: cst.ClassDef
) -> Iterator[ClassField]:
    """The fields of a class whose body has been run."""
    by_name = _are_by_name(definition)
    suite = definition.body
    for line in suite.body if isinstance(suite, cst.IndentedBlock) else (suite,):
        for small in line.body if isinstance(line, _LINES) else ():
            if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                names = _names_in_annotation(inner, small.annotation)
                by_name = by_name or "KW_ONLY" in names
                if not {"ClassVar", "KW_ONLY"} & names:
                    options = _options(interpreter, inner, small.annotation, names)
                    yield _class_field(
                        interpreter, inner, small.target, small.value, names, options, by_name=by_name
                    )
            elif isinstance(small, cst.Assign) and isinstance(target := small.targets[0].target, cst.Name):
                if (inner.site(small.value), inner.frame.id) in interpreter.specifiers:
                    yield _class_field(
                        interpreter, inner, target, small.value, frozenset(), {}, by_name=by_name
                    )


def _are_by_name(definition: cst.ClassDef) -> bool:
    """Whether a class or its decorator has the argument `kw_only=True`."""
    decorator_arguments = (
        decorator.decorator.args
        for decorator in definition.decorators
        if isinstance(decorator.decorator, cst.Call)
    )
    keywords = (
        arg for args in (definition.keywords, *decorator_arguments) for arg in args if arg.keyword is not None
    )
    return any(
        arg.keyword.value == _KEYWORD_ONLY and isinstance(arg.value, cst.Name) and arg.value.value == "True"
        for arg in keywords
        if arg.keyword is not None
    )


def _class_field(
    interpreter: Interpreter,
    inner: Activation,
    target: cst.Name,
    value: cst.BaseExpression | None,
    names: frozenset[str],
    options: Mapping[str, Operand],
    *,
    by_name: bool,
) -> ClassField:
    """A field. `options` are those in its annotation."""
    specifier = interpreter.specifiers.get((inner.site(value), inner.frame.id)) if value is not None else None
    default = _default_operand(interpreter, inner, value, specifier) if value is not None else None
    keyword_only = specifier.get(_KEYWORD_ONLY) if specifier is not None else None
    return ClassField(
        target.value,
        inner.site(target),
        inner.frame.id,
        names,
        _enum_class(interpreter, inner, names),
        default,
        {**options, **(specifier or {})} if options or specifier is not None else None,
        keyword_only.value == Const(value=True) if keyword_only is not None else by_name,
    )


def _options(
    interpreter: Interpreter, inner: Activation, annotation: cst.Annotation, names: frozenset[str]
) -> Mapping[str, Operand]:
    """The options of a field in its annotation, also behind a name for `Annotated[str, Field(…)]`. In quotes,
    they aren't known: the field may have another name outside."""
    values = [lookup(interpreter, inner, name) for name in names]
    may_be_annotated = any(is_generic(value) or isinstance(value, ModuleRef) for value in values)
    if "Annotated" not in names and not may_be_annotated:
        return {}
    if isinstance(annotation.annotation, cst.SimpleString):
        return {_ALIAS: Operand(UNKNOWN, inner.site(annotation.annotation), inner.frame.id)}
    return annotated_options(interpreter, inner, annotation.annotation)


def _default_operand(
    interpreter: Interpreter,
    inner: Activation,
    value: cst.BaseExpression,
    specifier: Mapping[str, Operand] | None,
) -> Operand | None:
    if specifier is None:
        at = inner.site(value), inner.frame.id
        return Operand(interpreter.facts.values.get(at, NEVER), *at)  # the class's body may end before it
    default = specifier.get("default")
    if default is not None:
        return default
    factory = next((specifier[name] for name in _FACTORIES if name in specifier), None)
    if factory is None:
        return None
    product = interpreter.call(inner, value, factory.value, Arguments())
    return Operand(product, inner.site(value), inner.frame.id)


def _names_in_annotation(inner: Activation, annotation: cst.Annotation) -> frozenset[str]:
    names: set[str] = set()
    for node in inner.tree.descendants(annotation.annotation):
        if isinstance(node, cst.Name):
            names.add(node.value)
        elif isinstance(node, cst.SimpleString):
            names.update(
                str(literal_text(node)).replace("|", " ").replace("[", " ").replace("]", " ").split()
            )
    return frozenset(names)


def _enum_class(interpreter: Interpreter, inner: Activation, names: frozenset[str]) -> Class | None:
    for name in sorted(names):
        value = lookup(interpreter, inner, name)
        if isinstance(value, Class) and mro_of(interpreter, value).is_enum:
            return value
    return None


_FIELD_DECORATORS = ("field_validator", "validator")


class Validator(Struct, frozen=True):
    """A method that receives a field's value and returns the value to store, before or after the
    conversion."""

    function: Function
    before: bool


def validators(interpreter: Interpreter, cls: Class, field: str) -> list[Validator] | None:
    """The validators of a field in their order; None if others may also read its value: another kind of
    validator, one that a decorator wraps or a derived class replaces, or an attribute that isn't known."""
    mro = mro_of(interpreter, cls)
    names = {declared.name for declared in mro.fields}
    if any(
        _may_be_validator(interpreter, info, value)
        for info in mro.infos
        for name, value in info.attributes.items()
        if name not in names
    ):
        return None
    field_validators: list[Validator] = []
    for function, node in _decorated_methods(interpreter, cls):
        values = decorator_values(interpreter, function, node)
        if not any(map(_makes_validators, (*values, *_decorated_results(interpreter, function, node)))):
            continue
        decorator = node.decorators[0].decorator
        fields = _validated_fields(decorator)
        is_plain = all(value in _BINDING_DECORATORS for value in values[1:])
        if fields is None or not is_plain or mro.attribute(node.name.value) != function:
            return None
        if field in fields or "*" in fields:
            field_validators.append(Validator(function, _is_before_validator(decorator)))
    return field_validators


def decorator_values(interpreter: Interpreter, function: Function, node: cst.FunctionDef) -> list[Value]:
    """The values of a function's decorators, the outermost first."""
    sites = [interpreter.trees[function.site.path].site(decorator.decorator) for decorator in node.decorators]
    return [interpreter.facts.values.get((site, function.closure), UNKNOWN) for site in sites]


def _decorated_results(
    interpreter: Interpreter, function: Function, node: cst.FunctionDef
) -> Iterator[Value]:
    """The results of the decorators that are functions of the program."""
    act = interpreter.activations[function.closure]
    arguments = Arguments([Operand(function, function.site, function.closure)])
    decorators = zip(node.decorators, decorator_values(interpreter, function, node), strict=True)
    for decorator, value in decorators:
        if any(isinstance(choice, Function | Bound) for choice in alternatives(value)):
            yield interpreter.call(act, decorator, value, arguments)


_BINDING_DECORATORS = (Symbol("builtins.classmethod"), Symbol("builtins.staticmethod"))


def _may_be_validator(interpreter: Interpreter, info: ClassInfo, value: Value) -> bool:
    """Whether an attribute of a class may be a validator, and isn't a method as the class defines it."""
    for choice in alternatives(value):
        heap_object = interpreter.heap.get(choice)
        if isinstance(choice, Function) and choice.closure != info.frame:
            node = interpreter.trees[choice.site.path].node(choice.site)
            decorators = (
                decorator_values(interpreter, choice, node) if isinstance(node, cst.FunctionDef) else ()
            )
            if any(map(_makes_validators, decorators)):
                return True
        elif isinstance(heap_object, Instance) and PROPERTY not in heap_object.attributes:
            if heap_object.cls is None or not all(
                map(has_plain_bases, mro_of(interpreter, heap_object.cls).infos)
            ):
                return True
        elif isinstance(choice, Bound) or _makes_validators(choice):
            return True
    return False


def _makes_validators(value: Value) -> bool:
    """Whether a decorator, or its result, may be a validator: it is named so, or isn't known. Results of
    the standard library are none."""
    return any(
        (isinstance(choice, Symbol) and "validator" in choice.name)
        or (isinstance(choice, Unknown) and not _is_of_other_library(choice))
        for choice in alternatives(value)
    )


def _is_of_other_library(value: Unknown) -> bool:
    """Whether a value is known to come from a function that makes no validators."""
    if value.maker:
        return "validator" not in value.maker
    names = value.origin.names if value.origin is not None and value.origin.kind is OriginKind.RESULT else ()
    return any(name.partition(".")[0] in sys.stdlib_module_names for name in names)


def validated_value(point: EvalPoint, cls: Class, validator: Validator, argument: Operand) -> Value:
    """The result of a validator."""
    return point.call(Bound(validator.function, cls), Arguments([argument]))


def field_methods(interpreter: Interpreter, cls: Class, role: str) -> Iterator[tuple[str, Function]]:
    """The methods decorated with `@name.validator`, or another role, each with the name of the field."""
    for function, node in _decorated_methods(interpreter, cls):
        for decorator in node.decorators:
            match decorator.decorator:
                case cst.Attribute(cst.Name(name), cst.Name(own_role)) if own_role == role:
                    yield name, function


def _decorated_methods(interpreter: Interpreter, cls: Class) -> Iterator[tuple[Function, cst.FunctionDef]]:
    for info in mro_of(interpreter, cls).infos:
        for method in info.attributes.values():
            if isinstance(method, Function):
                node = interpreter.trees[method.site.path].node(method.site)
                if isinstance(node, cst.FunctionDef) and node.decorators:
                    yield method, node


def _validated_fields(decorator: cst.BaseExpression) -> frozenset[str] | None:
    """The fields that `@field_validator("a", "b", mode=...)` names; None for any other decorator."""
    if not isinstance(decorator, cst.Call):
        return None
    name = decorator.func.attr if isinstance(decorator.func, cst.Attribute) else decorator.func
    arguments = [arg.value for arg in decorator.args if arg.keyword is None]
    literals = [argument for argument in arguments if isinstance(argument, cst.SimpleString)]
    if (
        not isinstance(name, cst.Name)
        or name.value not in _FIELD_DECORATORS
        or len(literals) < len(arguments)
    ):
        return None
    return frozenset(str(literal_text(argument)) for argument in literals)


def _is_before_validator(decorator: cst.BaseExpression) -> bool:
    """Whether the validator receives the raw input: `mode="before"`, `mode="plain"` or `pre=True`."""
    keywords = [arg for arg in decorator.args if arg.keyword] if isinstance(decorator, cst.Call) else []
    for arg in keywords:
        if (
            arg.keyword is not None
            and arg.keyword.value == "mode"
            and isinstance(arg.value, cst.SimpleString)
        ):
            return literal_text(arg.value) in ("before", "plain")
        if arg.keyword is not None and arg.keyword.value == "pre" and isinstance(arg.value, cst.Name):
            return arg.value.value == "True"
    return False

"""Annotated fields of a class, as constructor parameters, and their validators."""

from collections.abc import Iterator, Mapping
from typing import cast

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.generic_types import (
    VALIDATION,
    annotated_metadata,
    annotated_options,
    is_generic,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.library_effects import is_pure
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.state.declarations import ClassField
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    ModuleRef,
    Text,
    Value,
)

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
    """The validators of a field in their order; None if another kind of validator also reads its value."""
    field_validators: list[Validator] = []
    for function, decorator in _decorated_methods(interpreter, cls):
        if "validator" not in interpreter.trees[function.site.path].code(decorator):
            continue
        fields = _validated_fields(decorator)
        if fields is None:
            return None
        if field in fields or "*" in fields:
            field_validators.append(Validator(function, _is_before_validator(decorator)))
    return field_validators


def validated_value(point: EvalPoint, cls: Class, validator: Validator, argument: Operand) -> Value:
    """The result of a validator."""
    return point.call(Bound(validator.function, cls), Arguments([argument]))


def validators_keep_null(point: EvalPoint, cls: Class, field: ClassField) -> bool:
    """Whether the validators of a field, methods and functions in its annotation, return null unchanged and
    have no side effects."""
    interpreter = point.interpreter
    methods = validators(interpreter, cls, field.name)
    if methods is None:
        return False
    functions: list[Value] = [Bound(method.function, cls) for method in methods]
    act = interpreter.activations[field.frame]
    declaration = act.tree.parent(act.tree.node(field.site))
    annotation = declaration.annotation.annotation if isinstance(declaration, cst.AnnAssign) else None
    for argument in annotated_metadata(interpreter, act, annotation) if annotation is not None else ():
        specifier = interpreter.specifiers.get((argument.site, argument.frame))
        if specifier is None and not isinstance(argument.value, Text | Const):
            return False
        validator = specifier.get(VALIDATION) if specifier is not None else None
        functions += [validator.value] if validator is not None else []
    return all(_keeps_null(point, function) for function in functions)


def _keeps_null(point: EvalPoint, validator: Value) -> bool:
    """Whether a validator returns null unchanged and has no side effect: it consists of tests, returns and
    assignments to variables. The calls in it have no side effect, and no operator calls a method."""
    interpreter = point.interpreter
    function = validator.function if isinstance(validator, Bound) else validator
    if point.call(validator, Arguments([point.operand(NONE)])) != NONE or not isinstance(function, Function):
        return False
    tree = interpreter.trees[function.site.path]
    definition = tree.node(function.site)
    frames = [frame.id for frame in interpreter.facts.frames if frame.function == function.site]
    return isinstance(definition, cst.FunctionDef | cst.Lambda) and all(
        _is_null_safe(node) and all(_is_inert(interpreter, tree, node, frame) for frame in frames)
        for node in tree.descendants(definition.body)
    )


def _is_null_safe(node: cst.CSTNode) -> bool:
    """Whether a node is an expression, or a statement that has no side effect by itself."""
    match node:
        case cst.If() | cst.Return() | cst.Pass() | cst.Expr(cst.SimpleString()):
            return True
        case cst.Assign(targets):
            return all(isinstance(target.target, cst.Name) for target in targets)
    return not isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement | cst.Await | cst.Yield)


def _is_inert(interpreter: Interpreter, tree: Tree, node: cst.CSTNode, frame: int) -> bool:
    """Whether an expression runs no code of the program in a frame, as an operator on an instance may."""
    value = interpreter.facts.values.get((tree.site(node), frame), NEVER)
    if any(isinstance(interpreter.heap.get(choice), Instance) for choice in alternatives(value)):
        return False
    callee = tree.site(node.func) if isinstance(node, cst.Call) else None
    callees = interpreter.facts.values.get((callee, frame), NEVER) if callee is not None else NEVER
    return all(is_pure(choice, cast("cst.Call", node)) for choice in alternatives(callees))


def field_methods(interpreter: Interpreter, cls: Class, role: str) -> Iterator[tuple[str, Function]]:
    """The methods decorated with `@name.validator`, or another role, each with the name of the field."""
    for function, decorator in _decorated_methods(interpreter, cls):
        match decorator:
            case cst.Attribute(cst.Name(name), cst.Name(own_role)) if own_role == role:
                yield name, function


def _decorated_methods(interpreter: Interpreter, cls: Class) -> Iterator[tuple[Function, cst.BaseExpression]]:
    for info in mro_of(interpreter, cls).infos:
        for method in info.attributes.values():
            node = (
                interpreter.trees[method.site.path].node(method.site)
                if isinstance(method, Function)
                else None
            )
            for decorator in node.decorators if isinstance(node, cst.FunctionDef) else ():
                assert isinstance(method, Function)
                yield method, decorator.decorator


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

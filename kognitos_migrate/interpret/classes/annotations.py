"""The values and classes that type annotations describe."""

from collections.abc import Iterator
from contextlib import suppress

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import mro_of, spelled_name
from kognitos_migrate.interpret.classes.method_receivers import supplied_instance
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.state.declarations import ERRORS
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Class, Symbol, Unknown, Value

_RECEIVERS = ("self", "cls")
_WRAPPERS = ("Optional", "Union", "Annotated")
"""Generic types in an annotation whose type arguments are the possible types of the value."""


def annotated_value(
    interpreter: Interpreter, act: Activation, annotation: cst.Annotation | None, site: cst.CSTNode, name: str
) -> Value:
    """The unknown value of a parameter, as its annotation describes it: a session, an instance, or Unknown.

    The value may be an error unless the annotation is a built-in type that is no error, or unless it is the
    object on which a library calls the function, such as a task.
    """
    if annotation is None:
        return Unknown(name, error=name not in _RECEIVERS)
    types = list(_types_of_annotation(interpreter, act, annotation.annotation, site))
    for choice in types:
        if isinstance(choice, Symbol):
            client = interpreter.libraries.client_of_session((choice.name,))
            if client:
                return interpreter.allocate_library_instance(act, site, client.id)[0]
    classes = [choice for choice in types if isinstance(choice, Class)]
    instance = join(
        *(supplied_instance(interpreter, cls) for cls in classes if not mro_of(interpreter, cls).is_enum)
    )
    if instance is not NEVER:
        return instance
    return Unknown(name, error=not any(map(_is_builtin_type, types)))


def annotated_classes(
    interpreter: Interpreter, act: Activation, annotation: cst.Annotation, site: cst.CSTNode
) -> list[Class]:
    """The classes of the program that an annotation may mean, except Enums."""
    values = _types_of_annotation(interpreter, act, annotation.annotation, site)
    return [value for value in values if isinstance(value, Class) and not mro_of(interpreter, value).is_enum]


def _types_of_annotation(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression, site: cst.CSTNode
) -> Iterator[Value]:
    """The types that an annotation may mean, including annotations in quotes."""
    if isinstance(annotation, cst.SimpleString):
        with suppress(cst.ParserSyntaxError):
            yield from _types_of_annotation(
                interpreter, act, cst.parse_expression(str(literal_text(annotation))), site
            )
    elif isinstance(annotation, cst.BinaryOperation):
        yield from _types_of_annotation(interpreter, act, annotation.left, site)
        yield from _types_of_annotation(interpreter, act, annotation.right, site)
    elif isinstance(annotation, cst.Subscript):
        is_wrapper = spelled_name(annotation.value).rpartition(".")[2] in _WRAPPERS
        inner = (element.slice.value for element in annotation.slice if isinstance(element.slice, cst.Index))
        for argument in inner if is_wrapper else (annotation.value,):
            yield from _types_of_annotation(interpreter, act, argument, site)
    elif isinstance(annotation, cst.Name | cst.Attribute):
        first, *rest = spelled_name(annotation).split(".")
        value = lookup(interpreter, act, first)
        for name in rest:
            value = join(*(interpreter.attribute(act, site, choice, name) for choice in alternatives(value)))
        yield from alternatives(value)


def _is_builtin_type(annotation: Value) -> bool:
    """Whether an annotation is a built-in type other than an error."""
    if not isinstance(annotation, Symbol) or annotation.name == "builtins.object":
        return False
    return annotation.name.startswith("builtins.") and not annotation.name.endswith(ERRORS)

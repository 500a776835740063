"""The values and classes that type annotations describe."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import mro_of, spelled_name
from kognitos_migrate.interpret.classes.generic_types import ANNOTATED, UNIONS
from kognitos_migrate.interpret.classes.method_receivers import supplied_instance
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.state.declarations import ERRORS
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Class, Symbol, Unknown, Value

_RECEIVERS = ("self", "cls")
SEQUENCES = frozenset(
    (
        *("builtins.list", "builtins.tuple"),
        *(f"typing.{name}" for name in ("Iterable", "List", "Sequence", "Tuple")),
        *(f"collections.abc.{name}" for name in ("Iterable", "Sequence")),
    )
)
MAPPINGS = frozenset(
    (
        "builtins.dict",
        *(f"typing.{name}" for name in ("Dict", "Mapping", "MutableMapping")),
        *(f"collections.abc.{name}" for name in ("Mapping", "MutableMapping")),
    )
)
"""Types of lists and of dicts, which decoders fill with instances of their type arguments."""


def annotated_value(
    interpreter: Interpreter, act: Activation, annotation: cst.Annotation | None, site: cst.CSTNode, name: str
) -> Value:
    """The unknown value of a parameter, as its annotation describes it: a session, an instance, or Unknown.

    The value may be an error unless the annotation is a built-in type that is no error, or unless it is the
    object on which a library calls the function, such as a task.
    """
    if annotation is None:
        return Unknown(name, error=name not in _RECEIVERS)
    types = list(annotated_types(interpreter, act, annotation.annotation, site))
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
    values = annotated_types(interpreter, act, annotation.annotation, site)
    return [value for value in values if isinstance(value, Class) and not mro_of(interpreter, value).is_enum]


def annotated_types(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression, site: cst.CSTNode
) -> Iterator[Value]:
    """The types that an annotation may mean, including annotations in quotes."""
    for member in members_of(interpreter, act, annotation, site):
        yield from _named_type(
            interpreter, act, member.value if isinstance(member, cst.Subscript) else member, site
        )


def members_of(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression, site: cst.CSTNode
) -> Iterator[cst.BaseExpression]:
    """The members of a union, including those in quotes; any other annotation as it is."""
    members: Sequence[cst.BaseExpression] = ()
    if isinstance(annotation, cst.SimpleString):
        with suppress(cst.ParserSyntaxError):
            members = [cst.parse_expression(str(literal_text(annotation)))]
    elif isinstance(annotation, cst.BinaryOperation):
        members = [annotation.left, annotation.right]
    elif isinstance(annotation, cst.Subscript) and (
        generics := _generics(interpreter, act, annotation.value, site)
    ):
        members = _arguments(annotation)[: 1 if generics <= ANNOTATED else None]
    else:
        yield annotation
    for member in members:
        yield from members_of(interpreter, act, member, site)


def _generics(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression, site: cst.CSTNode
) -> frozenset[str]:
    """The names of `Optional`, `Union` or `Annotated` that a name in an annotation means; none if it may mean
    something else."""
    types = list(_named_type(interpreter, act, annotation, site))
    names = frozenset(choice.name for choice in types if isinstance(choice, Symbol))
    return names if len(names) == len(types) and names <= UNIONS | ANNOTATED else frozenset()


def _arguments(annotation: cst.Subscript) -> list[cst.BaseExpression]:
    return [element.slice.value for element in annotation.slice if isinstance(element.slice, cst.Index)]


def _named_type(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression, site: cst.CSTNode
) -> Iterator[Value]:
    """The types that a name in an annotation means."""
    if isinstance(annotation, cst.Name | cst.Attribute):
        first, *rest = spelled_name(annotation).split(".")
        value = lookup(interpreter, act, first)
        for name in rest:
            value = join(*(interpreter.attribute(act, site, choice, name) for choice in alternatives(value)))
        yield from alternatives(value)


def element_annotation(
    interpreter: Interpreter,
    act: Activation,
    annotation: cst.BaseExpression,
    site: cst.CSTNode,
    containers: Collection[str],
) -> cst.BaseExpression | None:
    """The annotation of the elements of a container of the types `containers`, SEQUENCES or MAPPINGS: of a
    list, or of the values of a dict whose keys are texts. None if it isn't the annotation of one."""
    if not isinstance(annotation, cst.Subscript):
        return None
    types = list(_named_type(interpreter, act, annotation.value, site))
    if len(types) != 1 or not isinstance(types[0], Symbol) or types[0].name not in containers:
        return None
    *keys, element = (inner for inner in _arguments(annotation) if not isinstance(inner, cst.Ellipsis))
    types_of_keys = [list(_named_type(interpreter, act, key, site)) for key in keys]
    return element if types_of_keys == [[Symbol("builtins.str")]] * (types[0].name in MAPPINGS) else None


def _is_builtin_type(annotation: Value) -> bool:
    """Whether an annotation is a built-in type other than an error."""
    if not isinstance(annotation, Symbol) or annotation.name == "builtins.object":
        return False
    return annotation.name.startswith("builtins.") and not annotation.name.endswith(ERRORS)

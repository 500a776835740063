"""Generic types whose arguments say which values are allowed, and how they are validated.

Phase = Literal["running", "done"]
number: Annotated[str, Field(alias="no")]
"""

from collections.abc import Iterator, Mapping
from typing import cast

import libcst as cst

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.names import lookup
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Bound, Ref, Symbol, Value

LITERALS, ANNOTATED, UNIONS = (
    frozenset(f"{module}.{name}" for module in ("typing", "typing_extensions") for name in names)
    for names in (("Literal",), ("Annotated",), ("Optional", "Union"))
)
GENERICS = LITERALS | ANNOTATED | UNIONS
"""Generic types whose arguments say which texts are allowed."""
VALIDATION = "func"
"""The argument of a validator's specifier that receives the text."""


def bind_generic(interpreter: Interpreter, act: Activation, node: cst.Subscript, generic: Symbol) -> Value:
    """The type `Literal["v1"]`, `Annotated[str, …]` or `Optional[str]`: the generic, bound to its
    arguments."""
    arguments = [
        interpreter.operand(act, element.slice.value)
        for element in node.slice
        if isinstance(element.slice, cst.Index)
    ]
    return Bound(generic, interpreter.allocate_sequence(act, node, arguments))


def is_generic(value: Value) -> bool:
    """Whether a value is a generic type bound to its arguments."""
    return isinstance(value, Bound) and isinstance(value.function, Symbol) and value.function.name in GENERICS


def types_in(interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression) -> Iterator[Value]:
    """The types in an annotation. A value must have one of them."""
    if isinstance(annotation, cst.BinaryOperation) and isinstance(annotation.operator, cst.BitOr):
        yield from types_in(interpreter, act, annotation.left)
        yield from types_in(interpreter, act, annotation.right)
    elif isinstance(annotation, cst.SimpleString):
        yield UNKNOWN
    else:
        yield from alternatives(interpreter.evaluate(act, annotation))


def annotated_options(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression
) -> Mapping[str, Operand]:
    """The keyword arguments of the specifiers in `Annotated[type, Field(…)]`, without validators."""
    options: dict[str, Operand] = {}
    for argument in annotated_metadata(interpreter, act, annotation):
        specifier = interpreter.specifiers.get((argument.site, argument.frame), {})
        options.update(specifier if VALIDATION not in specifier else {})
    return options


def annotated_metadata(
    interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression
) -> Iterator[Operand]:
    """The arguments of each `Annotated` in an annotation, without the type."""
    worklist = list(types_in(interpreter, act, annotation))
    while worklist:
        for choice in union_members(interpreter, worklist.pop()):
            if isinstance(choice, Bound) and is_generic(choice):
                arguments = list(arguments_of(interpreter, choice))
                worklist += [inner for argument in arguments[:1] for inner in alternatives(argument.value)]
                yield from arguments[1:] if cast("Symbol", choice.function).name in ANNOTATED else ()


def is_nullable(interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression) -> bool:
    """Whether null is among the types of a union: `dict | None`, `Optional[dict]`. None of the other types is
    tried for null."""
    if isinstance(annotation, cst.BinaryOperation) and isinstance(annotation.operator, cst.BitOr):
        return any(is_nullable(interpreter, act, side) for side in (annotation.left, annotation.right))
    if isinstance(annotation, cst.SimpleString):
        return _is_nullable_text(interpreter, act, str(literal_text(annotation)))
    return all(
        choice == NONE
        or (
            isinstance(choice, Bound)
            and isinstance(choice.function, Symbol)
            and choice.function.name in UNIONS
            and (
                choice.function.name.endswith(_OPTIONAL)
                or any(member == NONE for member in union_members(interpreter, choice))
            )
        )
        for choice in types_in(interpreter, act, annotation)
    )


_OPTIONAL = ".Optional"


def _is_nullable_text(interpreter: Interpreter, act: Activation, annotation: str) -> bool:
    """Whether null is among the types of an annotation in quotes: `"Outputs | None"`, `"Optional[dict]"`."""
    try:
        node = cst.parse_expression(annotation)
    except cst.ParserSyntaxError:
        return False
    if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name):
        generic = lookup(interpreter, act, node.value.value)
        return isinstance(generic, Symbol) and generic.name in UNIONS and generic.name.endswith(_OPTIONAL)
    sides = [node]
    while isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        sides += [node.right, node.left]
        node = node.left
    return any(isinstance(side, cst.Name) and side.value == "None" for side in sides)


def union_members(interpreter: Interpreter, value: Value) -> Iterator[Value]:
    """The types of `Optional` and `Union`; any other type as it is."""
    if isinstance(value, Bound) and isinstance(value.function, Symbol) and value.function.name in UNIONS:
        for argument in arguments_of(interpreter, value):
            for choice in alternatives(argument.value):
                yield from union_members(interpreter, choice)
    else:
        yield value


def inner_types(interpreter: Interpreter, value: Bound) -> list[Operand]:
    """The arguments of a generic type that are types: none of `Literal`, and the first of `Annotated`."""
    name = cast("Symbol", value.function).name
    arguments = arguments_of(interpreter, value)
    return [] if name in LITERALS else arguments[:1] if name in ANNOTATED else arguments


def arguments_of(interpreter: Interpreter, value: Bound) -> list[Operand]:
    """The arguments of a generic type."""
    sequence = interpreter.heap[value.receiver] if isinstance(value.receiver, Ref) else None
    return sequence.items if isinstance(sequence, SequenceObject) else []

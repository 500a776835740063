"""Validation of texts and dicts by their declared types, as a library does it at run time. They are fields of
models and options of commands:

version: Literal["v1"]                              # compared with the literals
version: Version                                    # looked up among the members of an Enum
url: Annotated[str, AfterValidator(check)] | None   # passed to a function
api: Api                                            # a dict becomes an instance of the model
@click.option("--version", type=click.Choice(["v1"]))
"""

from collections.abc import Iterator
from itertools import chain

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.annotations import MAPPINGS, SEQUENCES
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.enums import enum_members
from kognitos_migrate.interpret.classes.fields import validators
from kognitos_migrate.interpret.classes.generic_types import (
    LITERALS,
    UNIONS,
    VALIDATION,
    arguments_of,
    is_generic,
    types_in,
    union_members,
)
from kognitos_migrate.interpret.classes.typed_data import declaration_of, with_instances
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.library_effects import ignores_value, is_text_type
from kognitos_migrate.interpret.state.declarations import ClassField
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import CHOICES
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lit,
    MemberRef,
    Symbol,
    Text,
    Value,
)

CHOICE = Symbol("click.Choice")
"""The type of an option that is one of the texts in a list."""


def inspects_field_value(name: str, argument: Value) -> bool:
    """Whether an argument of a field specifier inspects the field's value. No reply contains empty texts."""
    is_nonempty_test = name == "min_length" and isinstance(argument, Const) and argument.value in (0, 1)
    return not ignores_value(name) and not is_nonempty_test


def validate_text(point: EvalPoint, types: Iterator[Value], text: Operand) -> Value:
    """A text as a value of one of these types. Their comparisons with it are recorded."""
    choices = [choice for value in types for choice in union_members(point.interpreter, value)]
    if any(isinstance(choice, Symbol) and is_text_type(choice.name) for choice in choices):
        return text.value
    return join(*(_validate_by_type(point, choice, text) for choice in choices if choice != NONE))


_TUPLES = ("builtins.tuple", "typing.Tuple")


def takes_decoded_data(interpreter: Interpreter, field: ClassField) -> bool:
    """Whether the annotated type of a field leaves text and containers of decoded JSON as they are. False if
    that isn't known, and for types to which a library converts text, such as an Enum or a number."""
    activation = interpreter.activations[field.frame]
    declaration = activation.tree.parent(activation.tree.node(field.site))
    return not isinstance(declaration, cst.AnnAssign) or _is_of_decoded_data(
        interpreter, activation, declaration.annotation.annotation
    )


def _is_of_decoded_data(interpreter: Interpreter, act: Activation, annotation: cst.BaseExpression) -> bool:
    if isinstance(annotation, cst.BinaryOperation) and isinstance(annotation.operator, cst.BitOr):
        return all(
            _is_of_decoded_data(interpreter, act, side) for side in (annotation.left, annotation.right)
        )
    if isinstance(annotation, cst.Subscript):
        match interpreter.evaluate(act, annotation.value):
            case Symbol(name=name) if name in LITERALS:
                return True
            case Symbol(name=name) if name in UNIONS or _is_container(name):
                arguments = (element.slice for element in annotation.slice)
                return all(
                    isinstance(argument, cst.Index) and _is_of_decoded_data(interpreter, act, argument.value)
                    for argument in arguments
                )
    return all(
        choice == NONE
        or (isinstance(choice, Symbol) and (_is_container(choice.name) or is_text_type(choice.name)))
        for choice in types_in(interpreter, act, annotation)
    )


def _is_container(name: str) -> bool:
    return name in MAPPINGS or (name in SEQUENCES and name not in _TUPLES)


def texts_of_field(interpreter: Interpreter, field: ClassField) -> Value | None:
    """The only texts that the annotated type of a field allows, by `Literal`; None if it allows others."""
    activation = interpreter.activations[field.frame]
    declaration = activation.tree.parent(activation.tree.node(field.site))
    if not isinstance(declaration, cst.AnnAssign):
        return None
    texts: list[Value] = []
    types = types_in(interpreter, activation, declaration.annotation.annotation)
    for choice in chain.from_iterable(union_members(interpreter, value) for value in types):
        match choice:
            case Bound(function=Symbol(name=name)) if name in LITERALS:
                texts += (argument.value for argument in arguments_of(interpreter, choice))
            case _ if choice != NONE:
                return None
    return join(*texts) if texts else None


def _validate_by_type(point: EvalPoint, choice: Value, text: Operand) -> Value:
    """A text as a value of one type."""
    interpreter = point.interpreter
    if isinstance(choice, Class) and mro_of(interpreter, choice).is_enum:
        return point.call(choice, Arguments([text]))
    if isinstance(choice, Bound) and choice.function == CHOICE:
        note_choice_comparisons(point, text, texts_of_choices(interpreter, choice.receiver))
        return text.value
    if is_generic(choice):
        assert isinstance(choice, Bound)
        assert isinstance(choice.function, Symbol)
        arguments = arguments_of(interpreter, choice)
        if choice.function.name in LITERALS:
            note_choice_comparisons(point, text, join(*(argument.value for argument in arguments)))
            return text.value
        if arguments:
            return _validate_by_annotated_type(point, arguments, text)
    point.note_use(UseKind.METHOD, text.value, text.site, detail="conversion by its declared type")
    return text.value


def _validate_by_annotated_type(point: EvalPoint, arguments: list[Operand], text: Operand) -> Value:
    """A text as a value of `Annotated[type, …]`: of the type, and after each function in the metadata."""
    interpreter = point.interpreter
    value = validate_text(point, iter(alternatives(arguments[0].value)), text)
    for argument in arguments[1:]:
        specifier = interpreter.specifiers.get((argument.site, argument.frame))
        validator = specifier.get(VALIDATION) if specifier is not None else None
        if validator is not None:
            value = point.call(validator.value, Arguments([text._replace(value=value)]))
        is_read = specifier is None and not isinstance(argument.value, Text | Const)
        if is_read or any(
            inspects_field_value(name, option.value) for name, option in (specifier or {}).items()
        ):
            point.note_use(UseKind.METHOD, value, text.site, detail="a validator")
    return value


def texts_of_choices(interpreter: Interpreter, value: Value) -> Value:
    """The texts in a list of choices, or of the members of an Enum; unknown for anything else."""
    texts: list[Value] = []
    for choice in alternatives(value):
        sequence = interpreter.heap.get(choice)
        info = interpreter.class_info(choice.site) if isinstance(choice, Class) else None
        if isinstance(sequence, SequenceObject):
            texts.append(sequence.element())
        else:
            texts += enum_members(interpreter, info) if info is not None else [UNKNOWN]
    return join(*texts)


def note_choice_comparisons(point: EvalPoint, text: Operand, allowed: Value) -> None:
    """Record that a declaration compares a text with those that it allows, and these with the text."""
    texts = [choice for choice in alternatives(text.value) if isinstance(choice, Text)]
    if not texts:
        return
    for choice in texts:
        if len(choice.parts) == 1 and isinstance(choice.parts[0], Lit):
            point.note_use(UseKind.COMPARE, choice, text.site, allowed, CHOICES)
        else:
            point.note_use(UseKind.METHOD, choice, text.site, detail=CHOICES)
    for alternative in alternatives(allowed):
        point.note_use(UseKind.COMPARE, alternative, point.site, join(*texts))


def convert_text(point: EvalPoint, converter: Value, text: Operand) -> Value:
    """The result of passing a text to a declared type: a class, a function, or a list of choices."""
    return join(
        *(
            point.call(choice, Arguments([text]))
            if isinstance(choice, Function | Class) or (isinstance(choice, Bound) and not _is_type(choice))
            else validate_text(point, iter((choice,)), text)
            for choice in alternatives(converter)
        )
    )


def _is_type(value: Bound) -> bool:
    return is_generic(value) or value.function == CHOICE


def with_models(call: CallPoint, owner: Class, field: ClassField, argument: Operand) -> Value:
    """The value of a field of `owner` after validation: each dict of the program in it has become an instance
    of the model that the annotation names, unless a validator of the owner reads the field."""
    interpreter, declared = call.interpreter, declaration_of(call, field)
    if declared is None or validators(interpreter, owner, field.name) != []:
        return argument.value

    def validate(cls: Class, data: Operand) -> Value:
        family = mro_of(interpreter, cls).family
        if family is None or not family.converts or cls == owner:
            return data.value
        return call.call(MemberRef(cls, family.whole[0]), Arguments([data]))

    converted = with_instances(call, declared, argument, validate)
    return argument.value if converted is None else converted

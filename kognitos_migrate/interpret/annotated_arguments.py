"""The arguments that a mapping with unknown keys supplies, by the annotations of the parameters.

needed = {name: self.get(hint) for name, hint in get_type_hints(factory).items()}
return factory(**needed)               # `clock: Clock` gets a Clock, and not all that `get` returns
"""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.classes.annotations import annotated_types
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.method_receivers import implementations
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Class, Symbol, Value


def value_by_annotation(
    interpreter: Interpreter, inner: Activation, parameter: cst.Param, spreads: Iterable[Operand]
) -> Value | None:
    """The objects in `**` mappings with unknown keys that a parameter may receive, by its annotation: of its
    class or, if there are none, any of them. Never while the mappings are still empty, as in a recursion.

    None if the annotation is no class of the program and no session, or if not all values are known objects.
    """
    if parameter.annotation is None:
        return None
    types = [*annotated_types(interpreter, inner, parameter.annotation.annotation, parameter)]
    if not types or not all(_is_class(interpreter, choice) for choice in types):
        return None
    objects = [_objects_at_unknown_keys(interpreter, spread) for spread in spreads]
    if not objects or None in objects:
        return None
    choices = alternatives(*(value for value in objects if value is not None))
    fitting = [choice for choice in choices if _fits(interpreter, choice, types)]
    return join(*(fitting or choices))


def not_only_objects(point: EvalPoint, spreads: Iterable[Operand]) -> Iterator[Operand]:
    """The mappings whose entries may be anything but instances. Objects are passed on as they are."""
    for spread in spreads:
        if _objects_at_unknown_keys(point.interpreter, spread) is None:
            yield spread
        else:
            point.note_flows(spread)


def _objects_at_unknown_keys(interpreter: Interpreter, mapping: Operand) -> Value | None:
    """The values of a dict all of whose keys are unknown, if they are instances; None for any other value.
    Never if nothing is known of them so far."""
    records = [interpreter.heap.get(choice) for choice in alternatives(mapping.value)]
    values: list[Value] = []
    for record in records:
        if not isinstance(record, DictObject) or record.names is NEVER or record.entries or record.spreads:
            return None
        values.append(record.others)
    choices = alternatives(*values)
    are_objects = all(isinstance(interpreter.heap.get(choice), Instance) for choice in choices)
    return join(*choices) if records and are_objects else None


def _is_class(interpreter: Interpreter, value: Value) -> bool:
    if isinstance(value, Symbol):
        return interpreter.libraries.client_of_session((value.name,)) is not None
    return isinstance(value, Class) and not mro_of(interpreter, value).is_enum


def _fits(interpreter: Interpreter, value: Value, types: Iterable[Value]) -> bool:
    """Whether an object is an instance of one of the types, or implements it."""
    instance = interpreter.heap.get(value)
    assert isinstance(instance, Instance)
    names = {site for choice in types if isinstance(choice, Class) for site in _sites(interpreter, choice)}
    clients = {
        client.id
        for choice in types
        if isinstance(choice, Symbol)
        and (client := interpreter.libraries.client_of_session((choice.name,))) is not None
    }
    return instance.client in clients or (instance.cls is not None and instance.cls.site in names)


def _sites(interpreter: Interpreter, cls: Class) -> Iterator[object]:
    """The classes whose instances are of a class: itself, its subclasses, and those that implement it."""
    for choice in (cls, *implementations(interpreter, cls)):
        yield from interpreter.classes.with_subclasses(choice.site)

"""Instances in decoded data, as the annotations of fields describe them.

kognitos: Kognitos                  # the dict becomes an instance
desks: list[Desk]                   # each dict in the list becomes one
tenants: dict[str, Tenant] | None   # each value of the dict becomes one
"""

from collections.abc import Callable, Collection

import libcst as cst

from kognitos_migrate.interpret.classes.annotations import (
    MAPPINGS,
    SEQUENCES,
    annotated_types,
    element_annotation,
    members_of,
)
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.interpreter import CallPoint
from kognitos_migrate.interpret.state.declarations import ClassField
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Class, Value

_Maker = Callable[[Class, Operand], Value | None]
"""The instance of a class that a dict becomes; None if that isn't known."""
MOST_NESTED = 6
"""The depth of instances within instances at which conversion is given up: a class may contain itself."""


class Declaration(Struct, frozen=True):
    """The type of data: an annotation, the activation that has it, and the node whose names it sees."""

    act: Activation
    annotation: cst.BaseExpression
    node: cst.CSTNode
    depth: int = 0

    def inside(self, annotation: cst.BaseExpression) -> "Declaration":
        """The declaration of the elements of a container."""
        return replace(self, annotation=annotation, depth=self.depth + 1)

    @property
    def site(self) -> Site:
        """The place of the declaration."""
        return self.act.site(self.node)


def declaration_of(call: CallPoint, field: ClassField) -> Declaration | None:
    """The declared type of a field; None if it has no annotation."""
    activation = call.interpreter.activations[field.frame]
    target = activation.tree.node(field.site)
    statement = activation.tree.parent(target)
    if not isinstance(statement, cst.AnnAssign):
        return None
    return Declaration(activation, statement.annotation.annotation, target)


def with_instances(call: CallPoint, declared: Declaration, data: Operand, make: _Maker) -> Value | None:
    """Decoded data with instances in place of its dicts. None if it isn't known what becomes of one."""
    if declared.depth > MOST_NESTED:
        return None
    values = [
        _conversion(call, declared, data._replace(value=choice), make) for choice in alternatives(data.value)
    ]
    return join(*(value for value in values if value is not None)) if None not in values else None


def _conversion(call: CallPoint, declared: Declaration, data: Operand, make: _Maker) -> Value | None:
    content = call.interpreter.heap.get(data.value)
    if isinstance(content, DictObject):
        classes = _classes_of(call, declared)
        if classes:
            return make(classes[0], data) if len(classes) == 1 else data.value
        return _with_values(call, declared, content, data, make)
    if isinstance(content, SequenceObject):
        return _with_elements(call, declared, content, data, make)
    return data.value


def _classes_of(call: CallPoint, declared: Declaration) -> list[Class]:
    """The classes with fields of their own in an annotation."""
    interpreter = call.interpreter
    types = annotated_types(interpreter, declared.act, declared.annotation, declared.node)
    classes = [choice for choice in types if isinstance(choice, Class)]
    mros = ((cls, mro_of(interpreter, cls)) for cls in classes)
    return [cls for cls, mro in mros if mro.fields and not mro.is_enum]


def _element(call: CallPoint, declared: Declaration, containers: Collection[str]) -> Declaration | None:
    """The declaration of a container's elements, if they are instances or contain some."""
    interpreter = call.interpreter
    annotations = (
        element_annotation(interpreter, declared.act, member, declared.node, containers)
        for member in members_of(interpreter, declared.act, declared.annotation, declared.node)
    )
    elements = [declared.inside(annotation) for annotation in annotations if annotation is not None]
    if len(elements) != 1:
        return None
    inner = elements[0]
    has_instances = _classes_of(call, inner) or any(
        _element(call, inner, nested) for nested in (MAPPINGS, SEQUENCES)
    )
    return inner if has_instances else None


def _with_values(
    call: CallPoint, declared: Declaration, record: DictObject, data: Operand, make: _Maker
) -> Value | None:
    """A new dict with the converted values of another one; that one itself if they stay as they are."""
    inner = _element(call, declared, MAPPINGS)
    if inner is None:
        return data.value
    if record.spreads or record.has_removals or record.others is not NEVER or record.names is not NEVER:
        return None
    interpreter = call.interpreter
    entries = [(key, entry) for key, own in record.entries.items() for entry in own]
    converted: list[tuple[str, DictEntry]] = []
    for number, (key, entry) in enumerate(entries):
        with interpreter.heap.in_round(declared.site, number):
            value = with_instances(call, inner, entry.operand, make)
        if value is None:
            return None
        converted.append((key, replace(entry, operand=entry.operand._replace(value=value))))
    ref, made = interpreter.allocate_dict_at(call.site, call.act.frame.id)
    for key, entry in converted:
        interpreter.stores += made.put(key, entry)
    made.open = made.open or record.open
    return ref


def _with_elements(
    call: CallPoint, declared: Declaration, sequence: SequenceObject, data: Operand, make: _Maker
) -> Value | None:
    """A new list with the converted elements of another one; that one itself if they stay as they are."""
    inner = _element(call, declared, SEQUENCES)
    if inner is None:
        return data.value
    if sequence.rest is not NEVER or sequence.variants is not None:
        return None
    interpreter = call.interpreter
    items: list[Operand] = []
    for number, item in enumerate(sequence.items):
        with interpreter.heap.in_round(declared.site, number):
            value = with_instances(call, inner, item, make)
        if value is None:
            return None
        items.append(item._replace(value=value))
    return interpreter.allocate_sequence(call.act, call.node, items)

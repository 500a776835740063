"""Escaped objects: code that isn't analysed may return them again, under another name."""

from collections.abc import Iterator
from typing import TypeVar

from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.overwrites import may_be_data
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, HeapObject, Instance, Operand
from kognitos_migrate.values.texts import known_text

_Kind = TypeVar("_Kind", bound=HeapObject)


def set_attribute_of_escaped(interpreter: Interpreter, name: str, operand: Operand) -> None:
    """Set an attribute of what may be any escaped object that has it."""
    for instance in _escaped_objects(interpreter, Instance):
        attribute = instance.attributes.get(name) or class_attribute(interpreter, instance.cls, name)
        if may_be_data(attribute):
            interpreter.stores += instance.put(name, operand)


def set_item_of_escaped(interpreter: Interpreter, key: Operand, operand: Operand, holder: Site) -> None:
    """Set an item of what may be any escaped dict that has its key."""
    word = known_text(key.value)
    for record in _escaped_objects(interpreter, DictObject):
        if word is None or word in record.entries:
            interpreter.stores += put_entry(interpreter, record, key, operand, holder, optional=True)


def _escaped_objects(interpreter: Interpreter, kind: type[_Kind]) -> Iterator[_Kind]:
    for heap_object in heap_objects_behind(interpreter.heap.escaped, interpreter.heap):
        if isinstance(heap_object, kind):
            yield heap_object

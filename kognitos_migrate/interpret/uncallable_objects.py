"""Objects whose call certainly raises a TypeError."""

from kognitos_migrate.interpret.classes.attribute_lookup import (
    class_attribute,
    has_plain_bases,
    may_have_more_attributes,
    mro_of,
)
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.lattice import NEVER, Class, Ref


def is_uncallable(interpreter: Interpreter, value: Ref) -> bool:
    """Whether a call of an object certainly raises a TypeError: of a dict, a list, or an instance of a class
    without `__call__`."""
    match interpreter.heap[value]:
        case DictObject(has_attributes=False) | SequenceObject():
            return True
        case Instance(cls=Class() as cls):
            order = mro_of(interpreter, cls)
            return (
                bool(order.infos)
                and all(has_plain_bases(info) and not info.keywords for info in order.infos)
                and not any(info.decorators for info in order.infos if order.family is None)
                and not may_have_more_attributes(interpreter, cls)
                and class_attribute(interpreter, cls, "__call__") is NEVER
            )
        case _:
            return False

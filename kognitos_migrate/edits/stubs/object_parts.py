"""The values at the same positions of two objects."""

from kognitos_migrate.values.heap import DictObject, HeapObject, Instance, Iterated, SequenceObject, Task
from kognitos_migrate.values.lattice import NEVER, Value


def parts_in_common(heap_object: HeapObject, other: HeapObject) -> list[tuple[Value, Value]] | None:
    """The values at the same positions of two objects; None if they can't be compared."""
    match heap_object, other:
        case Instance(), Instance():
            return [
                (value, other.attributes.get(name, NEVER)) for name, value in heap_object.attributes.items()
            ]
        case DictObject(), DictObject():
            return [(heap_object.get(key), other.get(key)) for key in heap_object.entries]
        case SequenceObject(), SequenceObject():
            if len(heap_object.items) == len(other.items) and heap_object.rest is other.rest is NEVER:
                pairs = zip(heap_object.items, other.items, strict=True)
                return [(item.value, expected.value) for item, expected in pairs]
            return [(heap_object.element(), other.element())]
        case Iterated(), Iterated() | SequenceObject():
            element = other.element if isinstance(other, Iterated) else other.element()
            return [(heap_object.element, element)]
        case Task(), Task():
            return [(heap_object.result, other.result)]
    return None

"""The words that a word is compared with or looked up in: one, or those in a container."""

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Ref, Text, Value

TESTS = (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY)
"""The uses that compare a word with others."""


def contained_literals(context: PlanContext, other: Value | None) -> list[Lit]:
    """The literals that a word is compared with."""
    literals: list[Lit] = []
    for value in contained_values(context, other):
        if isinstance(value, Text) and value.literal is not None:
            part = value.parts[0] if len(value.parts) == 1 else None
            if isinstance(part, Lit):
                literals.append(part)
            elif value.literal:
                literals.append(Lit(value.literal))
    return literals


def contained_values(context: PlanContext, other: Value | None) -> list[Value]:
    """The values that a word is compared with, one by one: the elements of lists, the keys of dicts."""
    values: list[Value] = []
    for choice in alternatives(other) if other is not None else ():
        if isinstance(choice, Ref):
            heap_object = context.facts.heap[choice]
            if isinstance(heap_object, SequenceObject):
                values.extend(alternatives(heap_object.element()))
            elif isinstance(heap_object, DictObject):
                values.extend(_keys(heap_object))
        else:
            values.append(choice)
    return values


def _keys(record: DictObject) -> list[Value]:
    keys: list[Value] = []
    for name, entries in record.entries.items():
        keys.extend(Text((Lit(name, entry.key, 0 if entry.key else -1),)) for entry in entries)
    return keys

"""The values that a word is compared with: one, those in a container, or an attribute of a whole object."""

from collections.abc import Iterator

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Lit, Ref, Text, Value

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


def compared_values(context: PlanContext, use: Use) -> Iterator[Value]:
    """The values that the text of a comparison is compared with.

        Run.parse({"state": "done"}) == Run("done", {})

    If two objects are compared, these are the values of the attributes that hold the text in the first one.
    """
    names = {
        name
        for instance in _instances(context, context.value(use.operand, use.frame))
        for name, value in instance.attributes.items()
        if use.value in alternatives(value)
    }
    for other in alternatives(use.other) if use.other is not None else ():
        if _is_empty_sequence(context, other):
            continue  # as in `service.runs == []`: no text is compared
        others = _instances(context, other) if names else []
        if not others:
            yield other
        for instance in others:
            for name in names:
                yield from alternatives(instance.attributes.get(name, other))


def _is_empty_sequence(context: PlanContext, value: Value) -> bool:
    """Whether a value is a list or tuple without elements."""
    heap_object = context.facts.heap.get(value)
    return isinstance(heap_object, SequenceObject) and heap_object.element() is NEVER


def _instances(context: PlanContext, value: Value) -> list[Instance]:
    objects = context.facts.heap.objects_of(value)
    return [heap_object for heap_object in objects if isinstance(heap_object, Instance)]

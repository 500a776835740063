"""The values that a word in a test's data is compared with, also as an attribute of a whole object."""

from collections.abc import Iterator

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.values.heap import Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Ref, Value


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
    heap_object = context.facts.heap[value] if isinstance(value, Ref) else None
    return isinstance(heap_object, SequenceObject) and heap_object.element() is NEVER


def _instances(context: PlanContext, value: Value) -> list[Instance]:
    objects = [context.facts.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref)]
    return [heap_object for heap_object in objects if isinstance(heap_object, Instance)]

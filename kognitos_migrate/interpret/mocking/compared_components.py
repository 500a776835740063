"""The components that a comparison of two lists or dicts compares, each with its counterpart.

[body] == [{"size": 1}]        body with {"size": 1}
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.mocking.recorded_calls import (
    is_part_of_received_request,
    recorded_address,
    sequences_in,
)
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Lit, Reply, Unknown, Value
from kognitos_migrate.values.texts import only_part

_DEPTH = 5
"""The maximum depth of nested lists and dicts that are compared by component."""


class Component(NamedTuple):
    """A component of a received request, or of a record of some, and the value that is expected of it."""

    actual: Operand
    expected: Operand


def holds_requests(interpreter: Interpreter, value: Value, depth: int) -> bool:
    """Whether a value is a component of a received request, or a list or dict that contains one."""
    return any(
        recorded_address(interpreter, choice) is not None
        or is_part_of_received_request(interpreter, choice)
        or (
            depth < _DEPTH
            and any(holds_requests(interpreter, inner, depth + 1) for inner in _members(interpreter, choice))
        )
        for choice in alternatives(value)
    )


def _members(interpreter: Interpreter, value: Value) -> Iterator[Value]:
    """The elements of a list or tuple, or the values of a dict."""
    heap_object = interpreter.heap.get(value)
    if isinstance(heap_object, SequenceObject):
        yield heap_object.element()
    elif isinstance(heap_object, DictObject):
        yield from (operand.value for operand in heap_object.spreads)
        yield from (entry.operand.value for entry in heap_object.all_entries)
        yield heap_object.others


def compared_components(interpreter: Interpreter, pair: Component, depth: int) -> Iterator[list[Component]]:
    """The components that are compared, those of one record together."""
    inner = (
        _compared_elements(interpreter, pair)
        if depth < _DEPTH and holds_requests(interpreter, pair.actual.value, 0)
        else None
    )
    if inner is None or any(_is_body_or_other_dict(interpreter, part.actual.value) for part in inner):
        yield [pair]
        return
    own: list[Component] = []
    for part in inner:
        for record in compared_components(interpreter, part, depth + 1):
            if len(record) == 1 and record[0] == part:
                own.append(part)
            else:
                yield record
    if own:
        yield own


def _is_body_or_other_dict(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value may be a body that was received, and may be a dict that the test makes."""
    choices = [*alternatives(value)]
    return any(is_part_of_received_request(interpreter, choice) for choice in choices) and any(
        isinstance(interpreter.heap.get(choice), DictObject) for choice in choices
    )


def _compared_elements(interpreter: Interpreter, pair: Component) -> Sequence[Component] | None:
    """The pairs of elements that a comparison of two lists or dicts compares; None for any other one.

    Each element of a list of known length is paired with the join of the elements of a list of unknown
    length.
    """
    actual, expected = pair
    records = records_in(interpreter, expected.value)
    if records:
        return _compared_entries(interpreter, actual, records)
    ours, theirs = sequences_in(interpreter, actual.value), sequences_in(interpreter, expected.value)
    if not ours or not theirs:
        return None
    parts: list[Component] = []
    for sequence in theirs:
        for number, item in enumerate(sequence.items):
            element = join(*(_element_at(ours_of, number) for ours_of in ours))
            parts.append(Component(actual._replace(value=element), item))
        element = join(*(ours_of.element() for ours_of in ours))
        for choice in alternatives(sequence.rest):
            parts.append(
                Component(
                    actual._replace(value=element), _operand_where_written(interpreter, expected, choice)
                )
            )
    return parts


def _compared_entries(
    interpreter: Interpreter, actual: Operand, records: list[DictObject]
) -> Sequence[Component] | None:
    """The pairs of entries that a comparison with dicts compares, without those of bodies that were merged
    into a dict. The values of unknown keys are compared with each entry. None if the actual value is no dict,
    if one of its values isn't known, or if the dicts may have other entries than those that are written."""
    ours = records_in(interpreter, actual.value)
    are_known = all(_has_known_values(record) and _has_bodies_only(interpreter, record) for record in ours)
    if not ours or not are_known or not all(record.is_closed for record in records):
        return None
    return [
        Component(
            actual._replace(value=join(*(value for own in ours for value in (own.get(key), own.others)))),
            entry.operand,
        )
        for record in records
        for key, entries in record.entries.items()
        for entry in entries
        if any(key in own.entries or not own.spreads for own in ours)
    ]


def _has_known_values(record: DictObject) -> bool:
    """Whether the values of a dict are known, also if one of its keys isn't."""
    unknown = (choice for choice in alternatives(record.others) if isinstance(choice, Unknown))
    return not record.open or (record.others is not NEVER and not any(unknown))


def _has_bodies_only(interpreter: Interpreter, record: DictObject) -> bool:
    """Whether only bodies of received requests, and empty dicts, were merged into a dict. They were merged
    there as the facts that they contain."""
    for choice in (choice for spread in record.spreads for choice in alternatives(spread.value)):
        inner = interpreter.heap.get(choice)
        is_empty = isinstance(inner, DictObject) and not (inner.open or inner.spreads or inner.entries)
        is_body = (
            is_part_of_received_request(interpreter, choice)
            and isinstance(choice, Reply)
            and choice.path == (View.JSON,)
        )
        if not (is_body or is_empty):
            return False
    return True


def records_in(interpreter: Interpreter, value: Value) -> list[DictObject]:
    objects = interpreter.heap.objects_of(value)
    return [heap_object for heap_object in objects if isinstance(heap_object, DictObject)]


def _element_at(sequence: SequenceObject, place: int) -> Value:
    has_place = sequence.rest is NEVER and place < len(sequence.items)
    return sequence.items[place].value if has_place else sequence.element()


def _operand_where_written(interpreter: Interpreter, operand: Operand, value: Value) -> Operand:
    """A value at the place where it is written, as far as known: `operand` is a list that contains it."""
    heap_object = interpreter.heap.get(value)
    if isinstance(heap_object, DictObject | SequenceObject):
        return Operand(value, heap_object.site, heap_object.frame)
    part = only_part(value)
    if isinstance(part, Lit) and part.site is not None:
        return Operand(value, part.site, operand.frame)
    return operand._replace(value=value)

"""Iterations over dicts and lists whose few elements are known, one after the other.

services = {name: Service(**values) for name, values in settings["services"].items()}

So each service is an object of its own, with the values of its entry.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.iteration import key_as_text
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    DictView,
    Iterated,
    Operand,
    SequenceObject,
    partial_target,
)
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Function, Ref, Value

_MOST = 8
"""The maximum number of entries that are iterated over one after the other."""
DEEPEST = 2
"""The maximum number of such iterations around each other."""


def elements_in_order(
    interpreter: Interpreter, act: Activation, loop: Site, iterable: Operand
) -> list[Value]:
    """The elements of an iteration over a dict, its keys, values or items, in order. Empty if they aren't all
    known, if none of the values is an object, a class or a function, or if the loop is running already."""
    view = view_of(interpreter, iterable.value)
    record = interpreter.heap[view.record] if view is not None else None
    if view is None or not isinstance(record, DictObject) or not 0 < len(record.entries) <= _MOST:
        return []
    if record.spreads or record.removals or record.others is not NEVER or record.names is not NEVER:
        return []
    values = alternatives(record.any_entry())
    if not any(isinstance(value, Ref) or is_callable(interpreter, value) for value in values):
        return []
    if not can_run_in_rounds(interpreter, loop):
        return []
    return [_element(interpreter, act, view, record, key, iterable.site) for key in list(record.entries)]


def can_run_in_rounds(interpreter: Interpreter, loop: Site) -> bool:
    """Whether a loop may run once for each element: it isn't running already, and few such loops are around
    it."""
    rounds = interpreter.heap.rounds
    return len(rounds) < DEEPEST and all(site != loop for site, _ in rounds)


def elements_of_list(interpreter: Interpreter, iterable: Value) -> list[Value]:
    """The elements of a list or tuple, in order. Empty if they aren't few, or not all known."""
    sequence = interpreter.heap[iterable] if isinstance(iterable, Ref) else None
    variants = sequence.known_variants if isinstance(sequence, SequenceObject) else None
    if variants is None or len(variants) != 1 or len(variants[0]) > _MOST:
        return []
    return [item.value for item in variants[0]]


def is_callable(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a function, a method or a class of the program."""
    heap_object = interpreter.heap[value] if isinstance(value, Ref) else None
    return partial_target(heap_object) is not None or isinstance(value, Function | Bound | Class)


def records_in_order(interpreter: Interpreter, iterable: Operand) -> list[Value]:
    """The elements of a list of a few dicts, classes or functions, in order. Empty if they aren't all known.
    The iterable may also be an empty list."""
    sequences = [
        interpreter.heap[choice] for choice in alternatives(iterable.value) if isinstance(choice, Ref)
    ]
    if len(sequences) < len(list(alternatives(iterable.value))) or len(interpreter.heap.rounds) >= DEEPEST:
        return []
    lists = [
        sequence for sequence in sequences if isinstance(sequence, SequenceObject) and sequence.rest is NEVER
    ]
    filled = [sequence.items for sequence in lists if sequence.items]
    if len(lists) < len(sequences) or len(filled) != 1 or len(filled[0]) > _MOST:
        return []
    elements = [item.value for item in filled[0]]
    are_records = all(
        is_callable(interpreter, value)
        or (isinstance(value, Ref) and isinstance(interpreter.heap[value], DictObject))
        for value in elements
    )
    return elements if are_records else []


def certain_elements(interpreter: Interpreter, act: Activation, iterable: Operand) -> list[Operand]:
    """The elements of an iteration over a dict, in order. Empty if they aren't all known, or if one may be
    missing."""
    view = view_of(interpreter, iterable.value)
    record = interpreter.heap[view.record] if view is not None else None
    if view is None or not isinstance(record, DictObject) or not record.has_known_entries:
        return []
    elements = (_element(interpreter, act, view, record, key, iterable.site) for key in list(record.entries))
    return [iterable._replace(value=element) for element in elements]


def view_of(interpreter: Interpreter, value: Value) -> DictView | None:
    """The view of a dict that a value is, where a dict itself is a view of its keys. None if it may be
    another one."""
    heap_object = interpreter.heap[value] if isinstance(value, Ref) else None
    if isinstance(value, Ref) and isinstance(heap_object, DictObject):
        return DictView("keys", value)
    views = heap_object.views if isinstance(heap_object, Iterated) else ()
    return next(iter(views)) if len(views) == 1 else None


def _element(
    interpreter: Interpreter, act: Activation, view: DictView, record: DictObject, key: str, site: Site
) -> Value:
    text, value = key_as_text(interpreter, record, key), record.get(key)
    if view.method != "items":
        return text if view.method == "keys" else value
    frame = act.frame.id
    pair = interpreter.heap.at(SequenceObject, record.entries[key][0].holder, frame)
    sequence = interpreter.heap[pair]
    assert isinstance(sequence, SequenceObject)
    sequence.items = [Operand(text, site, frame), Operand(value, site, frame)]
    return pair


@contextmanager
def in_round(interpreter: Interpreter, loop: Site, number: int) -> Iterator[None]:
    """Run the round of a loop for one of its elements. Objects that it creates are those of this round."""
    before, interpreter.heap.rounds = interpreter.heap.rounds, (*interpreter.heap.rounds, (loop, number))
    try:
        yield
    finally:
        interpreter.heap.rounds = before

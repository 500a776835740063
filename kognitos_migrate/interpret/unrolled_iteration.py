"""Iterations over dicts and lists whose few elements are known, one after the other.

services = {name: Service(**values) for name, values in settings["services"].items()}

So each service is an object of its own, with the values of its entry.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.iteration import key_as_text
from kognitos_migrate.interpret.settings_descent import is_descending
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.source.content import is_data_file
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
_MOST_SETTINGS = 24
"""The maximum number of such entries of a mapping in a settings file."""
DEEPEST = 2
"""The maximum number of such iterations around each other."""
_DEEPEST_DESCENT = 4
"""Their maximum number in a function that descends into settings, and iterates over the parts in turn."""


def elements_in_order(
    interpreter: Interpreter, act: Activation, loop: Site, iterable: Operand
) -> list[Value]:
    """The elements of an iteration over a dict, its keys, values or items, in order.

    Empty if they aren't all known, if the loop can't run in rounds, or if none of the values is an object, a
    class or a function, unless the dict is a mapping of a settings file. The iterable may also be an empty
    dict: `for key, value in (json.load(file) or {}).items()`.
    """
    views = [view for view in views_of(interpreter, iterable.value) if not _is_empty(interpreter, view)]
    records = [_record_of(interpreter, view) for view in views]
    if not records or not all(map(_has_known_keys, records)) or not can_run_in_rounds(interpreter, loop):
        return []
    is_setting = all(is_data_file(record.site.path) for record in records)
    if not is_setting and not (
        len(records) == 1
        and len(records[0].entries) <= _MOST
        and any(
            isinstance(value, Ref) or is_callable(interpreter, value)
            for value in alternatives(records[0].any_entry())
        )
    ):
        return []
    pairs = [
        (view, record, key) for view, record in zip(views, records, strict=True) for key in record.entries
    ]
    if len(pairs) > _MOST_SETTINGS:
        return []
    return _elements(interpreter, act, loop, pairs, iterable.site)


def _record_of(interpreter: Interpreter, view: DictView) -> DictObject:
    record = interpreter.heap[view.record]
    assert isinstance(record, DictObject)
    return record


def _is_empty(interpreter: Interpreter, view: DictView) -> bool:
    """Whether nothing is ever stored in a dict."""
    record = _record_of(interpreter, view)
    return record.is_closed and not record.entries and record.others is NEVER and record.names is NEVER


def _has_known_keys(record: DictObject) -> bool:
    """Whether a dict has entries, none of them with an unknown key or from another dict."""
    is_changed = record.spreads or record.removals or record.others is not NEVER or record.names is not NEVER
    return bool(record.entries) and not is_changed


def can_run_in_rounds(interpreter: Interpreter, loop: Site) -> bool:
    """Whether a loop may run once for each element: few such loops are around it, and it isn't running yet,
    or in a function that descends into settings."""
    rounds = interpreter.heap.rounds
    if any(site == loop for site, _ in rounds):
        return len(rounds) < _DEEPEST_DESCENT and is_descending(interpreter)
    return len(rounds) < DEEPEST


def elements_of_list(interpreter: Interpreter, iterable: Value) -> list[Value]:
    """The elements of a list or tuple, in order. Empty if they aren't few, or not all known."""
    sequence = interpreter.heap.get(iterable)
    variants = sequence.known_variants if isinstance(sequence, SequenceObject) else None
    if variants is None or len(variants) != 1 or len(variants[0]) > _MOST:
        return []
    return [item.value for item in variants[0]]


def is_callable(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a function, a method or a class of the program."""
    heap_object = interpreter.heap.get(value)
    return partial_target(heap_object) is not None or isinstance(value, Function | Bound | Class)


def records_in_order(interpreter: Interpreter, iterable: Operand) -> list[Value]:
    """The elements of a list of a few dicts, classes or functions, in order. Empty if they aren't all known.
    The iterable may also be an empty list."""
    sequences = interpreter.heap.objects_of(iterable.value)
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
        is_callable(interpreter, value) or isinstance(interpreter.heap.get(value), DictObject)
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
    pairs = [(view, record, key) for key in record.entries]
    elements = _elements(interpreter, act, iterable.site, pairs, iterable.site)
    return [iterable._replace(value=element) for element in elements]


def view_of(interpreter: Interpreter, value: Value) -> DictView | None:
    """The view of a dict that a value is, where a dict itself is a view of its keys. None if it may be
    another one."""
    views = views_of(interpreter, value)
    return views[0] if len(views) == 1 else None


def views_of(interpreter: Interpreter, value: Value) -> list[DictView]:
    """The views of dicts that a value may be. Empty if it may be anything else."""
    views: list[DictView] = []
    for choice in alternatives(value):
        heap_object = interpreter.heap.get(choice)
        if isinstance(choice, Ref) and isinstance(heap_object, DictObject):
            views.append(DictView("keys", choice))
        elif isinstance(heap_object, Iterated) and heap_object.views:
            views += sorted(heap_object.views, key=lambda view: view.record.id)
        else:
            return []
    return views


def _elements(
    interpreter: Interpreter,
    act: Activation,
    loop: Site,
    keys: Sequence[tuple[DictView, DictObject, str]],
    site: Site,
) -> list[Value]:
    """The elements of views at these keys. A pair of a key and a value is an object of its own: one
    expression, as that of a comprehension, may store several entries."""
    elements: list[Value] = []
    for number, (view, record, key) in enumerate(keys):
        with in_round(interpreter, loop, number):
            elements.append(_element(interpreter, act, view, record, key, site))
    return elements


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

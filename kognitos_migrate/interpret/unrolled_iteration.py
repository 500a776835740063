"""Iterations over dicts and lists whose few elements are known, one after the other.

services = {name: Service(**values) for name, values in settings["services"].items()}

So each service is an object of its own, with the values of its entry. A function that calls itself with the
parts of settings gets a smaller part each time, so it ends by itself.
"""

from collections.abc import Collection, Iterable, Sequence

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.dict_entries import record_item
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.iteration import key_as_text
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
from kognitos_migrate.values.heap_store import State, object_state
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Const, Function, Ref, Text, Unknown, Value

_MOST = 8
"""The maximum number of entries that are iterated over one after the other."""
_MOST_SETTINGS = 24
"""The maximum number of such entries of a mapping in a settings file."""
DEEPEST = 2
"""The maximum number of such iterations around each other."""
_DEEPEST_DESCENT = 4
"""Their maximum number in a function that descends into settings, and iterates over the parts in turn."""


def elements_in_order(
    interpreter: Interpreter, act: Activation, loop: Site, iterable: Operand, *, only_settings: bool = False
) -> list[Value]:
    """The elements of an iteration over a dict, its keys, values or items, in order.

    Empty if they aren't all known, if the loop can't run in rounds, or if none of the values is an object, a
    class or a function, unless the dict is a mapping of a settings file. With `only_settings`, it has to be
    one. The iterable may also be an empty dict: `for key, value in (json.load(file) or {}).items()`.
    """
    views = [view for view in views_of(interpreter, iterable.value) if not _is_empty(interpreter, view)]
    layers = [interpreter.heap.with_merged_dicts(_record_of(interpreter, view)) for view in views]
    if not layers or not all(_have_known_keys(interpreter, own) for own in layers):
        return []
    pairs = [(view, key) for view, own in zip(views, layers, strict=True) for key in _keys_of(own)]
    is_setting = all(any(is_data_file(layer.site.path) for layer in own) for own in layers)
    if not can_run_in_rounds(interpreter, loop) or len(pairs) > (_MOST_SETTINGS if is_setting else _MOST):
        return []
    is_of_objects = len(layers) == 1 and any(_has_objects(interpreter, own) for own in layers[0])
    if only_settings and is_setting:
        interpreter.running.has_settings_rounds = True
    if (only_settings and interpreter.running.joins_settings) or not (
        is_setting or (is_of_objects and not only_settings)
    ):
        return []
    return _elements(interpreter, act, loop, pairs, iterable.site)


def _has_objects(interpreter: Interpreter, record: DictObject) -> bool:
    """Whether a value of a dict is an object, a class or a function."""
    values = alternatives(record.any_entry())
    return any(isinstance(value, Ref) or is_callable(interpreter, value) for value in values)


def _keys_of(layers: Iterable[DictObject]) -> dict[str, None]:
    """The keys of a dict and of those merged into it."""
    return dict.fromkeys(key for layer in layers for key in layer.entries)


def _record_of(interpreter: Interpreter, view: DictView) -> DictObject:
    record = interpreter.heap[view.record]
    assert isinstance(record, DictObject)
    return record


def _is_empty(interpreter: Interpreter, view: DictView) -> bool:
    """Whether nothing is ever stored in a dict."""
    record = _record_of(interpreter, view)
    return record.is_closed and not record.entries and record.others is NEVER and record.names is NEVER


def is_own_and_empty(interpreter: Interpreter, act: Activation, iterable: Value) -> bool:
    """Whether an iteration surely has no elements: it is over dicts that the running activation creates, and
    nothing is stored in them, as for None in `for key, value in (params or {}).items()`. A later
    call may store something in a dict of another activation.
    """
    views = views_of(interpreter, iterable)
    return bool(views) and all(
        _is_empty(interpreter, view) and _record_of(interpreter, view).frame == act.frame.id for view in views
    )


def _have_known_keys(interpreter: Interpreter, layers: Collection[DictObject]) -> bool:
    """Whether a dict and those merged into it have entries, and only entries with known keys."""
    for layer in layers:
        merged = [choice for spread in layer.spreads for choice in alternatives(spread.value)]
        is_changed = layer.removals or layer.others is not NEVER or layer.names is not NEVER
        if is_changed or not all(isinstance(interpreter.heap.get(choice), DictObject) for choice in merged):
            return False
    return any(layer.entries for layer in layers)


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
    pairs = [(view, key) for key in record.entries]
    elements = _elements(interpreter, act, iterable.site, pairs, iterable.site)
    return [iterable._replace(value=element) for element in elements]


def states_of_iterated(interpreter: Interpreter, iterable: Value) -> list[State]:
    """The current contents of the lists and dicts that an iteration reads, with dicts merged into them."""
    records = [_record_of(interpreter, view) for view in views_of(interpreter, iterable)]
    layers = [layer for record in records for layer in interpreter.heap.with_merged_dicts(record)]
    return [object_state(container) for container in layers or interpreter.heap.objects_of(iterable)]


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
    interpreter: Interpreter, act: Activation, loop: Site, pairs: Sequence[tuple[DictView, str]], site: Site
) -> list[Value]:
    """The elements of views at these keys, each an object of its own round of the loop."""
    elements: list[Value] = []
    for number, (view, key) in enumerate(pairs):
        with interpreter.heap.in_round(loop, number):
            elements.append(_element(interpreter, act, view, key, site))
    return elements


def _element(interpreter: Interpreter, act: Activation, view: DictView, key: str, site: Site) -> Value:
    record = _record_of(interpreter, view)
    layers = [layer for layer in interpreter.heap.with_merged_dicts(record) if key in layer.entries]
    text = key_as_text(interpreter, layers[0], key)
    value = record_item(interpreter, record, plain_text(key))
    if view.method != "items":
        return text if view.method == "keys" else value
    frame = act.frame.id
    pair = interpreter.heap.at(SequenceObject, layers[0].entries[key][0].holder, frame)
    sequence = interpreter.heap[pair]
    assert isinstance(sequence, SequenceObject)
    sequence.items = [Operand(text, site, frame), Operand(value, site, frame)]
    return pair


_DEEPEST = 6
"""The limit on the calls of a function inside each other. Settings are rarely nested as deeply."""


def descends(interpreter: Interpreter, function: Site, arguments: Arguments) -> bool:
    """Whether a recursive call gets parts of settings that no running call of the function has, or scalars
    from such parts."""
    frames = [frame for frame in interpreter.running.frames if frame.function == function]
    if not 0 < len(frames) < _DEEPEST:
        return False
    earlier = [_parts(interpreter, frame.arguments.values()) for frame in frames]
    parts = _parts(interpreter, arguments.everything())
    if parts:
        return all(parts.isdisjoint(others) for others in earlier)
    return bool(earlier[-1]) and all(
        isinstance(choice, Text | Unknown | Const)
        for argument in arguments.everything()
        for choice in alternatives(argument.value)
    )


def is_descending(interpreter: Interpreter) -> bool:
    """Whether the running function is called by itself, with parts of settings."""
    *frames, inner = interpreter.running.frames
    is_nested = any(frame.function == inner.function for frame in frames)
    return is_nested and bool(_parts(interpreter, inner.arguments.values()))


def _parts(interpreter: Interpreter, operands: Iterable[Operand]) -> set[Ref]:
    """The mappings and lists of settings files among the values of operands."""
    return {
        choice
        for operand in operands
        for choice in alternatives(operand.value)
        if isinstance(choice, Ref)
        if isinstance(part := interpreter.heap[choice], DictObject | SequenceObject)
        if is_data_file(part.site.path)
    }

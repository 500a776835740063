"""Dicts that are filled with the pairs of an iterable: `dict(zip(names, values))`, `record.update(pairs)`."""

from collections.abc import Iterator

from kognitos_migrate.interpret.containers import use_as_key
from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of, known_elements, note_iteration
from kognitos_migrate.interpret.unrolled_iteration import view_of
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Ref, Reply, Value, is_row


def merge_argument(point: EvalPoint, record: DictObject, argument: Operand) -> None:
    """Merge the argument of `update` or `|=` into a dict: a mapping, or an iterable of pairs. An instance may
    be either."""
    heap = point.interpreter.heap
    for choice in alternatives(argument.value):
        part = argument._replace(value=_record_of_view(point.interpreter, choice))
        content = heap.get(part.value)
        is_mapping = not isinstance(part.value, Ref) or isinstance(content, DictObject)
        if is_mapping or isinstance(content, Instance):
            merge_and_note(point, record, part)
        if not is_mapping:
            record.writes[argument.site] = None
            _add_pairs(point, record, part)


def fill_from_argument(point: EvalPoint, record: DictObject, argument: Operand) -> None:
    """Fill a new dict with an argument of its constructor: a mapping, or an iterable of pairs."""
    for choice in alternatives(argument.value):
        part = argument._replace(value=_record_of_view(point.interpreter, choice))
        if isinstance(part.value, Reply) or isinstance(point.interpreter.heap.get(part.value), DictObject):
            merge_and_note(point, record, part)
        else:
            _add_pairs(point, record, part)


def _add_pairs(point: EvalPoint, record: DictObject, pairs: Operand) -> None:
    """Add the keys and values in the pairs of an iterable to a dict."""
    note_iteration(point, pairs, "iteration")
    elements = element_of(point.interpreter, pairs.value)
    entries = list(_entries(point.interpreter, elements))
    before = record.open, record.names, record.others
    for key, _ in entries:
        use_as_key(point, key, pairs.site)
    names, others = [key for key, _ in entries], [value for _, value in entries]
    if not entries or not all(isinstance(element, Ref) for element in alternatives(elements)):
        names.append(UNKNOWN)
        others.append(UNKNOWN)
    if not entries and is_row(pairs.value):
        names.append(NONE)
    record.open = True
    record.names, record.others = join(record.names, *names), join(record.others, *others)
    point.interpreter.stores += before != (record.open, record.names, record.others)


def _entries(interpreter: Interpreter, pair: Value) -> Iterator[tuple[Value, Value]]:
    """The keys and values of what may be a pair: any of its elements, unless these are known."""
    for choice in alternatives(pair):
        elements = known_elements(interpreter, choice)
        if len(elements) > 1:
            yield elements[0], elements[1]
        elif isinstance(choice, Ref):
            element = element_of(interpreter, choice)
            yield element, element


def _record_of_view(interpreter: Interpreter, value: Value) -> Value:
    """The dict whose items a value shows; any other value as it is."""
    view = view_of(interpreter, value)
    return view.record if view is not None and view.method == "items" else value

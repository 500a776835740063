"""Models of functions of the standard library that change one of their arguments."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.escaped_objects import call_method_of_escaped
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Ref, Value
from kognitos_migrate.values.texts import known_text


def _container(call: CallPoint, place: int) -> Operand | None:
    """The argument that the call changes; the change is recorded."""
    argument = call.arguments.first(place=place)
    if argument is not None:
        call.note_access(AccessKind.WRITE, argument)
        call.interpreter.notes.note_mutation(argument.value, call.site)
    return argument


def _reorder(call: CallPoint, container: Operand | None) -> Value:
    """Forget the positions of a list's elements, and return any element."""
    if container is None:
        return UNKNOWN
    for choice in alternatives(container.value):
        heap_object = call.interpreter.heap.get(choice)
        if isinstance(heap_object, SequenceObject):
            heap_object.forget_order()
    return element_of(call.interpreter, container.value)


def _add_element(call: CallPoint, container: Operand | None, value: Value) -> None:
    for choice in alternatives(container.value) if container is not None else ():
        heap_object = call.interpreter.heap.get(choice)
        if isinstance(heap_object, SequenceObject):
            call.interpreter.stores += heap_object.add(value)


def shuffle(call: CallPoint) -> Value:
    """The result of `random.shuffle(values)` and `heapq.heapify(values)`."""
    _reorder(call, _container(call, 0))
    return NONE


def pop_from_heap(call: CallPoint) -> Value:
    """The result of `heapq.heappop(values)`."""
    return _reorder(call, _container(call, 0))


def insert_and_take(call: CallPoint) -> Value:
    """The result of `heapq.heapreplace(values, value)` and `bisect.insort(values, value)`: any element."""
    values, element = _container(call, 0), call.arguments.first(place=1)
    _reorder(call, values)
    if element is not None:
        call.note_flows(element)
        _add_element(call, values, element.value)
    return element_of(call.interpreter, values.value) if values is not None else UNKNOWN


def extend_in_place(call: CallPoint) -> Value:
    """The result of `operator.iadd(values, others)`: the extended list."""
    values, others = _container(call, 0), call.arguments.first(place=1)
    if values is None or others is None:
        return UNKNOWN
    _add_element(call, values, element_of(call.interpreter, others.value))
    return values.value if all(isinstance(choice, Ref) for choice in alternatives(values.value)) else UNKNOWN


def delete_item(call: CallPoint) -> Value:
    """The result of `operator.delitem(container, key)`."""
    container, key = _container(call, 0), call.arguments.first(place=1)
    for choice in alternatives(container.value) if container is not None else ():
        heap_object = call.interpreter.heap.get(choice)
        if isinstance(heap_object, DictObject):
            heap_object.open = True
            heap_object.note_removal(known_text(key.value) if key is not None else None, call.site)
    _reorder(call, container)
    return NONE


def set_item_of(call: CallPoint) -> Value:
    """The result of `operator.setitem(container, key, value)`."""
    container, key, value = _container(call, 0), *(call.arguments.first(place=place) for place in (1, 2))
    if container is None or key is None or value is None:
        return UNKNOWN
    call.note_flows(value)
    for choice in alternatives(container.value):
        heap_object = call.interpreter.heap.get(choice)
        if isinstance(heap_object, DictObject):
            call.interpreter.stores += put_entry(
                call.interpreter, heap_object, key, value, call.site, optional=True
            )
        elif not isinstance(heap_object, SequenceObject):
            call_method_of_escaped(call, choice, "__setitem__", Arguments([key, value]))
    _reorder(call, container)
    _add_element(call, container, value.value)
    return NONE


def _with_escape(name: str, model: Model) -> Model:
    """A model of a function whose arguments escape, in addition to the change that `model` describes."""

    def run(call: CallPoint) -> Value:
        call_unmodeled(call, name, name)
        return model(call)

    return run


_MUTATOR_MODELS: dict[str, Model] = {
    "random.shuffle": shuffle,
    "heapq.heapify": shuffle,
    "heapq.heappop": pop_from_heap,
    "heapq.heappush": insert_and_take,
    "heapq.heapreplace": insert_and_take,
    "heapq.heappushpop": insert_and_take,
    "bisect.insort": insert_and_take,
    "bisect.insort_left": insert_and_take,
    "bisect.insort_right": insert_and_take,
    "operator.delitem": delete_item,
    "operator.setitem": set_item_of,
    "operator.iadd": extend_in_place,
    "operator.iconcat": extend_in_place,
}
SYMBOLS: dict[str, Model] = {
    **{name: _with_escape(name, model) for name, model in _MUTATOR_MODELS.items()},
}


METHODS: dict[str, Method] = {}

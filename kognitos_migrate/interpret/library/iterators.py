"""Models of functions that iterate over their arguments."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.budgets import LOOP_ROUNDS
from kognitos_migrate.interpret.containers import heap_objects
from kognitos_migrate.interpret.deferred_runs import late_result, run_now_and_later
from kognitos_migrate.interpret.displays import are_fillable, has_no_surplus, is_text_of, segments_test
from kognitos_migrate.interpret.expressions import compare
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of, is_consumed_in_place, note_iteration
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NUMBER,
    UNKNOWN,
    Const,
    Ref,
    Text,
    Value,
)


def as_iterator(call: CallPoint) -> Value:
    """The result of `iter(values)`, or of `iter(function, sentinel)`: the function's results without the
    sentinel."""
    argument, sentinel = call.arguments.first(), call.arguments.first(place=1)
    if argument is None or sentinel is None:
        return iterator_over(call)
    value = call.call(argument.value, Arguments())
    compare(
        call.interpreter,
        call.act,
        call.node,
        Operand(value, argument.site, argument.frame),
        sentinel,
        "Equal",
    )
    end = sentinel.value
    results = [
        choice for choice in alternatives(value) if choice != end or not isinstance(choice, Const | Text)
    ]
    return call.interpreter.allocate_iterator(call.act, call.node, join(*results))


def iterator_over(call: CallPoint) -> Value:
    """The result of `iter(values)`."""
    return _iterator(call, step=1)


def reversed_elements(call: CallPoint) -> Value:
    """The result of `reversed(values)`."""
    return _iterator(call, step=-1)


def _iterator(call: CallPoint, step: int) -> Value:
    """An iterator over the first argument. The order of its elements is known only if no other code can have
    taken some of them before."""
    interpreter, iterable = call.interpreter, call.arguments.first()
    if iterable is None:
        return UNKNOWN
    note_iteration(interpreter, call.act, call.node, iterable, "iteration")
    sequence = interpreter.heap[iterable.value] if isinstance(iterable.value, Ref) else None
    items = sequence.items if isinstance(sequence, SequenceObject) and sequence.rest is NEVER else []
    if items and is_consumed_in_place(interpreter, call.act, call.node):
        return interpreter.allocate_sequence(call.act, call.node, items[::step])
    return interpreter.allocate_iterator(call.act, call.node, element_of(interpreter, iterable.value))


def next_element(call: CallPoint) -> Value:
    """The result of `next(...)`, with or without a default."""
    iterator = call.arguments.first()
    default = call.arguments.first(place=1)
    for argument in (iterator, default):
        if argument is not None:
            call.note_access(AccessKind.WALK, argument)
    value = element_of(call.interpreter, iterator.value) if iterator else UNKNOWN
    return join(value, default.value) if default else value


def enumerate_elements(call: CallPoint) -> Value:
    """The result of `enumerate(values)`."""
    iterable = call.arguments.first("iterable")
    if iterable is None:
        return UNKNOWN
    note_iteration(call.interpreter, call.act, call.node, iterable, "iteration")
    number = call.operand(NUMBER)
    element = Operand(element_of(call.interpreter, iterable.value), iterable.site, iterable.frame)
    return call.interpreter.allocate_iterator(
        call.act, call.node, call.interpreter.allocate_sequence(call.act, call.node, [number, element])
    )


def zip_elements(call: CallPoint) -> Value:
    """The result of `zip(...)`."""
    for iterable in call.arguments.positional:
        note_iteration(call.interpreter, call.act, call.node, iterable, "iteration")
    items = [
        Operand(element_of(call.interpreter, iterable.value), iterable.site, iterable.frame)
        for iterable in call.arguments.positional
    ]
    rows = join(*(element_of(call.interpreter, iterable.value) for iterable in call.arguments.spread))
    rest = element_of(call.interpreter, rows) if call.arguments.spread else NEVER
    return call.interpreter.allocate_iterator(
        call.act, call.node, call.interpreter.allocate_sequence(call.act, call.node, items, rest)
    )


def map_values(call: CallPoint) -> Value:
    """The result of `map(function, values)`."""
    function = call.arguments.first()
    if function is None:
        return UNKNOWN
    in_place = is_consumed_in_place(call.interpreter, call.act, call.node)
    if in_place and (parts := _map_one_by_one(call, function.value)) is not None:
        return call.interpreter.allocate_sequence(call.act, call.node, parts)
    for iterable in call.arguments.positional[1:]:
        note_iteration(call.interpreter, call.act, call.node, iterable, "iteration")
    items = [
        Operand(element_of(call.interpreter, iterable.value), iterable.site, iterable.frame)
        for iterable in call.arguments.positional[1:]
    ]
    spread = [
        Operand(element_of(call.interpreter, iterable.value), iterable.site, iterable.frame)
        for iterable in call.arguments.spread
    ]
    return _results_later(call, function.value, Arguments(items, spread=spread))


def map_unpacked(call: CallPoint) -> Value:
    """The result of `itertools.starmap(function, values)`. Each value is unpacked into the arguments."""
    function, values = call.arguments.first(), call.arguments.first(place=1)
    if function is None or values is None:
        return UNKNOWN
    note_iteration(call.interpreter, call.act, call.node, values, "iteration")
    pair = values._replace(value=element_of(call.interpreter, values.value))
    return _results_later(call, function.value, Arguments([], spread=[pair]))


def _results_later(call: CallPoint, function: Value, arguments: Arguments) -> Value:
    """The iterator over the results of a function, which runs when they are consumed."""

    def evaluate() -> Value:
        return call.interpreter.allocate_iterator(call.act, call.node, late_result(call, function, arguments))

    return run_now_and_later(call.interpreter, (call.site, call.act.frame.id, call.site), evaluate)


def _map_one_by_one(call: CallPoint, function: Value) -> list[Operand] | None:
    """The results of a function for a few known texts, because they may be segments of a URL.

    None if an element is unknown, or if a result is neither a text nor a simple value.
    """
    iterables = call.arguments.positional[1:]
    sources = (
        heap_objects(call.interpreter, iterables[0].value)
        if len(iterables) == 1 and not call.arguments.spread
        else []
    )
    sequence = sources[0] if len(sources) == 1 else None
    if (
        not isinstance(sequence, SequenceObject)
        or sequence.rest is not NEVER
        or len(sequence.items) >= LOOP_ROUNDS
    ):
        return None
    if not sequence.items:
        return [] if has_no_surplus(call.interpreter, sequence) else None
    if not are_fillable(item.value for item in sequence.items):
        return None
    values = [call.call(function, Arguments([item])) for item in sequence.items]
    if not segments_test(call.act, call.node)(values):
        return None
    return [
        item if is_text_of(value, item.value) else item._replace(value=value)
        for item, value in zip(sequence.items, values, strict=True)
    ]


def filter_values(call: CallPoint) -> Value:
    """The result of `filter(function, values)`."""
    values = call.arguments.first(place=1)
    function = call.arguments.first()
    if values is None or function is None:
        return UNKNOWN
    note_iteration(call.interpreter, call.act, call.node, values, "iteration")
    element = Operand(element_of(call.interpreter, values.value), values.site, values.frame)
    is_called = function.value != Const(None)
    tested = call.call(function.value, Arguments([element])) if is_called else element.value
    call.note_use(UseKind.TRUTH, tested, values.site, detail="filter")
    return call.interpreter.allocate_iterator(call.act, call.node, element.value)


def any_or_all(call: CallPoint) -> Value:
    """The result of `any` and `all`, which test the elements for truth."""
    iterable = call.arguments.first()
    if iterable is not None:
        element = element_of(call.interpreter, iterable.value)
        call.note_use(UseKind.TRUTH, element, iterable.site, detail="any")
    return UNKNOWN


SYMBOLS: dict[str, Model] = {
    "builtins.iter": as_iterator,
    "builtins.reversed": reversed_elements,
    "builtins.aiter": iterator_over,
    "builtins.next": next_element,
    "builtins.anext": next_element,
    "builtins.enumerate": enumerate_elements,
    "builtins.zip": zip_elements,
    "builtins.map": map_values,
    "itertools.starmap": map_unpacked,
    "builtins.filter": filter_values,
    "builtins.any": any_or_all,
    "builtins.all": any_or_all,
}
METHODS: dict[str, Method] = {}

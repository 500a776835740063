"""Models of functions that iterate over their arguments, such as those of `itertools`, and of the methods of
iterators."""

from collections.abc import Iterable

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.budgets import LOOP_ROUNDS
from kognitos_migrate.interpret.classes.enums import truth_of
from kognitos_migrate.interpret.comparisons import note_comparison
from kognitos_migrate.interpret.deferred_runs import late_result, run_now_and_later
from kognitos_migrate.interpret.displays import is_empty_star_parameter
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import (
    element_of,
    element_operand,
    is_consumed_in_place,
    note_iteration,
)
from kognitos_migrate.interpret.library.list_methods import ignore_elements, note_flow
from kognitos_migrate.interpret.sequence_choices import (
    MOST,
    Choices,
    allocate_choices,
    are_fillable,
    are_joinable,
    concatenations_of,
    known_choices,
    segments_test,
    with_optional,
)
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.strings import distinct_element, is_text_of
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NUMBER,
    UNKNOWN,
    Const,
    MemberRef,
    Symbol,
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
    note_comparison(
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
    note_iteration(call, iterable, "iteration")
    sequence = interpreter.heap.get(iterable.value)
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
    note_iteration(call, iterable, "iteration")
    number = call.operand(NUMBER)
    element = element_operand(call.interpreter, iterable)
    return call.interpreter.allocate_iterator(
        call.act, call.node, call.interpreter.allocate_sequence(call.act, call.node, [number, element])
    )


def zip_elements(call: CallPoint) -> Value:
    """The result of `zip(...)`."""
    for iterable in call.arguments.positional:
        note_iteration(call, iterable, "iteration")
    items = [element_operand(call.interpreter, iterable) for iterable in call.arguments.positional]
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
        return allocate_choices(call.interpreter, call.act, call.node, parts)
    for iterable in call.arguments.positional[1:]:
        note_iteration(call, iterable, "iteration")
    items = [element_operand(call.interpreter, iterable) for iterable in call.arguments.positional[1:]]
    spread = [element_operand(call.interpreter, iterable) for iterable in call.arguments.spread]
    return _results_later(call, function.value, Arguments(items, spread=spread))


def map_unpacked(call: CallPoint) -> Value:
    """The result of `itertools.starmap(function, values)`. Each value is unpacked into the arguments."""
    function, values = call.arguments.first(), call.arguments.first(place=1)
    if function is None or values is None:
        return UNKNOWN
    note_iteration(call, values, "iteration")
    pair = values._replace(value=element_of(call.interpreter, values.value))
    return _results_later(call, function.value, Arguments([], spread=[pair]))


def _results_later(call: CallPoint, function: Value, arguments: Arguments) -> Value:
    """The iterator over the results of a function, which runs when they are consumed."""

    def evaluate() -> Value:
        return call.interpreter.allocate_iterator(call.act, call.node, late_result(call, function, arguments))

    return run_now_and_later(call.interpreter, (call.site, call.act.frame.id, call.site), evaluate)


def _map_one_by_one(call: CallPoint, function: Value) -> Choices | None:
    """The results of a function for a few known texts, because they may be segments of a URL. There are
    several such lists if the texts are those of one of several.

    None if an element is unknown, or if a result is neither a text nor a simple value.
    """
    iterables = call.arguments.positional[1:]
    if len(iterables) != 1 or call.arguments.spread:
        return None
    sources = known_choices(call.interpreter, iterables[0].value)
    if sources is None or sum(map(len, sources)) >= LOOP_ROUNDS:
        return None
    if sources == [[]]:
        return sources if is_empty_star_parameter(call.interpreter, iterables[0].value) else None
    if not are_fillable(item.value for source in sources for item in source):
        return None
    results = [
        [(item, call.call(function, Arguments([_distinct(item)]))) for item in source] for source in sources
    ]
    if not segments_test(call.act, call.node)(value for result in results for _, value in result):
        return None
    return [
        [
            item if is_text_of(value, _distinct(item).value) else item._replace(value=value)
            for item, value in result
        ]
        for result in results
    ]


def _distinct(item: Operand) -> Operand:
    return item._replace(value=distinct_element(item.value))


def filter_segments(call: CallPoint) -> Value:
    """The result of `filter(function, values)`: the elements that pass, if they may be segments of a URL."""
    function, values = call.arguments.first(), call.arguments.first(place=1)
    sources = known_choices(call.interpreter, values.value) if values is not None else None
    if function is None or values is None or sources is None:
        return filter_values(call)
    items = [item.value for source in sources for item in source]
    is_short = len(items) < LOOP_ROUNDS and are_joinable(items)
    if not is_short or not is_consumed_in_place(call.interpreter, call.act, call.node):
        return filter_values(call)
    note_iteration(call, values, "iteration")
    results: Choices = []
    for source in sources:
        lists: Choices = [[]]
        for item in source:
            is_called = function.value not in (Const(None), Symbol("builtins.bool"), Symbol("builtins.str"))
            tested = call.call(function.value, Arguments([item])) if is_called else item.value
            call.note_use(UseKind.TRUTH, tested, values.site, detail="filter")
            lists = with_optional(lists, item, outcome=truth_of(call.interpreter, tested))
        results += lists
    if len(results) > MOST:
        return filter_values(call)
    return allocate_choices(call.interpreter, call.act, call.node, results)


def filter_values(call: CallPoint) -> Value:
    """The result of `filter(function, values)`."""
    values = call.arguments.first(place=1)
    function = call.arguments.first()
    if values is None or function is None:
        return UNKNOWN
    note_iteration(call, values, "iteration")
    element = element_operand(call.interpreter, values)
    is_called = function.value != Const(None)
    tested = call.call(function.value, Arguments([element])) if is_called else element.value
    call.note_use(UseKind.TRUTH, tested, values.site, detail="filter")
    return call.interpreter.allocate_iterator(call.act, call.node, element.value)


def group_elements(call: CallPoint) -> Value:
    """The result of `itertools.groupby(values, key)`. The keys of neighbours are compared, when they are
    consumed."""
    values, function = call.arguments.first("iterable"), call.arguments.first("key", place=1)
    if values is None:
        return UNKNOWN
    note_iteration(call, values, "iteration")
    element = element_operand(call.interpreter, values)
    groups = call.node.func if isinstance(call.node, cst.Call) else call.node

    def evaluate() -> Value:
        key = element.value
        if function is not None and function.value != Const(None):
            key = late_result(call, function.value, Arguments([element]))
        keys = call.operand(key)
        note_comparison(call.interpreter, call.act, call.node, keys, keys, "Equal")
        group = call.interpreter.allocate_iterator(call.act, call.node, element.value)
        row = call.interpreter.allocate_sequence(call.act, call.node, [keys, call.operand(group)])
        return call.interpreter.allocate_iterator(call.act, groups, row)

    return run_now_and_later(call.interpreter, (call.site, call.act.frame.id, call.site), evaluate)


def iterate_elements(call: CallPoint) -> Value:
    """The result of `islice(values, ...)` and `cycle(values)`: an iterator over the values."""
    iterable = call.arguments.first()
    if iterable is None:
        return UNKNOWN
    note_iteration(call, iterable, "iteration")
    return _iterate(call, element_of(call.interpreter, iterable.value))


def chain_elements(call: CallPoint) -> Value:
    """The result of `chain(values, values)`."""
    for iterable in call.arguments.positional:
        note_iteration(call, iterable, "iteration")
    iterables = [] if call.arguments.spread else call.arguments.positional
    if iterables and (value := _chain_in_order(call, iterables)) is not None:
        return value
    elements = [element_of(call.interpreter, iterable.value) for iterable in call.arguments.positional]
    spread_elements = [
        element_of(call.interpreter, element_of(call.interpreter, spread.value))
        for spread in call.arguments.spread
    ]
    return _iterate(call, join(*elements, *spread_elements))


def chain_nested(call: CallPoint) -> Value:
    """The result of `chain.from_iterable(lists)`."""
    iterables = call.arguments.first()
    if iterables is None:
        return UNKNOWN
    lists = known_choices(call.interpreter, iterables.value)
    if lists is not None and len(lists) == 1 and (value := _chain_in_order(call, lists[0])) is not None:
        return value
    return _iterate(call, element_of(call.interpreter, element_of(call.interpreter, iterables.value)))


def _chain_in_order(call: CallPoint, iterables: Iterable[Operand]) -> Value | None:
    """The elements of several lists, one after the other. None if one isn't known, or if they are consumed
    later."""
    if not is_consumed_in_place(call.interpreter, call.act, call.node):
        return None
    choices = concatenations_of(known_choices(call.interpreter, iterable.value) for iterable in iterables)
    return allocate_choices(call.interpreter, call.act, call.node, choices) if choices is not None else None


def repeat_value(call: CallPoint) -> Value:
    """The result of `repeat(value)`."""
    argument = call.arguments.first("object")
    return _iterate(call, argument.value) if argument else UNKNOWN


def _iterate(call: CallPoint, element: Value) -> Value:
    return call.interpreter.allocate_iterator(call.act, call.node, element)


def any_or_all(call: CallPoint) -> Value:
    """The result of `any` and `all`, which test the elements for truth."""
    iterable = call.arguments.first()
    if iterable is not None:
        element = element_of(call.interpreter, iterable.value)
        call.note_use(UseKind.TRUTH, element, iterable.site, detail="any")
    return UNKNOWN


def send_to_generator(call: CallPoint, member: MemberRef) -> Value:
    """The result of `send` of a generator. The argument escapes."""
    for argument in call.arguments.everything():
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail="a generator")
    return iterator_result(call, member)


def iterator_result(call: CallPoint, member: MemberRef) -> Value:
    """The result of `__next__` and `result` of an iterator."""
    note_flow(call, member)
    element = element_of(call.interpreter, member.receiver)
    return UNKNOWN if element is NEVER else element


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
    "builtins.filter": filter_segments,
    "itertools.groupby": group_elements,
    "itertools.islice": iterate_elements,
    "itertools.cycle": iterate_elements,
    "itertools.chain": chain_elements,
    "itertools.chain.from_iterable": chain_nested,
    "itertools.repeat": repeat_value,
    **{f"itertools.{name}": filter_values for name in ("dropwhile", "takewhile", "filterfalse")},
    "builtins.any": any_or_all,
    "builtins.all": any_or_all,
}
METHODS: dict[str, Method] = {
    "iterator.send": send_to_generator,
    "iterator.__next__": iterator_result,
    "iterator.result": iterator_result,
    "iterator.close": ignore_elements,
}

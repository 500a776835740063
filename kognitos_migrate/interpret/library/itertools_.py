"""Walking over values: `itertools`, and `functools.reduce`."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import element_of, iterated_uses, things
from kognitos_migrate.interpret.library.builtins_ import filtered
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.values.base import NEVER, UNKNOWN, Value
from kognitos_migrate.values.heap import Given, Sequence
from kognitos_migrate.values.join import join


def some_of(call: Call) -> Value:
    """`islice(values, ...)`, `cycle(values)`: some of the values, in their order."""
    given = call.arguments.first()
    if given is None:
        return UNKNOWN
    iterated_uses(call.machine, call.act, call.node, given, "walked over")
    return _walked(call, element_of(call.machine, given.value))


def chained(call: Call) -> Value:
    """`chain(values, values)`."""
    for given in call.arguments.positional:
        iterated_uses(call.machine, call.act, call.node, given, "walked over")
    elements = [element_of(call.machine, given.value) for given in call.arguments.positional]
    more = [element_of(call.machine, element_of(call.machine, one.value)) for one in call.arguments.spread]
    return _walked(call, join(*elements, *more))


def chained_from(call: Call) -> Value:
    """`chain.from_iterable(lists)`."""
    given = call.arguments.first()
    if given is None:
        return UNKNOWN
    return _walked(call, element_of(call.machine, element_of(call.machine, given.value)))


def repeated(call: Call) -> Value:
    """`repeat(value)`."""
    given = call.arguments.first("object")
    return _walked(call, given.value) if given else UNKNOWN


def reduced(call: Call) -> Value:
    """`reduce(function, values, first)`: step by step where the values are known one by one."""
    function, values = call.arguments.first(), call.arguments.first(place=1)
    first = call.arguments.first("initial", place=2)
    if function is None or values is None:
        return UNKNOWN
    iterated_uses(call.machine, call.act, call.node, values, "walked over")
    lists = [thing for thing in things(call.machine, values.value) if isinstance(thing, Sequence)]
    known = list(lists[0].items) if len(lists) == 1 and lists[0].rest is NEVER else None
    element = Given(element_of(call.machine, values.value), values.site, values.frame)
    steps = known if known is not None else [element] * budgets.LOOP_ROUNDS
    if first is None:
        first, steps = (steps[0], steps[1:]) if steps else (element, [])
    result = first
    for step in steps:
        value = call.call(function.value, Arguments([result, step]))
        if known is None and join(result.value, value) == result.value:
            break
        result = Given(
            value if known is not None else join(result.value, value), call.site, call.act.frame.id
        )
    return result.value


def _walked(call: Call, element: Value) -> Value:
    return call.machine.iterated(call.act, call.node, element)


SYMBOLS: dict[str, Model] = {
    "itertools.islice": some_of,
    "itertools.cycle": some_of,
    "itertools.chain": chained,
    "itertools.chain.from_iterable": chained_from,
    "itertools.repeat": repeated,
    **{f"itertools.{name}": filtered for name in ("dropwhile", "takewhile", "filterfalse")},
    "functools.reduce": reduced,
}
METHODS: dict[str, Method] = {}

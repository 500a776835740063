"""What puts values in order: `sorted`, `min`, `max`, and the functions that say by what."""

from typing import cast

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import element_of, things
from kognitos_migrate.interpret.library.builtins_ import as_list
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.state.events import ORDERED, UseKind
from kognitos_migrate.values.base import NONE, UNKNOWN, Member, Value
from kognitos_migrate.values.heap import Given, Sequence
from kognitos_migrate.values.join import join


def ordered(call: Call) -> Value:
    """`sorted(values, key=function)`."""
    given = call.arguments.first()
    if given is not None:
        _compare(call, Given(element_of(call.machine, given.value), given.site, given.frame))
    found = as_list(call)
    _disorder(call, found)
    return found


def extreme(call: Call) -> Value:
    """`min(values, key=function, default=value)`, `max(one, other)`: one of the values."""
    spread = [
        Given(element_of(call.machine, one.value), one.site, one.frame) for one in call.arguments.spread
    ]
    given = [*call.arguments.positional, *spread]
    default = call.arguments.keywords.get("default")
    if not given:
        return UNKNOWN
    alone = len(given) == 1 and not spread
    values = [element_of(call.machine, given[0].value)] if alone else [one.value for one in given]
    element = Given(join(*values), given[0].site, given[0].frame)
    _compare(call, element)
    return join(element.value, *([default.value] if default else []))


def put_in_order(call: Call, member: Value) -> Value:
    """`values.sort(key=function)`."""
    receiver = cast(Member, member).receiver
    _compare(call, call.given(element_of(call.machine, receiver)))
    _disorder(call, receiver)
    return NONE


def _disorder(call: Call, value: Value) -> None:
    for thing in things(call.machine, value):
        if isinstance(thing, Sequence):
            thing.disorder()


def _compare(call: Call, element: Given) -> None:
    """Elements are compared with each other, or what the function `key` gives of each."""
    key = call.arguments.keywords.get("key")
    value = element.value
    if key is not None and key.value != NONE:
        value = call.call(key.value, Arguments([element]))
    call.use(UseKind.METHOD, value, element.site, detail=ORDERED)


SYMBOLS: dict[str, Model] = {
    "builtins.sorted": ordered,
    "builtins.min": extreme,
    "builtins.max": extreme,
}
METHODS: dict[str, Method] = {"list.sort": put_in_order}

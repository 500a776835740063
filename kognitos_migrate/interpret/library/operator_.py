"""`operator`: getters, which are called like functions and read like subscripts."""

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import item_of
from kognitos_migrate.interpret.library.functools_ import partial
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.values.base import UNKNOWN, Ref, Symbol, Value
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives, join

_READ = Symbol("operator.itemgetter()")


def item_getter(call: Call) -> Value:
    """`itemgetter(key, ...)`: a function that reads these keys of what it is given."""
    target = call.given(_READ)
    return partial(Call(call.machine, call.act, call.node, Arguments([target, *call.arguments.positional])))


def item_read(call: Call) -> Value:
    """The getter's call, with its keys in front of what it reads."""
    *keys, container = call.arguments.positional
    found = [_read(call, key, container) for key in keys]
    if len(found) == 1:
        return found[0]
    items = [Given(value, key.site, key.frame) for value, key in zip(found, keys, strict=True)]
    return call.machine.sequence(call.act, call.node, items)


def _read(call: Call, key: Given, container: Given) -> Value:
    if not _is_direct(call):
        # Whoever calls it for the program (map, sorted) leaves no place in which one read could be edited.
        call.use(UseKind.METHOD, container.value, container.site, detail="a getter")
        return UNKNOWN
    return join(
        *(
            item_of(call.machine, call.act, call.node, choice, container.site, key.value)
            for choice in alternatives(container.value)
        )
    )


def _is_direct(call: Call) -> bool:
    """Whether it is the getter that is called in the source."""
    if not isinstance(call.node, cst.Call):
        return False
    called = call.machine.facts.values.get((call.act.site(call.node.func), call.act.frame.id), UNKNOWN)
    return any(
        isinstance(choice, Ref)
        and isinstance(thing := call.machine.heap[choice], Instance)
        and thing.attributes.get("partial target") == _READ
        for choice in alternatives(called)
    )


def item(call: Call) -> Value:
    """`getitem(container, key)`."""
    container, key = call.arguments.first(), call.arguments.first(place=1)
    if container is None or key is None:
        return UNKNOWN
    call.use(UseKind.METHOD, container.value, container.site, detail="getitem")
    return UNKNOWN


SYMBOLS: dict[str, Model] = {
    "operator.itemgetter": item_getter,
    _READ.name: item_read,
    "operator.getitem": item,
}
METHODS: dict[str, Method] = {}

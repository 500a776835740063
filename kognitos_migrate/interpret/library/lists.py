"""Methods of lists, tuples, sets, queues and iterators."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret import errors
from kognitos_migrate.interpret.containers import element_of, iterated_uses, use_in_set
from kognitos_migrate.interpret.machine import Call, Method, Model, receiver_of
from kognitos_migrate.interpret.state.events import AccessKind, UseKind
from kognitos_migrate.values.base import NEVER, NONE, UNKNOWN, Member, Ref, Value
from kognitos_migrate.values.heap import Sequence


def new_sequence(call: Call) -> Value:
    """An empty list."""
    return call.machine.sequence(call.act, call.node)


def _sequence(call: Call, member: Value) -> Sequence | None:
    thing = call.machine.heap[cast(Ref, cast(Member, member).receiver)]
    return thing if isinstance(thing, Sequence) else None


def _reached(call: Call, member: Value) -> None:
    """Note that a list is asked for elements, or gets some: what they are is not looked at."""
    call.machine.access(AccessKind.WALK, cast(Member, member).receiver, receiver_of(call), call.site)


def append(call: Call, member: Value) -> Value:
    """`append`, `add`, `put`: the last argument is an element from now on."""
    thing = _sequence(call, member)
    if thing is not None and call.arguments.positional:
        added = call.arguments.positional[-1]
        call.flows(added)
        _reached(call, member)
        if cast(Member, member).name == "add":
            use_in_set(call.machine, call.act, call.node, added)
        call.machine.add(thing, added.value)
    return NONE


def extend(call: Call, member: Value) -> Value:
    """`extend`, `update`: all elements of the argument."""
    thing = _sequence(call, member)
    _reached(call, member)
    for given in call.arguments.positional:
        iterated_uses(call.machine, call.act, call.node, given, "walked over")
        if thing is not None:
            call.machine.add(thing, element_of(call.machine, given.value))
    return NONE


def _disordering(method: Method) -> Method:
    """The same for a method that moves the elements of a list, or takes some out."""

    def moved(call: Call, member: Value) -> Value:
        thing = _sequence(call, member)
        if thing is not None:
            thing.disorder()
        return method(call, member)

    return moved


def take(call: Call, member: Value) -> Value:
    """`pop`, `popleft`, `get`: some element."""
    _reached(call, member)
    return element_of(call.machine, cast(Member, member).receiver)


def channel(call: Call) -> Value:
    """`open_memory_channel(...)`: two ends of what is put in at one and taken out at the other."""
    end = call.given(call.machine.sequence(call.act, call.node))
    pair = cast(cst.Call, call.node).func  # at one node there is one list
    return call.machine.sequence(call.act, pair, [end, end])


def copy(call: Call, member: Value) -> Value:
    """`copy`."""
    _reached(call, member)
    return cast(Member, member).receiver


def quiet(call: Call, member: Value) -> Value:
    """Methods that neither add nor give elements."""
    _reached(call, member)
    return UNKNOWN


def sent(call: Call, member: Value) -> Value:
    """`send` of a generator: what it does with what it is sent is not followed."""
    for given in call.arguments.everything():
        call.use(UseKind.ESCAPE, given.value, given.site, detail="a generator")
    return first(call, member)


def compared(call: Call, member: Value) -> Value:
    """`index`, `count`, `remove`, `discard`: the elements are compared with the argument."""
    given = call.arguments.first()
    if given is not None:
        held = element_of(call.machine, cast(Member, member).receiver)
        call.use(UseKind.COMPARE, held, call.site, given.value, "Equal")
        call.use(UseKind.COMPARE, given.value, given.site, held, "Equal")
        errors.missed(call, given)
    return UNKNOWN


def first(call: Call, member: Value) -> Value:
    """`__next__` of an iterator, `result` of a future."""
    _reached(call, member)
    found = element_of(call.machine, cast(Member, member).receiver)
    return UNKNOWN if found is NEVER else found


SYMBOLS: dict[str, Model] = {
    "queue.Queue": new_sequence,
    "queue.SimpleQueue": new_sequence,
    "queue.LifoQueue": new_sequence,
    "asyncio.Queue": new_sequence,
    "trio.open_memory_channel": channel,
    "anyio.create_memory_object_stream": channel,
}
METHODS: dict[str, Method] = {
    **{f"list.{name}": append for name in ("append", "add", "put", "put_nowait", "send", "send_nowait")},
    **{f"list.{name}": _disordering(append) for name in ("appendleft", "insert")},
    **{f"list.{name}": extend for name in ("extend", "update")},
    "list.extendleft": _disordering(extend),
    **{f"list.{name}": _disordering(take) for name in ("pop", "popleft", "get", "get_nowait")},
    **{f"list.{name}": take for name in ("receive", "receive_nowait")},
    "list.copy": copy,
    "list.clone": copy,
    "list.empty": quiet,
    **{f"list.{name}": _disordering(quiet) for name in ("reverse", "clear")},
    **{f"list.{name}": compared for name in ("index", "count")},
    **{f"list.{name}": _disordering(compared) for name in ("remove", "discard")},
    "iterator.send": sent,
    "iterator.__next__": first,
    "iterator.result": first,
    "iterator.close": quiet,
}

"""Threads, pools and tasks: what is handed over is run where it is handed over."""

from kognitos_migrate.interpret.containers import element_of, things
from kognitos_migrate.interpret.machine import Arguments, Call, Method, Model
from kognitos_migrate.values.base import UNKNOWN, Value
from kognitos_migrate.values.heap import Given, Sequence
from kognitos_migrate.values.join import join


def pool(call: Call) -> Value:
    """An executor."""
    return call.machine.instance(call.act, call.node)[0]


def submit(call: Call, member: Value) -> Value:
    """`executor.submit(function, ...)`: a future, from which the result comes."""
    function = call.arguments.first()
    if function is None:
        return UNKNOWN
    rest = Arguments(call.arguments.positional[1:], call.arguments.keywords, call.arguments.spread)
    value = call.machine.call(call.act, call.node, function.value, rest)
    return call.machine.iterated(call.act, call.node, value)


def map_over(call: Call, member: Value) -> Value:
    """`executor.map(function, values)`."""
    function = call.arguments.first()
    if function is None:
        return UNKNOWN
    items = [
        Given(element_of(call.machine, given.value), given.site, given.frame)
        for given in call.arguments.positional[1:]
    ]
    value = call.machine.call(call.act, call.node, function.value, Arguments(items))
    return call.machine.iterated(call.act, call.node, value)


def thread(call: Call) -> Value:
    """`Thread(target=function, args=(...))`."""
    target = call.arguments.keywords.get("target")
    given = call.arguments.keywords.get("args")
    if target is not None:
        held = (
            [thing for thing in things(call.machine, given.value) if isinstance(thing, Sequence)]
            if given
            else []
        )
        items = held[0].items if held else []
        call.machine.call(call.act, call.node, target.value, Arguments(list(items)))
    return UNKNOWN


def futures(call: Call) -> Value:
    """`as_completed(futures)`, `wait(futures)`: the same futures."""
    given = call.arguments.first()
    return (
        call.machine.iterated(call.act, call.node, element_of(call.machine, given.value))
        if given
        else UNKNOWN
    )


def awaited(call: Call) -> Value:
    """`asyncio.run(coroutine)`, `wait_for`, `create_task`, `shield`: the coroutine's value."""
    given = call.arguments.first()
    return given.value if given else UNKNOWN


def gathered(call: Call) -> Value:
    """`asyncio.gather(...)`: all the values."""
    rest = join(*(element_of(call.machine, given.value) for given in call.arguments.spread))
    return call.machine.sequence(call.act, call.node, call.arguments.positional, rest)


def to_thread(call: Call) -> Value:
    """`asyncio.to_thread(function, ...)`."""
    function = call.arguments.first()
    rest = Arguments(call.arguments.positional[1:], call.arguments.keywords)
    return call.machine.call(call.act, call.node, function.value, rest) if function else UNKNOWN


SYMBOLS: dict[str, Model] = {
    "concurrent.futures.ThreadPoolExecutor": pool,
    "concurrent.futures.ProcessPoolExecutor": pool,
    "multiprocessing.pool.ThreadPool": pool,
    "multiprocessing.Pool": pool,
    "concurrent.futures.as_completed": futures,
    "threading.Thread": thread,
    **{f"asyncio.{name}": awaited for name in ("run", "wait_for", "create_task", "ensure_future", "shield")},
    "asyncio.gather": gathered,
    "asyncio.to_thread": to_thread,
    "asyncio.as_completed": futures,
}
METHODS: dict[str, Method] = {
    "object.submit": submit,
    "object.apply_async": submit,
    "object.map": map_over,
    "object.imap": map_over,
    "object.imap_unordered": map_over,
}

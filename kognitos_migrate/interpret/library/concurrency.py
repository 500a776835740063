"""Models of threads, pools and tasks: a callable that is passed to them runs at once."""

from typing import cast

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.deferred_runs import call_now_and_later
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.library.builtins_ import ignore_arguments
from kognitos_migrate.interpret.library.iterators import map_values
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject, Task
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Ref,
    Value,
)


def pool(call: CallPoint) -> Value:
    """The result of a constructor of an executor, a task group or an event loop."""
    return call.interpreter.allocate_library_instance(call.act, call.node)[0]


def submit(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `executor.submit(function, ...)`: a future."""
    function = call.arguments.first()
    return _task_of(call, _call_argument(call, 1)) if function else UNKNOWN


def _call_argument(call: CallPoint, start: int) -> Value:
    """The result of the function passed as the argument `start - 1`, called with the arguments after it."""
    function = call.arguments.first(place=start - 1)
    rest = Arguments(
        call.arguments.positional[start:],
        call.arguments.keywords,
        call.arguments.spread,
        call.arguments.keyword_spread,
        holders=call.arguments.holders,
        merged=call.arguments.merged,
        optional=call.arguments.optional,
    )
    return call_now_and_later(call, function.value, rest) if function else UNKNOWN


def map_over(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `executor.map(function, values)`."""
    return map_values(call)


def thread(call: CallPoint) -> Value:
    """The result of `Thread(target=function, args=(...), kwargs={...})`."""
    return _start(call, "target", 1, "args", 3)


def timer(call: CallPoint) -> Value:
    """The result of `Timer(seconds, function, args, kwargs)`."""
    return _start(call, "function", 1, "args", 2)


def schedule_call(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `scheduler.enter(delay, priority, action, argument, kwargs)`."""
    return _start(call, "action", 2, "argument", 3)


def _start(call: CallPoint, name: str, place: int, args: str, place_of_args: int) -> Value:
    """Run a function that is passed with a list of arguments, followed by a dict of keyword arguments."""
    target = call.arguments.first(name, place=place)
    if target is not None:
        argument_list = call.arguments.first(args, place=place_of_args)
        _run_with(call, target, argument_list, call.arguments.first("kwargs", place=place_of_args + 1))
    return UNKNOWN


def _run_with(call: CallPoint, function: Operand, args: Operand | None, keywords: Operand | None) -> Value:
    """The result of a function, called with a list of arguments and a dict of keyword arguments."""
    arguments = Arguments()
    for operand in (args, keywords):
        if operand is not None:
            call.note_flows(operand)
    argument_lists = call.interpreter.heap.objects_of(args.value) if args is not None else []
    if (
        len(argument_lists) == 1
        and isinstance(argument_lists[0], SequenceObject)
        and argument_lists[0].rest is NEVER
    ):
        arguments.positional.extend(argument_lists[0].items)
    elif args is not None:
        arguments.spread.append(args)
    keyword_dicts = call.interpreter.heap.objects_of(keywords.value) if keywords is not None else []
    if (
        len(keyword_dicts) == 1
        and isinstance(keyword_dicts[0], DictObject)
        and not keyword_dicts[0].spreads
        and not keyword_dicts[0].open
    ):
        for name, entries in keyword_dicts[0].entries.items():
            arguments.keywords[name] = entries[-1].operand
            arguments.holders[name] = entries[-1].holder
    elif keywords is not None:
        arguments.keyword_spread.append(keywords)
    return call_now_and_later(call, function.value, arguments)


def apply_async(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `pool.apply_async(function, args, kwargs, callback)`: a task."""
    function = call.arguments.first("func")
    if function is None:
        return UNKNOWN
    args, keywords = call.arguments.first("args", place=1), call.arguments.first("kwds", place=2)
    result = _run_with(call, function, args, keywords)
    for name, place, argument in (
        ("callback", 3, result),
        ("error_callback", 4, exceptions.any_error(call.interpreter)),
    ):
        callback = call.arguments.first(name, place=place)
        if callback is not None and callback.value != NONE:
            call.call(callback.value, Arguments([call.operand(argument)]))
    return _task_of(call, result)


def futures(call: CallPoint) -> Value:
    """The result of `as_completed(futures)`: an iterator over the futures."""
    iterable = call.arguments.first()
    return (
        call.interpreter.allocate_iterator(call.act, call.node, element_of(call.interpreter, iterable.value))
        if iterable
        else UNKNOWN
    )


def wait_for_tasks(call: CallPoint) -> Value:
    """The result of `asyncio.wait(tasks)`: the tasks that are done and those that are pending."""
    iterable = call.arguments.first()
    tasks = element_of(call.interpreter, iterable.value) if iterable else UNKNOWN
    some_tasks = call.interpreter.allocate_iterator(call.act, call.node, tasks)
    operand = call.operand(some_tasks)
    return call.interpreter.allocate_sequence(call.act, call.node, [operand, operand])


def await_coroutine(call: CallPoint) -> Value:
    """The result of `asyncio.run(coroutine)`, `wait_for` and `shield`: that of the coroutine."""
    argument = call.arguments.first()
    return awaited_result(call, argument.value) if argument else UNKNOWN


def awaited_result(call: CallPoint, value: Value) -> Value:
    """The value after waiting for `value`: the result of a task, or the value itself."""
    results: list[Value] = []
    for choice in alternatives(value):
        heap_object = call.interpreter.heap.get(choice)
        results.append(heap_object.result if isinstance(heap_object, Task) else choice)
    return join(*results)


def _task_of(call: CallPoint, result: Value) -> Value:
    return call.interpreter.allocate_task(call.act, call.node, result)


def run_in_event_loop(call: CallPoint) -> Value:
    """The result of `anyio.run(function, ...)`: that of the function."""
    return _call_argument(call, 1)


def create_task(call: CallPoint) -> Value:
    """The result of `asyncio.create_task(coroutine)`: a task."""
    coroutine = call.arguments.first("coro")
    return _task_of(call, awaited_result(call, coroutine.value)) if coroutine else UNKNOWN


def gather_results(call: CallPoint) -> Value:
    """The result of `asyncio.gather(...)`: the list of the results."""
    rest = join(
        *(
            awaited_result(call, element_of(call.interpreter, argument.value))
            for argument in call.arguments.spread
        )
    )
    error = (
        exceptions.error_among_results(call.interpreter)
        if "return_exceptions" in call.arguments.keywords
        else NEVER
    )
    items = [
        Operand(join(awaited_result(call, argument.value), error), argument.site, argument.frame)
        for argument in call.arguments.positional
    ]
    rest = join(rest, error) if call.arguments.spread else rest
    return call.interpreter.allocate_sequence(call.act, call.node, items, rest)


def as_method(model: Model) -> Method:
    """The model of a function as the model of a method of a loop, a group or a runner."""
    return lambda call, _member: model(call)


def start_soon(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `group.start_soon(function, ...)`: None."""
    _call_argument(call, 1)
    return NONE


def register_callback(call: CallPoint) -> Value:
    """The result of `atexit.register(function, ...)` and `stack.callback(function, ...)`: the function."""
    function = call.arguments.first()
    _call_argument(call, 1)
    return function.value if function is not None else UNKNOWN


def call_later(call: CallPoint) -> Value:
    """The result of `weakref.finalize(value, function, ...)` and `loop.call_later(seconds, function,
    ...)`."""
    _call_argument(call, 2)
    return UNKNOWN


def run_in_executor(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `loop.run_in_executor(executor, function, ...)`: a future."""
    return _task_of(call, _call_argument(call, 2))


def create_task_in_group(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `create_task(coroutine)` of a task group or a loop; a function may take the coroutine's
    place."""
    argument = call.arguments.first()
    if argument is not None and any(
        isinstance(choice, Function | Bound | Class) for choice in alternatives(argument.value)
    ):
        return _task_of(call, _call_argument(call, 1))
    return create_task(call)


def _task(call: CallPoint, member: MemberRef) -> Task | None:
    heap_object = call.interpreter.heap[cast(Ref, member.receiver)]
    return heap_object if isinstance(heap_object, Task) else None


def task_result(call: CallPoint, member: MemberRef) -> Value:
    """The result of `task.result()`."""
    task = _task(call, member)
    return task.result if task is not None else UNKNOWN


def add_done_callback(call: CallPoint, member: MemberRef) -> Value:
    """The result of `task.add_done_callback(function)`. The function is called with the task."""
    function = call.arguments.first()
    if function is not None:
        task = call.operand(member.receiver)
        call.call(function.value, Arguments([task]))
    return NONE


def ignore_task_method(_call: CallPoint, _member: MemberRef) -> Value:
    """The result of `done()`, `cancel()` and other methods of a task that aren't modelled."""
    return UNKNOWN


def error_of(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `task.exception()`."""
    return exceptions.any_error(call.interpreter)


def enter_manager(call: CallPoint, member: MemberRef) -> Value:
    """The result of `stack.enter_context(manager)`, `self.enterContext(manager)` or
    `context.with_resource(manager)`: the value that `with` would bind."""
    manager = call.arguments.first("cm", "context_manager")
    method = _MANAGER_METHODS[member.name]
    return special_methods.context_value(call, manager.value, method) if manager is not None else UNKNOWN


def set_error_handler(call: CallPoint, _member: MemberRef) -> Value:
    """The result of `loop.set_exception_handler(function)`, after which the program receives errors of its
    tasks."""
    call_unmodeled(call, "set_exception_handler")
    call.interpreter.log_sinks.note_program_stream()
    return exceptions.any_error(call.interpreter)


_MANAGER_METHODS = {
    "enter_context": "__enter__",
    "enter_async_context": "__aenter__",
    "enterContext": "__enter__",
    "enterAsyncContext": "__aenter__",
    "with_resource": "__enter__",
}
"""By method of an exit stack, a test case or a command's context: the method that it calls of a context
manager."""

_POOLS = (
    *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor"),
    *("multiprocessing.pool.ThreadPool", "multiprocessing.Pool"),
    *("asyncio.TaskGroup", "asyncio.Runner", "anyio.create_task_group", "trio.open_nursery"),
    *("asyncio.get_event_loop", "asyncio.new_event_loop", "asyncio.get_running_loop"),
    *("contextlib.ExitStack", "contextlib.AsyncExitStack", "sched.scheduler"),
)
_THREADS = ("threading.Thread", "threading.Timer", "multiprocessing.Process")
"""Bases of the program's classes whose instances run in a thread or a process."""
_CALLBACK_METHODS = (
    *("call_soon", "call_soon_threadsafe", "callback", "push_async_callback"),
    *("addCleanup", "addAsyncCleanup"),
)
"""Methods of a loop, an exit stack or a test case that are passed a function and its arguments."""

SYMBOLS: dict[str, Model] = {
    **dict.fromkeys(_POOLS, pool),
    "concurrent.futures.as_completed": futures,
    "threading.Thread": thread,
    "threading.Timer": timer,
    **{
        f"{thread_type}.{name}": ignore_arguments
        for thread_type in _THREADS
        for name in ("join", "is_alive", "getName", "setDaemon")
    },
    "atexit.register": register_callback,
    "weakref.finalize": call_later,
    **{f"asyncio.{name}": await_coroutine for name in ("run", "wait_for", "shield")},
    **{f"asyncio.{name}": create_task for name in ("create_task", "ensure_future")},
    "asyncio.gather": gather_results,
    "asyncio.wait": wait_for_tasks,
    "concurrent.futures.wait": wait_for_tasks,
    "asyncio.to_thread": run_in_event_loop,
    **dict.fromkeys(
        ("anyio.run", "trio.run", "anyio.to_thread.run_sync", "trio.to_thread.run_sync"), run_in_event_loop
    ),
    "asyncio.as_completed": futures,
}
METHODS: dict[str, Method] = {
    "object.submit": submit,
    "object.apply_async": apply_async,
    "object.map": map_over,
    "object.imap": map_over,
    "object.imap_unordered": map_over,
    "object.create_task": create_task_in_group,
    "object.start_soon": start_soon,
    "object.start": start_soon,
    "object.run_until_complete": as_method(await_coroutine),
    "object.run": as_method(await_coroutine),
    "object.run_in_executor": run_in_executor,
    **{f"object.{name}": as_method(register_callback) for name in _CALLBACK_METHODS},
    **{f"object.{name}": as_method(call_later) for name in ("call_later", "call_at")},
    **{f"object.{name}": schedule_call for name in ("enter", "enterabs")},
    **{f"object.{name}": enter_manager for name in _MANAGER_METHODS},
    "object.set_exception_handler": set_error_handler,
    "task.result": task_result,
    "task.get": task_result,
    "task.add_done_callback": add_done_callback,
    "task.exception": error_of,
    "task.*": ignore_task_method,
}

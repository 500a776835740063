"""Statements after which control may go on in spite of an error: `try` and `with`."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.branches import merge_environments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment
from kognitos_migrate.syntax.functions import returned_expressions
from kognitos_migrate.values.heap import Instance, Iterated
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    FILE,
    NEVER,
    UNKNOWN,
    Const,
    Function,
    MemberRef,
    Symbol,
    Unknown,
    Value,
)
from kognitos_migrate.values.origins import OriginKind


def try_statement(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `try`. A handler may start from the environment of any statement in the body."""
    tried = cast("cst.Try | cst.TryStar", node)
    act.attempts.append([dict(act.env)])
    act.handlers += bool(tried.handlers)
    interpreter.guards += 1
    alive = interpreter.execute(act, [tried.body])
    interpreter.guards -= 1
    act.handlers -= bool(tried.handlers)
    stopped = _environments_of_try(act)
    ends: list[dict[str, Value]] = []
    after = act.env
    interpreter.guards += bool(tried.handlers)
    if alive and (tried.orelse is None or interpreter.execute(act, [tried.orelse])):
        ends.append(act.env)
    interpreter.guards -= bool(tried.handlers)
    stopped.append(after)
    for handler in tried.handlers:
        act.env = merge_environments(stopped)
        types = interpreter.evaluate(act, handler.type) if handler.type is not None else UNKNOWN
        if handler.name is not None:
            error = (
                exceptions.any_error(interpreter)
                if isinstance(tried, cst.TryStar)
                else exceptions.caught_errors(interpreter, types, act.frame.id)
            )
            interpreter.assign(act, handler.name.name, error, act.site(handler))
        interpreter.guards += 1
        if interpreter.execute(act, [handler.body]):
            ends.append(act.env)
        interpreter.guards -= 1
    act.env = merge_environments(ends or [*stopped])
    if tried.finalbody is None:
        return bool(ends)
    if ends and NARROWED in act.env:
        normal, act.env = act.env, merge_environments([*ends, *stopped])
        interpreter.execute(act, [tried.finalbody.body])
        act.env = normal
    return interpreter.execute(act, [tried.finalbody.body]) and bool(ends)


def _environments_of_try(act: Activation) -> list[Environment]:
    """The environments in which the innermost `try` may have raised an error. Outer ones see it, too."""
    stopped = act.attempts.pop()
    if act.attempts:
        act.attempts[-1].extend(stopped)
    return stopped


def with_block(interpreter: Interpreter, act: Activation, node: cst.With) -> bool:
    """The statement `with`. Behind it, the body may have stopped at any statement if a manager catches
    errors."""
    for item in node.items:
        value = interpreter.evaluate(act, item.item)
        interpreter.note_access(AccessKind.FLOW, value, act.site(item.item), act.site(item))
        enter = "__aenter__" if node.asynchronous is not None else "__enter__"
        entered = special_methods.context_value(EvalPoint(interpreter, act, item), value, enter)
        if item.asname is not None:
            interpreter.assign(act, item.asname.name, entered, act.site(item.item))
    act.attempts.append([dict(act.env)])
    leave = "__aexit__" if node.asynchronous is not None else "__exit__"
    catching = any(
        _may_catch(interpreter, act, item, _exit_result(interpreter, act, item, leave)) for item in node.items
    )
    act.handlers += catching
    interpreter.guards += catching
    alive = interpreter.execute(act, [node.body])
    interpreter.guards -= catching
    act.handlers -= catching
    stopped = _environments_of_try(act)
    catches = False
    for item in node.items:
        manager = interpreter.facts.values.get((act.site(item.item), act.frame.id), UNKNOWN)
        result = special_methods.exit_manager(
            EvalPoint(interpreter, act, item), manager, leave, exceptions.any_error
        )
        catches = catches or _may_catch(interpreter, act, item, result)
        if any(
            isinstance(manager, Iterated)
            for manager in interpreter.heap.objects_of(interpreter.evaluate(act, item.item))
        ):
            interpreter.evaluate(act, item.item)
    if catches:
        act.env = merge_environments([*([act.env] if alive else []), *stopped])
    return alive or catches


def _exit_result(interpreter: Interpreter, act: Activation, item: cst.WithItem, leave: str) -> Value:
    """The result of a manager's exit method `leave` before it has run: Never if there is none, or if it can
    only return None or False."""
    manager = interpreter.facts.values.get((act.site(item.item), act.frame.id), UNKNOWN)
    methods = (
        method
        for choice in alternatives(manager)
        for method in special_methods.special_methods(interpreter, choice, leave)
    )
    is_false = all(
        isinstance(value, cst.Name) and value.value in ("None", "False")
        for method in methods
        for value in returned_expressions(
            interpreter.trees[method.site.path], interpreter.trees[method.site.path].node(method.site)
        )
    )
    return NEVER if is_false else UNKNOWN


def _may_catch(interpreter: Interpreter, act: Activation, item: cst.WithItem, result: Value) -> bool:
    """Whether a context manager may catch an error: unless its exit method surely returns a false `result`,
    its generator has no handlers, or it is known to catch none."""
    if any(not isinstance(choice, Const) or choice.value for choice in alternatives(result)):
        return True
    manager = interpreter.facts.values.get((act.site(item.item), act.frame.id), UNKNOWN)
    callee = item.item.func if isinstance(item.item, cst.Call) else item.item
    made_by = interpreter.facts.values.get((act.site(callee), act.frame.id), NEVER)
    return any(_manager_may_catch(interpreter, choice, made_by) for choice in alternatives(manager))


def _manager_may_catch(interpreter: Interpreter, manager: Value, made_by: Value) -> bool:
    """Whether a manager may catch an error, apart from an exit method of the program. It is the result of a
    call of `made_by`."""
    heap_object = interpreter.heap.get(manager)
    if isinstance(heap_object, Iterated):
        maker = interpreter.activations.get(heap_object.frame)
        return maker is not None and maker.catches
    if isinstance(heap_object, Instance):
        if heap_object.cls is not None:
            mro = mro_of(interpreter, heap_object.cls)
            exits = any(isinstance(mro.attribute(name), Function) for name in _EXITS)
            names = mro.outside_names.difference(PLAIN_BASES)
            return not exits and not all(map(_is_harmless, names))
        if heap_object.client is not None:
            return False
        made = interpreter.trees[heap_object.site.path].node(heap_object.site)
        if isinstance(made, cst.Call):
            func = interpreter.trees[heap_object.site.path].site(made.func)
            made_by = interpreter.facts.values.get((func, heap_object.frame), NEVER)
    elif isinstance(manager, Unknown) and (manager.source == FILE.source or _has_harmless_maker(manager)):
        return False
    elif not isinstance(manager, Unknown | Symbol | MemberRef):
        return False
    makers = alternatives(made_by)
    return not makers or not all(isinstance(maker, Symbol) and _is_harmless(maker.name) for maker in makers)


def _has_harmless_maker(value: Unknown) -> bool:
    """Whether an unknown value is the result of a library whose context managers catch no errors."""
    origin = value.origin
    return origin is not None and origin.kind is OriginKind.RESULT and _is_harmless(origin.names[0])


def _is_harmless(name: str) -> bool:
    """Whether a library's context managers of this qualified name, or in this module, catch no errors."""
    return name in _HARMLESS or name.partition(".")[0] in _HARMLESS


_EXITS = ("__exit__", "__aexit__")
_HARMLESS = frozenset(
    (
        *("builtins.open", "io", "os", "pathlib", "tempfile", "gzip", "zipfile", "tarfile", "mmap"),
        *("threading", "multiprocessing", "concurrent", "asyncio", "subprocess", "socket", "ssl", "sqlite3"),
        *("requests", "httpx", "aiohttp", "urllib", "urllib3", "http", "unittest.mock.patch"),
        *("unittest.mock.patch.object", "unittest.mock.patch.dict", "requests_mock", "responses", "warnings"),
        *("contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext", "contextlib.chdir"),
        *("contextlib.redirect_stdout", "contextlib.redirect_stderr", "tqdm", "rich", "decimal"),
        *("anyio.create_task_group", "anyio.fail_after", "trio.open_nursery", "trio.fail_after"),
        "pytest",  # whose `raises` catches, but only in tests
        *("tenacity", "stamina"),  # whose attempts catch, but are made again until one ends without an error
    )
)
"""Modules and functions whose context managers let every error of a program pass."""

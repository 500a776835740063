"""Statements after which control may go on in spite of an error: `try` and `with`."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.branches import merge_environments
from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.containers import heap_objects
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment
from kognitos_migrate.values.heap import Iterated
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Const, Symbol, Value


def try_statement(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `try`. A handler may start from the environment of any statement in the body."""
    tried = cast("cst.Try | cst.TryStar", node)
    act.attempts.append([dict(act.env)])
    act.handlers += bool(tried.handlers)
    m.guards += 1
    alive = m.execute(act, [tried.body])
    m.guards -= 1
    act.handlers -= bool(tried.handlers)
    stopped = _stopped(act)
    ends: list[dict[str, Value]] = []
    after = act.env
    if alive and (tried.orelse is None or m.execute(act, [tried.orelse])):
        ends.append(act.env)
    stopped.append(after)
    for handler in tried.handlers:
        act.env = merge_environments(stopped)
        types = m.evaluate(act, handler.type) if handler.type is not None else UNKNOWN
        if handler.name is not None:
            error = (
                exceptions.any_error(m)
                if isinstance(tried, cst.TryStar)
                else exceptions.caught_errors(m, types)
            )
            m.assign(act, handler.name.name, error, act.site(handler))
        m.guards += 1
        if m.execute(act, [handler.body]):
            ends.append(act.env)
        m.guards -= 1
    act.env = merge_environments(ends or [*stopped])
    if tried.finalbody is None:
        return bool(ends)
    if ends and NARROWED in act.env:
        normal, act.env = act.env, merge_environments([*ends, *stopped])
        m.execute(act, [tried.finalbody.body])
        act.env = normal
    return m.execute(act, [tried.finalbody.body]) and bool(ends)


def _stopped(act: Activation) -> list[Environment]:
    """The environments in which the innermost `try` may have raised an error. Outer ones see it, too."""
    stopped = act.attempts.pop()
    if act.attempts:
        act.attempts[-1].extend(stopped)
    return stopped


def with_block(m: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """The statement `with`. Behind it, the body may have stopped at any statement if a manager catches
    errors."""
    managed = cast(cst.With, node)
    for item in managed.items:
        value = m.evaluate(act, item.item)
        m.access(AccessKind.FLOW, value, act.site(item.item), act.site(item))
        enter = "__aenter__" if managed.asynchronous is not None else "__enter__"
        entered = special_methods.context_value(EvalPoint(m, act, item), value, enter)
        if item.asname is not None:
            m.assign(act, item.asname.name, entered, act.site(item.item))
    act.attempts.append([dict(act.env)])
    alive = m.execute(act, [managed.body])
    stopped = _stopped(act)
    leave = "__aexit__" if managed.asynchronous is not None else "__exit__"
    catches = False
    for item in managed.items:
        manager = m.facts.values.get((act.site(item.item), act.frame.id), UNKNOWN)
        result = special_methods.exit_manager(
            EvalPoint(m, act, item), manager, leave, exceptions.any_error(m)
        )
        catches = catches or _may_catch(m, act, item, result)
        if any(isinstance(manager, Iterated) for manager in heap_objects(m, m.evaluate(act, item.item))):
            m.evaluate(act, item.item)
    if catches:
        act.env = merge_environments([*([act.env] if alive else []), *stopped])
    return alive or catches


def _may_catch(m: Interpreter, act: Activation, item: cst.WithItem, result: Value) -> bool:
    """Whether a context manager may catch an error, because its exit method may return a true `result`, its
    generator has handlers, or it is `suppress`."""
    if any(not isinstance(choice, Const) or choice.value for choice in alternatives(result)):
        return True
    values = m.facts.values
    managers = heap_objects(m, values.get((act.site(item.item), act.frame.id), NEVER))
    makers = [m.activations.get(maker.frame) for maker in managers if isinstance(maker, Iterated)]
    callee = item.item.func if isinstance(item.item, cst.Call) else item.item
    functions = alternatives(values.get((act.site(callee), act.frame.id), NEVER))
    return Symbol("contextlib.suppress") in functions or any(
        maker.catches for maker in makers if maker is not None
    )

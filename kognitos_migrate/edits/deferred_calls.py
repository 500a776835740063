"""Calls whose function may run later: by a thread, a callback, a coroutine or a generator."""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Ref


def is_deferred(context: PlanContext, frame: int, other: int) -> bool:
    """Whether a function on the way from one activation to the other may run later than the call that the
    facts show as its own."""
    mine, theirs = _frames(context, frame), _frames(context, other)
    apart = [number for number in mine if number not in theirs]
    apart += [number for number in theirs if number not in mine]
    return any(_may_run_later(context, number) for number in apart)


def _frames(context: PlanContext, frame: int) -> list[int]:
    """A frame, and those whose calls lead to it."""
    return [frame, *(caller for _, caller in context.outer_calls(frame))]


def _may_run_later(context: PlanContext, number: int) -> bool:
    frame = context.frame(number)
    if frame.call is None or frame.caller is None or frame.function is None:
        return False
    tree, call = context.tree(frame.call), context.node(frame.call)
    function = context.node(frame.function)
    if is_generator(context.tree(frame.function), function):
        return True
    if isinstance(function, cst.FunctionDef) and function.asynchronous is not None:
        return not isinstance(tree.parent(call), cst.Await)
    if not isinstance(call, cst.Call) or _is_run_at_once(function):
        return False  # a property, an operator, a constructor
    callees = alternatives(context.value(tree.site(call.func), frame.caller))
    return not any(isinstance(callee, Function | Bound | Class | Ref) for callee in callees)


def _is_run_at_once(function: cst.CSTNode) -> bool:
    """Whether a function is a special method, such as a constructor, that libraries don't call later."""
    name = function.name.value if isinstance(function, cst.FunctionDef) else ""
    return name.startswith("__") and name.endswith("__") and name != "__call__"

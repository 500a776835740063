"""Repeated uses of one reply, and whether their results share objects."""

from collections.abc import Iterable, Mapping

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.body.reply_flow import is_read_in_same_run
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import stack_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import ITEM_SET, OBSERVATIONS, POPPED, PRINT
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Const, Function, Reply, Value

_READING = frozenset({*dir(str), *dir(tuple), *dir(Mapping), *dir(float), "copy", *OBSERVATIONS})
"""Methods of JSON's values, and operations on them, that change nothing."""
_WRITING_ENTRIES = frozenset({ITEM_SET, "clear", "del", "update"})
"""Uses of a dict that write to its entries alone, and give no value out of it."""


def shares_observed_parts(context: PlanContext, uses: Iterable[Use]) -> bool:
    """Whether a text is decoded more than once and code may write to a list or dict inside a result, or test
    its identity. Each decoding created its own, but dicts built from the same entries would share them."""
    decodings: dict[Value, set[tuple[Site, int]]] = {}
    again: set[Value] = set()
    for use in uses:
        if use.kind is UseKind.DECODE:
            decodings.setdefault(use.value, set()).add((use.site, use.frame))
            if may_repeat(context, use):
                again.add(use.value)
    return any(
        (len(places) > 1 or text in again) and isinstance(text, Reply) and _is_observed_inside(context, text)
        for text, places in decodings.items()
    )


def _is_observed_inside(context: ProgramFacts, text: Reply) -> bool:
    """Whether code may write to a value nested in the object that a text is decoded to, or test its
    identity. Constants have one identity."""
    depth = len(text.path)
    for use in context.uses.get(text.request, ()):
        value = use.value
        if not isinstance(value, Reply) or value.path[:depth] != text.path or len(value.path) <= depth:
            continue
        is_nested = len(value.path) > depth + 1
        if use.kind is UseKind.METHOD and use.detail not in _READING:
            if is_nested or use.detail not in _WRITING_ENTRIES:
                return True
        if is_nested and use.detail == POPPED:
            return True
        if use.kind is UseKind.ESCAPE and use.detail != PRINT:
            return True
        if use.kind is UseKind.IDENTITY and not isinstance(use.other, Const):
            return True
    return False


def may_repeat(context: PlanContext, use: Use) -> bool:
    """Whether a use may run again with the same reply: in a loop that doesn't send the request again, in a
    function that is called in such a loop, outside of a memoized function that sends it, or with a reply that
    an earlier round of the code around both has kept."""
    assert isinstance(use.value, Reply)
    request = context.facts.requests[use.value.request]
    sent = stack_of(context, request.site, request.frame)
    used = stack_of(context, use.site, use.frame)
    if any(
        context.read_frame(frame).function in context.facts.memoized for frame in sent if frame not in used
    ):
        return True
    for frame, site in used.items():
        loops = set(loops_around(context.tree(site), context.node(site)))
        if frame in sent:
            if loops.difference(loops_around(context.tree(sent[frame]), context.node(sent[frame]))):
                return True
            break
        if loops or frame in context.facts.merged or _is_callback(context, frame):
            return True
    return not is_read_in_same_run(context, request, (use.operand, use.frame))


def _is_callback(context: CallChains, frame: int) -> bool:
    """Whether the function of a frame is an argument of its call, as a callback that may run any number of
    times."""
    current = context.read_frame(frame)
    if current.call is None or not isinstance(node := context.node(current.call), cst.Call):
        return False
    tree = context.tree(current.call)
    argument_values = (value for arg in node.args for value in context.values_at(tree.site(arg.value)))
    choices = (choice for value in argument_values for choice in alternatives(value))
    functions = (choice.function if isinstance(choice, Bound) else choice for choice in choices)
    return any(isinstance(function, Function) and function.site == current.function for function in functions)

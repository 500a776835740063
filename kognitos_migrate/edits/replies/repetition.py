"""Repetition: whether code uses one reply more than once."""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.evaluation_order import loops_around
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Function, Reply


def may_repeat(scene: PlanContext, use: Use) -> bool:
    """Whether a use may run again with the same reply: in a loop that doesn't send the request again, or in a
    function that is called in such a loop."""
    assert isinstance(use.value, Reply)
    request = scene.facts.requests[use.value.request]
    sent = _stack(scene, request.site, request.frame)
    for frame, site in _stack(scene, use.site, use.frame).items():
        loops = loops_around(scene.tree(site), scene.node(site))
        if frame in sent:
            return bool(loops - loops_around(scene.tree(sent[frame]), scene.node(sent[frame])))
        if loops or frame in scene.facts.merged or _is_callback(scene, frame):
            return True
    return False


def _stack(scene: PlanContext, site: Site, frame: int) -> dict[int, Site]:
    """By frame, from the inside out: the expression that is evaluated, or the call that leads to it."""
    stack = {frame: site}
    current = scene.frame(frame)
    while current.call is not None and current.caller is not None:
        stack[current.caller] = current.call
        current = scene.frame(current.caller)
    return stack


def _is_callback(scene: PlanContext, frame: int) -> bool:
    """Whether the function of a frame is an argument of its call, as a callback that may run any number of
    times."""
    current = scene.frame(frame)
    if current.call is None or not isinstance(node := scene.node(current.call), cst.Call):
        return False
    tree = scene.tree(current.call)
    argument_values = (value for arg in node.args for value in scene.everywhere(tree.site(arg.value)))
    choices = (choice for value in argument_values for choice in alternatives(value))
    functions = (choice.function if isinstance(choice, Bound) else choice for choice in choices)
    return any(isinstance(function, Function) and function.site == current.function for function in functions)

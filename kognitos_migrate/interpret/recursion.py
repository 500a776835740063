"""Functions that are called in the midst of themselves: the outermost is run until what they give is what
they were said to give."""

import libcst as cst

from kognitos_migrate.interpret import budgets, errors
from kognitos_migrate.interpret.containers import things
from kognitos_migrate.interpret.loops import GROWING, only_grows
from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.interpret.state.events import Frame
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NEVER, NONE, Value
from kognitos_migrate.values.heap import Iterated
from kognitos_migrate.values.join import join


def around(m: Machine, function: Site) -> Frame | None:
    """The outermost frame in which a function is being run."""
    return next((frame for frame in m.running.frames if frame.function == function), None)


def is_open(m: Machine) -> bool:
    """Whether a function is run in the midst of itself: once shows what a recursion does."""
    return len({frame.function for frame in m.running.frames}) < len(m.running.frames)


def run(m: Machine, inner: Activation, definition: cst.FunctionDef | cst.Lambda) -> Value:
    """What a function gives, its parameters being bound. Raises GapError where its body was not parsed."""
    inner.tree.require(definition)
    m.running.frames.append(inner.frame)
    _rounds(m, inner, definition)
    m.running.frames.pop()
    site, value = inner.site(definition), _given(m, inner, definition)
    m.functions.gives[site] = join(m.functions.gives.get(site, NEVER), value)
    return value


def _rounds(m: Machine, inner: Activation, definition: cst.FunctionDef | cst.Lambda) -> None:
    own, env = inner.frame.id, inner.env
    for number in range(budgets.LOOP_ROUNDS):
        m.running.rounds += number > 0
        inner.env = dict(env)
        around, m.looks.given = m.looks.given, {}
        if isinstance(definition, cst.Lambda):
            body = m.given(inner, definition.body)
            Here(m, inner, definition).flows(body)
            inner.returns = join(inner.returns, body.value)
        elif m.execute(inner, definition.body.body):
            inner.returns = join(inner.returns, NONE)
        read, m.looks.given = m.looks.given, around
        m.running.gives[own] = join(m.running.gives.get(own, NEVER), _given(m, inner, definition))
        if any(frame.id in read for frame in m.running.frames[:-1]):
            for one, value in read.items():
                around.setdefault(one, value)
            break
        if not _news(m, read, number):
            break
    else:
        m.cut_short(Site(inner.frame.path, 0))


def _news(m: Machine, read: dict[int, Value], number: int) -> bool:
    """Whether functions give more than they were said to give when they were called in the midst of
    themselves."""
    changed = [
        (value, now) for one, value in read.items() if (now := m.running.gives.get(one, NEVER)) != value
    ]
    return bool(changed) and not (number > GROWING and all(only_grows(m, *pair) for pair in changed))


def _given(m: Machine, inner: Activation, definition: cst.CSTNode) -> Value:
    """What a function gives, as far as it was run."""
    if not inner.generator:
        return inner.returns
    made = m.iterated(inner, definition, inner.yields)
    for thing in things(m, made):
        assert isinstance(thing, Iterated)
        thing.returned = join(thing.returned, inner.returns)
    errors.ends(m, inner, definition, inner.returns)
    return made

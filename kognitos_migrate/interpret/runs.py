"""Running a function of the program in the context of a call; a run that would give the same is not made."""

import libcst as cst

from kognitos_migrate.interpret import budgets, recursion
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import use_in_set
from kognitos_migrate.interpret.library.click_ import started
from kognitos_migrate.interpret.library.pytest_ import is_asked
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.mocking import doubles
from kognitos_migrate.interpret.narrowing import note_call
from kognitos_migrate.interpret.out_of_sight import unknown_call
from kognitos_migrate.interpret.parameters import bind_parameters
from kognitos_migrate.interpret.recall import Looking, holds, looking, makes_text, recalled, shared
from kognitos_migrate.interpret.retrying import judged
from kognitos_migrate.interpret.state.activation import NARROWED, Activation
from kognitos_migrate.interpret.state.events import Frame, UseKind
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import NEVER, Bound, Function, Value
from kognitos_migrate.values.join import join


def run(call: Call, function: Function, receiver: Value | None) -> Value:
    """What a call of `function` gives."""
    m, site = call.machine, function.site
    if doubles.is_double(m, call.act, function):
        doubles.called_by_program(call, Bound(function, receiver) if receiver is not None else function)
        return NEVER
    outermost = recursion.around(m, site)
    if outermost is not None and recursion.is_open(m):
        return m.said_to_give(outermost)
    if call.act.frame.depth > budgets.CALL_DEPTH:
        return _not_entered(call, site, "a call too far down")
    call.flows(*call.arguments.everything(), *call.arguments.merged)
    if site in m.functions.commands:
        call = started(call)
    if site in m.functions.remembering:
        for argument in call.arguments.everything():
            use_in_set(m, call.act, call.node, argument)
    number = m.kept.numbers.setdefault(_said(function, receiver, call.arguments), len(m.kept.numbers))
    quiet = m.kept.quiet.get(number)
    if quiet is not None and holds(m, quiet, -1):
        return _unchanged(call, quiet.value)
    given = call.given(receiver) if receiver is not None else None
    frame = m.frames.of(site, call.site, call.act.frame, function.closure, given)
    if frame.id not in m.activations and not m.frames.may_enter(site):
        return _not_entered(call, site, "a function of many calls")
    key = (frame.id, number)
    before = m.kept.repeated.get(key)
    if before is not None and holds(m, before, frame.id):
        return _unchanged(call, before.value)
    runs = m.kept.runs[key] = m.kept.runs.get(key, 0) + 1
    if runs > budgets.RUNS and key in m.kept.results:
        m.cut_short(site)
        return _unchanged(call, m.kept.results[key])
    return _enter(call, site, frame, number, receiver)


def _unchanged(call: Call, value: Value) -> Value:
    """What a run gave before: nothing is known of what tests showed in it."""
    note_call(call.machine.facts, call.act.tree, (call.site, call.act.frame.id), None)
    return value


def _said(function: Function, receiver: Value | None, arguments: Arguments) -> tuple[object, ...]:
    """What a call says: the same words give the same, as far as nothing else has changed."""
    return (
        function,
        receiver,
        tuple(given.value for given in arguments.positional),
        tuple((name, given.value) for name, given in arguments.keywords.items()),
        tuple(given.value for given in arguments.spread),
        tuple(given.value for given in arguments.keyword_spread),
    )


def _not_entered(call: Call, function: Site, why: str) -> Value:
    """A call that is one too many is one of code out of sight."""
    call.machine.cut_short(function)
    return join(call.machine.functions.gives.get(function, NEVER), unknown_call(call, why))


def _enter(call: Call, site: Site, frame: Frame, number: int, receiver: Value | None) -> Value:
    """Run a function, and keep what it gave."""
    m = call.machine
    inner = Activation(frame, m.trees[site.path])
    definition = inner.tree.node(site)
    assert isinstance(definition, cst.FunctionDef | cst.Lambda)
    before = m.activations.get(frame.id)
    m.activations[frame.id] = inner
    if not m.testing.runs or site.path in m.testing.modules:
        m.functions.entered.add(site)
    with looking(m, frame.id) as seen:
        bind_parameters(call, inner, definition, receiver)
        if before is not None and _closed_over(inner.tree, definition):
            _add_earlier(inner, before)
        value = _run(m, inner, definition)
    note_call(m.facts, call.act.tree, (call.site, call.act.frame.id), inner)
    judged(call, site, value)
    if site in m.functions.wrapped:
        call.use(UseKind.ESCAPE, value, call.site, detail=m.functions.wrapped[site])
    if m.notes.events != seen.events or makes_text(value):
        m.frames.eventful.add(site)
        if frame.id in m.facts.merged:
            m.cut_short(site)
    _keep(call, frame, number, seen, value)
    return value


def _run(m: Machine, inner: Activation, definition: cst.FunctionDef | cst.Lambda) -> Value:
    """What a function gives; a test is run as one, whoever calls it."""
    before = m.testing.runs
    is_test = isinstance(definition, cst.FunctionDef) and is_asked(definition)
    m.testing.runs = before or (is_test and inner.tree.path in m.testing.modules)
    try:
        return recursion.run(m, inner, definition)
    finally:
        m.testing.runs = before


def _closed_over(tree: Tree, definition: cst.CSTNode) -> bool:
    """Whether functions inside a function may use its variables when it has come to its end."""
    return any(
        node is not definition
        for kind in (cst.Lambda, cst.FunctionDef)
        for node in tree.within(definition, kind)
    )


def _add_earlier(inner: Activation, before: Activation) -> None:
    """Functions that an earlier run of the same frame has given have its parameters still."""
    inner.env.pop(NARROWED, None)
    for name, value in inner.env.items():
        inner.env[name] = join(before.env.get(name, NEVER), value)


def _keep(call: Call, frame: Frame, number: int, seen: Looking, value: Value) -> None:
    """Keep what a run gave, for the same call and, where nothing in it says who called, for others."""
    m, key = call.machine, (frame.id, number)
    m.kept.results[key] = value
    kept = recalled(m, seen, value)
    if kept is not None:
        m.kept.repeated[key] = kept
        anywhere = shared(m, kept, call.arguments.everything(), frame.id)
        if anywhere is not None:
            m.kept.quiet[number] = anywhere

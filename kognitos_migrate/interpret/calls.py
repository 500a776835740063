"""Calls: taking the arguments, finding what is called, running functions of the program."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret import budgets, computed, doubles, errors, mocks, puppets, recursion
from kognitos_migrate.interpret.activation import Activation
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.attributes import replies_of
from kognitos_migrate.interpret.classes import (
    class_attribute,
    is_exception,
)
from kognitos_migrate.interpret.containers import kind_of, things
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.fills import walked
from kognitos_migrate.interpret.http import base_session_call, new_session, send, session_call
from kognitos_migrate.interpret.instances import instantiate
from kognitos_migrate.interpret.library.click_ import started
from kognitos_migrate.interpret.library.functools_ import merged
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.parameters import bind_parameters
from kognitos_migrate.interpret.recall import holds, looking, makes_text, recalled, shared
from kognitos_migrate.interpret.settings import default_of, setting, without
from kognitos_migrate.values.base import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Member,
    ModuleRef,
    Ref,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.heap import Given, Instance, Record, Sequence
from kognitos_migrate.values.join import alternatives, join

ERRORS = ("Error", "Exception", "Warning", "Exit", "Interrupt")


def call_expression(m: Machine, act: Activation, node: cst.CSTNode) -> Value:
    """A call as it is written."""
    called = cast(cst.Call, node)
    if type(called.func) is cst.Name and called.func.value == "super" and "super" not in act.env:
        return _super(m, act)
    callee = m.evaluate(act, called.func)
    arguments = take_arguments(m, act, called)
    return m.call(act, node, callee, arguments)


def take_arguments(m: Machine, act: Activation, node: cst.Call) -> Arguments:
    """The arguments of a call, evaluated; `*` and `**` taken apart as far as they are known."""
    taken = Arguments()
    for arg in node.args:
        given = m.given(act, arg.value)
        if arg.star == "*":
            lists = [thing for thing in things(m, given.value) if isinstance(thing, Sequence)]
            if len(lists) == 1 and lists[0].rest is NEVER and not taken.spread:
                taken.positional.extend(lists[0].items)
            else:
                taken.spread.append(given)
        elif arg.star == "**":
            spread_keywords(m, act, node, given, taken)
        elif arg.keyword is not None:
            taken.keywords[arg.keyword.value] = given
            taken.holders[arg.keyword.value] = act.site(arg)
        else:
            taken.positional.append(given)
    return taken


def spread_keywords(
    m: Machine, act: Activation, node: cst.CSTNode, given: Given, taken: Arguments, depth: int = 0
) -> None:
    """Make keywords of what is given as `**`."""
    records = [thing for thing in things(m, given.value) if isinstance(thing, Record)]
    if not records or len(records) != len(list(alternatives(given.value))) or depth > budgets.NESTING:
        if given.value != NONE:
            taken.keyword_spread.append(given)
        return
    for record in records:
        for name, entries in record.entries.items():
            values = [entry.given for entry in entries]
            best = values[-1]
            whole = join(*(value.value for value in values))
            taken.keywords[name] = Given(whole, best.site, best.frame)
            taken.holders[name] = entries[-1].holder
        for spread in record.spreads:
            kept = {name: given for name, given in taken.keywords.items() if record.set_after(name, spread)}
            holders = {name: taken.holders[name] for name in kept}
            spread_keywords(m, act, node, spread, taken, depth + 1)
            taken.keywords.update(kept)
            taken.holders.update(holders)
        if record.open:
            taken.keyword_spread.append(given)


def call(m: Machine, act: Activation, node: cst.CSTNode, callee: Value, arguments: Arguments) -> Value:
    """The value of calling `callee`."""
    return join(*[_call_one(m, act, node, choice, arguments) for choice in alternatives(callee)])


def _call_one(m: Machine, act: Activation, node: cst.CSTNode, callee: Value, arguments: Arguments) -> Value:
    if isinstance(callee, Function):
        return run(m, act, node, callee, None, arguments)
    if isinstance(callee, Bound):
        if isinstance(callee.function, Function):
            return run(m, act, node, callee.function, callee.receiver, arguments)
        return m.call(act, node, callee.function, arguments)
    if isinstance(callee, Class):
        if is_exception(m, callee) and class_attribute(m, callee, "__init__") is NEVER:
            errors.message(m, act, node, arguments)
        return instantiate(m, act, node, callee, arguments)
    if isinstance(callee, Const | Text):
        return NEVER
    walked(m, act, node, arguments.keyword_spread)
    if isinstance(callee, Ref) and (answer := puppets.called(m, act, node, callee, arguments)) is not None:
        return answer
    if isinstance(callee, Symbol):
        return _symbol(m, act, node, callee, arguments)
    if isinstance(callee, Member):
        return _member(m, act, node, callee, arguments)
    if isinstance(callee, Ref) and isinstance(thing := m.heap[callee], Instance) and thing.cls:
        return m.call(act, node, m.attribute(act, node, callee, "__call__"), arguments)
    if (
        isinstance(callee, Ref)
        and isinstance(thing := m.heap[callee], Instance)
        and "partial target" in thing.attributes
    ):
        return m.call(act, node, thing.attributes["partial target"], merged(thing, arguments))
    name = callee.source.rpartition(".")[2] if isinstance(callee, Unknown) else ""
    return _unknown_or_default(m, act, node, name, arguments, "code that can't be followed", UNKNOWN)


def _symbol(m: Machine, act: Activation, node: cst.CSTNode, callee: Symbol, arguments: Arguments) -> Value:
    client = m.libraries.names.get(callee.name)
    if client is not None:
        if callee.name in client.functions:
            return send(m, act, node, client, client.functions[callee.name], arguments, None)
        if callee.name in client.session_types:
            return new_session(m, act, node, client, arguments)
        if (held := arguments.first()) is not None:
            return held.value
    stub = mocks.called(m, act, node, callee.name, arguments)
    if stub is not None:
        return stub
    model = m.rooms.symbols.get(callee.name)
    if model is not None:
        return model(Call(m, act, node, arguments))
    short = callee.name.removesuffix(".__init__").rpartition(".")[2]
    if short.endswith(ERRORS):
        errors.message(m, act, node, arguments)
        return Unknown(callee.name)
    name = callee.name.removeprefix("builtins.")
    return _unknown_or_default(m, act, node, short, arguments, name, Unknown(f"{name}()"))


def _member(m: Machine, act: Activation, node: cst.CSTNode, callee: Member, arguments: Arguments) -> Value:
    receiver = callee.receiver
    answer = puppets.called(m, act, node, callee, arguments)
    if answer is not None:
        return answer
    if isinstance(receiver, Bound):
        return base_session_call(m, act, node, receiver.receiver, callee.name, arguments)
    if isinstance(receiver, Ref) and isinstance(thing := m.heap[receiver], Instance):
        if thing.client:
            return session_call(m, act, node, receiver, thing, callee.name, arguments)
    if isinstance(receiver, Member) and computed.is_namespace(receiver):
        return _of_namespace(m, act, node, receiver, callee.name, arguments)
    kind = kind_of(m, receiver)
    method = m.rooms.methods.get(f"{kind}.{callee.name}") or m.rooms.methods.get(f"{kind}.*")
    if method is not None:
        return method(Call(m, act, node, arguments), callee)
    m.use(UseKind.METHOD, receiver, act, node, act.site(node), detail=callee.name)
    what = f"the method {callee.name} of an unknown object"
    return _unknown_or_default(m, act, node, callee.name, arguments, what, UNKNOWN)


def _of_namespace(
    m: Machine, act: Activation, node: cst.CSTNode, namespace: Member, method: str, arguments: Arguments
) -> Value:
    """A method of the dict of a module's names."""
    owner = Given(namespace.receiver, act.site(node), act.frame.id)
    name, default = arguments.first(), arguments.first(place=1)
    if method == "get" and name is not None:
        found = computed.attributes(m, act, node, owner, name)
        return join(found, default.value if default is not None else NONE)
    if isinstance(namespace.receiver, ModuleRef):
        computed.hand_out_module(m, act, node, namespace.receiver)
    return unknown_call(m, act, node, arguments, "a module's names")


def _unknown_or_default(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    name: str,
    arguments: Arguments,
    what: str,
    unknown: Value,
) -> Value:
    """A call of code that can't be followed, which may be asked for a setting."""
    default = default_of(name, arguments)
    if default is None:
        unknown_call(m, act, node, arguments, what)
        return unknown
    unknown_call(m, act, node, without(arguments, default), what)
    return setting(arguments, default)


def unknown_call(m: Machine, act: Activation, node: cst.CSTNode, arguments: Arguments, what: str) -> Value:
    """A call of code that can't be followed: its arguments escape, functions among them may be called."""
    for given in arguments.everything():
        m.hand_out(given.value)
        m.use(UseKind.ESCAPE, given.value, act, node, given.site, detail=what)
        m.use(UseKind.ESCAPE, replies_of(m, given.value), act, node, given.site, detail=what)
    return UNKNOWN


def run(
    m: Machine,
    act: Activation,
    node: cst.CSTNode,
    function: Function,
    receiver: Value | None,
    arguments: Arguments,
) -> Value:
    """Run a function of the program in the context of this call."""
    site = function.site
    if doubles.is_double(m, act, function):
        called = Bound(function, receiver) if receiver is not None else function
        doubles.called_by_program(m, act, node, called)
        return NEVER
    outermost = recursion.around(m, site)
    if outermost is not None and recursion.is_open(m):
        return m.said_to_give(outermost)
    if act.frame.depth > budgets.CALL_DEPTH:
        m.cut_short(site)
        return join(
            m.functions.gives.get(site, NEVER), unknown_call(m, act, node, arguments, "a call too far down")
        )
    if site in m.functions.commands:
        arguments = started(m, arguments)
    call_site = act.site(node)
    said = m.kept.numbers.setdefault(_said(function, receiver, arguments), len(m.kept.numbers))
    quiet = m.kept.quiet.get(said)
    if quiet is not None and holds(m, quiet, -1):
        return quiet.value
    tree = m.trees[site.path]
    definition = tree.node(site)
    assert isinstance(definition, cst.FunctionDef | cst.Lambda)
    given_receiver = Given(receiver, call_site, act.frame.id) if receiver is not None else None
    frame = m.frames.of(site, call_site, act.frame, function.closure, given_receiver)
    if frame.id not in m.activations and not m.frames.may_enter(site):
        m.cut_short(site)
        return join(
            m.functions.gives.get(site, NEVER),
            unknown_call(m, act, node, arguments, "a function of many calls"),
        )
    key = (frame.id, said)
    before = m.kept.repeated.get(key)
    if before is not None and holds(m, before, frame.id):
        return before.value
    runs = m.kept.runs[key] = m.kept.runs.get(key, 0) + 1
    if runs > budgets.RUNS and key in m.kept.results:
        m.cut_short(site)
        return m.kept.results[key]
    inner = Activation(frame, tree)
    m.activations[frame.id] = inner
    if not m.testing.runs or site.path in m.testing.modules:
        m.functions.entered.add(site)
    with looking(m, frame.id) as run:
        bind_parameters(m, act, inner, definition, receiver, arguments)
        value = recursion.run(m, inner, definition)
    if site in m.functions.wrapped:
        m.use(UseKind.ESCAPE, value, act, node, call_site, detail="a decorator that can't be followed")
    if m.notes.events != run.events or makes_text(value):
        m.frames.eventful.add(site)
        if frame.id in m.facts.merged:
            m.cut_short(site)
    m.kept.results[key] = value
    kept = recalled(m, run, value)
    if kept is not None:
        m.kept.repeated[key] = kept
        anywhere = shared(m, run, kept, arguments.everything(), frame.id)
        if anywhere is not None:
            m.kept.quiet[said] = anywhere
    return value


def _said(function: Function, receiver: Value | None, arguments: Arguments) -> tuple[object, ...]:
    return (
        function,
        receiver,
        tuple(given.value for given in arguments.positional),
        tuple((name, given.value) for name, given in arguments.keywords.items()),
        tuple(given.value for given in arguments.spread),
        tuple(given.value for given in arguments.keyword_spread),
    )


def _super(m: Machine, act: Activation) -> Value:
    """`super()`: the receiver, seen as its base."""
    definition = act.tree.node(act.frame.function) if act.frame.function else None
    if not isinstance(definition, cst.FunctionDef):
        return UNKNOWN
    owner = act.tree.enclosing(definition, cst.ClassDef)
    receiver = act.frame.receiver.value if act.frame.receiver else UNKNOWN
    return Bound(Symbol("builtins.super"), Bound(_class_of(act, owner), receiver)) if owner else UNKNOWN


def _class_of(act: Activation, owner: cst.ClassDef) -> Value:
    return Class(act.site(owner), -1)

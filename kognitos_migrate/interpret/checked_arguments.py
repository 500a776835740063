"""Facts about reply fields that cross calls: of arguments, of results, and of parameters that a call has
checked."""

from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst

from kognitos_migrate.interpret.field_tests import facts_by_test
from kognitos_migrate.interpret.narrowing import (
    Fields,
    Shown,
    add_fields,
    field_facts_of,
    join_fields,
    join_fields_by_name,
    known_fields,
    mark_dead,
    meet_fields,
    meet_fields_by_name,
    narrowings,
)
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import Activation, Environment
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Const, Reply, Text, Value


def note_facts_at_return(facts: Facts, act: Activation, node: cst.BaseExpression, value: Value) -> None:
    """Record the facts about a returned reply, and about the parameters where the function returns."""
    if narrowings(act.env).is_dead:
        return
    if any(isinstance(choice, Reply) for choice in alternatives(value)):
        fields = field_facts_of(facts, act.tree, node, act.frame.id)
        act.shown = fields if act.shown is None else join_fields(act.shown, fields)
    checked = _facts_about_parameters(act)
    if not _surely_has_truth(value, outcome=False):
        act.truths = _common_facts(
            act.truths, meet_fields_by_name(checked, _facts_by_result(facts, act, node, outcome=True))
        )
    if not _surely_has_truth(value, outcome=True):
        act.falsities = _common_facts(
            act.falsities, meet_fields_by_name(checked, _facts_by_result(facts, act, node, outcome=False))
        )
    act.exits = _common_facts(act.exits, checked)


def note_facts_at_end(act: Activation) -> None:
    """Record the facts about the parameters at the end of a function, which returns None there."""
    if narrowings(act.env).is_dead:
        return
    checked = _facts_about_parameters(act)
    act.falsities, act.exits = _common_facts(act.falsities, checked), _common_facts(act.exits, checked)


def _common_facts(before: Shown | None, more: Shown) -> Shown:
    return more if before is None else join_fields_by_name(before, more)


def _facts_by_result(facts: Facts, act: Activation, node: cst.BaseExpression, *, outcome: bool) -> Shown:
    shown = facts_by_test(facts, act, node, outcome=outcome)
    return {name: fields for name, fields in shown.items() if _is_final_parameter(act, name)}


def _facts_about_parameters(act: Activation) -> Shown:
    shown = {name: known_fields(act.env, name) for name in act.frame.arguments}
    return {name: fields for name, fields in shown.items() if fields and _is_final_parameter(act, name)}


def _is_final_parameter(act: Activation, name: str) -> bool:
    """Whether a name is a parameter that the function never rebinds."""
    function = act.frame.function
    return (
        function is not None
        and name in act.frame.arguments
        and not act.tree.memoize(Variables).bindings(act.tree.node(function), name)
    )


def _surely_has_truth(value: Value, *, outcome: bool) -> bool:
    """Whether a value is certainly a constant with this truth value."""
    return all(
        (isinstance(choice, Const) and bool(choice.value) is outcome)
        or (isinstance(choice, Text) and choice.literal is not None and bool(choice.literal) is outcome)
        for choice in alternatives(value)
    )


def note_call(
    facts: Facts, tree: Tree, call: tuple[Site, int], inner: Activation | None, judged: Fields | None = None
) -> None:
    """Record the facts about the result of a call, and about its arguments by the result's truth; none if
    `inner` is None, because nothing was run. `judged` are those that a retry decorator has established."""
    fields = meet_fields((inner.shown if inner is not None else None) or {}, judged or {})
    checked = (inner.truths, inner.falsities, inner.exits) if inner is not None else (None, None, None)
    tables = (facts.truths, facts.falsities, facts.exits)
    if call in facts.returned:
        fields = join_fields(facts.returned[call], fields)
    elif call in facts.values:
        fields, inner = {}, None
    facts.returned[call] = fields
    for table, checks in zip(tables, checked, strict=True):
        more = _facts_about_arguments(tree, call, inner, checks or {}) if inner is not None else {}
        table[call] = join_fields_by_name(table[call], more) if call in table else more
    if inner is None or inner.exits is not None or inner.generator or _is_coroutine(tree, call, inner):
        facts.returning.add(call)


@contextmanager
def without_facts_of_call(facts: Facts, call: tuple[Site, int]) -> Iterator[None]:
    """Set aside the facts about the result and the arguments of a call during the block, in which another
    call is evaluated at its place."""
    tables = (facts.truths, facts.falsities, facts.exits)
    fields, shown = facts.returned.pop(call, None), [table.pop(call, None) for table in tables]
    returns = call in facts.returning
    yield
    for table, before in zip(tables, shown, strict=True):
        table.pop(call, None)
        if before is not None:
            table[call] = before
    facts.returned.pop(call, None)
    if fields is not None:
        facts.returned[call] = fields
    if not returns:
        facts.returning.discard(call)


def _facts_about_arguments(tree: Tree, call: tuple[Site, int], inner: Activation, shown: Shown) -> Shown:
    """The facts about names of the caller that a call has shown. A coroutine shows none until it is
    awaited."""
    if inner.generator or _is_coroutine(tree, call, inner):
        return {}
    arguments: dict[str, Fields] = {}
    for parameter, fields in shown.items():
        argument = inner.frame.arguments.get(parameter)
        if argument is None or argument.frame != call[1] or argument.site.path != tree.path:
            continue
        node = tree.node(argument.site)
        if isinstance(node, cst.Name):
            arguments[node.value] = fields
    return arguments


def _is_coroutine(tree: Tree, call: tuple[Site, int], inner: Activation) -> bool:
    """Whether a call only creates a coroutine."""
    function = inner.frame.function
    definition = inner.tree.node(function) if function is not None else None
    is_async = isinstance(definition, cst.FunctionDef) and definition.asynchronous is not None
    return is_async and not isinstance(tree.parent(tree.node(call[0])), cst.Await)


def narrow_by_call(facts: Facts, act: Activation, call: cst.Call) -> None:
    """Add the facts about arguments that hold wherever the called function returns."""
    key = (act.site(call), act.frame.id)
    if key in facts.exits and key not in facts.returning:
        mark_dead(act.env)
    for name, fields in facts.exits.get(key, {}).items():
        if name in act.env and name not in act.outer:
            add_fields(act.env, name, fields)


def note_argument(facts: Facts, env: Environment, name: str, argument: tuple[Tree, Site, int]) -> None:
    """Carry the facts about an argument's expression over to the parameter `name`."""
    tree, site, frame = argument
    if facts.narrowed or facts.returned:
        add_fields(env, name, field_facts_of(facts, tree, tree.node(site), frame))

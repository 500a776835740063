"""Dict, list, tuple and set displays, and comprehensions."""

from collections.abc import Iterable
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.branches import TestedExpression, merge_environments, note_truth_test
from kognitos_migrate.interpret.containers import (
    element_of,
    heap_objects,
    iterated_uses,
    known_text,
    note_key,
    use_as_key,
    use_in_set,
)
from kognitos_migrate.interpret.dict_merge import absorb
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.narrowing import narrow
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Const, Ref, Reply, Text, Unknown, Value


def dict_display(m: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    """The value of a dict display."""
    ref, record = m.record(act, node)
    for element in cast(cst.Dict, node).elements:
        if isinstance(element, cst.StarredDictElement):
            absorb(m, act, element, record, m.given(act, element.value))
            continue
        pair = cast(cst.DictElement, element)
        key = m.given(act, pair.key)
        value = m.given(act, pair.value)
        EvalPoint(m, act, pair).flows(value)
        put_entry(m, record, key, value, act.site(pair))
    return ref


def put_entry(
    m: Interpreter,
    record: DictObject,
    key: Operand,
    value: Operand,
    holder: Site,
    *,
    optional: bool = False,
) -> bool:
    """Put an entry into a dict, and return whether it is new."""
    note_key(m, key, key.value, key.site)
    word = known_text(key.value)
    if word is None:
        before = record.open, record.names, record.others
        record.open = True
        record.writes[holder] = None
        record.names = join(record.names, key.value)
        record.others = join(record.others, value.value)
        return before != (record.open, record.names, record.others)
    return record.put(word, DictEntry(value, holder, key.site, optional))


def key_of(m: Interpreter, act: Activation, access: cst.Subscript) -> Operand | None:
    """The key of a subscript: a tuple if it has several elements, None for a slice."""
    held = [m.given(act, inner) for one in access.slice for inner in _within(one.slice)]
    if not all(isinstance(one.slice, cst.Index) for one in access.slice):
        return None
    if len(held) == 1:
        return held[0]
    first = access.slice[0]
    return Operand(m.sequence(act, first, held), act.site(first), act.frame.id)


def _within(part: cst.BaseSlice) -> list[cst.BaseExpression]:
    if isinstance(part, cst.Index):
        return [part.value]
    ends = (part.lower, part.upper, part.step) if isinstance(part, cst.Slice) else ()
    return [one for one in ends if one is not None]


def list_display(m: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    """The value of a list, tuple or set display."""
    elements = cast("cst.List | cst.Tuple | cst.Set", node).elements
    own = {act.site(element.value) for element in elements}
    items: list[Operand] = []
    rest: Value = NEVER
    for element in elements:
        if isinstance(element, cst.StarredElement):
            spread = m.given(act, element.value)
            iterated_uses(m, act, node, spread, "walked over")
            known = [thing for thing in heap_objects(m, spread.value) if isinstance(thing, SequenceObject)]
            grows = any(item.site in own for thing in known for item in thing.items)
            if len(known) == 1 and known[0].rest is NEVER and not grows:
                items.extend(known[0].items)
            else:
                rest = join(rest, element_of(m, spread.value))
        else:
            items.append(m.given(act, element.value))
            EvalPoint(m, act, node).flows(items[-1])
    for given in items if isinstance(node, cst.Set) else ():
        use_in_set(m, act, node, given)
    return m.sequence(act, node, items, rest)


def comprehension(m: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    """The value of a list, set or dict comprehension, or of a generator expression."""
    before = dict(act.env)
    m.guards += 1
    value: Value
    loop = cast(cst.BaseComp, node).for_in
    given = m.given(act, loop.iter)
    parts = _parts(m, act, node, given.value) if isinstance(node, cst.ListComp | cst.GeneratorExp) else []
    if not parts:
        _loops(m, act, loop, given)
    if parts:
        value = m.sequence(act, node, parts)
    elif isinstance(node, cst.DictComp):
        ref, record = m.record(act, node)
        record.open = True
        key = m.given(act, node.key)
        use_as_key(m, act, node, key.value, key.site)
        record.names = join(record.names, key.value)
        held = m.given(act, node.value)
        EvalPoint(m, act, node).flows(held)
        record.others = join(record.others, held.value)
        value = ref
    else:
        written = cast(cst.BaseSimpleComp, node).elt
        element = _evaluated_until_known(m, act, written)
        m.access(AccessKind.FLOW, element, act.site(written), act.site(node))
        if isinstance(node, cst.SetComp):
            use_in_set(m, act, node, Operand(element, act.site(written), act.frame.id))
        value = (
            m.iterated(act, node, element)
            if isinstance(node, cst.GeneratorExp)
            else m.sequence(act, node, (), element)
        )
    m.guards -= 1
    walrus = {name: bound for name, bound in act.env.items() if name not in before}
    act.env = merge_environments([before, walrus])
    return value


def _parts(
    m: Interpreter, act: Activation, node: "cst.ListComp | cst.GeneratorExp", walked: Value
) -> list[Operand]:
    """The elements of a comprehension over a few known texts, in order, because they may be segments of a
    URL.

    Empty if an item is unknown or may be filtered out, or if an element is neither a text nor a simple value.
    """
    loop = node.for_in
    thing = m.heap[walked] if isinstance(walked, Ref) else None
    if not isinstance(thing, SequenceObject) or thing.rest is not NEVER or not thing.items:
        return []
    if len(thing.items) >= budgets.LOOP_ROUNDS or not are_joinable(item.value for item in thing.items):
        return []
    if loop.ifs or loop.inner_for_in is not None or any(act.tree.within(node.elt, cst.Lambda)):
        return []
    found: list[Operand] = []
    for item in list(thing.items):
        m.assign(act, loop.target, item.value, item.site)
        found.append(m.given(act, node.elt))
    return found if are_joinable(one.value for one in found) else []


def are_joinable(values: Iterable[Value]) -> bool:
    """Whether values may be the operands of `str.join`: texts and values of unknown type, with at least one
    text."""
    held = list(values)
    return any(isinstance(one, Text) for one in held) and all(
        isinstance(one, Text | Const | Reply | Unknown) for one in held
    )


def _evaluated_until_known(m: Interpreter, act: Activation, node: cst.BaseExpression) -> Value:
    """The join of an expression's values, evaluated until it no longer changes the heap."""
    found: Value = NEVER
    for _ in range(budgets.LOOP_ROUNDS):
        before = m.stores
        found = join(found, m.evaluate(act, node))
        if m.stores == before:
            break
    return found


def _loops(m: Interpreter, act: Activation, loop: cst.CompFor, given: Operand) -> None:
    iterated_uses(m, act, loop.iter, given, "walked over")
    m.assign(act, loop.target, element_of(m, given.value), given.site)
    for test in loop.ifs:
        note_truth_test(m, act, test.test, TestedExpression(test.test, m.evaluate(act, test.test), "if"))
        narrow(m.facts, act, act.env, test.test, outcome=True)
    if loop.inner_for_in is not None:
        _loops(m, act, loop.inner_for_in, m.given(act, loop.inner_for_in.iter))

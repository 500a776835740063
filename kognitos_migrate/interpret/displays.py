"""Dict, list, tuple and set displays, and comprehensions."""

from collections.abc import Iterable
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.branches import merge_environments
from kognitos_migrate.interpret.conditions import condition
from kognitos_migrate.interpret.containers import note_key, use_as_key, use_in_set
from kognitos_migrate.interpret.deferred_runs import run_now_and_later
from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.exclusions import remove_excluded
from kognitos_migrate.interpret.field_filters import fields_of_reply, names_of_fields
from kognitos_migrate.interpret.field_tests import narrow
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import (
    element_in_loop,
    element_of,
    is_consumed_in_place,
    note_iteration,
)
from kognitos_migrate.interpret.sequence_choices import (
    MOST,
    Choices,
    allocate_choices,
    are_fillable,
    known_choices,
    segments_test,
    with_optional,
)
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.strings import distinct_element, is_text_of
from kognitos_migrate.interpret.unrolled_iteration import (
    can_run_in_rounds,
    elements_in_order,
    elements_of_list,
    is_callable,
    records_in_order,
)
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, RegionKey, SequenceObject
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Class, Ref, Value
from kognitos_migrate.values.texts import known_text


def dict_display(interpreter: Interpreter, act: Activation, node: cst.Dict) -> Value:
    """The value of a dict display."""
    ref, record = interpreter.allocate_dict(act, node)
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            spread = interpreter.operand(act, element.value)
            merge_and_note(EvalPoint(interpreter, act, element), record, spread)
            continue
        pair = cast(cst.DictElement, element)
        key = interpreter.operand(act, pair.key)
        value = interpreter.operand(act, pair.value)
        EvalPoint(interpreter, act, pair).note_flows(value)
        put_entry(interpreter, record, key, value, act.site(pair))
    return ref


def put_entry(
    interpreter: Interpreter,
    record: DictObject,
    key: Operand,
    value: Operand,
    holder: Site,
    *,
    optional: bool = False,
    within: frozenset[RegionKey] = frozenset(),
) -> bool:
    """Put an entry into a dict, and return whether it is new."""
    note_key(interpreter, key, key.value, key.site)
    word = known_text(key.value)
    if word is None:
        before = record.open, record.names, record.others
        record.open = True
        record.writes[holder] = None
        record.names = join(record.names, key.value)
        record.others = join(record.others, value.value)
        return before != (record.open, record.names, record.others)
    return record.put(word, DictEntry(value, holder, key.site, optional, within))


def key_of(interpreter: Interpreter, act: Activation, access: cst.Subscript) -> Operand | None:
    """The key of a subscript: a tuple if it has several elements, None for a slice."""
    operands = [
        interpreter.operand(act, inner) for element in access.slice for inner in _slice_parts(element.slice)
    ]
    if not all(isinstance(element.slice, cst.Index) for element in access.slice):
        return None
    if len(operands) == 1:
        return operands[0]
    first = access.slice[0]
    return Operand(interpreter.allocate_sequence(act, first, operands), act.site(first), act.frame.id)


def _slice_parts(part: cst.BaseSlice) -> list[cst.BaseExpression]:
    if isinstance(part, cst.Index):
        return [part.value]
    ends = (part.lower, part.upper, part.step) if isinstance(part, cst.Slice) else ()
    return [end for end in ends if end is not None]


_MOST_ITEMS = 1_000
"""The limit on the items of a display with starred ones. `[*items, *items]` doubles them."""


def list_display(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    """The value of a list, tuple or set display."""
    elements = cast("cst.List | cst.Tuple | cst.Set", node).elements
    own = {act.site(element.value) for element in elements}
    items: list[Operand] = []
    rest: Value = NEVER
    for element in elements:
        if isinstance(element, cst.StarredElement):
            spread = interpreter.operand(act, element.value)
            note_iteration(EvalPoint(interpreter, act, node), spread, "iteration")
            sequences = [
                heap_object
                for heap_object in interpreter.heap.objects_of(spread.value)
                if isinstance(heap_object, SequenceObject)
            ]
            grows = any(item.site in own for sequence in sequences for item in sequence.items)
            is_known = len(sequences) == 1 and sequences[0].rest is NEVER and not grows
            if is_known and len(items) + len(sequences[0].items) <= _MOST_ITEMS:
                items.extend(sequences[0].items)
            else:
                rest = join(rest, element_of(interpreter, spread.value))
        else:
            items.append(interpreter.operand(act, element.value))
            EvalPoint(interpreter, act, node).note_flows(items[-1])
    for item in items if isinstance(node, cst.Set) else ():
        use_in_set(EvalPoint(interpreter, act, node), item)
    return interpreter.allocate_sequence(act, node, items, rest)


def generator_expression(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    """The value of a generator expression. Unless it is consumed at once, it is evaluated when other code may
    have changed what it reads, and may bind names at any time."""
    if is_consumed_in_place(interpreter, act, node):
        return comprehension(interpreter, act, node)
    names = {name.value for name in act.tree.descendants_of_kind(node, cst.Name)}
    for name in names.intersection(act.env):
        interpreter.shared.note_later_read(act.frame.id, name, act.env[name])
    value = run_now_and_later(
        interpreter, (act.site(node), act.frame.id, None), lambda: comprehension(interpreter, act, node)
    )
    for name in _names_bound_in_comprehension(act, node):
        interpreter.shared.defer(act.frame.id, name, act.env.get(name, NEVER))
    return value


def comprehension(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    """The value of a list, set or dict comprehension, or of a generator expression."""
    loop = cast(cst.BaseComp, node).for_in
    reply = fields_of_reply(interpreter, act, node) if isinstance(node, cst.DictComp) else None
    if reply is not None:
        return reply
    before = dict(act.env)
    interpreter.guards += 1
    interpreter.growth.conditions.note_repetition()
    value: Value
    iterable = interpreter.operand(act, loop.iter)
    of_class, act.class_scope = act.class_scope, False
    field_names = names_of_fields(node, iterable.value)
    if of_class:  # whose names only the first iterable sees
        act.env = {}
    parts: Choices | None = None
    objects: Value | None = None
    by_key = _values_by_key(interpreter, act, node, iterable) if isinstance(node, cst.DictComp) else None
    if isinstance(node, cst.ListComp) or (
        isinstance(node, cst.GeneratorExp) and is_consumed_in_place(interpreter, act, node)
    ):
        parts = _elements_in_order(interpreter, act, node, iterable)
        objects = _objects_in_order(interpreter, act, node, iterable) if parts is None else None
    if parts is None and by_key is None and objects is None:
        _bind_loop_targets(interpreter, act, loop, iterable)
    if by_key is not None:
        value = by_key
    elif parts is not None:
        value = allocate_choices(interpreter, act, node, parts)
    elif objects is not None:
        value = objects
    elif isinstance(node, cst.DictComp):
        ref, record = interpreter.allocate_dict(act, node)
        record.open = True
        key = interpreter.operand(act, node.key)
        use_as_key(EvalPoint(interpreter, act, node), key.value, key.site)
        record.names = join(record.names, key.value)
        operand = interpreter.operand(act, node.value)
        EvalPoint(interpreter, act, node).note_flows(operand)
        record.others = join(record.others, operand.value)
        value = ref
    else:
        element_node = cast(cst.BaseSimpleComp, node).elt
        element = _evaluated_until_known(interpreter, act, element_node)
        interpreter.note_access(AccessKind.FLOW, element, act.site(element_node), act.site(node))
        if isinstance(node, cst.SetComp):
            use_in_set(
                EvalPoint(interpreter, act, node), Operand(element, act.site(element_node), act.frame.id)
            )
        value = (
            interpreter.allocate_iterator(act, node, element)
            if isinstance(node, cst.GeneratorExp)
            else interpreter.allocate_sequence(act, node, (), element)
        )
    interpreter.guards -= 1
    value = field_names or value
    rebound = _names_bound_in_comprehension(act, node)
    walrus = {name: bound for name, bound in act.env.items() if name not in before or name in rebound}
    act.class_scope = of_class
    act.env = before if of_class else merge_environments([before, walrus])
    return value


def _values_by_key(
    interpreter: Interpreter, act: Activation, node: cst.DictComp, iterable: Operand
) -> Value | None:
    """The value of a dict comprehension over a few known elements, with an object or a known key for each.

    These are the entries of a dict, or a list of dicts, classes or functions. A list of anything else counts
    if instances of several classes are created from its elements. None for any other one.
    """
    elements: list[Value] = []
    can_run = node.for_in.inner_for_in is None and can_run_in_rounds(interpreter, act.site(node))
    if can_run:
        elements = elements_in_order(interpreter, act, act.site(node), iterable) or records_in_order(
            interpreter, iterable
        )
    if can_run and not elements:
        listed = elements_of_list(interpreter, iterable.value)
        if _creates_several_classes(interpreter, act, node.for_in, node.value, iterable, listed):
            elements = listed
    entries: list[tuple[Operand, Operand]] = []
    for number, element in enumerate(elements):
        with interpreter.heap.in_round(act.site(node), number):
            _bind_loop_target(interpreter, act, node.for_in, iterable, element)
            entries.append((interpreter.operand(act, node.key), interpreter.operand(act, node.value)))
    has_objects = all(isinstance(value.value, Ref) for _, value in entries)
    if not entries or not (has_objects or all(known_text(key.value) is not None for key, _ in entries)):
        return None
    ref, record = interpreter.allocate_dict(act, node)
    record.open = True
    for key, value in entries:
        EvalPoint(interpreter, act, node).note_flows(value)
        put_entry(interpreter, record, key, value, act.site(node), optional=True)
    return ref


def _names_bound_in_comprehension(act: Activation, node: cst.CSTNode) -> frozenset[str]:
    """The names that assignment expressions in a comprehension bind, in the scope around it."""
    return frozenset(
        bound.target.value
        for bound in act.tree.descendants_of_kind(node, cst.NamedExpr)
        if isinstance(bound.target, cst.Name)
    )


def _elements_in_order(
    interpreter: Interpreter, act: Activation, node: cst.BaseSimpleComp, iterable: Operand
) -> Choices | None:
    """The elements of a comprehension over a few known texts, in order, because they may be segments of a
    URL. There are several such lists if the outcome of a filter isn't known.

    None if an item is unknown, or if an element is neither a text nor a simple value.
    """
    loop = node.for_in
    sources = known_choices(interpreter, iterable.value)
    if sources is None:
        return None
    if sources == [[]]:
        return [[]] if is_empty_star_parameter(interpreter, iterable.value) else None
    are_segments = segments_test(act, node)
    items = [item for source in sources for item in source]
    if len(items) >= budgets.LOOP_ROUNDS or not are_fillable(item.value for item in items):
        return None
    if loop.inner_for_in is not None or any(act.tree.descendants_of_kind(node, cst.Lambda)):
        return None
    results: Choices = []
    texts: list[Value] = []
    for source in sources:
        lists: Choices = [[]]
        for item in source:
            distinct = distinct_element(item.value)
            interpreter.assign(act, loop.target, distinct, item.site)
            outcome = _outcome_of_tests(interpreter, act, loop)
            if outcome is False:
                continue
            operand = interpreter.operand(act, node.elt)
            texts.append(operand.value)
            element = item if is_text_of(operand.value, distinct) else operand
            lists = with_optional(lists, element, outcome=outcome)
        results += lists
    if len(results) > MOST or not are_segments(texts):
        return None
    EvalPoint(interpreter, act, node).note_access(AccessKind.WALK, iterable)
    return results


def _objects_in_order(
    interpreter: Interpreter, act: Activation, node: cst.BaseSimpleComp, iterable: Operand
) -> Value | None:
    """The list of the objects that a comprehension creates of a few known elements, one for each.

    None unless the elements are classes or functions, or instances of several classes are created of them.
    """
    loop = node.for_in
    if loop.inner_for_in is not None or not can_run_in_rounds(interpreter, act.site(node)):
        return None
    items = elements_of_list(interpreter, iterable.value)
    elements = items or elements_in_order(interpreter, act, act.site(node), iterable)
    is_of_callables = all(is_callable(interpreter, element) for element in elements)
    if not is_of_callables and not _creates_several_classes(
        interpreter, act, loop, node.elt, iterable, elements
    ):
        return None
    operands: list[Operand] = []
    for number, element in enumerate(elements):
        with interpreter.heap.in_round(act.site(node), number):
            _bind_loop_target(interpreter, act, loop, iterable, element)
            operands.append(interpreter.operand(act, node.elt))
            EvalPoint(interpreter, act, node).note_flows(operands[-1])
    if not operands:
        return None
    if items and not loop.ifs:
        return interpreter.allocate_sequence(act, node, operands)
    return interpreter.allocate_sequence(act, node, (), join(*(operand.value for operand in operands)))


def _creates_several_classes(
    interpreter: Interpreter,
    act: Activation,
    loop: cst.CompFor,
    node: cst.BaseExpression,
    iterable: Operand,
    elements: Iterable[Value],
) -> bool:
    """Whether an expression calls several classes of the program, one for each element of a loop."""
    if not isinstance(node, cst.Call):
        return False
    called: list[Value] = []
    for element in elements:
        _bind_loop_target(interpreter, act, loop, iterable, element)
        called.append(interpreter.evaluate(act, node.func))
    return all(isinstance(value, Class) for value in called) and len({*called}) > 1


def _outcome_of_tests(interpreter: Interpreter, act: Activation, loop: cst.CompFor) -> bool | None:
    """Whether all filters of a loop hold for the element that its target is bound to; None if that isn't
    known. Afterwards the variables have the values for which they hold."""
    outcomes: list[bool | None] = []
    for test in loop.ifs:
        outcomes.append(condition(interpreter, act, test.test))
        narrow(interpreter.facts, act, act.env, test.test, outcome=True)
        remove_excluded(interpreter, act, test.test, outcome=True)
    return False if False in outcomes else None if None in outcomes else True


def is_empty_star_parameter(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is the surplus arguments (`*parts`) of a call that has none."""
    sequence = interpreter.heap.get(value)
    if not isinstance(sequence, SequenceObject):
        return False
    node = interpreter.trees[sequence.site.path].node(sequence.site)
    return not sequence.items and isinstance(node, cst.Param)


def _evaluated_until_known(interpreter: Interpreter, act: Activation, node: cst.BaseExpression) -> Value:
    """The join of an expression's values, evaluated until it no longer changes the heap."""
    value: Value = NEVER
    for _ in range(budgets.LOOP_ROUNDS):
        before = interpreter.stores
        value = join(value, interpreter.evaluate(act, node))
        if interpreter.stores == before:
            break
    return value


def _bind_loop_targets(
    interpreter: Interpreter, act: Activation, loop: cst.CompFor, iterable: Operand
) -> None:
    _bind_loop_target(interpreter, act, loop, iterable, element_in_loop(interpreter, act, iterable.value))
    if loop.inner_for_in is not None:
        _bind_loop_targets(
            interpreter, act, loop.inner_for_in, interpreter.operand(act, loop.inner_for_in.iter)
        )


def _bind_loop_target(
    interpreter: Interpreter, act: Activation, loop: cst.CompFor, iterable: Operand, element: Value
) -> None:
    """Bind the target of one loop to an element, on the condition that the tests behind it hold."""
    note_iteration(EvalPoint(interpreter, act, loop.iter), iterable, "iteration")
    interpreter.assign(act, loop.target, element, iterable.site)
    _outcome_of_tests(interpreter, act, loop)

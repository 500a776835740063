"""Additions to lists: in order where that is certain, or anywhere."""

from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.interpret.interpreter import EvalPoint
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.sequence_choices import MOST, are_joinable
from kognitos_migrate.interpret.strings import as_element
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Ref, Value

_LONGEST = 32
"""The maximum number of elements of a list that is extended in order."""


def known_elements(point: EvalPoint, iterable: Value) -> list[Operand] | None:
    """The elements of a list or a tuple, in order. None if one is unknown, or if it may be another object."""
    sequence = point.interpreter.heap.get(iterable)
    if not isinstance(sequence, SequenceObject) or sequence.rest is not NEVER:
        return None
    return list(sequence.items)


def add_elements(
    point: EvalPoint, receiver: Site, ref: Ref, elements: Sequence[Operand], index: int | None = None
) -> None:
    """Add elements to the list that the expression `receiver` yields, at an index or at the end.

    Their order is kept if they may be segments of a URL, if the function has created the list itself, and if
    this code runs at most once after that.
    """
    interpreter, sequence = point.interpreter, point.interpreter.heap[ref]
    assert isinstance(sequence, SequenceObject)
    note_addition(point, ref)
    own = [as_element(point.act, element) for element in elements]
    value = join(*(element.value for element in own))
    before = sequence.known_variants
    if before is not None and _is_ordered_addition(point, receiver, ref, sequence, own):
        rounds = tuple(loop.round for loop in point.act.loops)
        added = interpreter.growth.record_addition(ref.id, (point.site, rounds), own)
        is_certain = interpreter.growth.is_certain(ref.id)
        after = [_with_elements(variant, own if added is None else added[0], index) for variant in before]
        after = after if is_certain else [*before, *after]
        if added is not None and len(after) <= MOST:
            interpreter.stores += added[1]
            if len(after) == 1:
                sequence.items = after[0]
            else:
                if index is not None:
                    sequence.forget_order()
                sequence.variants = after
                sequence.add_optional(value)
            return
    if index is not None:
        sequence.forget_order()
    if elements:
        interpreter.stores += sequence.add(value)


def _with_elements(variant: list[Operand], elements: Sequence[Operand], index: int | None) -> list[Operand]:
    place = len(variant) if index is None else index
    return [*variant[:place], *elements, *variant[place:]]


def note_addition(point: EvalPoint, ref: Ref) -> None:
    """Record whether the running activation has created the list to which it adds elements here."""
    additions, is_own = point.interpreter.facts.additions, point.interpreter.growth.is_own(ref.id, point.act)
    additions[point.site] = additions.get(point.site, True) and is_own


def _is_ordered_addition(
    point: EvalPoint, receiver: Site, ref: Ref, sequence: SequenceObject, elements: Sequence[Operand]
) -> bool:
    interpreter, growth = point.interpreter, point.interpreter.growth
    values = [
        *(element.value for element in (*sequence.items, *elements)),
        *([] if sequence.rest is NEVER else [sequence.rest]),
    ]
    return (
        not sequence.has_copies
        and len(values) <= _LONGEST
        and _value_of_receiver(point, receiver) == ref
        and growth.is_own(ref.id, point.act)
        and not interpreter.regions.exits_since_creation(ref.id)
        and (growth.is_certain(ref.id) or growth.runs_at_most_once(ref.id))
        and (not elements or are_joinable(values))
    )


def _value_of_receiver(point: EvalPoint, receiver: Site) -> Value | None:
    """The value of the expression `receiver`: the current one of a local variable, or the join of all values
    that the expression had."""
    node, act = point.act.tree.node(receiver), point.act
    current = act.env.get(node.value) if isinstance(node, cst.Name) else None
    return point.interpreter.facts.values.get((receiver, act.frame.id)) if current is None else current


def extend_list(point: EvalPoint, receiver: Site, ref: Ref, iterable: Operand) -> None:
    """Add the elements of an iterable to the list that the expression `receiver` yields."""
    elements = known_elements(point, iterable.value)
    if elements is None:
        element = iterable._replace(value=element_of(point.interpreter, iterable.value))
        sequence = point.interpreter.heap[ref]
        assert isinstance(sequence, SequenceObject)
        note_addition(point, ref)
        point.interpreter.stores += sequence.add(element.value)
    else:
        add_elements(point, receiver, ref, elements)

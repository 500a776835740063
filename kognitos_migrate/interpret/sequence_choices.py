"""Lists that are one of a few known ones, such as the segments of a URL without the empty ones."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import elements_of
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Const, Reply, Text, Unknown, Value

MOST = 4
"""The maximum number of lists that a value may be."""

Choices = list[list[Operand]]
"""The elements of each list that a value may be."""


def known_choices(interpreter: Interpreter, value: Value) -> Choices | None:
    """The elements of each list or tuple that a value may be. None if it may be anything else, or if an
    element isn't known."""
    choices: Choices = []
    for choice in alternatives(value):
        sequence = interpreter.heap.get(choice)
        variants = sequence.known_variants if isinstance(sequence, SequenceObject) else None
        if variants is None:
            return None
        choices += variants
    return choices if 0 < len(choices) <= MOST else None


def with_optional(choices: Choices, element: Operand, *, outcome: bool | None) -> Choices:
    """Lists that are extended by an element if a test holds. Its outcome is None if it isn't known."""
    extended = [[*choice, element] for choice in choices] if outcome is not False else []
    return [*extended, *(choices if outcome is not True else ())]


def concatenations_of(lists: Iterable[Choices | None]) -> Choices | None:
    """The lists that several ones, one after the other, may be. None if one of them isn't known, or if there
    are too many."""
    results: Choices = [[]]
    for choices in lists:
        if choices is None or len(results) * len(choices) > MOST:
            return None
        results = [[*result, *choice] for result in results for choice in choices]
    return results


def allocate_choices(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, choices: Sequence[list[Operand]]
) -> Value:
    """The list that is created at `node`: one of these. Each is an object of its own."""
    first, *others = choices
    values: list[Value] = [interpreter.allocate_sequence(act, node, first)]
    for number, choice in enumerate(others):
        with interpreter.heap.in_round(act.site(node), number):
            values.append(interpreter.allocate_sequence(act, node, choice))
    return join(*values)


def concatenate(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, left: Operand, right: Operand
) -> Value:
    """The sequence of the elements of two operands. Any of them may be unknown."""
    for side in (left, right):
        EvalPoint(interpreter, act, node).note_access(AccessKind.WALK, side)
    choices = concatenations_of(known_choices(interpreter, side.value) for side in (left, right))
    if choices is not None and not any(map(_grows, choices)):
        return allocate_choices(interpreter, act, node, choices)
    return interpreter.allocate_sequence(
        act, node, (), join(elements_of(interpreter, left.value), elements_of(interpreter, right.value))
    )


def _grows(items: Iterable[Operand]) -> bool:
    """Whether a list was added to itself so often that an item occurs more than `budgets.GROWTH` times."""
    counted = Counter((item.site, item.frame) for item in items)
    return max(counted.values(), default=0) > budgets.GROWTH


def segments_test(act: Activation, node: cst.CSTNode) -> Callable[[Iterable[Value]], bool]:
    """The test whether the elements of the iterable `node` may be segments of a URL. If they are unpacked
    into the arguments of a call, they may also fill a template."""
    around = act.tree.parent(node)
    return are_fillable if isinstance(around, cst.Arg) and around.star == "*" else are_joinable


def are_joinable(values: Iterable[Value]) -> bool:
    """Whether values may be the operands of `str.join`: texts and values of unknown type, with at least one
    text."""
    operands = alternatives(*values)
    return any(isinstance(operand, Text) for operand in operands) and are_fillable(operands)


def are_fillable(values: Iterable[Value]) -> bool:
    """Whether values may fill the places of a template: texts and values of unknown type."""
    return all(isinstance(choice, Text | Const | Reply | Unknown) for choice in alternatives(*values))

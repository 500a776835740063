"""Merges environments, and evaluates conditions."""

from collections.abc import Iterable
from itertools import compress
from operator import is_not
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.narrowing import join_narrowings
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Bound,
    Class,
    Const,
    Function,
    Json,
    Ref,
    Reply,
    Text,
    Value,
)


def merge_environments(environments: Iterable[Environment]) -> Environment:
    """The environment after several control-flow paths meet."""
    environments = list(environments)
    merged: Environment = dict(environments[0]) if environments else {}
    for env in environments[1:]:
        differing = map(is_not, env.values(), map(merged.get, env))
        for name in [*compress(env, differing)]:  # usually few of the names
            value = env[name]
            previous = merged.setdefault(name, value)
            if previous is not value:
                merged[name] = join(previous, value)
    if NARROWED in merged:
        merged[NARROWED] = join_narrowings(environments)
    return merged


def remove_none(env: Environment, test: cst.CSTNode) -> None:
    """Remove None from a variable after a test failed: after `if name is None: return`."""
    name = _name_tested_for_none(test)
    remaining = [choice for choice in alternatives(env.get(name, NEVER)) if choice != NONE]
    if remaining:
        env[name] = join(*remaining)


def _name_tested_for_none(test: cst.CSTNode) -> str:
    """The variable that is None only if a test holds; empty if there is none."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression.value if isinstance(test.expression, cst.Name) else ""
    if (
        not isinstance(test, cst.Comparison)
        or len(test.comparisons) > 1
        or not isinstance(test.left, cst.Name)
    ):
        return ""
    (target,) = test.comparisons
    is_none = isinstance(target.comparator, cst.Name) and target.comparator.value == "None"
    return test.left.value if is_none and isinstance(target.operator, cst.Is) else ""


def truth(value: Value) -> bool | None:
    """Whether `value` is true; None if it may be either."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Text):
        if value.literal is not None:
            return bool(value.literal)
        return True if any(getattr(part, "text", "") for part in value.parts) else None
    if isinstance(value, Function | Bound):
        return True
    return None  # a metaclass may decide on the truth of a class


def is_none(value: Value) -> bool | None:
    """Whether `value` is None; None if that is unknown."""
    outcomes = {choice == Const(None) for choice in alternatives(value)}
    if outcomes == {True}:
        return True
    if outcomes == {False} and all(
        isinstance(choice, Text | Const | Ref | Function | Class | Bound | Json)
        for choice in alternatives(value)
    ):
        return False
    if all(isinstance(choice, Reply) and not choice.path for choice in alternatives(value)) and outcomes:
        return False
    return None


def are_equal(left: Value, right: Value) -> bool | None:
    """Whether two values are equal; None if that is unknown."""
    if NEVER in (left, right):
        return None
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value == right.value
    if isinstance(left, Text) and isinstance(right, Text):
        if left.literal is not None and right.literal is not None:
            return left.literal == right.literal
        return None
    if (isinstance(left, Const) and isinstance(right, Text)) or (
        isinstance(left, Text) and isinstance(right, Const)
    ):
        return False
    return None


class TestedExpression(NamedTuple):
    """An expression that is tested for truth, its value, and the kind of test (`if`, `not`)."""

    test: cst.CSTNode
    value: Value
    how: str


def note_truth_test(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, tested: TestedExpression
) -> None:
    """Record a truth test. Of `a and b` or `a or b` it is the test of the last operand: the operator records
    the others.

    If all operands have to be true, the last one is tested by the whole condition, else only by itself.
    """
    last, all_hold = tested.test, tested.how == "if"
    while isinstance(last, cst.BooleanOperation):
        all_hold = all_hold and isinstance(last.operator, cst.And)
        last = last.right
    if last is tested.test:
        interpreter.note_use(UseKind.TRUTH, tested.value, act, node, act.site(last), detail=tested.how)
        return
    value = interpreter.facts.values.get((act.site(last), act.frame.id), NEVER)
    interpreter.note_use(UseKind.TRUTH, value, act, node if all_hold else last, act.site(last), detail="if")

"""Values of variables that a test excludes.

if region is Region.US:            # region is a member of Region
    return DEFAULT
return region.value                # here it is any other member
"""

import libcst as cst

from kognitos_migrate.interpret.budgets import TEST_SIZE
from kognitos_migrate.interpret.classes.enums import are_equal_members, are_same_member, is_surely_member
from kognitos_migrate.interpret.containers import surely_lacks_key
from kognitos_migrate.interpret.dict_entries import surely_has_key
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.type_tests import is_instance_of
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Hole, Lit, Symbol, Text, Value

_DECLARATIONS = (cst.Global, cst.Nonlocal)
_REBINDING = (cst.Call, cst.NamedExpr, cst.Await, cst.Yield)
"""Operands of a test that may bind the variable of another operand again."""


def remove_excluded(interpreter: Interpreter, act: Activation, test: cst.CSTNode, *, outcome: bool) -> None:
    """Remove the values from the variables of a test that they don't have if it has this outcome."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            remove_excluded(interpreter, act, inner, outcome=not outcome)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            is_sure = isinstance(operator, cst.And) is outcome
            is_small = act.tree.end(test) - act.tree.number(test) <= TEST_SIZE
            if is_sure and is_small and not _contains_rebinding(act, test):
                remove_excluded(interpreter, act, left, outcome=outcome)
                remove_excluded(interpreter, act, right, outcome=outcome)
        case cst.Comparison():
            _remove_keys(interpreter, act, test, outcome=outcome)
            _remove_dicts(interpreter, act, test, outcome=outcome)
            _remove_unequal(interpreter, act, test, outcome=outcome)
        case cst.Call():
            _remove_texts(interpreter, act, test, outcome=outcome)
            _remove_types(interpreter, act, test, outcome=outcome)


def _contains_rebinding(act: Activation, test: cst.CSTNode) -> bool:
    """Whether a part of a test may bind a variable again that no function declares global or nonlocal."""
    kinds = _rebinding_kinds(act)
    return any(next(act.tree.descendants_of_kind(test, kind), None) is not None for kind in kinds)


def comparison_outcome(
    interpreter: Interpreter, operator: cst.BaseCompOp, left: Value, right: Value
) -> bool | None:
    """The outcome of `is`, `==`, or `in` a tuple, or of the opposite. None if it is unknown."""
    if isinstance(operator, cst.Is | cst.IsNot):
        same = _outcome_of_all(interpreter, left, right, is_identity=True)
        return same if same is None or isinstance(operator, cst.Is) else not same
    if isinstance(operator, cst.Equal | cst.NotEqual):
        same = _outcome_of_all(interpreter, left, right)
        return same if same is None or isinstance(operator, cst.Equal) else not same
    if isinstance(operator, cst.In | cst.NotIn):
        same = _is_element(interpreter, left, right)
        return same if same is None or isinstance(operator, cst.In) else not same
    return None


def _outcome_of_all(
    interpreter: Interpreter, left: Value, right: Value, *, is_identity: bool = False
) -> bool | None:
    """Whether each alternative of one value is each of the other one, or none is any of the other one."""
    pairs = [(some, other) for some in alternatives(left) for other in alternatives(right)]
    if len(pairs) > 1 and not all(
        is_surely_member(some) and is_surely_member(other) for some, other in pairs
    ):
        return None
    compare = are_same_member if is_identity else are_equal_members
    outcomes = {compare(interpreter, some, other) for some, other in pairs}
    return outcomes.pop() if len(outcomes) == 1 else None


def _is_element(interpreter: Interpreter, element: Value, container: Value) -> bool | None:
    """Whether a value is an element of a tuple. None if that is unknown, or if it is no tuple."""
    sequence = interpreter.heap.get(container)
    if not isinstance(sequence, SequenceObject) or sequence.rest is not NEVER:
        return None
    tree = interpreter.trees.get(sequence.site.path)
    if tree is None or not isinstance(tree.node(sequence.site), cst.Tuple):
        return None
    outcomes = [_outcome_of_all(interpreter, element, item.value) for item in sequence.items]
    return True if True in outcomes else None if None in outcomes else False


def _remove_unequal(
    interpreter: Interpreter, act: Activation, test: cst.Comparison, *, outcome: bool
) -> None:
    """Remove the values from a variable whose comparison has another outcome."""
    if len(test.comparisons) > 1:
        return
    (target,) = test.comparisons
    values = interpreter.facts.values
    sides = [(test.left, target.comparator)]
    if not isinstance(target.operator, cst.In | cst.NotIn):
        sides.append((target.comparator, test.left))
    for side, other in sides:
        if not isinstance(side, cst.Name) or side.value not in act.env or _may_rebind(act, test, side.value):
            continue
        value = values.get((act.site(other), act.frame.id), NEVER)
        choices = list(alternatives(act.env[side.value]))
        remaining = [
            choice
            for choice in choices
            if comparison_outcome(interpreter, target.operator, choice, value) is not (not outcome)
        ]
        if 0 < len(remaining) < len(choices):
            act.env[side.value] = join(*remaining)


def _may_rebind(act: Activation, test: cst.CSTNode, name: str) -> bool:
    """Whether code that a test runs may bind a variable again: that of a module, or one that another function
    declares as its own too."""
    tree = act.tree
    rebinding = _rebinding_kinds(act)
    return name in tree.memoize(_declared_names) or any(
        isinstance(inner, rebinding) for inner in tree.descendants(test)
    )


def _rebinding_kinds(act: Activation) -> tuple[type[cst.CSTNode], ...]:
    """The kinds of expressions that may bind a variable of the running code again. A call may only bind
    variables of a module."""
    return _REBINDING if act.frame.function is None else _REBINDING[1:]


def _declared_names(tree: Tree) -> frozenset[str]:
    """The names that functions of a module declare global or nonlocal."""
    items = [item for item in tree.of_kind(cst.NameItem) if isinstance(tree.parent(item), _DECLARATIONS)]
    return frozenset(item.name.value for item in items if isinstance(item.name, cst.Name))


def _remove_keys(interpreter: Interpreter, act: Activation, test: cst.CSTNode, *, outcome: bool) -> None:
    """Remove the keys of a dict from a variable that a test excludes: after `if name in TABLE: return`."""
    if (
        not isinstance(test, cst.Comparison)
        or len(test.comparisons) > 1
        or not isinstance(test.left, cst.Name)
    ):
        return
    (target,) = test.comparisons
    name = test.left.value
    if not isinstance(target.operator, cst.NotIn if outcome else cst.In) or name not in act.env:
        return
    if _may_rebind(act, test, name):
        return
    owners = list(
        alternatives(interpreter.facts.values.get((act.site(target.comparator), act.frame.id), NEVER))
    )
    dicts = [interpreter.heap.get(owner) for owner in owners]
    choices = list(alternatives(act.env[name]))
    remaining = [
        choice
        for choice in choices
        if not all(_surely_has_key(interpreter, record, choice) for record in dicts)
    ]
    if dicts and len(remaining) < len(choices):
        act.env[name] = join(*remaining) if remaining else UNKNOWN


def _remove_dicts(interpreter: Interpreter, act: Activation, test: cst.CSTNode, *, outcome: bool) -> None:
    """Remove the dicts without a key from a variable that a test asks for it: in `if name in table:`."""
    match test:
        case cst.Comparison(
            left=left,
            comparisons=[cst.ComparisonTarget(operator=operator, comparator=cst.Name(value=name))],
        ) if name in act.env and isinstance(operator, cst.In if outcome else cst.NotIn):
            if _may_rebind(act, test, name):
                return
            key = interpreter.facts.values.get((act.site(left), act.frame.id), NEVER)
            choices = alternatives(act.env[name])
            remaining = [choice for choice in choices if not surely_lacks_key(interpreter, choice, key)]
            if 0 < len(remaining) < len(choices):
                act.env[name] = join(*remaining)


def _surely_has_key(interpreter: Interpreter, heap_object: object, key: Value) -> bool:
    """Whether an object is a dict that certainly has a key."""
    return (
        isinstance(heap_object, DictObject)
        and not heap_object.has_removals
        and surely_has_key(interpreter, heap_object, key)
    )


def _remove_texts(interpreter: Interpreter, act: Activation, test: cst.CSTNode, *, outcome: bool) -> None:
    """Remove the texts from a variable whose start or end a test excludes: in `if not url.endswith("/")`."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        _remove_texts(interpreter, act, test.expression, outcome=not outcome)
        return
    match test:
        case cst.Call(
            func=cst.Attribute(
                value=cst.Name(value=name), attr=cst.Name(value="startswith" | "endswith" as method)
            ),
            args=[cst.Arg(value=argument)],
        ) if name in act.env and not _may_rebind(act, argument, name):
            word = interpreter.facts.values.get((act.site(argument), act.frame.id), NEVER)
        case _:
            return
    if not isinstance(word, Text) or word.literal is None:
        return
    choices = list(alternatives(act.env[name]))
    starts = method == "startswith"
    remaining = [
        choice for choice in choices if _has_affix(choice, word.literal, starts=starts) in (outcome, None)
    ]
    if remaining and len(remaining) < len(choices):
        act.env[name] = join(*remaining)


def _remove_types(interpreter: Interpreter, act: Activation, test: cst.Call, *, outcome: bool) -> None:
    """Remove the values from a variable whose type a test excludes: in `if isinstance(value, dict):`."""
    match test:
        case cst.Call(
            func=function, args=[cst.Arg(value=cst.Name(value=name), star=""), cst.Arg(value=types, star="")]
        ) if name in act.env and not _may_rebind(act, types, name):
            values, frame = interpreter.facts.values, act.frame.id
            if values.get((act.site(function), frame)) != Symbol("builtins.isinstance"):
                return
            expected = values.get((act.site(types), frame), NEVER)
            choices = list(alternatives(act.env[name]))
            remaining = [
                choice
                for choice in choices
                if is_instance_of(interpreter, choice, expected) is not (not outcome)
            ]
            if 0 < len(remaining) < len(choices):
                act.env[name] = join(*remaining)


def _has_affix(value: Value, word: str, *, starts: bool) -> bool | None:
    """Whether a text starts, or ends, with a word. None if that is unknown."""
    part: Value | Hole | Lit | None = value
    while isinstance(part, Text | Hole):
        end = part.parts[0 if starts else -1] if isinstance(part, Text) and part.parts else None
        part = part.value if isinstance(part, Hole) else end
    characters = part.text if isinstance(part, Lit) else ""
    if characters.startswith(word) if starts else characters.endswith(word):
        return True
    is_whole = isinstance(value, Text) and value.literal is not None
    return False if is_whole or len(characters) >= len(word) > 0 else None

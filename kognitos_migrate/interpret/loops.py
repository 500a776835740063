"""Loops, run until the environment is stable."""

from collections.abc import Callable, Iterator

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.branches import merge_environments
from kognitos_migrate.interpret.conditions import condition
from kognitos_migrate.interpret.field_tests import narrow
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_in_loop, note_iteration
from kognitos_migrate.interpret.sequence_choices import are_fillable, are_joinable
from kognitos_migrate.interpret.state.frames import NARROWED, Activation, Environment, Loop
from kognitos_migrate.interpret.strings import distinct_element
from kognitos_migrate.interpret.unrolled_iteration import (
    can_run_in_rounds,
    certain_elements,
    elements_in_order,
    elements_of_list,
    is_callable,
    is_own_and_empty,
    states_of_iterated,
)
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Const, Ref, Text, Unknown, Value

EXTENDING = ("append", "extend", "insert", "appendleft")
"""The methods of lists that add elements."""
GROWING = 4
"""The number of rounds after which a loop or a recursion that only lengthens texts counts as stable."""


def while_loop(interpreter: Interpreter, act: Activation, node: cst.While) -> bool:
    """The statement `while`."""
    interpreter.guards += 1
    interpreter.growth.conditions.note_repetition()
    alive = _run_rounds(interpreter, act, node, lambda: condition(interpreter, act, node.test), node.test)
    interpreter.guards -= 1
    return alive


def for_loop(interpreter: Interpreter, act: Activation, node: cst.For) -> bool:
    """The statement `for`."""
    iterable = interpreter.operand(act, node.iter)
    note_iteration(EvalPoint(interpreter, act, node.iter), iterable, "iteration")

    def items() -> list[Operand]:
        return _known_items(interpreter, iterable.value) or certain_elements(interpreter, act, iterable)

    def entries() -> list[Operand]:
        only_settings = not _only_collects(node)
        elements = elements_in_order(interpreter, act, act.site(node), iterable, only_settings=only_settings)
        return [iterable._replace(value=element) for element in elements]

    if (
        (elements := items())
        and can_run_in_rounds(interpreter, act.site(node))
        and _depends_on_order(interpreter, act, node, elements)
    ):
        return _run_for_elements(interpreter, act, node, iterable, items)
    if entries():
        return _run_for_entries(interpreter, act, node, iterable, entries)
    if is_own_and_empty(interpreter, act, iterable.value):
        return node.orelse is None or interpreter.execute(act, [node.orelse])
    return _run_for_any_element(interpreter, act, node, iterable)


def _run_for_any_element(interpreter: Interpreter, act: Activation, loop: cst.For, iterable: Operand) -> bool:
    """Run a loop's body for any number of elements, each any one of the iterable."""

    def step() -> None:
        element = element_in_loop(interpreter, act, iterable.value)
        interpreter.assign(act, loop.target, element, iterable.site)

    interpreter.guards += 1
    interpreter.growth.conditions.note_repetition()
    alive = _run_rounds(interpreter, act, loop, step)
    interpreter.guards -= 1
    return alive


def _known_items(interpreter: Interpreter, value: Value) -> list[Operand]:
    """The elements of a list, if all are known; else an empty list."""
    sequence = interpreter.heap.get(value)
    if not isinstance(sequence, SequenceObject) or sequence.rest is not NEVER:
        return []
    return list(sequence.items)


def _depends_on_order(interpreter: Interpreter, act: Activation, loop: cst.For, items: list[Operand]) -> bool:
    """Whether a loop over known elements is run for each of them, because its result depends on their order
    and number: it is over functions or classes, or over a few elements and some statement sets an attribute
    by its name, or all only assign to variables, as one that looks up a dotted name, or extend lists that the
    activation has created, as one that builds a URL.

    Other loops with lambdas are excluded: their variables would be those of the last element.
    """
    if all(_has_callable(interpreter, item.value) for item in items):
        return True
    if len(items) >= budgets.LOOP_ROUNDS or any(act.tree.descendants_of_kind(loop, cst.Lambda)):
        return False
    can_extend, statements = are_fillable(item.value for item in items), [*_statements(loop.body)]
    return any(map(_sets_by_name, statements)) or all(
        _is_assignment(statement) or (can_extend and _extends_own_list(interpreter, act, statement))
        for statement in statements
    )


def _extends_own_list(interpreter: Interpreter, act: Activation, statement: cst.CSTNode) -> bool:
    """Whether a statement extends a list that is in a variable and that the activation has created with a
    text, such as the host of a URL."""
    match statement:
        case cst.Expr(cst.Call(cst.Attribute(cst.Name(name), cst.Name(method)))) if method in EXTENDING:
            value = act.env.get(name)
            is_own = isinstance(value, Ref) and interpreter.growth.is_own(value.id, act)
            return is_own and are_joinable(item.value for item in _known_items(interpreter, value or NEVER))
    return False


def _only_collects(loop: cst.For) -> bool:
    """Whether a loop only assigns, to variables, attributes and items, also by calls, as one that collects
    objects."""
    return all(
        isinstance(statement, cst.Assign | cst.AnnAssign | cst.AugAssign | cst.Continue | cst.If)
        or _collects_by_call(statement)
        for statement in _statements(loop.body)
    )


def _collects_by_call(statement: cst.CSTNode) -> bool:
    """Whether a statement seems to put an object into a list, or to set an attribute by its name."""
    match statement:
        case cst.Expr(cst.Call(cst.Attribute(attr=cst.Name(method)))):
            return method in EXTENDING
    return _sets_by_name(statement)


def _sets_by_name(statement: cst.CSTNode) -> bool:
    """Whether a statement seems to set an attribute by its name."""
    match statement:
        case cst.Expr(cst.Call(cst.Name("setattr"))):
            return True
    return False


def _statements(body: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    """The statements of a body and of the branches of its `if` statements, which count themselves if they
    have an `else`."""
    for line in body.body:
        if isinstance(line, cst.SimpleStatementLine):
            yield from line.body
        elif isinstance(line, cst.If):
            yield from _branches(line)
        else:
            yield line


def _branches(branch: cst.If) -> Iterator[cst.CSTNode]:
    yield from _statements(branch.body)
    if branch.orelse is not None:
        yield branch
    if isinstance(branch.orelse, cst.If):
        yield from _branches(branch.orelse)
    elif branch.orelse is not None:
        yield from _statements(branch.orelse.body)


def _is_assignment(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.Assign):
        return all(isinstance(target.target, cst.Name) for target in statement.targets)
    return isinstance(statement, cst.Continue | cst.Return | cst.Raise) or (
        isinstance(statement, cst.AugAssign) and isinstance(statement.target, cst.Name)
    )


def _has_callable(interpreter: Interpreter, value: Value) -> bool:
    """Whether an element is a function or class of the program, or a tuple with a class."""
    if is_callable(interpreter, value):
        return True
    parts = elements_of_list(interpreter, value)
    return any(isinstance(part, Class) for part in parts)


def _run_for_entries(
    interpreter: Interpreter,
    act: Activation,
    loop: cst.For,
    iterable: Operand,
    elements: Callable[[], list[Operand]],
) -> bool:
    """Run a loop's body once for each entry of a dict. Entries may be missing, as in a settings file."""
    before = dict(act.env)
    interpreter.guards += 1
    interpreter.growth.conditions.note_repetition()
    alive = _run_for_elements(interpreter, act, loop, iterable, elements)
    interpreter.guards -= 1
    act.env = merge_environments([before, act.env]) if alive else before
    return True


def _run_for_elements(
    interpreter: Interpreter,
    act: Activation,
    loop: cst.For,
    iterable: Operand,
    elements: Callable[[], list[Operand]],
) -> bool:
    """Run a loop's body once for each of its elements, which creates objects of its own. If a round changes
    the elements of those behind it, these rounds are run for any element."""
    current, items = Loop(), elements()
    act.loops.append(current)
    are_changed, earlier = False, states_of_iterated(interpreter, iterable.value)
    for number, item in enumerate(items):
        current.round, current.element = number, item
        with interpreter.heap.in_round(act.site(loop), number):
            interpreter.assign(act, loop.target, distinct_element(item.value), item.site)
            current.continues.clear()
            ends = _ends_of_body(interpreter, act, loop)
        ends.extend(current.continues)
        act.env = merge_environments(ends)
        if not ends:
            break
        states = states_of_iterated(interpreter, iterable.value)
        if states != earlier:
            remaining = elements()
            are_changed = len(remaining) != len(items) or remaining[number + 1 :] != items[number + 1 :]
        if are_changed:
            break
        earlier = states
    act.loops.pop()
    if are_changed:
        alive = _run_for_any_element(interpreter, act, loop, iterable)
    else:
        alive = bool(ends) and (loop.orelse is None or interpreter.execute(act, [loop.orelse]))
    leaving = [*current.breaks, *([act.env] if alive else [])]
    act.env = merge_environments(leaving)
    return bool(leaving)


def _ends_of_body(interpreter: Interpreter, act: Activation, loop: cst.While | cst.For) -> list[Environment]:
    """Run a loop's body once. Returns the environment at its end, if it is reached."""
    with interpreter.regions.run_region(act.frame.id, interpreter.guards, act.site(loop).node):
        return [act.env] if interpreter.execute(act, [loop.body]) else []


def _only_texts_grow(interpreter: Interpreter, before: Environment, after: Environment) -> bool:
    """Whether all changed variables are texts that only get longer."""
    changed_names = [name for name in after if name not in before or after[name] != before[name]]
    return all(text_only_grows(interpreter, before.get(name, UNKNOWN), after[name]) for name in changed_names)


def text_only_grows(interpreter: Interpreter, before: Value, after: Value) -> bool:
    """Whether a value is a text that gets longer, without new tracked values."""
    texts = all(isinstance(choice, Text | Unknown | Const) for choice in alternatives(before, after))
    return texts and set(interpreter.tracked_leaves(before)) == set(interpreter.tracked_leaves(after))


def _run_rounds(
    interpreter: Interpreter,
    act: Activation,
    loop: "cst.While | cst.For",
    step: Callable[[], bool | None],
    test: cst.BaseExpression | None = None,
) -> bool:
    """Run a loop's body until nothing changes, and then its `else`."""
    current = Loop()
    act.loops.append(current)
    endless = False
    exits: list[dict[str, Value]] = []
    for number in range(budgets.LOOP_ROUNDS):
        start, stores = dict(act.env), interpreter.stores
        outcome = step()
        endless = outcome is True
        exits = [] if endless else [dict(act.env)]
        if test is not None:
            for env in exits:
                narrow(interpreter.facts, act, env, test, outcome=False)
            narrow(interpreter.facts, act, act.env, test, outcome=True)
        if outcome is False:
            break
        current.continues.clear()
        ends = _ends_of_body(interpreter, act, loop)
        again = merge_environments([*ends, *current.continues])
        entered = outcome is True and number == 0
        act.env = (
            again if entered and again else merge_environments([start, again]) if again or ends else start
        )
        settled = act.env == start or (number > GROWING and _only_texts_grow(interpreter, start, act.env))
        if settled and interpreter.stores == stores:
            break
    else:
        interpreter.mark_incomplete(Site(act.frame.path, 0))
    act.loops.pop()
    binds = test is not None and any(act.tree.descendants_of_kind(test, cst.NamedExpr))
    if not endless and not binds:
        exits = [*exits, _keep_narrowings(act.env, exits)]
    act.env = merge_environments(exits)
    alive = bool(exits)
    if loop.orelse is not None and alive:
        alive = interpreter.execute(act, [loop.orelse])
    leaving = [*current.breaks, *([act.env] if alive else [])]
    act.env = merge_environments(leaving)
    return bool(leaving)


def _keep_narrowings(env: Environment, exits: list[Environment]) -> Environment:
    """The environment at the head of a loop, with the facts that its last test established on leaving the
    loop."""
    narrowings = exits[0].get(NARROWED) if exits else None
    variables = {name: value for name, value in env.items() if name != NARROWED}
    return variables if narrowings is None else {**variables, NARROWED: narrowings}


def break_statement(interpreter: Interpreter, act: Activation, _node: cst.CSTNode) -> bool:
    """The statement `break`."""
    interpreter.regions.note_exit(interpreter.guards, of_function=False)
    if act.loops:
        act.loops[-1].breaks.append(dict(act.env))
    return False


def continue_statement(interpreter: Interpreter, act: Activation, _node: cst.CSTNode) -> bool:
    """The statement `continue`."""
    interpreter.regions.note_exit(interpreter.guards, of_function=False)
    if act.loops:
        act.loops[-1].continues.append(dict(act.env))
    return False

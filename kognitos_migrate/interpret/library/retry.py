"""Models of retry decorators, and of the predicates that they call with results."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Bound, Function, Symbol, Value, result_of

OF_RESULTS = frozenset(
    (
        *("retry_if_result(0)", "retry_if_result(predicate)"),
        *("retry_if_not_result(0)", "retry_if_not_result(predicate)"),
        *("on_predicate(1)", "on_predicate(predicate)", "retry(retry_on_result)"),
    )
)
"""Parameters for a predicate that is called with the result only."""
OF_ERRORS = frozenset(
    (
        *("retry_if_exception(0)", "retry_if_exception(predicate)", "on_exception(giveup)"),
        *("retry(retry_on_exception)", "retry(on)"),
    )
)
"""Parameters for a predicate that is called with an error."""


def _decorator_factory(name: str) -> Model:
    """The model of a function that creates a retry decorator. Predicates don't escape:
    `note_result_predicates` calls them."""
    short = name.rpartition(".")[2]

    def make_retryer(call: CallPoint) -> Value:
        arguments = call.arguments
        others = replace(
            arguments,
            positional=[
                argument
                for place, argument in enumerate(arguments.positional)
                if not _is_predicate(short, place)
            ],
            keywords={
                word: argument
                for word, argument in arguments.keywords.items()
                if not _is_predicate(short, word)
            },
        )
        call_unmodeled(replace(call, arguments=others), name)
        return result_of(name)

    return make_retryer


def _is_predicate(function: str, parameter: str | int) -> bool:
    key = f"{function}({parameter})"
    return key in OF_RESULTS or key in OF_ERRORS


_DECORATOR_NAMES = (
    *("tenacity.retry_if_result", "tenacity.retry_if_not_result", "tenacity.retry_if_exception"),
    *("tenacity.retry.retry_if_result", "tenacity.retry.retry_if_not_result"),
    *("backoff.on_predicate", "backoff.on_exception", "retrying.retry", "stamina.retry"),
)


def note_result_predicates(
    m: Interpreter, act: Activation, decorator: cst.BaseExpression, function: Site
) -> bool:
    """Record the predicates that a retry decorator applies to results; return False if some are unknown."""
    creation = _decorator_creation(m, act, decorator)
    if creation is None:
        return False
    activation, call = creation
    for node, predicate in _functions(m, activation, call):
        place = _parameter_of(m, activation, node)
        operand = Operand(predicate, activation.site(node), activation.frame.id)
        if place in OF_RESULTS:
            predicates = m.functions.result_predicates.setdefault(function, [])
            predicates.extend([operand] if operand not in predicates else [])
        elif place in OF_ERRORS:
            m.call(activation, node, predicate, Arguments([operand._replace(value=exceptions.any_error(m))]))
        elif place is not None:
            return False
    return True


def call_result_predicates(call: CallPoint, function: Site, result: Value) -> None:
    """Call the predicates of a function with its result."""
    judges = call.machine.functions.result_predicates.get(function, ())
    if judges:
        exceptions.note_retried_result(call, result)
    for judge in judges:
        call.call(judge.value, Arguments([call.operand(result)]))


def _decorator_creation(
    m: Interpreter, act: Activation, decorator: cst.BaseExpression
) -> tuple[Activation, cst.BaseExpression] | None:
    """The expression that creates a decorator, and the activation that it is in; None if that isn't
    unique."""
    if isinstance(decorator, cst.Call):
        return act, decorator
    if any(isinstance(choice, Symbol) for choice in alternatives(_recorded_value(m, act, decorator))):
        return act, decorator  # the library's own decorator, without arguments
    name = decorator.value if isinstance(decorator, cst.Name) else None
    assignments = [
        (module, assignment.value)
        for module in m.modules.values()
        for assignment in module.tree.of_kind(cst.Assign)
        if any(
            isinstance(target.target, cst.Name) and target.target.value == name
            for target in assignment.targets
        )
        if module.tree.enclosing(assignment, cst.FunctionDef) is None
    ]
    return assignments[0] if len(assignments) == 1 else None


def _functions(
    m: Interpreter, activation: Activation, call: cst.BaseExpression
) -> Iterator[tuple[cst.BaseExpression, Value]]:
    """The functions of the program that a decorator's expression names or contains."""
    for node in activation.tree.descendants(call):
        if isinstance(node, cst.Name | cst.Attribute | cst.Lambda):
            for choice in alternatives(_recorded_value(m, activation, node)):
                if isinstance(choice, Function | Bound):
                    yield node, choice


def _parameter_of(m: Interpreter, activation: Activation, node: cst.CSTNode) -> str | None:
    """The parameter that a function is passed for, such as `retry_if_result(0)`; None if it is called
    there."""
    arg = activation.tree.parent(node)
    call = activation.tree.parent(arg) if isinstance(arg, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(arg, cst.Arg):
        return None if isinstance(arg, cst.Call) else ""
    names = [
        choice.name
        for choice in alternatives(_recorded_value(m, activation, call.func))
        if isinstance(choice, Symbol)
    ]
    short = names[0].rpartition(".")[2] if len(names) == 1 else ""
    return f"{short}({arg.keyword.value if arg.keyword is not None else call.args.index(arg)})"


def _recorded_value(m: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    return m.facts.values.get((act.site(node), act.frame.id), UNKNOWN)


SYMBOLS: dict[str, Model] = {**{name: _decorator_factory(name) for name in _DECORATOR_NAMES}}


METHODS: dict[str, Method] = {}

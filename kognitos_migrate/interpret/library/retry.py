"""Models of retry decorators, and of the predicates that they call with results."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.bound_expressions import bound_expression, may_bind_attribute
from kognitos_migrate.interpret.function_definitions import asks_about_results, note_policy_access
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.library_effects import makes_caller, makes_decorator
from kognitos_migrate.interpret.state.frames import Activation, ResultPredicate
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled, call_unmodeled_method
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand, Task
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Function,
    MemberRef,
    Symbol,
    Unknown,
    Value,
    library_result,
)

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
        return library_result(name)

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
    interpreter: Interpreter, act: Activation, decorator: cst.BaseExpression, decorated: Operand
) -> bool:
    """Record the predicates that a retry decorator applies to results; return False if some are unknown.
    They say nothing about the results of a decorated function that another decorator has replaced."""
    function = decorated.site
    creation = _decorator_creation(interpreter, act, decorator)
    judges = _result_predicates(interpreter, creation) if creation is not None else None
    is_replaced = decorated.value != Function(function, decorated.frame)
    predicates = interpreter.functions.result_predicates.setdefault(function, [])
    for judge in judges or ():
        own = replace(judge, last=None if is_replaced else judge.last, closure=decorated.frame)
        if own not in predicates:
            predicates.append(own)
    return judges is not None


def _result_predicates(
    interpreter: Interpreter, creation: tuple[Activation, cst.BaseExpression], depth: int = 0
) -> list[ResultPredicate] | None:
    """The predicates that a retry decorator applies to results, also those of policies in variables; None if
    some are unknown. Predicates of errors are called."""
    activation, call = creation
    judges: list[ResultPredicate] = []
    policies = _alternative_policies(interpreter, activation, call)
    for node, predicate in _functions(interpreter, activation, call):
        place = _parameter_of(interpreter, activation, node)
        operand = Operand(predicate, activation.site(node), activation.frame.id)
        if place in OF_RESULTS:
            last = _LAST.get(place) if operand.site in policies else None
            judges.append(ResultPredicate(operand, last))
        elif place in OF_ERRORS:
            interpreter.call(
                activation,
                node,
                predicate,
                Arguments([operand._replace(value=exceptions.any_error(interpreter))]),
            )
        elif place is not None:
            return None
    if any(_is_foreign_policy(interpreter, activation, node) for node in activation.tree.descendants(call)):
        return None
    if not all(
        _is_followed(interpreter, activation, arg.value)
        for arg in _policy_arguments(interpreter, activation, call)
    ):
        return None
    judges += _foreign_predicates(interpreter, activation, call)
    for name in activation.tree.descendants_of_kind(call, cst.Name):
        value = interpreter.facts.values.get((activation.site(name), activation.frame.id), NEVER)
        if any(map(_may_be_policy, alternatives(value))):
            policy = bound_expression(interpreter, activation, name) if depth < _DEPTH else None
            inner = _result_predicates(interpreter, policy, depth + 1) if policy is not None else None
            if inner is None:
                return None
            is_alternative = (
                activation.site(name) in policies
                and policy is not None
                and value == _recorded_value(interpreter, *policy)
            )
            judges += [replace(judge, last=judge.last if is_alternative else None) for judge in inner]
    return judges


def _policy_arguments(
    interpreter: Interpreter, activation: Activation, call: cst.BaseExpression
) -> Iterator[cst.Arg]:
    """The arguments in the creation of a retry decorator that are policies."""
    for arg in activation.tree.descendants_of_kind(call, cst.Arg):
        parameter = _parameter_of(interpreter, activation, arg.value) or ""
        if parameter.endswith("(retry)") or parameter.startswith(_OF_POLICIES):
            yield arg


def _is_followed(interpreter: Interpreter, activation: Activation, policy: cst.BaseExpression) -> bool:
    """Whether a policy is composed of variables, functions of the program, and of retry libraries."""
    if isinstance(policy, cst.BinaryOperation):
        sides = (policy.left, policy.right)
        return all(_is_followed(interpreter, activation, side) for side in sides)
    if isinstance(policy, cst.Name | cst.Lambda):
        return True
    maker = policy.func if isinstance(policy, cst.Call) else policy
    choices = alternatives(_recorded_value(interpreter, activation, maker))
    return all(
        isinstance(choice, Symbol) and choice.name.partition(".")[0] in _PACKAGES for choice in choices
    )


def _foreign_predicates(
    interpreter: Interpreter, activation: Activation, call: cst.BaseExpression
) -> Iterator[ResultPredicate]:
    """The predicates of results that aren't functions of the program."""
    for arg in activation.tree.descendants_of_kind(call, cst.Arg):
        if _parameter_of(interpreter, activation, arg.value) in OF_RESULTS:
            site = activation.site(arg.value)
            for choice in alternatives(_recorded_value(interpreter, activation, arg.value)):
                if not isinstance(choice, Function | Bound):
                    yield ResultPredicate(Operand(choice, site, activation.frame.id), None)


def _is_foreign_policy(interpreter: Interpreter, activation: Activation, node: cst.CSTNode) -> bool:
    """Whether an expression names a policy that another library than those of retry decorators defines."""
    if not isinstance(node, cst.Name | cst.Attribute):
        return False
    is_operand = isinstance(activation.tree.parent(node), cst.BinaryOperation)
    if not is_operand and not (_parameter_of(interpreter, activation, node) or "").startswith(_OF_POLICIES):
        return False
    choices = alternatives(_recorded_value(interpreter, activation, node))
    names = [choice.name for choice in choices if isinstance(choice, Symbol)]
    return any(name.partition(".")[0] not in _PACKAGES for name in names)


_OF_POLICIES = ("retry(retry)", "retry_any(", "retry_all(")
"""Starts of the parameters that get policies."""
_PACKAGES = frozenset(name.partition(".")[0] for name in _DECORATOR_NAMES)
_DEPTH = 4
"""How many variables deep the policies of a retry decorator are searched for predicates."""


def _may_be_policy(value: Value) -> bool:
    """Whether a value may be an object of a retry library that has a predicate."""
    is_result = isinstance(value, Unknown) and value.source.endswith("()")
    return value == UNKNOWN or (is_result and asks_about_results(value))


def call_retried(call: CallPoint, callee: Value) -> Value | None:
    """The result of a call of what a library's function returns, if that calls a function of the program, or
    a session's method, again: `backoff.on_exception(…)(fetch)` is the function, `tenacity.Retrying(…)(fetch,
    key)` its result. None for any other call."""
    interpreter, first = call.interpreter, call.arguments.first()
    functions = [*alternatives(first.value)] if first is not None else []
    maker = callee.source.removesuffix("()") if isinstance(callee, Unknown) else ""
    is_known = all(_function_of(function) for function in functions) or (
        makes_caller(maker) and all(_is_of_session(interpreter, function) for function in functions)
    )
    if first is None or not is_known:
        return None
    creation = _creation_of_retryer(call) if makes_decorator(maker) or makes_caller(maker) else None
    judges = _result_predicates(interpreter, creation) if creation is not None else None
    if creation is None or judges is None or (judges and makes_decorator(maker)):
        return None
    for site in map(_function_of, functions):
        if site is not None:
            interpreter.facts.retriers.setdefault(site, {})[creation[0].site(creation[1])] = None
    if makes_decorator(maker):
        return first.value if [*call.arguments.everything()] == [first] else None
    result = call.call(first.value, replace(call.arguments, positional=call.arguments.positional[1:]))
    tasks = (interpreter.heap.get(choice) for choice in alternatives(result))
    results = [task.result for task in tasks if isinstance(task, Task)] or [result]
    for judge in judges:
        exceptions.note_retried_result(call, join(*results))
        call.call(judge.function.value, Arguments([call.operand(join(*results))]))
    return result


def retry_with(call: CallPoint, member: MemberRef) -> Value:
    """The result of `fetch.retry_with(stop=…)`: the function, with other limits."""
    function, words = member.receiver, call.arguments.keywords
    are_limits = all(f"retry({word})" in _OTHERS for word in words)
    is_known = are_limits and [*call.arguments.everything()] == [*words.values()]
    if not isinstance(function, Function | Bound) or not is_known:
        return call_unmodeled_method(call, member)
    note_policy_access(call.interpreter, function)
    call_unmodeled(call, "tenacity.retry")
    return function


def _function_of(value: Value) -> Site | None:
    """The function of the program that a value calls; None for any other value."""
    function = value.function if isinstance(value, Bound) else value
    return function.site if isinstance(function, Function) else None


def _is_of_session(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a method of an HTTP session."""
    owner = interpreter.heap.get(value.receiver) if isinstance(value, MemberRef) else None
    return isinstance(owner, Instance) and owner.client is not None


def _creation_of_retryer(call: CallPoint) -> tuple[Activation, cst.BaseExpression] | None:
    """The expression that creates the called object: the callee itself, or the only value of a variable. None
    if code may give the object another policy."""
    callee = call.node.func if isinstance(call.node, cst.Call) else None
    if isinstance(callee, cst.Name):
        is_open = may_bind_attribute(call.interpreter, _POLICY)
        return bound_expression(call.interpreter, call.act, callee) if not is_open else None
    return _decorator_creation(call.interpreter, call.act, callee) if callee is not None else None


def _alternative_policies(
    interpreter: Interpreter, act: Activation, creation: cst.BaseExpression
) -> Collection[Site]:
    """The policies in the creation of a retry decorator, and their predicates, that each make it try again:
    it returns no result for which one of them does."""
    policies: set[Site] = set()
    worklist = [creation]
    while worklist:
        node = worklist.pop()
        policies.add(act.site(node))
        match node:
            case cst.BinaryOperation(left, cst.BitOr(), right) if all(
                isinstance(operand, cst.BinaryOperation)
                or asks_about_results(_recorded_value(interpreter, act, operand))
                for operand in (left, right)
            ):
                worklist += [left, right]
            case cst.Call(args=args):
                parts = [(_parameter_of(interpreter, act, arg.value) or "", arg) for arg in args]
                if all(not arg.star and (part in _OTHERS or _is_policy_of(part)) for part, arg in parts):
                    worklist += [arg.value for part, arg in parts if _is_policy_of(part)]
    return policies


def _is_policy_of(parameter: str) -> bool:
    """Whether a parameter gets one of the alternative policies, or a predicate of one."""
    return parameter in _ALTERNATIVES or parameter in _LAST or parameter.startswith("retry_any(")


_LAST = {
    **dict.fromkeys(("retry_if_result(0)", "retry_if_result(predicate)", "retry(retry_on_result)"), False),
    **dict.fromkeys(("retry_if_not_result(0)", "retry_if_not_result(predicate)"), True),
}
"""By parameter: the predicate's truth value for a result that isn't tried again."""
_ALTERNATIVES = ("retry(retry)",)
_POLICY = "retry"
"""The attribute of a retryer that holds its policy."""
_OTHERS = frozenset(
    f"retry({name})"
    for name in (
        *("after", "before", "before_sleep", "reraise", "retry_error_cls", "retry_on_exception", "sleep"),
        *("stop", "stop_func", "stop_max_attempt_number", "stop_max_delay", "wait", "wait_func"),
        *(f"wait_{unit}" for unit in ("exponential_max", "exponential_multiplier", "fixed", "jitter_max")),
        *("wait_incrementing_increment", "wait_incrementing_start", "wait_random_max", "wait_random_min"),
        *("wrap_exception", "retry_on_exceptions"),
    )
)
"""Parameters that say when a result is tried again, or that an error is raised in its place."""


def _decorator_creation(
    interpreter: Interpreter, act: Activation, decorator: cst.BaseExpression
) -> tuple[Activation, cst.BaseExpression] | None:
    """The expression that creates a decorator, and the activation that it is in; None if that isn't
    unique."""
    if isinstance(decorator, cst.Call):
        return act, decorator
    if any(
        isinstance(choice, Symbol) for choice in alternatives(_recorded_value(interpreter, act, decorator))
    ):
        return act, decorator  # the library's own decorator, without arguments
    return bound_expression(interpreter, act, decorator) if isinstance(decorator, cst.Name) else None


def _functions(
    interpreter: Interpreter, activation: Activation, call: cst.BaseExpression
) -> Iterator[tuple[cst.BaseExpression, Value]]:
    """The functions of the program that a decorator's expression names or contains."""
    for node in activation.tree.descendants(call):
        if isinstance(node, cst.Name | cst.Attribute | cst.Lambda):
            for choice in alternatives(_recorded_value(interpreter, activation, node)):
                if isinstance(choice, Function | Bound):
                    yield node, choice


def _parameter_of(interpreter: Interpreter, activation: Activation, node: cst.CSTNode) -> str | None:
    """The parameter that a function is passed for, such as `retry_if_result(0)`; None if it is called
    there."""
    arg = activation.tree.parent(node)
    call = activation.tree.parent(arg) if isinstance(arg, cst.Arg) else None
    if not isinstance(call, cst.Call) or not isinstance(arg, cst.Arg):
        return None if isinstance(arg, cst.Call) else ""
    names = [
        choice.name
        for choice in alternatives(_recorded_value(interpreter, activation, call.func))
        if isinstance(choice, Symbol)
    ]
    short = names[0].rpartition(".")[2] if len(names) == 1 else ""
    return f"{short}({arg.keyword.value if arg.keyword is not None else call.args.index(arg)})"


def _recorded_value(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> Value:
    return interpreter.facts.values.get((act.site(node), act.frame.id), UNKNOWN)


SYMBOLS: dict[str, Model] = {name: _decorator_factory(name) for name in _DECORATOR_NAMES}
METHODS: dict[str, Method] = {"unknown.retry_with": retry_with}

"""Calls of the predicates that say whether a result is tried again, and what they tell about it."""

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.checked_arguments import without_facts_of_call
from kognitos_migrate.interpret.interpreter import CallPoint
from kognitos_migrate.interpret.narrowing import Fields, meet_fields
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.interpret.state.frames import ResultPredicate
from kognitos_migrate.values.lattice import Bound, FieldFact, Function, Value


def call_result_predicates(call: CallPoint, frame: Frame, result: Value) -> Fields:
    """Call the predicates of a function, run in `frame`, with its result, and return the facts about a reply
    that they have shown for each result that callers get."""
    functions, shown = call.interpreter.functions, dict[str, FieldFact]()
    judges = functions.result_predicates.get(frame.function, ()) if frame.function is not None else ()
    if judges:
        exceptions.note_retried_result(call, result)
    for judge in judges:
        with without_facts_of_call(call.interpreter.facts, (call.site, call.act.frame.id)):
            call.call(judge.function.value, Arguments([call.operand(result)]))
        others = [other for other in judges if other.function.site == judge.function.site]
        is_own = frame.closure == judge.closure and frame.function not in functions.reconfigured
        if is_own and len(others) == 1 and frame.function not in functions.wrapped:
            shown = {**meet_fields(shown, _facts_about_result(call, judge))}
    return shown


def _facts_about_result(call: CallPoint, judge: ResultPredicate) -> Fields:
    """The facts about the result of a call that hold if a predicate, just called with it, is `judge.last`."""
    interpreter, callee = call.interpreter, judge.function.value
    function = callee.function if isinstance(callee, Bound) else callee
    if judge.last is None or not isinstance(function, Function):
        return {}
    receiver = call.operand(callee.receiver) if isinstance(callee, Bound) else None
    frame = interpreter.frames.of(function.site, call.site, call.act.frame, function.closure, receiver)
    activation = interpreter.activations.get(frame.id)
    if activation is None:
        return {}
    shown = (activation.truths if judge.last else activation.falsities) or {}
    place = (call.site, call.act.frame.id)
    fields = [
        shown.get(name, {})
        for name, argument in frame.arguments.items()
        if (argument.site, argument.frame) == place
    ]
    return fields[0] if len(fields) == 1 else {}

"""Runs of code that runs later: generators, coroutines, callbacks, lazy iterators."""

from collections.abc import Callable

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.state.frames import LaterPlace, LaterRun
from kognitos_migrate.interpret.summaries import full_summary_of, is_valid, record_reads
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Value

_NO_FRAME = -1


def call_now_and_later(call: CallPoint, function: Value, arguments: Arguments) -> Value:
    """Run a function that is passed to a call and called later with these arguments, and return its
    result."""
    call.interpreter.facts.deferred.add(call.site)
    place = (call.site, call.act.frame.id, None)
    return run_now_and_later(call.interpreter, place, lambda: late_result(call, function, arguments))


def late_result(call: CallPoint, function: Value, arguments: Arguments) -> Value:
    """The result of a function that runs later, or in another process: what it puts into dicts may be missing
    when other code reads it."""
    call.interpreter.guards += 1
    call.interpreter.growth.conditions.note_repetition()
    value = call.call(function, arguments)
    call.interpreter.guards -= 1
    return value


def run_now_and_later(interpreter: Interpreter, place: LaterPlace, evaluate: Callable[[], Value]) -> Value:
    """Run the body of a generator, a coroutine or a lazy iterator, and again in later rounds with what has
    changed by then. Names that it reads keep their earlier values."""
    earlier = interpreter.scheduled_runs.get(place)
    value = NEVER if earlier is None else earlier.value
    later = interpreter.scheduled_runs[place] = LaterRun(evaluate, list(interpreter.running.frames), value)
    return _run(interpreter, later)


def repeat_later(
    interpreter: Interpreter, place: LaterPlace, evaluate: Callable[[], Value], value: Value
) -> None:
    """Run code whose value now is `value` again in later rounds with what has changed by then."""
    earlier = interpreter.scheduled_runs.get(place)
    if earlier is None:
        interpreter.scheduled_runs[place] = LaterRun(evaluate, list(interpreter.running.frames), value)
    else:
        earlier.evaluate, earlier.value = evaluate, join(earlier.value, value)


def _run(interpreter: Interpreter, later: LaterRun) -> Value:
    """Run the code, store the summary, and return the join of its results."""
    frames, interpreter.running.frames = interpreter.running.frames, list(later.frames)
    with record_reads(interpreter, _NO_FRAME) as run, interpreter.regions.suspend():
        later.value = join(later.value, later.evaluate())
    interpreter.running.frames = frames
    later.summary = full_summary_of(interpreter, run, later.value)
    for place, value in run.read_set.names.items():
        interpreter.shared.note_later_read(*place, value)
    return later.value


def rerun_deferred(interpreter: Interpreter) -> bool:
    """Run the deferred code whose read sets have changed, and return whether any was run."""
    stale = [
        later
        for later in list(interpreter.scheduled_runs.values())
        if later.summary is None or not is_valid(interpreter, later.summary, _NO_FRAME)
    ]
    runs = interpreter.summaries.runs
    for later in stale:
        before, interpreter.summaries.runs = later.value, {}  # each has the whole budget of runs
        if _run(interpreter, later) != before:
            interpreter.shared.deferrals += 1  # whoever used the result runs again
    interpreter.summaries.runs = runs
    return bool(stale)

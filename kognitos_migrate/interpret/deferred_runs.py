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
    call.machine.facts.deferred.add(call.site)
    place = (call.site, call.act.frame.id, None)
    return run_now_and_later(call.machine, place, lambda: late_result(call, function, arguments))


def late_result(call: CallPoint, function: Value, arguments: Arguments) -> Value:
    """The result of a function that runs later, or in another process: what it puts into dicts may be missing
    when other code reads it."""
    call.machine.guards += 1
    value = call.call(function, arguments)
    call.machine.guards -= 1
    return value


def run_now_and_later(m: Interpreter, place: LaterPlace, evaluate: Callable[[], Value]) -> Value:
    """Run the body of a generator, a coroutine or a lazy iterator, and again in later rounds with what has
    changed by then. Names that it reads keep their earlier values."""
    earlier = m.scheduled_runs.get(place)
    value = NEVER if earlier is None else earlier.value
    later = m.scheduled_runs[place] = LaterRun(evaluate, list(m.running.frames), value)
    return _run(m, later)


def repeat_later(m: Interpreter, place: LaterPlace, evaluate: Callable[[], Value], value: Value) -> None:
    """Run code whose value now is `value` again in later rounds with what has changed by then."""
    earlier = m.scheduled_runs.get(place)
    if earlier is None:
        m.scheduled_runs[place] = LaterRun(evaluate, list(m.running.frames), value)
    else:
        earlier.evaluate, earlier.value = evaluate, join(earlier.value, value)


def _run(m: Interpreter, later: LaterRun) -> Value:
    """Run the code, store the summary, and return the join of its results."""
    frames, m.running.frames = m.running.frames, list(later.frames)
    with record_reads(m, _NO_FRAME) as run, m.regions.outside():
        later.value = join(later.value, later.evaluate())
    m.running.frames = frames
    later.summary = full_summary_of(m, run, later.value)
    for place, value in run.read_set.names.items():
        m.shared.keep_values(*place, value)
    return later.value


def rerun_deferred(m: Interpreter) -> bool:
    """Run the deferred code whose read sets have changed, and return whether any was run."""
    stale = [
        later
        for later in list(m.scheduled_runs.values())
        if later.summary is None or not is_valid(m, later.summary, _NO_FRAME)
    ]
    runs = m.summaries.runs
    for later in stale:
        before, m.summaries.runs = later.value, {}  # each has the whole budget of runs
        if _run(m, later) != before:
            m.shared.deferrals += 1  # whoever used the result runs again
    m.summaries.runs = runs
    return bool(stale)

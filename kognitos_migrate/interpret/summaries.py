"""Call summaries: a call is re-run only if something in its read set has changed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.module_loading import still_has_value
from kognitos_migrate.interpret.state.frames import CallSummary, ReadSet
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.heap_store import State, object_state
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Const, Hole, Ref, Symbol, Text, Unknown, Value


class RecordedRun(Struct, eq=False):
    """The reads of a run: `states` are those of the heap objects at the first read, `read_set` all other
    reads."""

    events: int
    allocations: int
    states: dict[int, State] = field(default_factory=dict)
    read_set: ReadSet = field(default_factory=ReadSet)


@contextmanager
def record_reads(interpreter: Interpreter, own: int) -> Iterator[RecordedRun]:
    """Record the reads of the enclosed code. They are added to those of the outer run, except for names of
    the frame `own`."""
    run = RecordedRun(interpreter.notes.events, len(interpreter.heap.objects))
    states, interpreter.heap.states_read = interpreter.heap.states_read, run.states
    looks, interpreter.read_set = interpreter.read_set, run.read_set
    regions, interpreter.regions.used = interpreter.regions.used, run.read_set.regions
    try:
        yield run
    finally:
        interpreter.heap.states_read, interpreter.read_set, interpreter.regions.used = states, looks, regions
        for index, state in run.states.items():
            states.setdefault(index, state)
        looks.add(run.read_set, own)


def summary_of(interpreter: Interpreter, run: RecordedRun, value: Value) -> CallSummary | None:
    """The summary of a finished run; None if it recorded requests or uses."""
    return None if interpreter.notes.events != run.events else full_summary_of(interpreter, run, value)


def full_summary_of(interpreter: Interpreter, run: RecordedRun, value: Value) -> CallSummary:
    """The summary of a finished run, with its read set. Objects that the run created have their state at its
    end."""
    states = {
        index: object_state(interpreter.heap.objects[index]) if index >= run.allocations else state
        for index, state in run.states.items()
    }
    requests, rounds, deferrals = (
        bool(interpreter.facts.requests),
        interpreter.running.rounds,
        interpreter.shared.deferrals,
    )
    return CallSummary(value, states, run.read_set, interpreter.notes.stubs, requests, rounds, deferrals)


def context_free_summary(
    interpreter: Interpreter, summary: CallSummary, arguments: Iterable[Operand], own: int
) -> CallSummary | None:
    """The summary of a run of frame `own` for calls from any context; None if the result depends on the
    caller."""
    states = {
        index: state
        for index, state in summary.states.items()
        if not _is_within(interpreter, interpreter.heap.objects[index].frame, own)
    }
    plain = _has_no_provenance(summary.value) and all(
        _has_no_provenance(argument.value) for argument in arguments
    )
    if plain or (
        _has_only_older_objects(interpreter, summary.value, own)
        and all(object_state(interpreter.heap.objects[index]) == state for index, state in states.items())
    ):
        return replace(summary, states=states)
    return None


def _has_no_provenance(value: Value) -> bool:
    """Whether a value has no provenance."""
    return all(
        isinstance(choice, Unknown | Const | Symbol)
        or (
            isinstance(choice, Text)
            and not any(isinstance(part, Hole) for part in choice.parts)
            and len(choice.parts) < 2
        )
        for choice in alternatives(value)
    )


def may_be_built_text(value: Value) -> bool:
    """Whether a value may be a text that has holes or several parts."""
    return any(isinstance(choice, Text) and not _has_no_provenance(choice) for choice in alternatives(value))


def _has_only_older_objects(interpreter: Interpreter, value: Value, own: int) -> bool:
    """Whether no object in a value was created in the frame `own`, or in frames called from it."""
    return all(
        _has_no_provenance(choice)
        or (
            isinstance(choice, Ref)
            and not _is_within(interpreter, interpreter.heap.objects[choice.id].frame, own)
        )
        for choice in alternatives(value)
    )


def _is_within(interpreter: Interpreter, frame: int, own: int) -> bool:
    """Whether `frame` is `own`, or is called from it directly or indirectly."""
    return any(outer.id == own for outer in interpreter.facts.stack(frame))


def is_valid(interpreter: Interpreter, summary: CallSummary, own: int) -> bool:
    """Whether another run would have the same result. If so, its read set is added to the current one."""
    if summary.stubs != interpreter.notes.stubs or summary.requests != bool(interpreter.facts.requests):
        return False
    if summary.deferrals != interpreter.shared.deferrals:
        return False
    looks = summary.read_set
    if not looks.regions_outside(own) <= interpreter.regions.with_exits():
        return False
    if not _is_pending(interpreter, summary) and any(
        interpreter.running.results.get(frame, NEVER) != value
        for frame, value in looks.assumed_results.items()
    ):
        return False
    if any(
        len(interpreter.classes.instances.get(site, ())) != number
        for site, number in looks.instance_counts.items()
    ):
        return False
    if any(interpreter.classes.binds.get(site, 0) != number for site, number in looks.classes.items()):
        return False
    if not all(
        still_has_value(interpreter, *place, value) for place, value in looks.names.items() if place[0] != own
    ):
        return False
    if not interpreter.heap.have_states(summary.states):
        return False
    interpreter.read_set.add(looks, own)
    return True


def _is_pending(interpreter: Interpreter, summary: CallSummary) -> bool:
    """Whether a run belongs to a recursion in its current round. The next round corrects its assumptions."""
    return summary.round == interpreter.running.rounds and any(
        frame.id in summary.read_set.assumed_results for frame in interpreter.running.frames
    )

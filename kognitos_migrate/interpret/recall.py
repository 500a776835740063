"""What a call gave is kept with all that it looked at: while that is as it was, it is not run again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.looks import Looks, Recalled
from kognitos_migrate.record import Struct, field, replace
from kognitos_migrate.values.base import NEVER, Const, Hole, Ref, Symbol, Text, Unknown, Value
from kognitos_migrate.values.heap import Given, State, state_of
from kognitos_migrate.values.join import alternatives


class Looking(Struct, eq=False):
    """A run, and what it looks at: `things` as they were then; those that it made, as it left them."""

    events: int
    made: int
    things: dict[int, State] = field(default_factory=dict)
    looks: Looks = field(default_factory=Looks)


@contextmanager
def looking(m: Machine, own: int) -> Iterator[Looking]:
    """Note what is looked at meanwhile; for the run around, too, but for the names of the frame `own`."""
    found = Looking(m.notes.events, len(m.heap.things))
    things, m.heap.seen = m.heap.seen, found.things
    looks, m.looks = m.looks, found.looks
    try:
        yield found
    finally:
        m.heap.seen, m.looks = things, looks
        for one, state in found.things.items():
            things.setdefault(one, state)
        looks.add(found.looks, own)


def recalled(m: Machine, run: Looking, value: Value) -> Recalled | None:
    """What to keep of a run that is over; None where it sent or used something."""
    return None if m.notes.events != run.events else kept(m, run, value)


def kept(m: Machine, run: Looking, value: Value) -> Recalled:
    """A run that is over, with all that it went by."""
    things = {
        one: state_of(m.heap.things[one]) if one >= run.made else state for one, state in run.things.items()
    }
    return Recalled(value, things, run.looks, m.notes.stubs, bool(m.facts.requests), m.running.rounds)


def shared(m: Machine, kept: Recalled, arguments: Iterable[Given], own: int) -> Recalled | None:
    """What to keep of a run of frame `own` for calls from elsewhere; None where it matters who called."""
    things = {
        one: state for one, state in kept.things.items() if not _is_within(m, m.heap.things[one].frame, own)
    }
    plain = _is_plain(kept.value) and all(_is_plain(given.value) for given in arguments)
    if plain or (
        _is_older(m, kept.value, own)
        and all(state_of(m.heap.things[one]) == state for one, state in things.items())
    ):
        return replace(kept, things=things)
    return None


def _is_plain(value: Value) -> bool:
    """Whether a value says nothing of where it came from."""
    return all(
        isinstance(choice, Unknown | Const | Symbol)
        or (
            isinstance(choice, Text)
            and not any(isinstance(part, Hole) for part in choice.parts)
            and len(choice.parts) < 2
        )
        for choice in alternatives(value)
    )


def makes_text(value: Value) -> bool:
    """Whether a value may be text that was put together."""
    return any(isinstance(choice, Text) and not _is_plain(choice) for choice in alternatives(value))


def _is_older(m: Machine, value: Value, own: int) -> bool:
    """Whether nothing of a value was made in the frame `own`, or below."""
    return all(
        _is_plain(choice)
        or (isinstance(choice, Ref) and not _is_within(m, m.heap.things[choice.id].frame, own))
        for choice in alternatives(value)
    )


def _is_within(m: Machine, frame: int, own: int) -> bool:
    """Whether `frame` is `own`, or called from there."""
    one: int | None = frame
    while one is not None and one != own:
        one = m.facts.frames[one].caller
    return one is not None


def holds(m: Machine, known: Recalled, own: int) -> bool:
    """Whether a run would give the same again; that is a look at all that it went by."""
    if known.stubs != m.notes.stubs or known.requests != bool(m.facts.requests):
        return False
    looks = known.looks
    if not _is_pending(m, known) and any(
        m.running.gives.get(frame, NEVER) != value for frame, value in looks.given.items()
    ):
        return False
    if any(len(m.classes.instances.get(site, ())) != number for site, number in looks.asked.items()):
        return False
    if any(m.classes.binds.get(site, 0) != number for site, number in looks.classes.items()):
        return False
    if not all(_means(m, *place, value) for place, value in looks.names.items() if place[0] != own):
        return False
    if not m.heap.unchanged(known.things):
        return False
    m.looks.add(looks, own)
    return True


def _is_pending(m: Machine, known: Recalled) -> bool:
    """Whether a run is part of a recursion that goes on: its next round makes up for what isn't known yet."""
    return known.round == m.running.rounds and any(
        frame.id in known.looks.given for frame in m.running.frames
    )


def _means(m: Machine, frame: int, name: str, value: Value) -> bool:
    """Whether a name still has a value, mostly the very same."""
    activation = m.activations.get(frame)
    now = activation.env.get(name, NEVER) if activation is not None else NEVER
    return now is value or now == value

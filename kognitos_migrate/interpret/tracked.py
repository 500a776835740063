"""What is tracked of a value: the positions in replies and the watched texts that it holds."""

from collections.abc import Collection, Iterator

from kognitos_migrate.interpret import budgets
from kognitos_migrate.values.base import Bound, Class, Function, Hole, Json, Lit, Ref, Reply, Text, Value
from kognitos_migrate.values.heap import Heap, Instance, Iterated, Record, Saying, Sequence, Task, Thing
from kognitos_migrate.values.join import alternatives


def leaves(value: Value, watch: Collection[str], heap: Heap | None) -> Iterator[Value]:
    """The positions in replies and the texts with a word of `watch` that `value` holds; those that things on
    the heap hold as well, each thing once, where a heap is given."""
    return _leaves(value, watch, heap, 0, set())


def holds(value: Value, heap: Heap) -> bool:
    """Whether a value is a position in a reply, or a thing on the heap that holds one, or a function or class
    of the program: who has the thing gets at these without naming them."""
    if any(isinstance(choice, Reply) for choice in alternatives(value)):
        return True
    seen: set[int] = set()
    waiting = [choice.id for choice in alternatives(value) if isinstance(choice, Ref)]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for held in _held(heap[Ref(at)]):
            for choice in alternatives(held):
                if isinstance(choice, Reply | Function | Bound | Class):
                    return True
                if isinstance(choice, Ref):
                    waiting.append(choice.id)
    return False


def _leaves(
    value: Value, watch: Collection[str], heap: Heap | None, depth: int, seen: set[int]
) -> Iterator[Value]:
    if depth > budgets.NESTING:
        return
    for choice in alternatives(value):
        if isinstance(choice, Reply):
            yield choice
        elif isinstance(choice, Text):
            for part in choice.parts:
                if isinstance(part, Hole):
                    yield from _leaves(part.value, watch, heap, depth + 1, seen)
                elif _is_watched(part, watch):
                    yield Text((part,))
        elif isinstance(choice, Json):
            yield from _leaves(choice.value, watch, heap, depth + 1, seen)
        elif isinstance(choice, Ref) and heap is not None and choice.id not in seen:
            seen.add(choice.id)
            for held in _held(heap[choice]):
                yield from _leaves(held, watch, heap, depth + 1, seen)


def _held(thing: Thing) -> list[Value]:
    if isinstance(thing, Record):
        entries = [thing.get(key) for key in thing.entries]
        return [*entries, *(spread.value for spread in thing.spreads), thing.others]
    if isinstance(thing, Sequence):
        return [thing.element()]
    if isinstance(thing, Iterated):
        return [thing.element, thing.returned]
    if isinstance(thing, Task):
        return [thing.result]
    if isinstance(thing, Saying):
        return [given.value for held in thing.parts.values() for given in held]
    return list(thing.attributes.values()) if isinstance(thing, Instance) else []


def _is_watched(lit: Lit, watch: Collection[str]) -> bool:
    return lit.site is not None and any(word in lit.text for word in watch)

"""What a value holds: positions in replies, however deep; a dict's keys, and whether they are all."""

from collections.abc import Iterator

from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.tracked import leaves
from kognitos_migrate.record import Struct, field
from kognitos_migrate.values.base import NEVER, NONE, Ref, Reply, Value
from kognitos_migrate.values.heap import Entry, Record
from kognitos_migrate.values.join import alternatives

_DEPTH = 8


class Keys(Struct):
    """A dict's entries by key; `complete` where no others can be in it."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    complete: bool = True


def keys_of(scene: Scene, record: Record, depth: int = 0) -> Keys:
    """The keys of a dict, with those of the dicts that were merged into it."""
    found = Keys(dict(record.entries), not (record.open or record.shrinks))
    if record.others is not NEVER or record.names is not NEVER or depth > _DEPTH:
        found.complete = False
    for spread in record.spreads:
        for choice in alternatives(spread.value):
            inner = scene.facts.heap[choice] if isinstance(choice, Ref) else None
            if isinstance(inner, Record) and depth <= _DEPTH:
                merged = keys_of(scene, inner, depth + 1)
                found.complete = found.complete and merged.complete
                for key, entries in merged.entries.items():
                    found.entries[key] = [*found.entries.get(key, []), *entries]
            elif choice != NONE:
                found.complete = False
    return found


def positions(scene: Scene, value: Value) -> Iterator[Reply]:
    """The positions in replies that a value is, or holds."""
    return (leaf for leaf in leaves(value, (), scene.facts.heap, {}) if isinstance(leaf, Reply))

"""Tracked values: positions in replies, and texts that contain watched words."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.facts import Export, Facts, HeldObjects
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    ExpectedCall,
    HeapObject,
    Instance,
    Iterated,
    Prepared,
    SequenceObject,
    StubContent,
    Task,
)
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    Bound,
    Class,
    Const,
    Function,
    Hole,
    Json,
    Lit,
    Never,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
    parts_of,
)

_LEAFLESS = frozenset((Never, Const, Symbol, Function))
"""Types of values that contain no tracked value."""
_NO_OBJECTS = HeldObjects(replies=False, definitions=frozenset())


def is_leafless(value: Value) -> bool:
    """Whether a value certainly contains no tracked value."""
    return type(value) in _LEAFLESS or (type(value) is Unknown and not value.messages)


Holders = Mapping[Site, Value]
"""By class: the join of the attributes that contain replies."""


def tracked_leaves(
    value: Value, watch: Collection[str], heap: Heap | None, classes: Holders
) -> Iterator[Value]:
    """The positions in replies and the texts with a word of `watch` that `value` contains.

    Unless `heap` is None, the leaves of heap objects are included, each object once.
    """
    for leaf in observed_leaves(value, watch, heap, classes):
        if not isinstance(leaf, Json):
            yield leaf


def observed_leaves(
    value: Value, watch: Collection[str], heap: Heap | None, classes: Holders
) -> Iterator[Value]:
    """Yield the tracked leaves of a value, and the JSON texts in it.

    A reader of a JSON text observes the layout of the encoded value.
    """
    return _leaves(value, watch, heap, classes, 0, set())


def texts_in(value: Value, heap: Heap) -> Iterator[str]:
    """The literal texts in a value, and in the elements of a list."""
    for choice in alternatives(value):
        if isinstance(choice, Text):
            for part in choice.parts:
                if isinstance(part, Lit):
                    yield part.text
                elif isinstance(part.value, Text) and (text := part.value.literal) is not None:
                    yield text
        elif isinstance(sequence := heap.get(choice), SequenceObject):
            for item in sequence.items:
                yield from (text for text in _literals(item.value))


def _literals(value: Value) -> Iterator[str]:
    for choice in alternatives(value):
        if isinstance(choice, Text) and (text := choice.literal) is not None:
            yield text


def reply_attributes(attributes: Mapping[str, Value], heap: Heap) -> Value:
    """The join of the attributes of a class that contain a reply."""
    return join(
        *(
            value
            for value in attributes.values()
            if any(isinstance(leaf, Reply) for leaf in tracked_leaves(value, (), heap, {}))
        )
    )


def reachable_objects(value: Value, heap: Heap) -> HeldObjects:
    """The objects that are reachable from a value through the heap."""
    if is_leafless(value) or type(value) is Class:
        return _NO_OBJECTS
    replies = any(isinstance(leaf, Reply) for leaf in tracked_leaves(value, (), heap, {}))
    definitions, classes = set[Site](), set[Site]()
    for heap_object in heap_objects_behind(alternatives(value), heap):
        if isinstance(heap_object, Instance) and heap_object.cls is not None:
            definitions.add(heap_object.cls.site)
        for choice in (
            choice for content in values_in_object(heap_object) for choice in alternatives(content)
        ):
            method = choice.function if isinstance(choice, Bound) else choice
            if isinstance(method, Function | Class):
                definitions.add(method.site)
            if isinstance(method, Class):
                classes.add(method.site)
    return HeldObjects(replies, frozenset(definitions), frozenset(classes))


def heap_objects_behind(values: Iterable[Value], heap: Heap) -> Iterator[HeapObject]:
    """The heap objects among values, and those that are reachable from them."""
    visited = set[int]()
    worklist = [ref for ref in values if isinstance(ref, Ref)]
    while worklist:
        ref = worklist.pop()
        if ref.id in visited:
            continue
        visited.add(ref.id)
        heap_object = heap[ref]
        yield heap_object
        for content in values_in_object(heap_object):
            worklist += [choice for choice in alternatives(content) if isinstance(choice, Ref)]


def note_module_values(facts: Facts, modules: Mapping[str, Mapping[str, Value]], heap: Heap) -> None:
    """Record the objects that variables of modules hold, and what unresolved imports may get. `modules` are
    the final variables by path."""
    for path, variables in modules.items():
        for name, value in variables.items():
            objects = reachable_objects(value, heap)
            if objects.replies or objects.definitions:
                facts.holdings[path, name] = objects
    candidates = {path for unresolved in facts.unresolved.values() for path in unresolved.candidates}
    for path in candidates & modules.keys():
        facts.exports.update({(path, name): export_of(value) for name, value in modules[path].items()})


def export_of(value: Value) -> Export:
    """The objects that a top-level name with this value leads to."""
    definitions, literals, is_open = set[Site](), set[Site](), False
    for choice in alternatives(value):
        method = choice.function if isinstance(choice, Bound) else choice
        if isinstance(method, Function | Class):
            definitions.add(method.site)
        elif isinstance(choice, Text) and all(isinstance(part, Lit) for part in choice.parts):
            literals.update(
                part.site for part in choice.parts if isinstance(part, Lit) and part.site is not None
            )
        is_open |= not isinstance(choice, Function | Class | Const | Text | Symbol)
        is_open |= isinstance(choice, Text) and any(isinstance(part, Hole) for part in choice.parts)
    return Export(frozenset(definitions), frozenset(literals), is_open)


def _leaves(
    value: Value, watch: Collection[str], heap: Heap | None, classes: Holders, depth: int, visited: set[int]
) -> Iterator[Value]:
    if depth > budgets.NESTING:
        return
    for choice in alternatives(value):
        if isinstance(choice, Reply):
            yield choice
        elif isinstance(choice, Text):
            for part in parts_of(choice):
                if isinstance(part, Hole):
                    yield from _leaves(part.value, watch, heap, classes, depth + 1, visited)
                elif _is_watched(part, watch):
                    yield Text((part,))
        elif isinstance(choice, Unknown) and choice.messages and heap is not None:
            for message in choice.messages:
                message_leaves = _leaves(message, (), heap, classes, depth + 1, visited)
                yield from (leaf for leaf in message_leaves if not _is_status(leaf))
        elif isinstance(choice, Json):
            yield choice
            yield from _leaves(choice.value, watch, heap, classes, depth + 1, visited)
        elif isinstance(choice, Ref) and heap is not None and choice.id not in visited:
            visited.add(choice.id)
            heap_object = heap[choice]
            for content in values_in_object(heap_object):
                yield from _leaves(content, watch, heap, classes, depth + 1, visited)
            if classes and isinstance(heap_object, Instance) and heap_object.cls is not None:
                yield from _leaves(heap_object.cls, watch, heap, classes, depth, visited)
        elif classes and isinstance(choice, Class) and choice.site in classes:
            yield from _leaves(classes[choice.site], watch, heap, {}, depth + 1, visited)


def values_in_object(heap_object: HeapObject) -> list[Value]:
    """The values in a heap object."""
    if isinstance(heap_object, DictObject):
        entries = [heap_object.get(key) for key in heap_object.entries]
        return [*entries, *(spread.value for spread in heap_object.spreads), heap_object.others]
    if isinstance(heap_object, SequenceObject):
        return [heap_object.rest, *(item.value for item in heap_object.items)]
    if isinstance(heap_object, Iterated):
        return [heap_object.element, heap_object.returned]
    if isinstance(heap_object, Task):
        return [heap_object.result]
    if isinstance(heap_object, Prepared):  # who gets it may send it
        return [Reply(heap_object.request)]
    if isinstance(heap_object, ExpectedCall):
        return [operand.value for operand in (*heap_object.positional, *heap_object.keywords.values())]
    if isinstance(heap_object, StubContent):
        return [operand.value for operands in heap_object.parts.values() for operand in operands]
    if not isinstance(heap_object, Instance):
        return []
    return [
        *heap_object.attributes.values(),
        *(values_in_object(heap_object.namespace) if heap_object.namespace is not None else ()),
    ]


def _is_status(value: Value) -> bool:
    """Whether a value is the status of a reply, which the message of an HTTP error contains."""
    return isinstance(value, Reply) and value.path == (View.STATUS,)


def _is_watched(lit: Lit, watch: Collection[str]) -> bool:
    return lit.site is not None and any(map(lit.text.__contains__, watch))

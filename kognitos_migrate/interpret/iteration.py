"""Iteration over values: their elements, keys and values."""

import itertools

import libcst as cst

from kognitos_migrate.interpret.classes import special_methods
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, class_attribute, mro_of
from kognitos_migrate.interpret.classes.enums import enum_members
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import CHARACTERS
from kognitos_migrate.values.heap import (
    DictObject,
    Instance,
    Operand,
    SequenceObject,
)
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Class,
    Decoding,
    Json,
    Lit,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)

BY_BASE = "a base class that iterates over its fields"
"""The detail of an escape: an instance is iterated by a base class that isn't analysed."""
_CHARACTERS = 8
"""The maximum length of a text whose characters are distinguished in an iteration."""


def element_of(interpreter: Interpreter, value: Value) -> Value:
    """The value of an element in an iteration over `value`."""
    return join(*(_element(interpreter, choice) for choice in alternatives(value)))


def element_operand(interpreter: Interpreter, iterable: Operand) -> Operand:
    """An element in an iteration over an operand, as an operand at the same site."""
    return Operand(element_of(interpreter, iterable.value), iterable.site, iterable.frame)


def elements_of(interpreter: Interpreter, value: Value) -> Value:
    """The value of the elements of `value`; NEVER if it is a list of the program that is empty."""
    return join(
        *(
            sequence.element()
            if (sequence := _sequence(interpreter, choice)) is not None
            else _element(interpreter, choice)
            for choice in alternatives(value)
        )
    )


def known_elements(interpreter: Interpreter, value: Value) -> list[Value]:
    """The elements of a list, a tuple or a set that is as it was created, or the fields of a named tuple. No
    elements of any other value."""
    sequence = _sequence(interpreter, value)
    if sequence is not None:
        is_known = sequence.rest is NEVER and not sequence.variants
        return [item.value for item in sequence.items] if is_known else []
    return (special_methods.tuple_fields(interpreter, value) or []) if isinstance(value, Ref) else []


def element_in_loop(interpreter: Interpreter, act: Activation, iterable: Value) -> Value:
    """The value of an element in a loop of an activation; NEVER in a test's own loop over an empty list."""
    is_of_test = interpreter.testing.runs and act.frame.path in interpreter.testing.modules
    return (elements_of if is_of_test else element_of)(interpreter, iterable)


def _sequence(interpreter: Interpreter, value: Value) -> SequenceObject | None:
    heap_object = interpreter.heap.get(value)
    return heap_object if isinstance(heap_object, SequenceObject) else None


def _element(interpreter: Interpreter, value: Value) -> Value:
    if isinstance(value, Reply):
        whole = not value.path and interpreter.facts.requests[value.request].stub is not None
        return value if whole else value.at(Decoding.ANY)
    if isinstance(value, Unknown) and value.source:
        return value.element()
    if isinstance(value, Class) and (info := interpreter.class_info(value.site)):
        members = list(enum_members(interpreter, info))
        return join(*members) if members else UNKNOWN
    if isinstance(value, Text) and 0 < len(text := value.literal or "") <= _CHARACTERS:
        return join(*(Text((Lit(character),)) for character in text))
    if not isinstance(value, Ref):
        return UNKNOWN
    heap_object = interpreter.heap[value]
    if isinstance(heap_object, DictObject):
        return joined_keys(interpreter, heap_object)
    if isinstance(heap_object, Instance):
        return _element_of_instance(interpreter, value)
    element = (
        heap_object.element()
        if isinstance(heap_object, SequenceObject)
        else getattr(heap_object, "element", UNKNOWN)
    )
    return UNKNOWN if element is NEVER else element


def _element_of_instance(interpreter: Interpreter, ref: Ref) -> Value:
    fields = special_methods.tuple_fields(interpreter, ref)
    if fields is not None:
        return join(*fields)
    iterator = special_methods.iterator_of(interpreter, ref)
    others = [choice for choice in alternatives(iterator) if choice != ref] if iterator is not None else []
    own = (
        special_methods.next_of(interpreter, ref)
        if iterator is None or ref in alternatives(iterator)
        else None
    )
    elements = [*(element_of(interpreter, choice) for choice in others), *([own] if own is not None else [])]
    return join(*elements) if elements else UNKNOWN


def joined_keys(interpreter: Interpreter, record: DictObject) -> Value:
    """The keys of a dict, as texts with their provenance."""
    keys: list[Value] = [record.names]
    keys += (key_as_text(interpreter, record, name) for name in record.entries)
    for spread in record.spreads:
        keys.append(element_of(interpreter, spread.value))
    key = join(*keys)
    return UNKNOWN if key is NEVER else key


def key_as_text(interpreter: Interpreter, record: DictObject, name: str) -> Value:
    """A key of a dict, as a text with its provenance."""
    site = next((entry.key for entry in record.entries[name] if entry.key is not None), None)
    if site is None:
        return Text((Lit(name),))
    node = interpreter.trees[site.path].node(site)
    if isinstance(node, cst.SimpleString):
        start = len(node.prefix) + len(node.quote)
        return Text((Lit(name, site, start),))
    return Text((Lit(name),))


def joined_values(interpreter: Interpreter, record: DictObject) -> Value:
    """The values of a dict."""
    values = [record.others, record.any_entry()]
    for spread in record.spreads:
        for choice in alternatives(spread.value):
            if isinstance(inner := interpreter.heap.get(choice), DictObject) and inner is not record:
                values.append(joined_values(interpreter, inner))
            elif isinstance(choice, Reply):
                values.append(choice.at(Decoding.ANY))
            else:
                values.append(UNKNOWN)
    value = join(*values)
    return UNKNOWN if value is NEVER else value


def note_iteration(point: EvalPoint, iterable: Operand, how: str) -> None:
    """Record that `iterable` is iterated over."""
    point.note_access(AccessKind.WALK, iterable)
    for choice in alternatives(iterable.value):
        if isinstance(choice, Reply | Json):
            point.note_use(UseKind.ITERATE, choice, iterable.site, detail=how)
        elif isinstance(choice, Text):
            point.note_use(UseKind.METHOD, choice, iterable.site, detail=CHARACTERS)
        elif isinstance(choice, Ref) and is_walked_by_base(point.interpreter, choice):
            point.note_use(UseKind.ESCAPE, choice, iterable.site, detail=BY_BASE)


def is_walked_by_base(interpreter: Interpreter, ref: Ref) -> bool:
    """Whether an unanalysed base class iterates over an instance, as a library's model yields its fields."""
    instance = interpreter.heap[ref]
    if not isinstance(instance, Instance) or instance.cls is None or instance.client is not None:
        return False
    outside = {name for name in mro_of(interpreter, instance.cls).outside_names if name not in PLAIN_BASES}
    methods = (
        class_attribute(interpreter, instance.cls, name) for name in ("__iter__", "__aiter__", "__next__")
    )
    is_own = special_methods.tuple_fields(interpreter, ref) is not None or any(
        method is not NEVER for method in methods
    )
    return bool(outside) and not is_own


def is_consumed_in_place(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """Whether the code around the expression `node`, which creates an iterator, consumes it, so that no other
    code can have taken elements of it: a loop, `*`, a builtin function or a method of a text. A function that
    returns an iterator over its arguments consumes them where its result is consumed."""
    return _consumer(interpreter, act, node) is not None


def is_consumed_at_once(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> bool:
    """Whether the code around the expression `node` consumes it, so that no other code runs before the last
    element is taken: not a loop, whose body may change the source."""
    consumer = _consumer(interpreter, act, node)
    return consumer is not None and not isinstance(consumer, cst.For | cst.CompFor)


def _consumer(interpreter: Interpreter, act: Activation, node: cst.CSTNode) -> cst.CSTNode | None:
    """The code around an expression that consumes the iterator which it creates. None if others may do so."""
    above = act.tree.parent(node)
    if not isinstance(above, cst.Arg):
        return above if isinstance(above, cst.For | cst.CompFor | cst.StarredElement) else None
    call = act.tree.parent(above)
    if above.star or not isinstance(call, cst.Call):
        return above if above.star else None
    callees = list(alternatives(interpreter.facts.values.get((act.site(call.func), act.frame.id), NEVER)))
    if not all(map(_is_consuming_callable, callees)):
        return None
    is_wrapped = any(isinstance(callee, Symbol) and callee.name in LAZY_FUNCTIONS for callee in callees)
    return _consumer(interpreter, act, call) if is_wrapped else call


LAZY_FUNCTIONS = frozenset(
    (
        *(f"builtins.{name}" for name in ("enumerate", "filter", "iter", "map", "reversed", "zip")),
        *(f"itertools.{name}" for name in dir(itertools)),
    )
)
"""The functions of Python's library that return an iterator over their arguments."""


def _is_consuming_callable(callee: Value) -> bool:
    """Whether a function consumes or wraps its argument and doesn't store it."""
    if isinstance(callee, MemberRef):
        return isinstance(callee.receiver, Text)
    return isinstance(callee, Symbol) and callee.name.startswith("builtins.")


def is_sequence(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a list, a tuple or a set of the program."""
    return _sequence(interpreter, value) is not None

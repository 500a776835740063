"""Models of the methods of lists, tuples, sets and queues."""

from typing import cast

import libcst as cst

from kognitos_migrate.interpret import exceptions
from kognitos_migrate.interpret.containers import use_in_set
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model, receiver_of
from kognitos_migrate.interpret.iteration import element_of, elements_of, note_iteration
from kognitos_migrate.interpret.list_extension import add_elements, extend_list, note_addition
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Const, MemberRef, Ref, Value


def new_sequence(call: CallPoint) -> Value:
    """A new, empty list."""
    return call.interpreter.allocate_sequence(call.act, call.node)


def _sequence(call: CallPoint, member: MemberRef) -> SequenceObject | None:
    heap_object = call.interpreter.heap[cast(Ref, member.receiver)]
    return heap_object if isinstance(heap_object, SequenceObject) else None


def note_receiver_write(call: CallPoint, ref: Ref) -> None:
    """Record that a call changes its receiver."""
    call.interpreter.note_access(AccessKind.WRITE, ref, receiver_of(call), call.site)


def note_flow(call: CallPoint, member: MemberRef) -> None:
    """Record that elements are read from a list or added to it, without observing them."""
    call.interpreter.note_access(AccessKind.WALK, member.receiver, receiver_of(call), call.site)


def append(call: CallPoint, member: MemberRef) -> Value:
    """The result of `append`, `add` and `put`, which add the last argument."""
    sequence = _sequence(call, member)
    if sequence is not None and call.arguments.positional:
        element = call.arguments.positional[-1]
        call.note_flows(element)
        note_flow(call, member)
        if member.name == "add":
            use_in_set(call, element)
        if member.name == "append":
            add_elements(call, receiver_of(call), cast(Ref, member.receiver), [element])
        else:
            note_addition(call, cast(Ref, member.receiver))
            call.interpreter.stores += sequence.add(element.value)
    return NONE


def insert(call: CallPoint, member: MemberRef) -> Value:
    """The result of `insert(index, element)` and `appendleft(element)`."""
    sequence, positional = _sequence(call, member), call.arguments.positional
    if sequence is None or not positional:
        return append_in_disorder(call, member)
    index = positional[0].value if len(positional) > 1 else Const(0)
    if not isinstance(index, Const) or index.value not in range(len(sequence.items) + 1):
        return append_in_disorder(call, member)
    ref = cast(Ref, member.receiver)
    call.note_flows(positional[-1])
    note_receiver_write(call, ref)
    add_elements(call, receiver_of(call), ref, positional[-1:], cast(int, index.value))
    return NONE


def extend(call: CallPoint, member: MemberRef) -> Value:
    """The result of `extend` and `update`, which add all elements of the argument."""
    sequence = _sequence(call, member)
    note_flow(call, member)
    for iterable in call.arguments.positional:
        note_iteration(call, iterable, "iteration")
        if sequence is not None and member.name == "extend":
            extend_list(call, receiver_of(call), cast(Ref, member.receiver), iterable)
        elif sequence is not None:
            element = element_of(call.interpreter, iterable.value)
            call.interpreter.stores += sequence.add(element)
    return NONE


def _with_disorder(method: Method) -> Method:
    """The model of a method that also moves or removes elements of a list."""

    def call_and_disorder(call: CallPoint, member: MemberRef) -> Value:
        sequence = _sequence(call, member)
        if sequence is not None:
            sequence.forget_order()
            note_receiver_write(call, cast(Ref, member.receiver))
        return method(call, member)

    return call_and_disorder


append_in_disorder = _with_disorder(append)
"""The model of a method that adds the last argument at an unknown index."""


def remove_element(call: CallPoint, member: MemberRef) -> Value:
    """The result of `pop`, `popleft` and `get`: any element. In a test, Never if the list is empty."""
    note_flow(call, member)
    receiver = member.receiver
    if call.interpreter.testing.runs:
        return elements_of(call.interpreter, receiver)
    return element_of(call.interpreter, receiver)


def channel(call: CallPoint) -> Value:
    """The result of `open_memory_channel(...)`: two ends of one list."""
    end = call.operand(call.interpreter.allocate_sequence(call.act, call.node))
    pair = cast(cst.Call, call.node).func  # a node identifies a single list
    return call.interpreter.allocate_sequence(call.act, pair, [end, end])


def copy_list(call: CallPoint, member: MemberRef) -> Value:
    """The result of `copy()` of a list: a new list of its elements."""
    note_flow(call, member)
    sequence = _sequence(call, member)
    if sequence is None:
        return member.receiver
    return call.interpreter.allocate_sequence(call.act, call.node, sequence.items, sequence.rest)


def clone(call: CallPoint, member: MemberRef) -> Value:
    """The result of `clone()` of an end of a channel: an end of the same one."""
    note_flow(call, member)
    return member.receiver


def ignore_elements(call: CallPoint, member: MemberRef) -> Value:
    """The result of a method that neither adds nor returns elements."""
    note_flow(call, member)
    return UNKNOWN


def remove_elements_of(call: CallPoint, member: MemberRef) -> Value:
    """The result of `difference_update` and `intersection_update`, which read the elements of their
    arguments."""
    own = element_of(call.interpreter, member.receiver)
    for argument in call.arguments.positional:
        note_iteration(call, argument, "iteration")
        element = element_of(call.interpreter, argument.value)
        call.note_use(UseKind.COMPARE, element, call.site, own, "Equal")
    return ignore_elements(call, member)


def compare_elements(call: CallPoint, member: MemberRef) -> Value:
    """The result of `index`, `count`, `remove` and `discard`, which compare the elements with the
    argument."""
    argument = call.arguments.first()
    if argument is not None:
        element = element_of(call.interpreter, member.receiver)
        call.note_use(UseKind.COMPARE, element, call.site, argument.value, "Equal")
        call.note_use(UseKind.COMPARE, argument.value, argument.site, element, "Equal")
        exceptions.note_missing_key(call, argument)
    return UNKNOWN


SYMBOLS: dict[str, Model] = {
    "queue.Queue": new_sequence,
    "queue.SimpleQueue": new_sequence,
    "queue.LifoQueue": new_sequence,
    "asyncio.Queue": new_sequence,
    "trio.open_memory_channel": channel,
    "anyio.create_memory_object_stream": channel,
}


METHODS: dict[str, Method] = {
    **{f"list.{name}": append for name in ("append", "add", "put", "put_nowait", "send", "send_nowait")},
    "list.appendleft": insert,
    "list.insert": insert,
    **{f"list.{name}": extend for name in ("extend", "update")},
    "list.extendleft": _with_disorder(extend),
    **{f"list.{name}": _with_disorder(remove_element) for name in ("pop", "popleft", "get", "get_nowait")},
    **{f"list.{name}": remove_element for name in ("receive", "receive_nowait")},
    "list.copy": copy_list,
    "list.clone": clone,
    **{f"list.{name}": ignore_elements for name in ("empty", "full", "qsize", "task_done", "join")},
    **{f"list.{name}": _with_disorder(ignore_elements) for name in ("reverse", "clear", "rotate")},
    **{
        f"list.{name}": _with_disorder(remove_elements_of)
        for name in ("difference_update", "intersection_update")
    },
    **{f"list.{name}": compare_elements for name in ("index", "count")},
    **{f"list.{name}": _with_disorder(compare_elements) for name in ("remove", "discard")},
}

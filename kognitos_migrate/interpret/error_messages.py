"""Messages of errors that the program raises, as values that a handler can read."""

from collections.abc import Callable, Iterable

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import ErrorMessage, Operand, SequenceObject
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, MemberRef, Ref, Reply, Symbol, Value

SOUGHT = "some error"
"""The source of an error that the program gets without a handler: from a future, a hook, a cause."""
ERRORS = (SOUGHT, "an error", "the error")
"""The sources of errors from handlers, and of those without."""
ARGUMENTS = "args"
"""The attribute of an error that contains the arguments of its constructor."""


def message_of(point: EvalPoint, values: Iterable[Value]) -> Ref | None:
    """The heap object with the arguments of an error that is created here; None if none of them is
    tracked."""
    m, arguments = point.machine, join(*values)
    if not m.tracked(arguments):
        return None
    ref = m.heap.at(ErrorMessage, point.site, point.act.frame.id)
    message = m.heap.objects[ref.id]
    assert isinstance(message, ErrorMessage)
    previous = message.result
    message.result = join(previous, arguments)
    m.stores += message.result != previous
    return ref


def note_error(point: EvalPoint, kind: Value, values: Iterable[Value]) -> None:
    """Record an error that is created here. `kind` is its class or its name."""
    m = point.machine
    if message_of(point, values) is None:
        return
    errors = m.heap.objects[m.errors.messages.id]
    assert isinstance(errors, SequenceObject)
    error = Operand(kind, point.site, point.act.frame.id)
    if error not in m.errors.created:
        m.errors.created.add(error)
        errors.items.append(error)
        m.stores += 1


def note_failure(point: EvalPoint, reply: Reply) -> None:
    """Record a reply for which its client may raise an error."""
    m = point.machine
    if reply in m.errors.failed_replies:
        return
    client = m.libraries.clients.get(m.facts.requests[reply.request].client)
    replies = m.heap.objects[m.errors.failures.id]
    assert isinstance(replies, SequenceObject)
    if client is not None and client.errors:
        m.errors.failed_replies.add(reply)
        replies.items.append(Operand(reply, point.site, point.act.frame.id))
        m.stores += 1
        types = join(*map(Symbol, client.errors_with_url))
        if types is not NEVER:
            note_error(point, types, [reply.at(View.ADDRESS)])


def failure_member(m: Interpreter, name: str) -> Value:
    """The attribute `name` of a client's error, which reads the failed reply; Never if no client's error has
    it."""
    replies = m.heap[m.errors.failures]
    assert isinstance(replies, SequenceObject)
    values: list[Value] = []
    for item in replies.items:
        reply = item.value
        assert isinstance(reply, Reply)
        errors = m.libraries.clients[m.facts.requests[reply.request].client].errors
        if f"{name}()" in errors:
            values.append(MemberRef(reply, name))
        elif name in errors:
            values.append(reply if errors[name] is View.SELF else reply.at(errors[name]))
    return join(*values)


def messages_of(m: Interpreter, is_caught: Callable[[Value], bool]) -> tuple[Ref, ...]:
    """The messages of the errors whose class satisfies `is_caught`."""
    errors = m.heap[m.errors.messages]
    assert isinstance(errors, SequenceObject)
    return tuple(
        m.heap.at(ErrorMessage, error.site, error.frame) for error in errors.items if is_caught(error.value)
    )

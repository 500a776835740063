"""Contents of errors, as values that a handler can read: the arguments of an error that the program creates,
and the reply in an error of a client."""

from collections.abc import Callable, Iterable

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import ErrorMessage, Operand, SequenceObject
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, MemberRef, Ref, Reply, Symbol, Value

SOUGHT = "some error"
"""The source of an error that the program gets without a handler: from a future, a hook, a cause."""
COLLECTED = f"{SOUGHT} among results"
"""The source of an error that takes the place of a result."""
ERRORS = (SOUGHT, "an error", "the error")
"""The sources of errors from handlers, and of those without."""
ARGUMENTS = "args"
"""The attribute of an error that contains the arguments of its constructor."""


def allocate_message(point: EvalPoint, values: Iterable[Value]) -> Ref | None:
    """The heap object with the arguments of an error that is created here; None if none of them is
    tracked."""
    interpreter, arguments = point.interpreter, join(*values)
    if not interpreter.tracked(arguments):
        return None
    ref = interpreter.heap.at(ErrorMessage, point.site, point.act.frame.id)
    message = interpreter.heap.objects[ref.id]
    assert isinstance(message, ErrorMessage)
    previous = message.result
    message.result = join(previous, arguments)
    interpreter.stores += message.result != previous
    return ref


def note_error_creation(point: EvalPoint, error_class: Value, values: Iterable[Value]) -> None:
    """Record an error that is created here. `error_class` is its class or its name."""
    interpreter = point.interpreter
    if allocate_message(point, values) is None:
        return
    errors = interpreter.heap.objects[interpreter.errors.messages.id]
    assert isinstance(errors, SequenceObject)
    error = Operand(error_class, point.site, point.act.frame.id)
    if error not in interpreter.errors.created:
        interpreter.errors.created.add(error)
        errors.items.append(error)
        interpreter.stores += 1


def note_client_error(point: EvalPoint, reply: Reply) -> None:
    """Record a reply for which its client may raise an error."""
    interpreter = point.interpreter
    if reply in interpreter.errors.failed_replies:
        return
    client = interpreter.libraries.clients.get(interpreter.facts.requests[reply.request].client)
    replies = interpreter.heap.objects[interpreter.errors.failures.id]
    assert isinstance(replies, SequenceObject)
    if client is not None and client.errors:
        interpreter.errors.failed_replies.add(reply)
        replies.items.append(Operand(reply, point.site, point.act.frame.id))
        interpreter.stores += 1
        types = join(*map(Symbol, client.errors_with_url))
        if types is not NEVER:
            note_error_creation(point, types, [reply.at(View.ADDRESS)])


def client_error_attribute(interpreter: Interpreter, name: str) -> Value:
    """The attribute `name` of a client's error, which reads the failed reply; Never if no client's error has
    it."""
    replies = interpreter.heap[interpreter.errors.failures]
    assert isinstance(replies, SequenceObject)
    values: list[Value] = []
    for item in replies.items:
        reply = item.value
        assert isinstance(reply, Reply)
        errors = interpreter.libraries.clients[interpreter.facts.requests[reply.request].client].errors
        if f"{name}()" in errors:
            values.append(MemberRef(reply, name))
        elif name in errors:
            values.append(reply if errors[name] is View.SELF else reply.at(errors[name]))
    return join(*values)


def caught_messages(interpreter: Interpreter, is_caught: Callable[[Value], bool]) -> tuple[Ref, ...]:
    """The messages of the errors whose class satisfies `is_caught`."""
    errors = interpreter.heap[interpreter.errors.messages]
    assert isinstance(errors, SequenceObject)
    return tuple(
        interpreter.heap.at(ErrorMessage, error.site, error.frame)
        for error in errors.items
        if is_caught(error.value)
    )

"""Exceptions of the analysed program as values: raised, caught, and read."""

import builtins
import re

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, is_exception, mro_of
from kognitos_migrate.interpret.containers import element_of, heap_objects
from kognitos_migrate.interpret.error_messages import (
    ARGUMENTS,
    ERRORS,
    SOUGHT,
    failure_member,
    message_of,
    messages_of,
    note_error,
)
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.strings import WORD, words_in
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import HeapObject, Instance, Operand, SequenceObject, Task
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Ref, Reply, Symbol, Unknown, Value

_ANY = Unknown(ERRORS[1], error=True)
"""An error that may be one of the program's own."""
_OTHERS = Unknown(ERRORS[2])
"""One that is none of them."""
HOOKS = {"sys.excepthook": 3, "threading.excepthook": 1, "sys.unraisablehook": 1}
"""Variables that hold a function which is called with errors, and with how many arguments."""
HELD = ("__cause__", "__context__", "exceptions")
"""Attributes of an error that are errors, or several."""
ATTEMPT = "last_attempt"
"""The attribute of an error that is the last of the calls of a function in vain."""
LAST = ("sys.last_value", "sys.last_exc")
"""Variables that hold the error that ended a program."""
_ALIASES = ("error", "timeout")
"""What modules call errors of Python's own: `socket.timeout` is TimeoutError."""
_ENDS = ("builtins.StopIteration", "builtins.StopAsyncIteration")
"""Errors that hold what a generator gives in the end."""
_ESCAPE = re.compile(r"\\\w")
"""What stands for something else in a pattern: the end of a word, a digit."""


def note_error_message(call: CallPoint, kind: Value) -> None:
    """Note what an error of a kind is made of: a message for people, unless the program looks into it."""
    m = call.machine
    note_error(call, kind, _positional(call))
    said = (one._replace(value=_without_errors(m, one.value)) for one in call.arguments.everything())
    given = [one for one in said if m.tracked(one.value)]
    if not given:
        return
    use = message_style(m, *call.arguments.everything())
    for one in given:
        call.use(use, one.value, one.site, detail="an error's message")


def message_style(m: Interpreter, *said: Operand) -> UseKind:
    """What it is to make an error's message of something, where `said` is all that is in it."""
    told = words_in(one.value for one in said)
    return UseKind.ESCAPE if any(_depends(m, text, told) for text in m.sought_in_errors) else UseKind.LOG


def _depends(m: Interpreter, pattern: str | None, told: frozenset[str]) -> bool:
    """Whether it is up to a word of a reply that a message with the words `told` has what is looked for."""
    if pattern is None:
        return True
    sought = WORD.findall(_ESCAPE.sub(" ", pattern))
    apart = [word for word in sought if word not in m.notes.watch]
    return (
        any(word in pattern for word in m.notes.watch)
        and not told.issuperset(sought)
        and (not apart or not told.isdisjoint(apart))
    )


def note_missing_key(here: EvalPoint, asked: Operand) -> None:
    """Note that a word may be in an error's message, since nothing of that name may be there."""
    m = here.machine
    words = [choice for choice in alternatives(asked.value) if isinstance(choice, Reply)]
    if words:
        note_error(here, UNKNOWN, words)
    if words and message_style(m) is UseKind.ESCAPE:
        here.use(UseKind.ESCAPE, join(*words), asked.site, detail="an error's message")


def _without_errors(m: Interpreter, value: Value) -> Value:
    """What an error is made of, but for the program's own errors: who asks for them gets what they hold."""
    return join(*(choice for choice in alternatives(value) if not _is_own(m, choice)))


def _is_own(m: Interpreter, value: Value) -> bool:
    thing = m.heap[value] if isinstance(value, Ref) else None
    if isinstance(thing, SequenceObject):
        return all(_is_own(m, choice) for choice in alternatives(thing.element()))
    return isinstance(thing, Instance) and thing.cls is not None and is_exception(m, thing.cls)


def made(call: CallPoint, error: Value) -> None:
    """Note what an instance of the program's own errors is made of: its arguments, unless its constructor
    hands others to the base's."""
    thing = call.machine.heap[error] if isinstance(error, Ref) else None
    if not isinstance(thing, Instance):
        return
    if all(one.site == call.site for one in thing.origins.get(ARGUMENTS, ())):
        _put_arguments(call, thing)
    if thing.cls is not None and call.machine.tracked(error):
        note_error(call, thing.cls, [error])


def initialised(call: CallPoint) -> None:
    """Note what the constructor of an error of the program's own hands to that of its base."""
    receiver = call.machine.facts.frames[call.act.frame.id].receiver
    for choice in alternatives(receiver.value) if receiver is not None else ():
        thing = call.machine.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Instance):
            _put_arguments(call, thing)


def _put_arguments(call: CallPoint, thing: Instance) -> None:
    """Put the arguments of a call into the `args` of an error."""
    message = message_of(call, _positional(call))
    if message is not None:
        arguments = Unknown("the error's arguments", messages=(message,))
        call.machine.stores += thing.put(ARGUMENTS, call.given(arguments))


def _positional(call: CallPoint) -> list[Value]:
    """The arguments of a call that are no keywords: the text of an error is made of these."""
    return [one.value for one in (*call.arguments.positional, *call.arguments.spread)]


def any_error(m: Interpreter) -> Unknown:
    """Any error, with the messages of all that the program makes, where no handler gives it."""
    return replace(_ANY, source=SOUGHT, messages=messages_of(m, lambda _kind: True))


def is_sought(value: Value) -> bool:
    """Whether a value may be an error that the program gets without a handler, or is read of one."""
    return any(
        isinstance(choice, Unknown) and choice.error and choice.source.startswith(SOUGHT)
        for choice in alternatives(value)
    )


def hooked(here: EvalPoint, name: str, hook: Value) -> None:
    """A function is put into a variable whose function is called with errors."""
    error = Operand(any_error(here.machine), here.site, here.act.frame.id)
    here.call(hook, Arguments([error] * HOOKS[name]))


def caught_errors(m: Interpreter, types: Value) -> Value:
    """What a handler for `types` may get: the errors of the program's own classes, where these are named,
    else one that may be of any."""
    named = list(alternatives(element_of(m, types) if heap_objects(m, types) else types))
    own = (one.site for one in named if isinstance(one, Class))
    found: list[Value] = [ref for site in own for ref in m.instances_below(site)]
    others = [one for one in named if not isinstance(one, Class)]
    messages = messages_of(m, lambda kind: any(_catches(m, one, kind) for one in others))
    if any(isinstance(one, Symbol) and one.name in _ENDS for one in others) or any(
        _may_be(m, one) for one in others
    ):
        return join(*found, replace(_ANY, messages=messages))
    return join(*found, replace(_OTHERS, messages=messages)) if messages or not found else join(*found)


def _catches(m: Interpreter, caught: Value, kind: Value) -> bool:
    """Whether an error of a kind may be of a type that is not the program's."""
    if not isinstance(caught, Symbol):
        return True
    names = [base.name for base in mro_of(m, kind).outside] if isinstance(kind, Class) else [_name(kind)]
    return any(_covers(caught.name, name) for name in names)


def _name(kind: Value) -> str:
    """The name of a type that is not the program's."""
    return kind.name if isinstance(kind, Symbol) else ""


def _may_be(m: Interpreter, caught: Value) -> bool:
    """Whether an error of the program's own may be of a type that is not the program's."""
    if not isinstance(caught, Symbol):
        return True
    return any(_covers(caught.name, base.name) for one in _own(m) for base in mro_of(m, one).outside)


def _covers(caught: str, base: str) -> bool:
    """Whether a handler of one type may get errors of another one; types of a library may be derived from
    each other."""
    one, other = (getattr(builtins, name.removeprefix("builtins."), None) for name in (caught, base))
    if isinstance(one, type):
        return not isinstance(other, type) or issubclass(other, one)
    last = caught.rpartition(".")[2]
    return last in (base.rpartition(".")[2], *_ALIASES) or caught.partition(".")[0] == base.partition(".")[0]


def _own(m: Interpreter) -> list[Class]:
    """The program's own classes of errors."""
    if m.classes.errors is None:
        classes = (Class(info.site, info.frame) for info in m.classes.infos.values())
        m.classes.errors = [one for one in classes if is_exception(m, one)]
    return m.classes.errors


def note_generator_result(m: Interpreter, act: Activation, node: cst.CSTNode, value: Value) -> None:
    """Note what the generator at `node` gives in the end."""
    if m.ended is None:
        m.ended = m.heap.at(Task, act.site(node), act.frame.id)
    thing = m.heap.things[m.ended.id]
    assert isinstance(thing, Task)
    thing.result = join(thing.result, value)


def _ended(m: Interpreter) -> Value:
    """What generators give in the end, as far as it is known: a look at it."""
    thing = m.heap[m.ended] if m.ended is not None else None
    return thing.result if isinstance(thing, Task) else NEVER


def note_retried_result(here: EvalPoint, value: Value) -> None:
    """Note what a function gave that is called again until it gives something else: where that never happens,
    an error holds it."""
    m = here.machine
    if m.attempt is None:
        m.attempt = m.heap.at(Task, here.site, here.act.frame.id)
    thing = m.heap.things[m.attempt.id]
    assert isinstance(thing, Task)
    thing.result = join(thing.result, value)


def error_attribute(here: EvalPoint, value: Unknown, name: str) -> Value:
    """What may be read of any error: of the program's own, what they hold."""
    m = here.machine
    if name == ATTEMPT:
        return replace(value, source=SOUGHT, error=True) if m.attempt is None else m.attempt
    if name in HELD:
        held = messages_of(m, lambda _kind: True) if value.messages else ()
        return replace(value.inside(f".{name}"), source=SOUGHT, error=True, messages=held)
    found: Value = NEVER
    is_any = value.source in (_ANY.source, SOUGHT)
    if is_any and name in ("value", ARGUMENTS) and m.tracked(ended := _ended(m)):
        found = ended if name == "value" else m.sequence(here.act, here.node, (), ended)
    raised = [(kind, m.instances_of(kind.site)) for kind in _own(m)]
    if name == "__dict__":
        every = [ref for _, refs in raised for ref in refs]
        here.use(UseKind.ESCAPE, join(*every), here.site, detail="__dict__")
    having = [here.attribute(ref, name) for kind, refs in raised for ref in _having(m, kind, refs, name)]
    other = value.inside(f".{name}") if found is NEVER or value.messages else NEVER
    if having and isinstance(other, Unknown):
        other = replace(
            other, messages=()
        )  # what errors are made of is read of those that have the attribute
    return join(found, *having, failure_member(m, name), other)


def is_caught(value: Unknown) -> bool:
    """Whether a value is an error that a handler, a hook or a future gives."""
    return value.error or bool(value.messages) or value.source == _OTHERS.source


def _having(m: Interpreter, kind: Class, refs: list[Ref], name: str) -> list[Ref]:
    """The instances of a class, `refs`, that have an attribute, on their own or of the class."""
    if not refs:
        return []
    own = {ref for ref, thing in zip(refs, m.heap.look(refs), strict=True) if _holds(thing, name)}
    if len(own) < len(refs) and class_attribute(m, kind, name) is not NEVER:
        return refs
    return [ref for ref in refs if ref in own]


def _holds(thing: HeapObject, name: str) -> bool:
    return isinstance(thing, Instance) and name in thing.attributes

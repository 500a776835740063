"""Exceptions of the analysed program as values: raised, caught and read."""

import builtins

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, is_exception, mro_of
from kognitos_migrate.interpret.error_contents import (
    ARGUMENTS,
    COLLECTED,
    ERRORS,
    SOUGHT,
    allocate_message,
    caught_messages,
    client_error_attribute,
    note_error_creation,
)
from kognitos_migrate.interpret.error_messages import message_style
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import HeapObject, Instance, Operand, Task
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Ref, Reply, Symbol, Unknown, Value
from kognitos_migrate.values.origins import NAMED

_ANY_ERROR = Unknown(ERRORS[1], error=True)
"""An error that may be an instance of one of the program's classes."""
_FOREIGN_ERROR = Unknown(ERRORS[2])
"""An error that is no instance of the program's classes."""
HOOKS = {"sys.excepthook": 3, "threading.excepthook": 1, "sys.unraisablehook": 1}
"""Variables with a function that Python calls with errors, and its number of arguments."""
HELD = ("__cause__", "__context__", "exceptions")
"""Attributes of an error that contain other errors."""
ATTEMPT = "last_attempt"
"""The attribute of a retry error that contains the result of the last try."""
LAST = ("sys.last_value", "sys.last_exc")
"""Variables that contain the error that ended a program."""
_ERROR_ALIASES = ("error", "timeout")
"""Names that modules give to built-in errors: `socket.timeout` is TimeoutError."""
_STOP_ERRORS = ("builtins.StopIteration", "builtins.StopAsyncIteration")
"""Errors that contain the return value of a generator."""


def note_error_message(call: CallPoint, kind: Value) -> None:
    """Record the arguments of a new error as logged, or as escaped if the program searches the messages of
    errors."""
    interpreter = call.interpreter
    note_error_creation(call, kind, _positional_values(call))
    for argument in call.arguments.everything():
        interpreter.expose(argument.value)
    arguments = (
        argument._replace(value=_without_errors(interpreter, argument.value))
        for argument in call.arguments.everything()
    )
    tracked = [argument for argument in arguments if interpreter.tracked(argument.value)]
    if not tracked:
        return
    use, detail = message_style(interpreter, *call.arguments.everything())
    for argument in tracked:
        call.note_use(use, argument.value, argument.site, detail=detail)


def note_missing_key(point: EvalPoint, key: Operand) -> None:
    """Record that a reply's word may occur in an error's message, because a lookup by it may fail."""
    interpreter = point.interpreter
    words = [choice for choice in alternatives(key.value) if isinstance(choice, Reply)]
    if words:
        note_error_creation(point, UNKNOWN, words)
    use, detail = message_style(interpreter)
    if words and use is UseKind.ESCAPE:
        point.note_use(use, join(*words), key.site, detail=detail)


def _without_errors(interpreter: Interpreter, value: Value) -> Value:
    """A value without the program's own errors, which are read by their attributes."""
    return join(*(choice for choice in alternatives(value) if not _is_own_error(interpreter, choice)))


def _is_own_error(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is an error of a class of the program, or a list of such."""
    return all(
        isinstance(error := interpreter.heap.get(choice), Instance)
        and error.cls is not None
        and is_exception(interpreter, error.cls)
        for choice in interpreter.heap.flat_alternatives(value)
    )


def note_error_arguments(call: CallPoint, error: Value) -> None:
    """Record the arguments of a new error of the program, unless its constructor passes others to the base
    class."""
    instance = call.interpreter.heap.get(error)
    if not isinstance(instance, Instance):
        return
    if all(origin.site == call.site for origin in instance.origins.get(ARGUMENTS, ())):
        _store_arguments(call, instance)
    if instance.cls is not None and call.interpreter.tracked(error):
        note_error_creation(call, instance.cls, [error])


def initialize_base_error(call: CallPoint) -> None:
    """Record the arguments that an error's constructor passes to the constructor of its base class."""
    receiver = call.interpreter.facts.frames[call.act.frame.id].receiver
    for choice in alternatives(receiver.value) if receiver is not None else ():
        heap_object = call.interpreter.heap.get(choice)
        if isinstance(heap_object, Instance):
            _store_arguments(call, heap_object)


def _store_arguments(call: CallPoint, error: Instance) -> None:
    """Store the arguments of a call in the `args` of an error."""
    message = allocate_message(call, _positional_values(call))
    if message is not None:
        arguments = Unknown("the error's arguments", messages=(message,))
        call.interpreter.stores += error.put(ARGUMENTS, call.operand(arguments))


def _positional_values(call: CallPoint) -> list[Value]:
    """The positional arguments of a call, which make up the text of an error."""
    return [argument.value for argument in (*call.arguments.positional, *call.arguments.spread)]


def any_error(interpreter: Interpreter) -> Unknown:
    """Any error, with the messages of all errors that the program creates, for code that gets it without a
    handler."""
    return replace(_ANY_ERROR, source=SOUGHT, messages=caught_messages(interpreter, lambda _kind: True))


def error_among_results(interpreter: Interpreter) -> Unknown:
    """Any error in the place of a result."""
    return replace(any_error(interpreter), source=COLLECTED)


def is_error_outside_handler(value: Value) -> bool:
    """Whether a value may be an error that the program got without a handler, or was read from one."""
    return any(
        isinstance(choice, Unknown) and choice.error and choice.source.startswith(SOUGHT)
        for choice in alternatives(value)
    )


def may_be_outside_error(value: Value) -> bool:
    """Whether a value may be an error other than of the program's classes, or its type."""
    return any(
        isinstance(choice, Unknown) and (choice.error or choice.source in ERRORS)
        for choice in alternatives(value)
    )


def call_error_hook(point: EvalPoint, name: str, hook: Value) -> None:
    """Call a function that is assigned to an error hook with an unknown error."""
    error = Operand(any_error(point.interpreter), point.site, point.act.frame.id)
    point.call(hook, Arguments([error] * HOOKS[name]))


def caught_errors(interpreter: Interpreter, types: Value, frame: int) -> Value:
    """The errors that a handler for `types` in `frame` may receive. The program itself gets none of those
    that it raises in a test.

    These are the instances of the program's classes that `types` name. For types of libraries, the value is
    unknown and has the messages of the errors that may match.
    """
    choices = list(
        alternatives(element_of(interpreter, types) if interpreter.heap.objects_of(types) else types)
    )
    own = (choice.site for choice in choices if isinstance(choice, Class))
    is_test = _is_run_by_test(interpreter, frame)
    instances: list[Value] = [
        ref
        for site in own
        for ref in interpreter.instances_of_subclasses(site)
        if is_test or not _is_run_by_test(interpreter, interpreter.heap.objects[ref.id].frame)
    ]
    others = [choice for choice in choices if not isinstance(choice, Class)]
    messages = caught_messages(
        interpreter, lambda kind: any(_catches(interpreter, choice, kind) for choice in others)
    )
    if any(isinstance(choice, Symbol) and choice.name in _STOP_ERRORS for choice in others) or any(
        _may_catch_own_error(interpreter, choice) for choice in others
    ):
        return join(*instances, replace(_ANY_ERROR, messages=messages))
    return (
        join(*instances, replace(_FOREIGN_ERROR, messages=messages))
        if messages or not instances
        else join(*instances)
    )


def _is_run_by_test(interpreter: Interpreter, frame: int) -> bool:
    """Whether a frame belongs to an activation that a test or a module of tests starts."""
    return any(
        activation.path in interpreter.testing.modules for activation in interpreter.facts.stack(frame)
    )


def _catches(interpreter: Interpreter, handler_type: Value, kind: Value) -> bool:
    """Whether an error of a kind may be an instance of a type that isn't the program's."""
    if not isinstance(handler_type, Symbol):
        return True
    names = [name for choice in alternatives(kind) for name in _outside_types(interpreter, choice)]
    if _is_builtin(handler_type.name):
        names = list(filter(_is_builtin, names)) or names
    return any(_covers(handler_type.name, name) for name in names)


def _outside_types(interpreter: Interpreter, kind: Value) -> list[str]:
    """The names of an error's types that aren't the program's; an empty one for an unknown error."""
    if isinstance(kind, Class):
        return [base.name for base in mro_of(interpreter, kind).outside]
    return [kind.name if isinstance(kind, Symbol) else ""]


def _is_builtin(name: str) -> bool:
    return isinstance(getattr(builtins, name.removeprefix("builtins."), None), type)


def _may_catch_own_error(interpreter: Interpreter, handler_type: Value) -> bool:
    """Whether an error of the program may be an instance of a type that isn't the program's."""
    if not isinstance(handler_type, Symbol):
        return True
    return any(
        _covers(handler_type.name, base.name)
        for cls in _own_error_classes(interpreter)
        for base in mro_of(interpreter, cls).outside
    )


def _covers(handler_name: str, base_name: str) -> bool:
    """Whether a handler of the type `handler_name` may receive errors of the type `base_name`. Types of one
    library may be derived from each other."""
    handler_type, base_type = (
        getattr(builtins, name.removeprefix("builtins."), None) for name in (handler_name, base_name)
    )
    if isinstance(handler_type, type):
        return not isinstance(base_type, type) or issubclass(base_type, handler_type)
    last = handler_name.rpartition(".")[2]
    return (
        last in (base_name.rpartition(".")[2], *_ERROR_ALIASES)
        or handler_name.partition(".")[0] == base_name.partition(".")[0]
    )


def _own_error_classes(interpreter: Interpreter) -> list[Class]:
    if interpreter.classes.errors is None:
        classes = (Class(info.site, info.frame) for info in interpreter.classes.infos.values())
        interpreter.classes.errors = [cls for cls in classes if is_exception(interpreter, cls)]
    return interpreter.classes.errors


def note_generator_result(interpreter: Interpreter, act: Activation, node: cst.CSTNode, value: Value) -> None:
    """Record the return value of the generator at `node`."""
    if interpreter.errors.generator_results is None:
        interpreter.errors.generator_results = interpreter.heap.at(Task, act.site(node), act.frame.id)
    task = interpreter.heap.objects[interpreter.errors.generator_results.id]
    assert isinstance(task, Task)
    task.result = join(task.result, value)


def _generator_result(interpreter: Interpreter) -> Value:
    """The join of the return values of generators; added to the read set."""
    task = (
        interpreter.heap[interpreter.errors.generator_results]
        if interpreter.errors.generator_results is not None
        else None
    )
    return task.result if isinstance(task, Task) else NEVER


def note_retried_result(point: EvalPoint, value: Value) -> None:
    """Record the result of a retried function. If all tries fail, an error contains it."""
    interpreter = point.interpreter
    if interpreter.errors.retried_results is None:
        interpreter.errors.retried_results = interpreter.heap.at(Task, point.site, point.act.frame.id)
    task = interpreter.heap.objects[interpreter.errors.retried_results.id]
    assert isinstance(task, Task)
    task.result = join(task.result, value)


def error_attribute(point: EvalPoint, value: Unknown, name: str) -> Value:
    """An attribute of an error of unknown class. The attributes of the program's own errors are joined."""
    interpreter = point.interpreter
    if name == ATTEMPT:
        return (
            replace(value, source=SOUGHT, error=True, origin=NAMED)
            if interpreter.errors.retried_results is None
            else interpreter.errors.retried_results
        )
    if name in HELD:
        messages = caught_messages(interpreter, lambda _kind: True) if value.messages else ()
        return replace(value.attribute(name), source=SOUGHT, error=True, messages=messages, origin=NAMED)
    result: Value = NEVER
    is_any = value.source in (_ANY_ERROR.source, SOUGHT, COLLECTED)
    if (
        is_any
        and name in ("value", ARGUMENTS)
        and interpreter.tracked(ended := _generator_result(interpreter))
    ):
        result = ended if name == "value" else interpreter.allocate_sequence(point.act, point.node, (), ended)
    own_errors = [(kind, interpreter.instances_of(kind.site)) for kind in _own_error_classes(interpreter)]
    if name == "__dict__":
        refs = [ref for _, refs in own_errors for ref in refs]
        point.note_use(UseKind.ESCAPE, join(*refs), point.site, detail="__dict__")
    attributes = [
        point.attribute(ref, name)
        for kind, refs in own_errors
        for ref in _instances_with_attribute(interpreter, kind, refs, name)
    ]
    other = value.attribute(name) if result is NEVER or value.messages else NEVER
    of_failure = client_error_attribute(interpreter, name)
    if (attributes or of_failure is not NEVER) and isinstance(other, Unknown):
        other = replace(other, messages=())  # the messages are read from the errors that have the attribute
    return join(result, *attributes, of_failure, other)


def is_caught(value: Unknown) -> bool:
    """Whether a value is an error from a handler, a hook or a future."""
    return value.error or bool(value.messages) or value.source == _FOREIGN_ERROR.source


def _instances_with_attribute(interpreter: Interpreter, kind: Class, refs: list[Ref], name: str) -> list[Ref]:
    """The instances in `refs` that have an attribute, their own or that of the class `kind`."""
    if not refs:
        return []
    own = {
        ref
        for ref, instance in zip(refs, interpreter.heap.read_all(refs), strict=True)
        if _has_attribute(instance, name)
    }
    if len(own) < len(refs) and class_attribute(interpreter, kind, name) is not NEVER:
        return refs
    return [ref for ref in refs if ref in own]


def _has_attribute(heap_object: HeapObject, name: str) -> bool:
    return isinstance(heap_object, Instance) and name in heap_object.attributes

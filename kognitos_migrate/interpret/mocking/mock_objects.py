"""Objects of unittest.mock: configured replies and asserted calls."""

from collections.abc import Iterator
from typing import NamedTuple

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking.asserted_calls import (
    note_asserted_call,
    note_listed_calls,
    sending_method,
)
from kognitos_migrate.interpret.mocking.double_arguments import sent_calls
from kognitos_migrate.interpret.mocking.doubles import (
    DoubleContext,
    install_double,
    method_of_names,
    note_double_results,
    note_replaced_function,
    stub_of,
)
from kognitos_migrate.interpret.mocking.recorded_calls import file_reply
from kognitos_migrate.interpret.mocking.replaced_functions import (
    methods_named,
    passed_parameters,
    session_bases_of_method,
)
from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.rulebook.model import MockObjectSpelling, View
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject, ServiceDouble
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Function,
    MemberRef,
    Ref,
    Value,
)


class MockObject(NamedTuple):
    """A double, the spelling of its library, and the names of the attribute of it that is meant."""

    ref: Ref
    double: ServiceDouble
    spelling: MockObjectSpelling
    names: tuple[str, ...]


def mock_object(interpreter: Interpreter, value: Value) -> MockObject | None:
    """The double that a value is, or is an attribute of; None if it is none."""
    names: list[str] = []
    while isinstance(value, MemberRef):
        names.append(value.name)
        value = value.receiver
    double = interpreter.heap.get(value)
    if not isinstance(value, Ref) or not isinstance(double, ServiceDouble):
        return None
    spelling = interpreter.libraries.mocks[double.mock].object_spelling
    return MockObject(value, double, spelling, tuple(reversed(names))) if spelling is not None else None


def configure_from_keywords(call: CallPoint, ref: Ref) -> None:
    """Set the keyword arguments of a new double as its attributes."""
    mock = mock_object(call.interpreter, ref)
    for name, operand in call.arguments.keywords.items():
        if mock is not None and name not in mock.spelling.options:
            configure_mock(call, mock, tuple(name.split(".")), operand)


def install_existing_double(point: EvalPoint, value: Value, name: str, function: Site) -> None:
    """Install a double that was made before in place of a function of the program."""
    mock = mock_object(point.interpreter, value)
    if mock is not None and mock.double.function is None:
        mock.double.name, mock.double.function = mock.double.name or name, function
        for names, operands in list(mock.double.assigned.items()):
            for operand in list(operands):
                configure_mock(point, mock, names, operand)


def recorded_attribute(point: EvalPoint, mock: MockObject, name: str) -> Value | None:
    """The request that a double received, for an attribute that records calls; None for any other."""
    if name not in mock.spelling.calls:
        return None
    interpreter = point.interpreter
    received = _double_context(point, mock.double, mock.names).note(CannedReply())
    function = _function_replaced_by(interpreter, mock, mock.names)
    passed = passed_parameters(interpreter, function) if function is not None else None
    if passed is not None and passed.roles:
        note_replaced_function(interpreter, received, function)
    stub = stub_of(interpreter, received)
    stub.is_single_call = interpreter.libraries.mocks[mock.double.mock].sent.get(name) is View.CALL
    sender = _sender(interpreter, mock.double, mock.names) if function is None else None
    stub.sender = sender if sender is not None and any(sent_calls(interpreter, sender)) else None
    stub.replaces_client = passed.has_url if passed is not None else stub.sender is not None
    stub.implies_method = stub.sender in interpreter.libraries.single_method_names
    return received


def _function_replaced_by(interpreter: Interpreter, mock: MockObject, names: tuple[str, ...]) -> Site | None:
    """The function of the program that the attribute `names` of a double replaces; None if it isn't known."""
    if not names:
        return mock.double.function
    bare = _names_without_calls(mock.spelling, names)
    return sending_method(interpreter, bare[0]) if len(bare) == 1 else None


def _double_context(point: EvalPoint, double: ServiceDouble, names: tuple[str, ...]) -> DoubleContext:
    """The context in which the attribute `names` of a double is configured."""
    interpreter = point.interpreter
    method = _sender(interpreter, double, names)
    bases = double.bases
    if not bases and method is not None and double.function is None:
        bases = session_bases_of_method(interpreter, method)
    verb = method_of_names(interpreter, _target(double, names))
    context = DoubleContext.at(point, interpreter.libraries.mocks[double.mock], verb)
    return replace(context, bases=tuple(bases), sender=method if double.function is None else None)


def _target(double: ServiceDouble, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that lead to the attribute `names` of a double, from the name that it replaces on."""
    return (*((double.name,) if double.name else ()), *names)


def _sender(interpreter: Interpreter, double: ServiceDouble, names: tuple[str, ...]) -> str | None:
    """The short name of the client's function that the attribute `names` of a double replaces; None if it
    replaces none."""
    libraries = interpreter.libraries
    named = (name for name in _target(double, names) if name in libraries.verbs or name in libraries.senders)
    return next(named, None)


def mock_call(call: CallPoint, callee: Value, mock: MockObject) -> Value:
    """The result of calling a double, or an attribute of one."""
    ref, double, spelling, names = mock
    if names and names[-1] in (*spelling.states, *spelling.lists):
        function = _function_replaced_by(call.interpreter, mock, names[:-1])
        if names[-1] in spelling.states:
            note_asserted_call(_double_context(call, double, names), call.arguments, function)
        for operand in call.arguments.everything() if names[-1] in spelling.lists else ():
            note_listed_calls(_double_context(call, double, names), operand.value, names[:-1], function)
        return UNKNOWN
    if names and names[-1] in spelling.starts:
        return ref
    own = call.act.frame.path in call.interpreter.testing.modules
    result = _assigned_value(call.interpreter, mock, (*names, spelling.gives[0])) if own else NEVER
    return result if result is not NEVER else MemberRef(callee, spelling.gives[0])


def is_assertion(call: CallPoint, callee: MemberRef) -> bool:
    """Whether a test calls a method that only doubles have, on an object that may also be a session. It is
    none then."""
    library = call.interpreter.libraries.mock_object_library
    spelling = library.object_spelling if library is not None else None
    owner: Value = callee
    while isinstance(owner, MemberRef):
        owner = owner.receiver
    session = call.interpreter.heap.get(owner)
    return (
        spelling is not None
        and isinstance(session, Instance)
        and session.client is not None
        and callee.name in (*spelling.states, *spelling.lists)
        and call.act.frame.path in call.interpreter.testing.modules
    )


def _assigned_value(interpreter: Interpreter, mock: MockObject, names: tuple[str, ...]) -> Value:
    """The value that a test set on the attribute `names` of a double, or on that of a double that it set on
    the beginning of them. Never if there is none, or several calls have different results."""
    double, spelling = mock.double, mock.spelling
    if any((*names[:-1], other) in double.assigned for other in spelling.gives[1:]):
        return NEVER
    if names in double.assigned:
        return join(*(operand.value for operand in double.assigned[names]))
    for end in range(len(names) - 1, 0, -1):
        for operand in double.assigned.get(names[:end], ()):
            inner = mock_object(interpreter, operand.value)
            if inner is not None and not inner.names:
                return _assigned_value(interpreter, inner, names[end:])
    return NEVER


def configure_mock(point: EvalPoint, mock: MockObject, names: tuple[str, ...], operand: Operand) -> None:
    """Set an attribute of a double: a reply, a part of one, or a replacement for a function."""
    interpreter, double, spelling = point.interpreter, mock.double, mock.spelling
    names = (*mock.names, *names)
    operands = double.assigned.setdefault(names, [])
    if operand not in operands:
        operands.append(operand)
    context = _double_context(point, double, names)
    if context.verb is not None:
        context.note(CannedReply())
    if double.function is not None and names[0] in spelling.gives:
        whole = operand.value if len(names) == 1 else MemberRef(mock.ref, names[0])
        note_double_results(interpreter, operand._replace(value=whole), double.function)
    bare = _names_without_calls(spelling, names)
    views = interpreter.libraries.replies
    method = bool(names) and names[-1] in spelling.gives
    view = views.get(f"{bare[-1]}()" if method else bare[-1]) if bare else None
    for choice in alternatives(operand.value):
        other = mock_object(interpreter, choice)
        alternative = Operand(choice, operand.site, operand.frame)
        if other is not None:
            for inner, values in list(other.double.assigned.items()):
                for value in values:
                    if bare and (*bare, *inner) != names:
                        _note_reply_part(
                            context, views, _names_without_calls(spelling, (*names, *inner)), value
                        )
        elif view in (View.JSON, View.TEXT) or f"{bare[-1] if bare else ''}()" in views:
            _note_reply_part(context, views, bare, alternative)
        elif text := file_reply(interpreter, alternative):
            context.note(CannedReply(text=[text]), alternative.site)
        elif (
            not bare
            or method_of_names(interpreter, bare) is not None
            or bare[-1] in interpreter.libraries.senders
        ):
            install_double(context, alternative, double.function)
            function = sending_method(interpreter, bare[0]) if method and len(bare) == 1 else None
            if function is not None and _is_reply_data(interpreter, choice):
                install_double(context, alternative, function)
        elif method and len(bare) == 1:
            for function in methods_named(interpreter, bare[0]):
                install_double(context, alternative, function)


def _is_reply_data(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is the data of a reply, or a list of such, which no client's function returns."""
    return any(
        isinstance(interpreter.heap.get(choice), DictObject)
        for choice in interpreter.heap.flat_alternatives(value)
    )


def _names_without_calls(spelling: MockObjectSpelling, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names without those that only mean the result of a call."""
    return tuple(name for name in names if name not in spelling.gives)


def _note_reply_part(
    context: DoubleContext, views: dict[str, View], bare: tuple[str, ...], operand: Operand
) -> None:
    """Record the JSON or the text of a reply that is set."""
    view = views.get(f"{bare[-1]}()") or views.get(bare[-1]) if bare else None
    if view not in (View.JSON, View.TEXT):
        return
    for result in _successive_results(context, operand):
        canned = CannedReply(json=[result]) if view is View.JSON else CannedReply(text=[result])
        context.note(canned, result.site)


def _successive_results(context: DoubleContext, operand: Operand) -> Iterator[Operand]:
    """The results that are returned one after the other: the elements of a list, or the result of a
    function."""
    for choice in alternatives(operand.value):
        heap_object = context.interpreter.heap.get(choice)
        if isinstance(choice, Function | Bound):
            yield operand._replace(value=context.call(choice, Arguments()))
        elif isinstance(heap_object, SequenceObject):
            yield from heap_object.all_items(operand)
        else:
            yield Operand(choice, operand.site, operand.frame)

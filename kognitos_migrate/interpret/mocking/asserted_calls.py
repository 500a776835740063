"""Calls that tests compare with those that their doubles received.

    transport.send.assert_got("POST", "/things/a", {"size": 1})
    assert transport.calls == [call.send("POST", "/things/a", {"size": 1})]

Each is recorded as an expected request, as the function of the program that the double replaces sends it. A
call object tells by itself which arguments it has. The double that it is compared with tells which function
they are passed to.
"""

from collections.abc import Iterable, Iterator, Sequence
from types import UnionType
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking.double_arguments import roles_by_place
from kognitos_migrate.interpret.mocking.doubles import (
    DoubleContext,
    method_of_names,
    note_replaced_function,
    stub_of,
)
from kognitos_migrate.interpret.mocking.recorded_calls import (
    has_data,
    is_part_of_received_request,
    mock_library_of,
    with_bases,
)
from kognitos_migrate.interpret.mocking.replaced_functions import (
    PassedParameters,
    methods_named,
    passed_parameters,
    url_bases,
)
from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.rulebook.model import Mock, Role
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, ExpectedCall, HeapObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, Json, Ref, Reply, Symbol, Text, Value
from kognitos_migrate.values.texts import known_text


def note_asserted_call(context: DoubleContext, arguments: Arguments, function: Site | None) -> bool:
    """Record an assertion on the arguments of a client's function, or of the program's `function` that a
    double replaces. Return False if it is on data that may be any part of a request."""
    interpreter = context.interpreter
    expected: dict[Role, list[Operand]] = {}
    unclear: list[Operand] = []
    own = passed_parameters(interpreter, function) if function is not None else None
    roles = {**interpreter.libraries.keywords, **(own.roles if own is not None else {})}
    passed = [(roles.get(name), argument) for name, argument in arguments.keywords.items()]
    places = roles_by_place(context, context.sender) if own is None and context.sender is not None else None
    placed = dict(enumerate(places.roles)) if places is not None else {}
    receiver = own is not None and own.has_receiver and len(arguments.positional) > len(own.names)
    for place, argument in enumerate(arguments.positional[receiver:]):
        name = own.names[place] if own is not None and place < len(own.names) else ""
        passed.append(
            (
                roles.get(name) or placed.get(place) or (Role.URL if _has_path(argument.value) else None),
                argument,
            )
        )
    for role, argument in passed:
        if isinstance(argument.value, Symbol):
            continue  # a library's object that is equal to anything
        if role is Role.URL and own is not None and not _has_path(argument.value):
            continue  # a key that the function puts into the path
        if role is Role.DATA and any(isinstance(choice, Json) for choice in alternatives(argument.value)):
            role = Role.JSON
        if role in (Role.URL, Role.JSON, Role.DATA, Role.QUERY):
            expected.setdefault(role, []).append(argument)
        elif role is None and has_data(interpreter, argument.value):
            unclear.append(argument)
    if not expected:
        return not any(has_data(interpreter, argument.value) for argument in arguments.everything())
    bases = url_bases(interpreter, function) if function is not None else context.bases
    if Role.URL in expected and bases:
        expected[Role.URL] = [with_bases(url, bases) for url in expected[Role.URL]]
    received = context.note(CannedReply(), expected=expected)
    stub = stub_of(interpreter, received)
    stub.possible_bodies.extend(unclear)
    stub.replaces_client = context.sender is not None
    note_replaced_function(interpreter, received, function)
    return True


def _has_path(value: Value) -> bool:
    """Whether a value may be a text with a slash, or with an unknown part."""
    texts = [choice for choice in alternatives(value) if isinstance(choice, Text)]
    return any("/" in getattr(part, "text", "/") for text in texts for part in text.parts)


def sending_method(interpreter: Interpreter, name: str) -> Site | None:
    """A method of the program with a name whose arguments become parts of requests; None if there is none, or
    if several send them in different ways."""
    return _function_if_all_send_equally(interpreter, methods_named(interpreter, name))


def _function_if_all_send_equally(interpreter: Interpreter, functions: Iterable[Site]) -> Site | None:
    """The first function whose arguments become parts of requests; None if there is none, or if several send
    them in different ways."""
    ways = {
        function: (parameters, {base.value for base in url_bases(interpreter, function)})
        for function in functions
        if (parameters := passed_parameters(interpreter, function)).roles
    }
    first = next(iter(ways), None)
    return first if all(way == ways[first] for way in ways.values() if first is not None) else None


def expected_call(call: CallPoint, name: str) -> Ref | None:
    """The object that `call(...)` or `call.send(...)` makes; None if `name` is no such function of a mock
    library."""
    library = call.interpreter.libraries.mock_object_library
    spelling = library.object_spelling if library is not None else None
    for maker in spelling.expects if spelling is not None else ():
        if name == maker or name.startswith(f"{maker}."):
            names = tuple(name.removeprefix(maker).split(".")[1:])
            ref, made = call.interpreter.heap.allocate(ExpectedCall(call.site, call.act.frame.id, names))
            for place, operand in enumerate(call.arguments.positional):
                made.positional[place : place + 1] = [
                    _join_operands(earlier, operand)
                    for earlier in made.positional[place : place + 1] or [operand]
                ]
            for keyword, operand in call.arguments.keywords.items():
                made.keywords[keyword] = _join_operands(made.keywords.get(keyword, operand), operand)
            call.interpreter.testing.unmet_calls[ref] = None
            return ref
    return None


def _join_operands(earlier: Operand, later: Operand) -> Operand:
    return later._replace(value=join(earlier.value, later.value))


class _Call(NamedTuple):
    """A call that is expected: the place where it is written, the names that lead to what is called, and its
    arguments. `ref` is its call object; None for a tuple of arguments."""

    site: Site
    frame: int
    names: tuple[str, ...]
    arguments: Arguments
    ref: Ref | None = None

    def note(
        self,
        interpreter: Interpreter,
        mock: Mock,
        verb: str | None,
        function: Site | None,
        bases: Sequence[Operand] = (),
        sender: str | None = None,
    ) -> bool:
        """Record it as a call of the program's `function`, or of a client's function for the method
        `verb`. Return False if it isn't known which parts of a request the arguments are."""
        if self.ref is not None:
            interpreter.testing.unmet_calls.pop(self.ref, None)
        maker = interpreter.activations.get(self.frame) or interpreter.modules[self.site.path]
        node = maker.tree.node(self.site)
        assert isinstance(node, cst.BaseExpression)
        if self.names:
            verb, function = (
                method_of_names(interpreter, self.names),
                sending_method(interpreter, self.names[-1]),
            )
        point = EvalPoint(interpreter, maker, node)
        context = DoubleContext.at(point, mock, verb if function is None else None)
        context = replace(context, bases=tuple(bases) if function is None else (), sender=sender)
        return note_asserted_call(context, self.arguments, function)


def note_expected_calls(interpreter: Interpreter, left: Value, right: Value) -> bool:
    """Record the calls that one operand of a comparison is, or contains, if the other one is a call that a
    double received. Return whether nothing else is compared."""
    for actual, expected in ((left, right), (right, left)):
        received = [choice for choice in alternatives(actual) if _is_received_call(interpreter, choice)]
        is_known = True
        calls: list[_Call | None] = []
        for choice in received:
            assert isinstance(choice, Reply)
            request = interpreter.facts.requests[choice.request]
            stub = stub_of(interpreter, choice)
            function = stub.function
            own = list(_expected_calls(interpreter, expected, in_tuples=function is not None))
            calls += own
            for call in own:
                if call is not None:
                    mock, verb = mock_library_of(interpreter, choice), known_text(request.method)
                    is_known &= call.note(interpreter, mock, verb, function, request.bases, stub.sender)
        are_calls = all(call is not None and call.ref is not None for call in calls)
        if calls and is_known and (are_calls or len(received) == len(list(alternatives(actual)))):
            return None not in calls
    return False


def note_listed_calls(
    context: DoubleContext, calls: Value, names: tuple[str, ...], function: Site | None
) -> None:
    """Record the calls in a list that is asserted of the attribute `names` of a double."""
    for call in _expected_calls(context.interpreter, calls, in_tuples=function is not None):
        if call is not None:
            verb = method_of_names(context.interpreter, names)
            call.note(context.interpreter, context.mock, verb, function, context.bases, context.sender)


def note_uncompared_calls(interpreter: Interpreter) -> None:
    """Record the call objects that no comparison with the calls of a double has used. Each counts as a call
    of a function that a double of the program replaces."""
    functions = {replacement.function for replacement in interpreter.facts.replacements}
    mock = interpreter.libraries.mock_object_library
    for ref in list(interpreter.testing.unmet_calls) if mock is not None else ():
        assert mock is not None
        for call in _expected_calls(interpreter, ref, in_tuples=False):
            assert call is not None
            fitting = [
                function
                for function in sorted(functions)
                if _may_be_passed(call.arguments, passed_parameters(interpreter, function))
            ]
            call.note(interpreter, mock, None, _function_if_all_send_equally(interpreter, fitting))


def _may_be_passed(arguments: Arguments, parameters: PassedParameters) -> bool:
    """Whether a function that sends a request may be called with the arguments."""
    return parameters.has_url and len(arguments.positional) <= len(parameters.names) + parameters.has_receiver


def _is_received_call(interpreter: Interpreter, value: Value) -> bool:
    return (
        isinstance(value, Reply)
        and not value.path
        and is_part_of_received_request(interpreter, value)
        and mock_library_of(interpreter, value).object_spelling is not None
    )


def _expected_calls(interpreter: Interpreter, value: Value, *, in_tuples: bool) -> Iterator[_Call | None]:
    """The call objects that a value is, or is a list of, and the tuples of arguments if `in_tuples`. None for
    any other value."""
    for choice in alternatives(value):
        heap_object = interpreter.heap.get(choice)
        if isinstance(choice, Ref) and isinstance(heap_object, ExpectedCall):
            arguments = Arguments(heap_object.positional, heap_object.keywords)
            yield _Call(heap_object.site, heap_object.frame, heap_object.names, arguments, choice)
        elif isinstance(heap_object, SequenceObject) and in_tuples and heap_object.rest is NEVER:
            yield from _calls_in_sequence(interpreter, heap_object)
        elif isinstance(heap_object, SequenceObject):
            yield from _expected_calls(interpreter, heap_object.element(), in_tuples=in_tuples)
        elif choice not in (NONE, NEVER):
            yield None


def _calls_in_sequence(interpreter: Interpreter, sequence: SequenceObject) -> Iterator[_Call | None]:
    """The calls that a list or tuple consists of. One without others in it has the arguments of a call as its
    items, and a dict behind it the keyword arguments, as in `(("/things/a",), {"json": facts})`."""
    inner = [
        _expected_calls(interpreter, item.value, in_tuples=True)
        for item in sequence.items
        if heap_objects_of(interpreter, item.value, SequenceObject | ExpectedCall)
    ]
    if not inner:
        yield _Call(sequence.site, sequence.frame, (), Arguments(sequence.items))
        return
    for calls in inner:
        yield from calls
    for item in sequence.items:
        for choice in alternatives(item.value):
            record = interpreter.heap.get(choice)
            if isinstance(record, DictObject):
                keywords = {key: entries[-1].operand for key, entries in record.entries.items()}
                yield _Call(record.site, record.frame, (), Arguments([], keywords))


def heap_objects_of(interpreter: Interpreter, value: Value, kind: type | UnionType) -> list[HeapObject]:
    """The objects of a kind that a value may be."""
    objects = interpreter.heap.objects_of(value)
    return [heap_object for heap_object in objects if isinstance(heap_object, kind)]

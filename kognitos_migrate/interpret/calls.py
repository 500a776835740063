"""Calls: resolve the callee and dispatch on its kind."""

from collections.abc import Callable, Iterable

import libcst as cst

from kognitos_migrate.interpret import exceptions, names
from kognitos_migrate.interpret.argument_binding import take_arguments
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.checked_arguments import narrow_by_call
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_OBJECTS, class_attribute, is_exception
from kognitos_migrate.interpret.classes.enums import mark_members_unsure, method_of_member
from kognitos_migrate.interpret.classes.instances import instantiate
from kognitos_migrate.interpret.classes.super_objects import super_object
from kognitos_migrate.interpret.containers import kind_of
from kognitos_migrate.interpret.deferred_runs import repeat_later
from kognitos_migrate.interpret.dict_entries import ignore_case
from kognitos_migrate.interpret.dict_merge import note_spread_use
from kognitos_migrate.interpret.escaped_objects import call_method_of_escaped
from kognitos_migrate.interpret.framework_settings import setting_by_method
from kognitos_migrate.interpret.function_calls import run_function
from kognitos_migrate.interpret.http import base_session_call, new_session, send, session_call
from kognitos_migrate.interpret.ini_options import is_read_without_default, note_defaults_shown, parser_method
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, receiver_of
from kognitos_migrate.interpret.iteration import LAZY_FUNCTIONS, is_consumed_at_once
from kognitos_migrate.interpret.library.config_parsers import call_parser
from kognitos_migrate.interpret.library.data_files import contents_of_alternative
from kognitos_migrate.interpret.library.functional import partial_arguments
from kognitos_migrate.interpret.library.logging_ import LEAVING
from kognitos_migrate.interpret.library.retry import call_retried
from kognitos_migrate.interpret.library.str_methods import TEXT_RESULTS
from kognitos_migrate.interpret.library.testing import is_test_case
from kognitos_migrate.interpret.library_effects import leaves_objects, reads_data
from kognitos_migrate.interpret.mocking import mock_objects, recorded_calls, stubs
from kognitos_migrate.interpret.mocking.mock_objects import MockObject
from kognitos_migrate.interpret.mocking.replaced_functions import replaces_method, session_bases
from kognitos_migrate.interpret.module_namespaces import call_namespace_method
from kognitos_migrate.interpret.narrowing import mark_dead
from kognitos_migrate.interpret.request_hooks import note_session_install
from kognitos_migrate.interpret.request_parts import Sender
from kognitos_migrate.interpret.state.declarations import ERRORS
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.uncallable_objects import is_uncallable
from kognitos_migrate.interpret.unknown_templates import filled_template
from kognitos_migrate.interpret.unmodeled_calls import (
    call_or_default,
    call_unmodeled,
    call_unmodeled_method,
    extend_by_unknown,
    option_value,
)
from kognitos_migrate.rulebook.model import Client
from kognitos_migrate.values.heap import Instance, Iterated, SequenceObject, join_operands, partial_target
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    ENCODED_JSON,
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Lit,
    MemberRef,
    Ref,
    Symbol,
    Text,
    Unknown,
    Value,
    library_result,
)


def send_to_double(call: CallPoint, mock: MockObject) -> Value | None:
    """The reply, if the program calls a double with a URL, as a session is called. None for other calls."""
    interpreter, name = call.interpreter, mock.names[-1] if mock.names else ""
    if (
        call.act.frame.path in interpreter.testing.modules
        or name
        not in (
            *interpreter.libraries.verbs,
            *interpreter.libraries.senders,
        )
        or replaces_method(interpreter, call.site, name)
    ):
        return None
    client = _client_of_method(call, interpreter.libraries.mocks[mock.double.mock].client, name)
    if client is not None and any(
        map(_contains_path, (argument.value for argument in call.arguments.everything()))
    ):
        mock.double.bases = join_operands(mock.double.bases, session_bases(interpreter, call.site))
        return send(call, Sender(client), client.session_methods[name])
    return None


def _client_of_method(call: CallPoint, default_client: str, name: str) -> Client | None:
    """The client whose session has the method `name` and accepts the keywords.

    A client that already sends from this call is preferred, then `default_client`.
    """
    interpreter, client_keywords = call.interpreter, call.interpreter.libraries.keywords
    senders = [
        request.client
        for request in interpreter.facts.requests
        if request.site == call.site and request.stub is None
    ]
    keywords = {keyword for keyword in call.arguments.keywords if keyword in client_keywords}
    clients = (
        interpreter.libraries.clients[client_id]
        for client_id in (*senders, default_client, *interpreter.libraries.clients)
    )
    return next(
        (
            client
            for client in clients
            if name in client.session_methods and keywords <= client.keywords.keys()
        ),
        None,
    )


def _contains_path(value: Value) -> bool:
    return any(
        isinstance(part, Lit) and "/" in part.text
        for choice in alternatives(value)
        if isinstance(choice, Text)
        for part in choice.parts
    )


_ASKS = ("startswith", "endswith")
"""Methods of a recorded URL whose argument is an expectation of the test."""


def call_expression(interpreter: Interpreter, act: Activation, node: cst.Call) -> Value:
    """The value of a call expression."""
    if type(node.func) is cst.Name and node.func.value == "super" and "super" not in act.env:
        return super_object(interpreter, act, node)
    callee = interpreter.evaluate(act, node.func)
    interpreter.note_access(AccessKind.FLOW, callee, act.site(node.func), act.site(node))
    arguments = take_arguments(interpreter, act, node)
    result = interpreter.call(act, node, callee, arguments)
    if isinstance(callee, Symbol) and callee.name in LEAVING:
        mark_dead(act.env)
    elif isinstance(callee, Function | Bound) and not _has_unmodeled_decorator(interpreter, callee):
        narrow_by_call(interpreter.facts, act, node)
    return result


def _has_unmodeled_decorator(interpreter: Interpreter, callee: Function | Bound) -> bool:
    """Whether a function has a decorator that isn't modelled."""
    function = callee.function if isinstance(callee, Bound) else callee
    return not isinstance(function, Function) or function.site in interpreter.functions.wrapped


def call(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, callee: Value, arguments: Arguments
) -> Value:
    """The value of calling `callee`."""
    point = CallPoint(interpreter, act, node, arguments)
    return join(*[_call_one(point, choice) for choice in _callees_to_run(interpreter, callee)])


def _callees_to_run(interpreter: Interpreter, callee: Value) -> Iterable[Value]:
    """The callees that are run, of those that can be called. If one of them is a client's, unknown ones are
    left out: they are expected to behave like it."""
    callees = [
        choice
        for choice in alternatives(callee)
        if not (isinstance(choice, Ref) and is_uncallable(interpreter, choice))
    ]
    if not callees[1:] or not any(_is_client_callable(interpreter, choice) for choice in callees):
        return callees
    return [
        choice for choice in callees if not isinstance(choice, Unknown) or not choice.source or choice.public
    ]


def _is_client_callable(interpreter: Interpreter, callee: Value) -> bool:
    """Whether a callee is a function of a client, or a method of its sessions."""
    if isinstance(callee, MemberRef) and isinstance(callee.receiver, Ref):
        return getattr(interpreter.heap[callee.receiver], "client", None) is not None
    return isinstance(callee, Symbol) and callee.name in interpreter.libraries.clients_by_name


def _hands_over(callee: Value) -> bool:
    """Whether a function passes its keyword arguments to one that it gets, in a thread or a process."""
    if isinstance(callee, Symbol):
        return callee.name == "asyncio.to_thread"
    return isinstance(callee, MemberRef) and callee.name == "submit" and isinstance(callee.receiver, Ref)


def _call_one(call: CallPoint, callee: Value) -> Value:
    interpreter, arguments = call.interpreter, call.arguments
    if isinstance(callee, Function):
        return run_function(call, callee, None)
    if isinstance(callee, Bound):
        if isinstance(callee.function, Function):
            return run_function(call, callee.function, callee.receiver)
        return call.call(callee.function, arguments)
    if isinstance(callee, Class):
        if is_exception(interpreter, callee) and class_attribute(interpreter, callee, "__init__") is NEVER:
            exceptions.note_error_message(call, callee)
        result = instantiate(call, callee)
        if is_exception(interpreter, callee):
            exceptions.note_error_arguments(call, result)
        return result
    if isinstance(callee, Const | Text):
        method = method_of_member(interpreter, callee, "__call__") if isinstance(callee, Text) else None
        return call.call(method, arguments) if method is not None else NEVER
    if not (isinstance(callee, Symbol) and callee.name in PLAIN_OBJECTS) and not _hands_over(callee):
        note_spread_use(call, arguments.keyword_spread)
    mock = mock_objects.mock_object(interpreter, callee)
    if mock is not None:
        reply = send_to_double(call, mock)
        return mock_objects.mock_call(call, callee, mock) if reply is None else reply
    if isinstance(callee, Symbol):
        return _call_symbol(call, callee)
    if isinstance(callee, MemberRef):
        return UNKNOWN if mock_objects.is_assertion(call, callee) else _call_member(call, callee)
    if isinstance(callee, Ref) and isinstance(instance := interpreter.heap[callee], Instance):
        if instance.cls:
            return call.call(call.attribute(callee, "__call__"), arguments)
        target = partial_target(instance)
        if target is not None:
            return call.call(target, partial_arguments(instance, arguments))
    return _call_unknown(call, callee)


def _call_unknown(call: CallPoint, callee: Value) -> Value:
    """Call an unknown value, which may be a method of the object that its source names."""
    if (retried := call_retried(call, callee)) is not None:
        return retried
    owner, name = callee.member if isinstance(callee, Unknown) else ("", "")
    if isinstance(callee, Unknown) and owner:
        call.interpreter.notes.note_mutation(join(callee, callee.owner), call.site, name)
        call_method_of_escaped(call, callee.owner, name, call.arguments)
    result: Value = UNKNOWN
    if isinstance(callee, Unknown) and (callee.error or callee.messages):
        result = callee.inside("()")
    elif isinstance(callee, Unknown) and name in TEXT_RESULTS:
        result = callee.owner if callee.public or callee.owner == ENCODED_JSON else UNKNOWN
    what = "code that can't be followed"
    if isinstance(callee, Unknown) and (value := setting_by_method(call, callee.source)) is not None:
        return value
    if isinstance(callee, Unknown) and owner:
        template = callee.owner
        if (text := filled_template(call, template, name)) is not None:
            _note_argument_access(call)
            return text
    if owner and (contents := contents_of_alternative(call, name)) is not None:
        return contents
    of_files = call_parser(call, parser_method(callee))
    if of_files is NONE:
        return NONE
    if isinstance(callee, Unknown) and is_read_without_default(callee.source, call.arguments):
        return join(of_files, option_value(call, what))
    if isinstance(callee, Unknown):
        note_defaults_shown(call, callee.source, what)
    section = callee.owner if isinstance(callee, Unknown) else None
    value = call_or_default(call, name, what, result, section)
    return value if of_files is NEVER else of_files if value is UNKNOWN else join(of_files, value)


def _call_symbol(call: CallPoint, callee: Symbol) -> Value:
    interpreter, client = call.interpreter, call.interpreter.libraries.clients_by_name.get(callee.name)
    if client is not None:
        if callee.name in client.functions:
            return send(call, Sender(client), client.functions[callee.name])
        if callee.name in client.session_installs:
            note_session_install(call, client)
            return NONE
        if callee.name in client.session_types:
            return new_session(call, client)
        has_components = bool(call.arguments.keywords) and callee.name in interpreter.transfer.symbols
        if (argument := call.arguments.first()) is not None and not has_components:
            return ignore_case(interpreter, argument.value)
    stub = stubs.library_call(call, callee.name)
    if stub is not None:
        return stub
    if (value_of_setting := setting_by_method(call, callee.name)) is not None:
        return value_of_setting
    model = interpreter.transfer.symbols.get(callee.name)
    if model is not None:
        value = mark_members_unsure(model(call), call.arguments.everything())
        _note_argument_access(call)
        return (
            _repeat_at_consumption(call, value, lambda: model(call))
            if callee.name in LAZY_FUNCTIONS
            else value
        )
    short = callee.name.removesuffix(".__init__").rpartition(".")[2]
    if short.endswith(ERRORS):
        exceptions.note_error_message(call, Symbol(callee.name.removesuffix(".__init__")))
        if callee.name.endswith(".__init__"):
            exceptions.initialize_base_error(call)
        return Unknown(callee.name, error=True)
    name = callee.name.removeprefix("builtins.")
    interpreter.notes.note_library(call.act, callee.name)
    result = library_result(name, callee.name, is_data=reads_data(callee.name))
    return call_or_default(call, callee.name, name, result)


def _repeat_at_consumption(call: CallPoint, value: Value, evaluate: Callable[[], Value]) -> Value:
    """The value of a call of a library. An iterator that it creates has the elements that its source has when
    it is consumed."""
    interpreter = call.interpreter
    if is_consumed_at_once(interpreter, call.act, call.node):
        return value
    for choice in alternatives(value):
        iterator = interpreter.heap.get(choice)
        if isinstance(iterator, Iterated | SequenceObject):
            repeat_later(interpreter, (call.site, call.act.frame.id, None), evaluate, value)
    return value


_VIEWS = ("items", "keys", "values")
"""The methods of dicts whose results show later changes."""


def _call_member(call: CallPoint, callee: MemberRef) -> Value:
    interpreter, receiver = call.interpreter, callee.receiver
    if isinstance(receiver, Bound) and not isinstance(receiver.function, Function):
        return base_session_call(call, receiver.receiver, callee.name)
    if (
        isinstance(receiver, Ref)
        and isinstance(instance := interpreter.heap[receiver], Instance)
        and instance.client
    ):
        return session_call(
            call, Sender(interpreter.libraries.clients[instance.client], receiver, instance), callee.name
        )
    if isinstance(receiver, MemberRef) and names.is_module_namespace(receiver):
        return call_namespace_method(call, receiver, callee.name)
    address, argument = recorded_calls.recorded_url(interpreter, receiver), call.arguments.first()
    if address is not None and callee.name in _ASKS and argument is not None:
        call.note_use(UseKind.METHOD, address, call.site, argument.value, callee.name)
        return UNKNOWN
    if isinstance(receiver, Unknown) and (text := filled_template(call, receiver, callee.name)) is not None:
        _note_argument_access(call)
        return text
    kind = kind_of(interpreter, receiver)
    method = interpreter.transfer.methods.get(f"{kind}.{callee.name}")
    if method is None and is_test_case(interpreter, receiver):
        return call_unmodeled(call, f"the method {callee.name} of a test case")
    method = method or interpreter.transfer.methods.get(f"{kind}.*")
    if isinstance(receiver, Ref) and isinstance(interpreter.heap[receiver], Instance):
        interpreter.notes.note_mutation(receiver, call.site, callee.name)
    if method is not None:
        value = mark_members_unsure(method(call, callee), (call.operand(receiver),))
        _note_argument_access(call)
        interpreter.notes.note_whole_access(receiver, receiver_of(call), call.site)
        return (
            _repeat_at_consumption(call, value, lambda: method(call, callee))
            if callee.name in _VIEWS
            else value
        )
    return call_unmodeled_method(call, callee)


def _note_argument_access(call: CallPoint) -> None:
    """Record that a library's function observes all of its arguments, unless its model records specific
    accesses.

    It may also call methods among them.
    """
    for argument in (*call.arguments.everything(), *call.arguments.merged):
        for choice in alternatives(argument.value):
            if isinstance(choice, MemberRef):
                call.interpreter.notes.note_mutation(choice.receiver, call.site, choice.name)
                if not leaves_objects(choice.name):
                    extend_by_unknown(call.interpreter, choice.receiver)
        if any(_is_partial(call.interpreter, choice) for choice in alternatives(argument.value)):
            call.note_flows(argument)  # at most, it is called
        call.interpreter.notes.note_whole_access(argument.value, argument.site, call.site)


def _is_partial(interpreter: Interpreter, value: Value) -> bool:
    heap_object = interpreter.heap.get(value)
    return partial_target(heap_object) is not None

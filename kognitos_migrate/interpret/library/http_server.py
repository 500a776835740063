"""Servers that tests make with `http.server`: the methods of their handlers answer in place of a service.

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()

calls the handler's method for each HTTP method, with one request whose parts are attributes of the handler.
"""

from collections.abc import Iterator
from typing import cast

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.mocking.doubles import DoubleContext, stub_of
from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Ref,
    Unknown,
    Value,
)

MOCK = "http_server"
"""The mock file of this library."""
_HANDLER = "RequestHandlerClass"
_VERBS = ("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD")
"""HTTP methods, first those whose requests leave something with a server that others ask for."""
_STREAMS = ("rfile", "wfile")
"""The attributes of a handler from which it reads the body, and to which it writes the response."""

_OTHERS = ("headers", "requestline", "client_address", "send_header", "end_headers", "log_request")
"""The other attributes and methods of a handler. They don't depend on the version of the API."""

_STOPPING = ("shutdown", "server_close")
"""The methods of a server that end it."""
_SERVING = ("serve_forever", "handle_request")
"""The methods of a server that answer requests."""


def create_stub_server(call: CallPoint) -> Value:
    """The result of `HTTPServer(address, handler)`: in a test, an object with the handler's class."""
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    return ref if _store_handler(call, ref, instance) else Unknown("a server")


def initialize_stub_server(call: CallPoint) -> Value:
    """The result of `super().__init__(address, handler)` in a server of a test: None."""
    receiver = call.act.frame.receiver
    for choice in alternatives(receiver.value) if receiver is not None else ():
        instance = call.interpreter.heap.get(choice)
        if isinstance(choice, Ref) and isinstance(instance, Instance):
            _store_handler(call, choice, instance)
    return NONE


def _store_handler(call: CallPoint, ref: Ref, instance: Instance) -> bool:
    """Give a server of a test the class of its handler. Return whether it is one."""
    interpreter, handler = call.interpreter, call.arguments.first(_HANDLER, place=1)
    if handler is None or call.act.frame.path not in interpreter.testing.modules:
        return False
    interpreter.stores += instance.put(_HANDLER, handler)
    for name in _STOPPING:
        interpreter.stores += instance.put(name, call.operand(UNKNOWN))
    for name in _SERVING:
        interpreter.stores += instance.put(name, call.operand(MemberRef(ref, name)))
    return True


def serve_requests(call: CallPoint, member: MemberRef) -> Value:
    """The result of `server.serve_forever()`: None. Each method of the handler is called with a request."""
    interpreter, receiver = call.interpreter, member.receiver
    instance = interpreter.heap.get(receiver)
    mock = interpreter.libraries.mocks.get(MOCK)
    if not isinstance(instance, Instance) or mock is None:
        return UNKNOWN
    for handler in alternatives(instance.attributes.get(_HANDLER, UNKNOWN)):
        for verb, method in _handler_methods(interpreter, handler):
            context = DoubleContext.at(call, mock, verb)
            received = context.note(CannedReply(), method.site)
            stub_of(interpreter, received).served = True
            interpreter.testing.answers = True
            ref, request = interpreter.heap.allocate(
                Instance(method.site, call.act.frame.id, cast(Class, handler))
            )
            parts: dict[str, Value] = {
                "path": received.at(View.ADDRESS),
                "command": plain_text(verb),
                **dict.fromkeys(_OTHERS, UNKNOWN),
                "server": cast(Ref, receiver),
                **dict.fromkeys(_STREAMS, received),
                **{name: MemberRef(received, name) for name in mock.route if name not in _STREAMS},
            }
            for name, value in parts.items():
                interpreter.stores += request.put(name, context.operand(value))
            context.call(Bound(method, ref), Arguments())
    return NONE


def _handler_methods(interpreter: Interpreter, handler: Value) -> Iterator[tuple[str, Function]]:
    """The methods of a handler that answer requests, by HTTP method."""
    for verb in _VERBS if isinstance(handler, Class) else ():
        for method in alternatives(class_attribute(interpreter, cast(Class, handler), f"do_{verb}")):
            if isinstance(method, Function):
                yield verb, method


_TYPES = (
    "http.server.HTTPServer",
    "http.server.ThreadingHTTPServer",
    "socketserver.TCPServer",
    "socketserver.ThreadingTCPServer",
)

SYMBOLS: dict[str, Model] = {
    **dict.fromkeys(_TYPES, create_stub_server),
    **dict.fromkeys((f"{name}.__init__" for name in _TYPES), initialize_stub_server),
}
METHODS: dict[str, Method] = {f"object.{name}": serve_requests for name in _SERVING}

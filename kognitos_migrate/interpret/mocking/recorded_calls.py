"""Requests that a stub received, and the replies that it returns."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import Mock, StubRole, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import (
    DictObject,
    Instance,
    Operand,
    SequenceObject,
    ServiceDouble,
    StubContent,
)
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    Hole,
    Json,
    Lit,
    MemberRef,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import known_text

StubArguments = dict[StubRole, list[Operand]]
"""The arguments of a stub, by part."""


def stub_replies(point: EvalPoint, request: Reply, arguments: StubArguments) -> dict[Site, CannedReply]:
    """The canned replies in the arguments, by the site that creates them."""
    own = CannedReply()
    replies: dict[Site, CannedReply] = {}
    for part, operands in (
        (StubRole.REPLY_JSON, own.json),
        (StubRole.REPLY_TEXT, own.text),
        (StubRole.STATUS, own.status),
    ):
        for operand in arguments.get(part, []):
            answers = _results_if_callable(point, request, operand)
            operands.extend(answer for answer in answers if not is_raised_error(answer.value))
    if own.json or own.text or own.status:
        replies[point.site] = own
    for operand in arguments.get(StubRole.REPLY, []):
        for answer in _results_if_callable(point, request, operand):
            _collect_replies(point.interpreter, answer, replies, point.site)
    return replies


def _results_if_callable(point: EvalPoint, request: Reply, operand: Operand) -> Iterator[Operand]:
    """The operands; for a function or a callable object, its result for the request that the stub gets."""
    for choice in alternatives(_with_call_methods(point, operand.value)):
        if not isinstance(choice, Function | Bound):
            yield Operand(choice, operand.site, operand.frame)
            continue
        point.interpreter.testing.answers = True
        available = [point.operand(request), point.operand(UNKNOWN)]
        arguments = available[: _required_parameters(point.interpreter, choice)]
        yield Operand(point.call(choice, Arguments(arguments)), operand.site, operand.frame)


def _with_call_methods(point: EvalPoint, value: Value) -> Value:
    """The value, with each callable object of the program replaced by its method that is called."""
    return join(*(method_called(point, choice) or choice for choice in alternatives(value)))


def method_called(point: EvalPoint, value: Value) -> Value | None:
    """The method that is called in a callable object of the program; None for any other value."""
    heap_object = point.interpreter.heap.get(value)
    if not isinstance(heap_object, Instance) or heap_object.client is not None:
        return None
    method = point.attribute(value, "__call__")
    return method if isinstance(method, Bound) else None


def _required_parameters(interpreter: Interpreter, function: Function | Bound) -> int:
    """The number of positional arguments that a function requires."""
    inner = function.function if isinstance(function, Bound) else function
    definition = interpreter.trees[inner.site.path].node(inner.site) if isinstance(inner, Function) else None
    if not isinstance(definition, cst.FunctionDef | cst.Lambda):
        return 1
    required = [parameter for parameter in definition.params.params if parameter.default is None]
    return len(required) - isinstance(function, Bound)


def _collect_replies(
    interpreter: Interpreter, operand: Operand, replies: dict[Site, CannedReply], at: Site
) -> None:
    """Collect the canned replies in a value.

    They are created by a library, written as a tuple of status, headers and body, or as a dict of a stub's
    keyword arguments.
    """
    for choice in alternatives(operand.value):
        heap_object = interpreter.heap.get(choice)
        if isinstance(heap_object, StubContent):
            replies[heap_object.site] = canned_reply(heap_object)
        elif (
            isinstance(heap_object, SequenceObject)
            and len(heap_object.items) == 3
            and _is_status(heap_object.items[0].value)
        ):
            replies[heap_object.site] = CannedReply(
                text=[heap_object.items[2]], status=[heap_object.items[0]]
            )
        elif isinstance(heap_object, SequenceObject):
            for item in heap_object.all_items(operand):
                _collect_replies(interpreter, item, replies, at)
        elif isinstance(heap_object, DictObject):
            replies[heap_object.site] = _reply_of_record(interpreter, heap_object)
        elif _is_status(choice):
            replies[at] = CannedReply(status=[Operand(choice, operand.site, operand.frame)])
        elif choice not in (NONE, NEVER) and not is_raised_error(choice):
            replies[at] = CannedReply(json=[Operand(choice, operand.site, operand.frame)])


_FILES = ("BytesIO", "StringIO")
"""The types of file objects that are made from a text."""


def is_text_file(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a file object that is made from a text, also of a class that derives from one."""
    if isinstance(value, Unknown):
        return value.maker.rpartition(".")[2] in _FILES
    instance = interpreter.heap.get(value)
    return (
        isinstance(instance, Instance)
        and instance.cls is not None
        and _is_file_class(interpreter, instance.cls)
    )


def _is_file_class(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a class derives from a file object that is made from a text, and is made like it."""
    bases = {name.rpartition(".")[2] for name in mro_of(interpreter, cls).outside_names}
    return not bases.isdisjoint(_FILES) and not isinstance(
        class_attribute(interpreter, cls, "__init__"), Function
    )


def file_reply(interpreter: Interpreter, file: Operand) -> Operand | None:
    """The contents of a file object made from a text (`BytesIO(text)`), as the reply of a client that reads
    files."""
    instance = interpreter.heap.get(file.value)
    if isinstance(instance, Instance):
        file = file._replace(site=instance.site, frame=instance.frame)
    node = interpreter.trees[file.site.path].node(file.site)
    if not isinstance(node, cst.Call) or not node.args:
        return None
    tree = interpreter.trees[file.site.path]
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
    maker = interpreter.facts.values.get((tree.site(node.func), file.frame), UNKNOWN)
    if name not in _FILES and not (isinstance(maker, Class) and _is_file_class(interpreter, maker)):
        return None
    site = tree.site(node.args[0].value)
    return Operand(interpreter.facts.values.get((site, file.frame), UNKNOWN), site, file.frame)


def canned_reply(content: StubContent) -> CannedReply:
    """A canned reply that a library creates."""
    parts = content.parts
    return CannedReply(
        list(parts.get(StubRole.REPLY_JSON, [])),
        list(parts.get(StubRole.REPLY_TEXT, [])),
        list(parts.get(StubRole.STATUS, [])),
    )


def _reply_of_record(interpreter: Interpreter, record: DictObject) -> CannedReply:
    canned = CannedReply()
    into = {
        StubRole.REPLY_JSON: canned.json,
        StubRole.REPLY_TEXT: canned.text,
        StubRole.STATUS: canned.status,
    }
    for mock in interpreter.libraries.mocks.values():
        for stubbing in (*mock.methods.values(), *mock.route.values()):
            for word, part in stubbing.keywords.items():
                for entry in record.entries.get(word, ()):
                    if part in into and entry.operand not in into[part]:
                        into[part].append(entry.operand)
    return canned


def _is_status(value: Value) -> bool:
    return isinstance(getattr(value, "value", None), int)


def is_raised_error(value: Value) -> bool:
    """Whether a value is an error that is raised instead of a reply."""
    name = value.name if isinstance(value, Symbol) else value.source if isinstance(value, Unknown) else ""
    return name.rstrip("()").endswith(("Error", "Exception", "Timeout"))


HOST_NAMES = ("netloc", "hostname", "host")
"""Attributes of a URL that contain its host."""
OF_HOST = ("scheme", *HOST_NAMES, "port")
"""Parts of a URL that don't depend on the version of the API."""


def is_part_of_received_request(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a position in a request that a stub received."""
    return isinstance(value, Reply) and interpreter.facts.requests[value.request].stub is not None


def has_data(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value may be the data of a body: a dict, or JSON text."""
    return any(
        isinstance(choice, Json) or isinstance(interpreter.heap.get(choice), DictObject)
        for choice in alternatives(value)
    )


def is_received_url(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is the URL that a stub received."""
    return all(recorded_address(interpreter, choice) is not None for choice in alternatives(value))


def recorded_requests(interpreter: Interpreter, act: Activation, mock: Mock) -> Value:
    """The requests that stubs of a library received: those of this test, else of this module, else of any."""
    stubs = [
        request
        for request in interpreter.facts.requests
        if request.stub is not None and request.stub.mock == mock.id
    ]
    own_frame = test_frame(interpreter, act.frame.id)
    own = [request for request in stubs if test_frame(interpreter, request.frame) == own_frame]
    near = own or [request for request in stubs if request.site.path == act.frame.path] or stubs
    return join(*(Reply(request.id) for request in near)) if near else UNKNOWN


def stub_by_name(interpreter: Interpreter, act: Activation, double: ServiceDouble, key: Value) -> Value:
    """An item of an object that answers in place of a service: the stubs of that name."""
    name = known_text(key)
    requests = [
        request
        for request in interpreter.facts.requests
        if request.stub is not None and request.stub.name == name
    ]
    mock = interpreter.libraries.mocks[double.mock]
    return (
        join(*(Reply(request.id) for request in requests))
        if name and requests
        else recorded_requests(interpreter, act, mock)
    )


def method_of_verb(verb: str | None) -> Value:
    """The HTTP method of a stub; Unknown if `verb` is None."""
    return plain_text(verb) if verb is not None else Unknown("method")


def test_frame(interpreter: Interpreter, frame: int) -> int:
    """The outermost function activation around a frame: that of the test."""
    caller = interpreter.facts.frames[frame].caller
    return (
        frame
        if caller is None or interpreter.facts.frames[frame].function is None
        else test_frame(interpreter, caller)
    )


def with_bases(url: Operand, bases: Sequence[Operand]) -> Operand:
    """A URL, prefixed with the bases if it is relative."""
    urls: list[Value] = []
    for choice in alternatives(url.value):
        if not isinstance(choice, Text) or "://" in (choice.literal or ""):
            urls.append(choice)
            continue
        for base in bases:
            front = Hole(base.value, base.site, base.frame)
            urls.append(Text((front, Lit("/"), *choice.parts)))
    return url._replace(value=join(*urls))


def recorded_url(interpreter: Interpreter, value: Value) -> Reply | None:
    """The URL that a stub received, if a value may be one."""
    addresses = (recorded_address(interpreter, choice) for choice in alternatives(value))
    return next(
        (Reply(address.request, (View.ADDRESS,)) for address in addresses if address is not None), None
    )


def recorded_address(interpreter: Interpreter, value: Value) -> Reply | None:
    """The URL that a stub received, also if it is formatted as a text."""
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(part := value.parts[0], Hole):
        return recorded_address(interpreter, part.value)
    if isinstance(value, Reply) and is_part_of_received_request(interpreter, value):
        bare = not value.path and mock_library_of(interpreter, value).object_spelling
        return value if bare or value.path == (View.ADDRESS,) else None
    return None


def text_address(interpreter: Interpreter, value: Value) -> Reply | None:
    """The URL that a double received, if a test computes with an argument of a call as with a text: of a
    client's function, the URL is the text."""
    if not isinstance(value, Reply) or value.path or not is_part_of_received_request(interpreter, value):
        return None
    stub = interpreter.facts.requests[value.request].stub
    return value.at(View.ADDRESS) if stub is not None and stub.replaces_client else None


def received_url(interpreter: Interpreter, value: Value) -> Reply | None:
    """The URL that a double received, or its path, for a slice of it; None for any other value."""
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(part := value.parts[0], Hole):
        return received_url(interpreter, part.value)
    is_url = isinstance(value, Reply) and value.path == (View.ADDRESS,)
    if isinstance(value, Reply) and is_url and is_part_of_received_request(interpreter, value):
        return value
    return text_address(interpreter, value)


def searched_position(interpreter: Interpreter, reply: Reply, part: Value) -> Reply:
    """The position that a test for `part` searches: of a double's call, the URL, unless the name of a keyword
    argument is sought."""
    address = text_address(interpreter, reply)
    is_keyword = known_text(part) in interpreter.libraries.keywords
    return reply if address is None or is_keyword else address


def is_stub(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a stub itself."""
    return all(
        isinstance(choice, Reply) and not choice.path and is_part_of_received_request(interpreter, choice)
        for choice in alternatives(value)
    )


def mock_library_of(interpreter: Interpreter, reply: Reply) -> Mock:
    """The mock library of a stub. `reply` is a position in the request that the stub received."""
    stub = interpreter.facts.requests[reply.request].stub
    assert stub is not None
    return interpreter.libraries.mocks[stub.mock]


def attribute_of_address(interpreter: Interpreter, address: Reply, name: str) -> Value:
    """An attribute of a URL that a stub received, or of a request object received in its place."""
    view = interpreter.reply_members(address.request).get(name)
    if view in (View.JSON, View.TEXT, View.NOTHING):
        return Reply(address.request, (view,))
    return address if view is View.ADDRESS else MemberRef(address, name)


def sequences_in(interpreter: Interpreter, value: Value) -> list[SequenceObject]:
    """The lists and tuples that a value may be."""
    objects = interpreter.heap.objects_of(value)
    return [heap_object for heap_object in objects if isinstance(heap_object, SequenceObject)]


def method_and_url(interpreter: Interpreter, key: SequenceObject) -> tuple[Operand, Operand] | None:
    """The method and the URL of a request, in a tuple of both; None for any other sequence."""
    verbs = [item for item in key.items if known_text(item.value) in interpreter.libraries.verbs.values()]
    urls = [item for item in key.items if item not in verbs and is_text(item.value)]
    return (verbs[0], urls[0]) if len(verbs) == len(urls) == 1 and len(key.items) == 2 else None


def is_text(value: Value) -> bool:
    """Whether a value is certainly a text."""
    return all(isinstance(choice, Text) for choice in alternatives(value))


def are_known_to_differ(first: Operand, second: Operand) -> bool:
    """Whether two texts are known and differ, as the methods of two requests."""
    actual, expected = known_text(first.value), known_text(second.value)
    return actual is not None and expected is not None and actual != expected

"""Test doubles: functions and classes that a test installs in place of a client's."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking.double_arguments import DoubleArguments, received_part
from kognitos_migrate.interpret.mocking.recorded_calls import (
    canned_reply,
    file_reply,
    is_raised_error,
    is_text_file,
    method_called,
    method_of_verb,
)
from kognitos_migrate.interpret.mocking.replaced_functions import (
    carrying_attributes,
    methods_named,
    replaced_function,
    session_bases,
    url_bases,
)
from kognitos_migrate.interpret.state.canned_replies import CannedReply, Replacement, Stub
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.rulebook.model import Mock, Role, View
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.functions import returned_expressions
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject, StubContent
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    UNKNOWN,
    Bound,
    Function,
    Json,
    MemberRef,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)

_DEPTH = 6


class DoubleContext(EvalPoint, frozen=True):
    """The place of a double's configuration or assertion, and its mock library.

    `verb` is the HTTP method of the function that the double replaces, None if it is unknown. `bases` are the
    URLs that the session which the double replaces puts in front of a path, `sender` is the short name of the
    client's function that it replaces.
    """

    mock: Mock
    verb: str | None = None
    bases: tuple[Operand, ...] = ()
    sender: str | None = None

    @classmethod
    def at(cls, point: EvalPoint, mock: Mock, verb: str | None = None) -> "DoubleContext":
        """The context of a double that is configured at `point`."""
        return cls(point.interpreter, point.act, point.node, mock, verb)

    def note(
        self, canned: CannedReply, site: Site | None = None, expected: dict[Role, list[Operand]] | None = None
    ) -> Reply:
        """Record a stub without a URL, or one for a request with the parts `expected`, and return that
        request."""
        at, method = site or self.site, method_of_verb(self.verb)
        stub = Stub(self.mock.id, {at: canned} if canned.json or canned.text else {})
        frame, client = self.act.frame.id, self.mock.client
        return self.interpreter.notes.request(
            Request(-1, at, frame, client, method, expected or {}, list(self.bases), stub=stub)
        )


def method_of_names(interpreter: Interpreter, names: tuple[str, ...]) -> str | None:
    """The HTTP method of the client's function that the names lead to; None if there is none."""
    verbs = interpreter.libraries.verbs
    return next((verbs[name] for name in reversed(names) if name in verbs), None)


def install_double(
    context: DoubleContext, double: Operand, function: Site | None = None, depth: int = 0
) -> None:
    """Install a function, an object or a list of results in place of a client's function.

    Functions are called with the request, and the replies are their results. `function` is the program's
    function that is replaced.
    """
    interpreter = context.interpreter
    if function is not None and depth == 0:
        note_double_results(interpreter, double, function)
    for choice in alternatives(double.value):
        heap_object = interpreter.heap.get(choice)
        if depth > _DEPTH:
            return
        if isinstance(choice, Function | Bound):
            others = _results_of_call(context, double._replace(value=choice), function)
            install_double(context, others, function, depth + 1)
        elif isinstance(heap_object, SequenceObject):
            for item in heap_object.all_items(double):
                install_double(context, item, function, depth + 1)
        elif isinstance(heap_object, DictObject) and function is not None:
            canned = CannedReply(json=[Operand(choice, heap_object.site, heap_object.frame)])
            note_replaced_function(
                interpreter, replace(context, verb=None).note(canned, heap_object.site), function
            )
        elif (reply := _library_reply(interpreter, double._replace(value=choice))) is not None:
            context.note(*reply)
        elif depth == 0 and (method := method_called(context, choice)) is not None:
            install_double(context, double._replace(value=method), function, depth + 1)
        elif isinstance(heap_object, Instance) and heap_object.client is None:
            names = carrying_attributes(interpreter, function) if function is not None else ()
            for name in names:
                for operand in heap_object.origins.get(name, ()):
                    install_double(context, operand, function, depth + 1)
            if not names:
                _note_reply_object(context, choice)
        elif may_be_any_reply(choice) and (function is not None or context.verb is not None):
            place = context if function is None else replace(context, verb=None)
            note_replaced_function(
                interpreter, place.note(CannedReply(json=[double._replace(value=choice)])), function
            )


def _results_of_call(context: DoubleContext, double: Operand, function: Site | None) -> Operand:
    """The results of a function that is called with the request, without files that are noted as replies."""
    interpreter, callee = context.interpreter, double.value
    assert isinstance(callee, Function | Bound)
    received = context.note(CannedReply())
    note_replaced_function(interpreter, received, function)
    if function is None and context.sender in interpreter.libraries.single_method_names:
        is_own = any(methods_named(interpreter, context.sender))
        stub_of(interpreter, received).implies_method = not is_own
    interpreter.testing.answers = True
    arguments = DoubleArguments(context, callee, received, context.mock.client)
    answer = context.call(
        callee, arguments.of_client() if function is None else arguments.of_function(function)
    )
    if function is not None:
        note_double_results(interpreter, double._replace(value=answer), function)
    has_files = any(is_text_file(interpreter, part) for part in alternatives(answer))
    files = list(_file_replies(context, callee)) if has_files else []
    for text in files:
        context.note(CannedReply(text=[text]), text.site)
    is_complete = bool(files) and len({text.site for text in files}) == _count_of_returns(interpreter, callee)
    others = [part for part in alternatives(answer) if not (is_complete and is_text_file(interpreter, part))]
    return double._replace(value=join(*others))


def note_double_results(interpreter: Interpreter, double: Operand, function: Site) -> None:
    """Record the results of a double, without functions that return them."""
    results = [
        choice
        for choice in alternatives(double.value)
        if not isinstance(choice, Function | Bound) and not is_raised_error(choice)
    ]
    if results:
        interpreter.facts.replacements[Replacement(function, double._replace(value=join(*results)))] = None


def may_be_any_reply(value: Value) -> bool:
    """Whether a value that a double gives may be any reply. Errors that it raises are none."""
    return isinstance(value, Unknown) and not is_raised_error(value)


def stub_of(interpreter: Interpreter, received: Reply) -> Stub:
    """The stub that received a request."""
    stub = interpreter.facts.requests[received.request].stub
    assert stub is not None
    return stub


def note_replaced_function(interpreter: Interpreter, received: Reply, function: Site | None) -> None:
    """Record the function of the program that a stub replaces, and the texts that the function puts in front
    of the URL."""
    request = interpreter.facts.requests[received.request]
    stub_of(interpreter, received).function = function
    if function is not None:
        bases = url_bases(interpreter, function)
        request.bases.extend(base for base in bases if base not in request.bases)


def _count_of_returns(interpreter: Interpreter, function: Function | Bound) -> int:
    """The number of expressions that a function returns."""
    inner = function.function if isinstance(function, Bound) else function
    assert isinstance(inner, Function)
    tree = interpreter.trees[inner.site.path]
    return sum(1 for _ in returned_expressions(tree, tree.node(inner.site)))


def _file_replies(context: DoubleContext, function: Function | Bound) -> Iterator[Operand]:
    """The contents of the file objects that a function returns as replies."""
    interpreter, inner = context.interpreter, function.function if isinstance(function, Bound) else function
    assert isinstance(inner, Function)
    tree = interpreter.trees[inner.site.path]
    for returned in returned_expressions(tree, tree.node(inner.site)):
        for frame in interpreter.facts.frames:
            if frame.function == inner.site and frame.caller == context.act.frame.id:
                text = file_reply(interpreter, Operand(UNKNOWN, tree.site(returned), frame.id))
                yield from [text] if text is not None else []


def _library_reply(interpreter: Interpreter, reply: Operand) -> tuple[CannedReply, Site] | None:
    """The canned reply that a library's object is, or one whose class derives from it, with its place. None
    if it is no reply, or has no content."""
    text = file_reply(interpreter, reply) if isinstance(reply.value, Ref) else None
    if text is not None:
        return CannedReply(text=[text]), text.site
    heap_object = interpreter.heap.get(reply.value)
    if isinstance(heap_object, StubContent):
        return canned_reply(heap_object), heap_object.site
    if not isinstance(heap_object, Instance) or heap_object.cls is None:
        return None
    bases = mro_of(interpreter, heap_object.cls).outside_names
    content = StubContent(heap_object.site, heap_object.frame, "")
    for mock in interpreter.libraries.mocks.values():
        for stubbing in (stubbing for name, stubbing in mock.replies.items() if name in bases):
            for name, part in stubbing.keywords.items():
                content.parts.setdefault(part, []).extend(heap_object.origins.get(name, ()))
    canned = canned_reply(content)
    return (canned, heap_object.site) if canned.json or canned.text else None


def _site_of_reply(interpreter: Interpreter, record: DictObject, reply: Value) -> Site:
    """The place of a canned reply: the dict, or the call that passes its items to the object's class by
    keyword arguments (`Reply(state="done")`)."""
    instance = interpreter.heap.get(reply)
    is_parameter = isinstance(interpreter.trees[record.site.path].node(record.site), cst.Param)
    return instance.site if is_parameter and isinstance(instance, Instance) else record.site


def _note_reply_object(context: DoubleContext, value: Value) -> None:
    """Record the reply that an object of the program represents: the results of the methods that a client's
    reply has."""
    interpreter = context.interpreter
    unknown: list[Operand] = []
    is_known = False
    for name, view in interpreter.libraries.replies.items():
        if view not in (View.JSON, View.TEXT):
            continue
        attribute = context.attribute(value, name.removesuffix("()"))
        if isinstance(attribute, MemberRef):
            continue
        contents = context.call(attribute, Arguments()) if name.endswith("()") else attribute
        choices = alternatives(contents)
        is_unknown = bool(choices) and all(map(may_be_any_reply, choices))
        is_known |= view is View.JSON and not is_unknown
        unknown.extend([context.operand(contents)] if is_unknown else [])
        for choice in (part for whole in choices for part in _json_values(whole)):
            if isinstance(record := interpreter.heap.get(choice), DictObject):
                canned = CannedReply(json=[Operand(choice, record.site, record.frame)])
                context.note(canned, _site_of_reply(interpreter, record, value))
            elif isinstance(choice, Text) and choice.literal:
                context.note(CannedReply(text=[context.operand(choice)]))
    if unknown and not is_known:
        context.note(CannedReply(json=unknown))


def _json_values(value: Value) -> Iterator[Value]:
    """The values whose JSON text a value is, or the value itself."""
    yield from alternatives(value.value) if isinstance(value, Json) else (value,)


def is_double(interpreter: Interpreter, act: Activation, function: Function) -> bool:
    """Whether code under test calls a function of a test, named like a client's."""
    definition = interpreter.trees[function.site.path].node(function.site)
    name = definition.name.value if isinstance(definition, cst.FunctionDef) else ""
    return _is_of_test(interpreter, act, function) and (
        name in interpreter.libraries.senders or name in interpreter.libraries.verbs
    )


def _is_of_test(interpreter: Interpreter, act: Activation, function: Function) -> bool:
    """Whether code under test calls a function of a test."""
    tests = interpreter.testing.modules
    return function.site.path in tests and act.frame.path not in tests


def note_double_reply(point: EvalPoint, function: Function | Bound) -> None:
    """Record the replies of a double that code under test calls, at the definition of the double."""
    interpreter = point.interpreter
    inner = function.function if isinstance(function, Bound) else function
    assert isinstance(inner, Function)
    definition = interpreter.trees[inner.site.path].node(inner.site)
    assert isinstance(definition, cst.FunctionDef)
    context = _context_of_double(point, definition, interpreter.trees[inner.site.path])
    if context is not None:
        install_double(context, Operand(function, inner.site, context.act.frame.id))


def _context_of_double(point: EvalPoint, definition: cst.FunctionDef, tree: Tree) -> DoubleContext | None:
    """The context of a double in the running test, at the definition of the double."""
    interpreter = point.interpreter
    mock, test = interpreter.libraries.mock_object_library, _running_test(interpreter, point.act)
    if mock is None or test is None:
        return None
    verb = interpreter.libraries.verbs.get(definition.name.value)
    bases = tuple(session_bases(interpreter, point.site))
    act, sender = replace(test, tree=tree), definition.name.value
    return DoubleContext(interpreter, act, definition, mock, verb, bases, sender)


class ReceivedCall(Struct, frozen=True):
    """A call of a double in place of a function of the program: the place of the double in its test, the
    function, and the arguments that the double receives."""

    context: DoubleContext
    function: Site
    arguments: Arguments

    def note_answer(self, value: Value) -> None:
        """Record the result of the double as the reply."""
        note_double_results(self.context.interpreter, self.context.operand(value), self.function)
        install_double(self.context, self.context.operand(value), self.function, 1)


def received_call(call: CallPoint, double: Function) -> ReceivedCall | None:
    """The call of a double, with its arguments, that code under test makes in place of a function which
    returns replies. None for any other call."""
    interpreter = call.interpreter
    if (
        not _is_of_test(interpreter, call.act, double)
        or call.arguments.spread
        or call.arguments.keyword_spread
    ):
        return None
    replaced = replaced_function(interpreter, call.site)
    definition = interpreter.trees[double.site.path].node(double.site)
    if replaced is None or not replaced.roles or not isinstance(definition, cst.FunctionDef):
        return None
    context = _context_of_double(call, definition, interpreter.trees[double.site.path])
    if context is None:
        return None
    received = replace(context, verb=None).note(CannedReply())
    request = interpreter.facts.requests[received.request]
    request.bases.extend(base for base in replaced.bases if base not in request.bases)
    stub_of(interpreter, received).function = replaced.site

    def part(argument: Operand) -> Operand:
        role = replaced.roles.get(argument.site)
        if role is None:
            return argument
        return context.operand(received_part(received, role))

    arguments = Arguments(
        [part(argument) for argument in call.arguments.positional],
        {name: part(argument) for name, argument in call.arguments.keywords.items()},
    )
    return ReceivedCall(context, replaced.site, arguments)


def _running_test(interpreter: Interpreter, act: Activation) -> Activation | None:
    """The activation of the test that is running."""
    frame = act.frame
    while frame.caller is not None and frame.function is not None:
        caller = interpreter.facts.frames[frame.caller]
        if caller.path in interpreter.testing.modules and caller.function is not None:
            return interpreter.activations.get(caller.id)
        frame = caller
    return None

"""Hooks of a client that receive a request: authentication, transport adapters, event hooks."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.containers import class_of
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import Request, UseKind
from kognitos_migrate.interpret.state.tracked_values import reachable_objects
from kognitos_migrate.rulebook.model import Client, Role, View
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Reply,
    Symbol,
    Unknown,
    Value,
)

MOUNTS = "URL prefixes of transport adapters"
"""The reserved attribute of a session for the URL prefixes of its adapters. It is no valid identifier."""
HOOK_OBJECTS = "receivers of requests"
"""The reserved attribute of a session for the objects that may receive its requests. It is no valid
identifier."""

_BODILESS_VIEWS = (
    View.STATUS,
    View.OK,
    View.FAILED,
    View.NOTHING,
    View.OTHER,
    View.ADDRESS,
    View.HEADERS,
    View.HEADER,
)
"""The members of a reply that don't contain its body."""


def register_hooks(call: EvalPoint, client: Client, session: Instance, values: Iterable[Operand]) -> None:
    """Register the objects passed to a session, which may send or sign its requests.

    If such an object reads the reply, or isn't analysed, the client counts as replaced.
    """
    interpreter = call.interpreter
    for operand in values:
        interpreter.stores += session.put(HOOK_OBJECTS, operand)
        for choice in nested_values(interpreter, operand.value):
            cls = class_of(interpreter, choice)
            if cls is not None and any(
                _reads_reply_body(tree, method, client) for tree, method in _methods(interpreter, cls)
            ):
                interpreter.facts.replaced.setdefault(client.id, operand.site)
            if _has_unanalysed_hook(interpreter, choice, client):
                interpreter.facts.replaced.setdefault(client.id, operand.site)


def _has_unanalysed_hook(interpreter: Interpreter, value: Value, client: Client) -> bool:
    """Whether requests reach functions that are not analysed.

    `value` is then a type of the library, or a class that the library instantiates itself.
    """
    if isinstance(value, Class):
        names = (*client.hook_spelling.request_methods, *client.hook_spelling.response_methods)
        return any(isinstance(class_attribute(interpreter, value, name), Function) for name in names)
    type_name = (
        value.source if isinstance(value, Unknown) else value.name if isinstance(value, Symbol) else ""
    )
    return type_name.removesuffix("()") in client.hook_spelling.unanalysed_types


def note_interceptors(call: CallPoint, client: Client, session: Instance) -> None:
    """Count the client as replaced if code of the program sees each request: an override of a method that
    requests pass, or an object that receives them."""
    interpreter = call.interpreter
    for name in (*client.session_stages, *client.session_interceptors):
        override = class_attribute(interpreter, session.cls, name)
        operands = [
            *session.origins.get(name, ()),
            *([call.arguments.keywords[name]] if name in call.arguments.keywords else ()),
            *([call.operand(override)] if override != NEVER else ()),
        ]
        for operand in operands:
            if _has_program_code(interpreter, operand.value):
                interpreter.facts.replaced.setdefault(client.id, operand.site)


def _has_program_code(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value contains functions or objects of the program, or may do so because it isn't known."""
    return bool(reachable_objects(value, interpreter.heap).definitions) or any(
        isinstance(choice, Function | Bound | Class) or choice == UNKNOWN for choice in alternatives(value)
    )


def note_session_install(call: CallPoint, client: Client) -> None:
    """Install a session behind the functions of its client. If objects were passed to the session, the client
    counts as replaced."""
    interpreter = call.interpreter
    for choice in (
        choice for argument in call.arguments.everything() for choice in alternatives(argument.value)
    ):
        heap_object = interpreter.heap.get(choice)
        if isinstance(heap_object, Instance) and heap_object.origins.get(HOOK_OBJECTS):
            interpreter.facts.replaced.setdefault(client.id, call.site)


def call_hooks(call: CallPoint, client: Client, values: Iterable[Operand], reply: Reply) -> None:
    """Call the functions and methods of the program that receive a request, or a request and its reply."""
    request_arguments = Arguments([call.operand(reply.at(View.REQUEST))])
    reply_arguments = Arguments([*request_arguments.positional, call.operand(reply)])
    for operand in values:
        for choice in nested_values(call.interpreter, operand.value):
            for hook in _hook_callables(call.interpreter, choice, client.hook_spelling.request_methods):
                call.call(hook, request_arguments)
            for hook in _methods_of(call.interpreter, choice, client.hook_spelling.response_methods):
                _note_escape_unless_reply(call, call.call(hook, reply_arguments), reply)


def call_override(call: CallPoint, override: Value, reply: Reply) -> Value:
    """The reply, after a call of a session's overridden method that receives a request and sends it."""
    result = call.call(override, Arguments([call.operand(reply.at(View.REQUEST))]))
    _note_escape_unless_reply(call, result, reply)
    return reply


def _note_escape_unless_reply(call: CallPoint, result: Value, reply: Reply) -> None:
    """Let the reply escape if a method returns anything else in its place."""
    if any(choice != reply for choice in alternatives(result)):
        call.note_use(UseKind.ESCAPE, reply, call.site, detail="a method that may return another object")


def hook_request_attribute(interpreter: Interpreter, request: Reply, name: str) -> Value:
    """An attribute of a request that a hook received: its URL, its HTTP method, its headers, or Unknown."""
    client = interpreter.libraries.clients[interpreter.facts.requests[request.request].client]
    hook_spelling = client.hook_spelling
    if client.request.get(name) is Role.HEADERS:
        return _hook_headers(interpreter, interpreter.facts.requests[request.request])
    if f"{name}()" in (*hook_spelling.content_attributes, *hook_spelling.verbs):
        return MemberRef(request, name)
    if name in hook_spelling.verbs:
        return Reply(request.request, (View.VERB,))
    return Reply(request.request, (View.ADDRESS,)) if name in hook_spelling.content_attributes else UNKNOWN


def _hook_headers(interpreter: Interpreter, request: Request) -> Value:
    """The headers of a request that a hook received: a dict of those that hooks set, and unknown ones."""
    headers, _ = interpreter.allocate_dict_at(request.site, request.frame)
    operand = Operand(headers, request.site, request.frame)
    if operand not in request.hook_headers:
        request.hook_headers.append(operand)
        interpreter.notes.events += 1
    return join(headers, UNKNOWN)


def hook_request_method(interpreter: Interpreter, request: Reply, name: str) -> Value:
    """The result of a method of a request that a hook received: its URL or its HTTP method."""
    hook_spelling = interpreter.libraries.clients[
        interpreter.facts.requests[request.request].client
    ].hook_spelling
    return Reply(request.request, (View.VERB if f"{name}()" in hook_spelling.verbs else View.ADDRESS,))


def nested_values(interpreter: Interpreter, value: Value) -> Iterator[Value]:
    """The values in nested dicts and lists. A dict that contains itself is looked at once."""
    visited: set[Value] = set()
    pending = [value]
    for part in pending:
        for choice in interpreter.heap.flat_alternatives(part):
            record = interpreter.heap.get(choice)
            if not isinstance(record, DictObject) or not record.is_closed:
                yield choice
            elif choice not in visited:
                visited.add(choice)
                pending += [*map(record.get, record.entries), record.others]


def entries_at(interpreter: Interpreter, value: Value, keys: Iterable[str]) -> Value:
    """The values that known dicts have at keys."""
    records = [record for record in interpreter.heap.objects_of(value) if isinstance(record, DictObject)]
    return join(
        *(record.get(key) for record in records if record.is_closed for key in keys if key in record.entries)
    )


def _hook_callables(
    interpreter: Interpreter, value: Value, names: Iterable[str]
) -> Iterator[Function | Bound]:
    yield from _methods_of(interpreter, value, names)
    if isinstance(value, Function | Bound):
        yield value


def _methods_of(interpreter: Interpreter, value: Value, names: Iterable[str]) -> Iterator[Bound]:
    cls = class_of(interpreter, value)
    for name in names if cls is not None else ():
        method = class_attribute(interpreter, cls, name) if cls is not None else None
        if isinstance(method, Function):
            yield Bound(method, value)


def _methods(interpreter: Interpreter, cls: Class) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    for info in mro_of(interpreter, cls).infos:
        tree = interpreter.trees[info.site.path]
        definition = tree.node(info.site)
        for method in tree.descendants_of_kind(definition, cst.FunctionDef):
            if tree.enclosing(method, cst.ClassDef) is definition:
                yield tree, method


def _reads_reply_body(tree: Tree, method: cst.FunctionDef, client: Client) -> bool:
    """Whether a method that delegates to a method of the same name reads the returned reply."""
    for call in tree.descendants_of_kind(method, cst.Call):
        if not isinstance(call.func, cst.Attribute) or call.func.attr.value != method.name.value:
            continue
        parent = tree.parent(call)
        if isinstance(parent, cst.Return | cst.Expr | cst.Await):
            continue
        target = parent.targets[0].target if isinstance(parent, cst.Assign) else None
        if not isinstance(target, cst.Name) or any(
            not _ignores_body(tree, node, client)
            for node in tree.descendants_of_kind(method, cst.Name)
            if node.value == target.value and node is not target
        ):
            return True
    return False


def _ignores_body(tree: Tree, node: cst.Name, client: Client) -> bool:
    """Whether a reply is only passed on here, or only members other than its body are read."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Attribute) and parent.value is node:
        name = parent.attr.value
        return client.reply.get(name, client.reply.get(f"{name}()")) in _BODILESS_VIEWS
    return isinstance(parent, cst.Return | cst.AssignTarget)

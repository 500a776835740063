"""Hooks of a client that see a request: authentication, transport adapters, event hooks."""

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.rulebook.model import Client, View
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Unknown,
    Value,
)

MOUNTS = "what begins the URLs that something is mounted for"
"""The attribute under which a session keeps them; no name of Python."""
CARRIERS = "what is shown requests"
"""The attribute under which a session keeps what it is given; no name of Python."""

_OUTSIDE = (View.STATUS, View.OK, View.NOTHING, View.OTHER, View.ADDRESS, View.HEADERS)
"""What a reply says that is not in its body."""


def register_hooks(call: CallPoint, client: Client, session: Instance, values: Iterable[Operand]) -> None:
    """A session is given something: what sends for it, or signs what it sends, maybe."""
    m = call.machine
    for given in values:
        m.stores += session.put(CARRIERS, given)
        for choice in container_members(m, given.value):
            cls = _class(m, choice)
            if cls is not None and any(_looks(tree, method, client) for tree, method in _methods(m, cls)):
                m.facts.replaced.setdefault(client.id, given.site)
            if _is_hidden(m, choice, client):
                m.facts.replaced.setdefault(client.id, given.site)


def _is_hidden(m: Interpreter, value: Value, client: Client) -> bool:
    """Whether a thing shows requests to functions out of sight: one of the library's own types, or a class of
    the program, of which the library makes an instance by itself."""
    if isinstance(value, Class):
        names = (*client.carriers.methods, *client.carriers.answered)
        return any(isinstance(class_attribute(m, value, name), Function) for name in names)
    made = value.source if isinstance(value, Unknown) else value.name if isinstance(value, Symbol) else ""
    return made.removesuffix("()") in client.carriers.hidden


def install_session(call: CallPoint, client: Client) -> None:
    """A session is put behind the functions of its client: what it is given is shown their requests."""
    m = call.machine
    for choice in (choice for given in call.arguments.everything() for choice in alternatives(given.value)):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Instance) and thing.origins.get(CARRIERS):
            m.facts.replaced.setdefault(client.id, call.site)


def call_hooks(call: CallPoint, client: Client, values: Iterable[Operand], reply: Reply) -> None:
    """A request is shown to functions of the program among what its client is given, and to the methods by
    which things of the program are shown requests."""
    seen = Arguments([call.given(reply.at(View.REQUEST))])
    answered = Arguments([*seen.positional, call.given(reply)])
    for given in values:
        for choice in container_members(call.machine, given.value):
            for carrier in _carriers(call.machine, choice, client.carriers.methods):
                call.call(carrier, seen)
            for carrier in _methods_of(call.machine, choice, client.carriers.answered):
                _require_reply(call, call.call(carrier, answered), reply)


def override_result(call: CallPoint, override: Value, reply: Reply) -> Value:
    """What a session's own method gives that is shown a request, and sends it."""
    given = call.call(override, Arguments([call.given(reply.at(View.REQUEST))]))
    _require_reply(call, given, reply)
    return reply


def _require_reply(call: CallPoint, given: Value, reply: Reply) -> None:
    """Where something else than the reply is given in its place, it is not known what becomes of that."""
    if any(choice != reply for choice in alternatives(given)):
        call.use(UseKind.ESCAPE, reply, call.site, detail="a method that gives something else in its place")


def hook_request_attribute(m: Interpreter, request: Reply, name: str) -> Value:
    """An attribute of a request that is shown: what it sends, or something of which nothing is known."""
    carriers = m.libraries.clients[m.facts.requests[request.request].client].carriers
    if f"{name}()" in (*carriers.asked, *carriers.verbs):
        return MemberRef(request, name)
    if name in carriers.verbs:
        return Reply(request.request, (View.VERB,))
    return Reply(request.request, (View.ADDRESS,)) if name in carriers.asked else UNKNOWN


def hook_request_method(m: Interpreter, request: Reply, name: str) -> Value:
    """What a method of a request that is shown gives."""
    carriers = m.libraries.clients[m.facts.requests[request.request].client].carriers
    return Reply(request.request, (View.VERB if f"{name}()" in carriers.verbs else View.ADDRESS,))


def container_members(m: Interpreter, value: Value, keys: Sequence[str] | None = None) -> Iterator[Value]:
    """The values in dicts and lists; of a dict at the top those of some `keys`, if any are given."""
    for choice in alternatives(value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, DictObject) and not thing.spreads and not thing.open:
            for name in thing.entries:
                if keys is None or name in keys:
                    yield from container_members(m, thing.get(name))
            yield from container_members(m, thing.others if keys is None else NEVER)
        elif isinstance(thing, SequenceObject):
            yield from container_members(m, thing.element())
        elif keys is None:
            yield choice


def _carriers(m: Interpreter, value: Value, names: Iterable[str]) -> Iterator[Function | Bound]:
    yield from _methods_of(m, value, names)
    if isinstance(value, Function | Bound):
        yield value


def _methods_of(m: Interpreter, value: Value, names: Iterable[str]) -> Iterator[Bound]:
    cls = _class(m, value)
    for name in names if cls is not None else ():
        method = class_attribute(m, cls, name) if cls is not None else None
        if isinstance(method, Function):
            yield Bound(method, value)


def _class(m: Interpreter, value: Value) -> Class | None:
    thing = m.heap[value] if isinstance(value, Ref) else None
    return thing.cls if isinstance(thing, Instance) else None


def _methods(m: Interpreter, cls: Class) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    for info in mro_of(m, cls).infos:
        tree = m.trees[info.site.path]
        definition = tree.node(info.site)
        for method in tree.within(definition, cst.FunctionDef):
            if tree.enclosing(method, cst.ClassDef) is definition:
                yield tree, method


def _looks(tree: Tree, method: cst.FunctionDef, client: Client) -> bool:
    """Whether a method that hands a request on to one of the same name looks into what that gives."""
    for called in tree.within(method, cst.Call):
        if not isinstance(called.func, cst.Attribute) or called.func.attr.value != method.name.value:
            continue
        parent = tree.parent(called)
        if isinstance(parent, cst.Return | cst.Expr | cst.Await):
            continue
        target = parent.targets[0].target if isinstance(parent, cst.Assign) else None
        if not isinstance(target, cst.Name) or any(
            not _is_outside(tree, node, client)
            for node in tree.within(method, cst.Name)
            if node.value == target.value and node is not target
        ):
            return True
    return False


def _is_outside(tree: Tree, node: cst.Name, client: Client) -> bool:
    """Whether a reply is only handed on here, or asked for what is not in its body."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Attribute) and parent.value is node:
        name = parent.attr.value
        return client.reply.get(name, client.reply.get(f"{name}()")) in _OUTSIDE
    return isinstance(parent, cst.Return | cst.AssignTarget)

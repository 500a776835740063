"""Code of the program that a client shows requests on their way, like adapters that are mounted on a session
and what signs requests: whether it looks into the replies, and what it asks of what is sent."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.lookup import class_attribute, lineage
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.rulebook.model import Client, View
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.base import UNKNOWN, Bound, Class, Function, Member, Ref, Reply, Value
from kognitos_migrate.values.heap import Given, Instance, Record, Sequence
from kognitos_migrate.values.join import alternatives

CARRIERS = "what is shown requests"
"""The attribute under which a session keeps what it is given; no name of Python."""

_OUTSIDE = (View.STATUS, View.OK, View.NOTHING, View.OTHER, View.ADDRESS)
"""What a reply says that is not in its body."""


def keep_carriers(call: Call, client: Client, session: Instance, values: Iterable[Given]) -> None:
    """A session is given something: what sends for it, or signs what it sends, maybe."""
    m = call.machine
    for given in values:
        m.stores += session.put(CARRIERS, given)
        for choice in alternatives(given.value):
            cls = _class(m, choice)
            if cls is not None and any(_looks(m, tree, method, client) for tree, method in _methods(m, cls)):
                m.facts.replaced.setdefault(client.id, given.site)


def show(call: Call, client: Client, values: Iterable[Given], reply: Reply) -> None:
    """A request is shown to functions of the program among what its client is given, and to the methods by
    which things of the program are shown requests."""
    seen = Arguments([call.given(reply.at(View.REQUEST))])
    for given in values:
        for choice in members(call.machine, given.value):
            for carrier in _carriers(call.machine, choice, client):
                call.call(carrier, seen)


def shown(m: Machine, request: Reply, name: str) -> Value:
    """An attribute of a request that is shown: what it sends, or something of which nothing is known."""
    asked = m.libraries.clients[m.facts.requests[request.request].client].carriers.asked
    if f"{name}()" in asked:
        return Member(request, name)
    return Reply(request.request, (View.ADDRESS,)) if name in asked else UNKNOWN


def members(m: Machine, value: Value) -> Iterator[Value]:
    """The values in dicts and lists."""
    for choice in alternatives(value):
        thing = m.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(thing, Record) and not thing.spreads and not thing.open:
            for name in thing.entries:
                yield from members(m, thing.get(name))
            yield from members(m, thing.others)
        elif isinstance(thing, Sequence):
            yield from members(m, thing.element())
        else:
            yield choice


def _carriers(m: Machine, value: Value, client: Client) -> Iterator[Function | Bound]:
    cls = _class(m, value)
    for name in client.carriers.methods if cls is not None else ():
        method = class_attribute(m, cls, name) if cls is not None else None
        if isinstance(method, Function):
            yield Bound(method, value)
    if isinstance(value, Function | Bound):
        yield value


def _class(m: Machine, value: Value) -> Class | None:
    thing = m.heap[value] if isinstance(value, Ref) else None
    return thing.cls if isinstance(thing, Instance) else None


def _methods(m: Machine, cls: Class) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    for info in lineage(m, cls).infos:
        tree = m.trees[info.site.path]
        definition = tree.node(info.site)
        for method in tree.within(definition, cst.FunctionDef):
            if tree.enclosing(method, cst.ClassDef) is definition:
                yield tree, method


def _looks(m: Machine, tree: Tree, method: cst.FunctionDef, client: Client) -> bool:
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

"""Code of the program that a client shows requests on their way, like adapters that are mounted on a session
and what signs requests: whether it looks into the replies, or asks what the requests say."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.interpret.classes import lineage
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.strings import WORD
from kognitos_migrate.rulebook.model import Client, Role, View
from kognitos_migrate.syntax.tested import tester
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.base import Bound, Class, Function, Ref, Value
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives

_OUTSIDE = (View.STATUS, View.OK, View.NOTHING, View.OTHER, View.ADDRESS)
"""What a reply says that is not in its body."""
_SENT = (Role.URL, Role.JSON, Role.DATA)
"""What of a request changes with the version."""


def note_carriers(call: Call, client: Client) -> None:
    """A session is given something: what sends for it, maybe."""
    m = call.machine
    for given in call.arguments.everything():
        for choice in alternatives(given.value):
            thing = m.heap[choice] if isinstance(choice, Ref) else None
            cls = thing.cls if isinstance(thing, Instance) else None
            if cls is not None and any(_looks(m, tree, method, client) for tree, method in _methods(m, cls)):
                m.facts.replaced.setdefault(client.id, given.site)
    note_askers(call, client, call.arguments.everything())


def note_askers(call: Call, client: Client, values: Iterable[Given]) -> None:
    """A client is given something that it shows its requests, maybe."""
    m = call.machine
    for given in values:
        for choice in alternatives(given.value):
            if any(_asks(m, tree, function, client) for tree, function in _functions(m, choice)):
                m.facts.replaced.setdefault(client.id, given.site)


def _functions(m: Machine, value: Value) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """What may be called of a value of the program: the function that it is, or the methods of its class."""
    function = value.function if isinstance(value, Bound) else value
    thing = m.heap[value] if isinstance(value, Ref) else None
    if isinstance(thing, Instance) and thing.cls is not None:
        yield from _methods(m, thing.cls)
    if isinstance(function, Function):
        tree = m.trees[function.site.path]
        definition = tree.node(function.site)
        if isinstance(definition, cst.FunctionDef):
            yield tree, definition


def _asks(m: Machine, tree: Tree, function: cst.FunctionDef, client: Client) -> bool:
    """Whether a function tests what a request that it is given sends, or where to: for a word that is
    watched, or for being the same as something else."""
    listed = function.params
    names = {one.name.value for one in (*listed.posonly_params, *listed.params, *listed.kwonly_params)}
    said = {member for member, role in client.request.items() if role in _SENT}
    for read in tree.within(function, cst.Attribute) if said else ():
        owner = read.value
        if read.attr.value in said and isinstance(owner, cst.Name) and owner.value in names:
            test = _test_around(tree, read)
            texts = tree.within(test, cst.SimpleString) if test is not None else ()
            words = {word for text in texts for word in WORD.findall(text.value)}
            if not words.isdisjoint(m.notes.watch) or (test is not None and _is_compared(test, read)):
                return True
    return False


def _is_compared(test: cst.CSTNode, read: cst.CSTNode) -> bool:
    """Whether what is read is compared, as it is, with something that isn't written there."""
    match test:
        case cst.Comparison(left, [cst.ComparisonTarget(cst.Equal() | cst.NotEqual(), right)]):
            other = right if left is read else left
            return read in (left, right) and not isinstance(other, cst.SimpleString)
        case _:
            return False


def _test_around(tree: Tree, read: cst.CSTNode) -> cst.CSTNode | None:
    """The comparison or the test that a node is a part of."""
    for above in tree.ancestors(read):
        if isinstance(above, cst.Comparison):
            return above
        if isinstance(above, cst.BaseSuite):
            break
    asked = tester(tree, read)
    return asked.test if asked is not None else None


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

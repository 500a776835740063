"""Classes of the program that carry requests for a session, like adapters that are mounted on one: whether
they look into the replies on their way."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.interpret.classes import lineage
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.rulebook.model import Client, View
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.base import Class, Ref
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives

_OUTSIDE = (View.STATUS, View.OK, View.NOTHING, View.OTHER, View.ADDRESS)
"""What a reply says that is not in its body."""


def note_carriers(call: Call, client: Client) -> None:
    """A session is given something: what sends for it, maybe."""
    m = call.machine
    for given in call.arguments.everything():
        for choice in alternatives(given.value):
            thing = m.heap[choice] if isinstance(choice, Ref) else None
            cls = thing.cls if isinstance(thing, Instance) else None
            if cls is not None and any(_looks(m, tree, method, client) for tree, method in _methods(m, cls)):
                m.facts.replaced.setdefault(client.id, given.site)


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

"""What a program asks of a dict out of which an entry is taken: where it would get another answer, the entry
can't be taken out."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import Ref, Value
from kognitos_migrate.values.heap import Record
from kognitos_migrate.values.join import alternatives

_BY_KEY = ("get", "pop", "setdefault", "__contains__", "__getitem__")
_WALKS = ("len", "bool", "list", "tuple", "sorted", "set", "any", "all")
_NOTHING = ("None", "{}", "()", '""', "''", "dict()")


def require_not_asked(scene: Scene, match: Match, value: Value, key: str, alone: bool) -> None:
    """Raises Refused where a dict that `value` may be is asked for a key, besides being sent; or, if it has
    that key `alone`, whether it has anything."""
    sent = [site for site, _ in scene.calls(match.request)]
    for choice in alternatives(value):
        thing = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Ref) and isinstance(thing, Record) and key in thing.entries:
            for site in scene.holding(choice):
                tree, node = scene.tree(site), scene.node(site)
                if _asks(tree, node, key) or (alone and _is_tested(tree, node, sent)):
                    message = f"it is asked here for {key!r}, which is no parameter any more"
                    raise Refused(site, "query", message)


def _asks(tree: Tree, node: cst.CSTNode, key: str) -> bool:
    parent = tree.parent(node)
    match parent:
        case cst.Subscript():
            index = parent.slice[0].slice if parent.value is node else None
            return not _is_set(tree, parent) and isinstance(index, cst.Index) and _may_say(index.value, key)
        case cst.Attribute():
            call = tree.parent(parent)
            by_key = isinstance(call, cst.Call) and parent.attr.value in _BY_KEY and bool(call.args)
            return by_key and isinstance(call, cst.Call) and _may_say(call.args[0].value, key)
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn()):
            around = tree.parent(parent)
            return isinstance(around, cst.Comparison) and _may_say(around.left, key)
        case cst.Comparison() | cst.ComparisonTarget():
            return True
        case cst.Arg():
            call = tree.parent(parent)
            return isinstance(call, cst.Call) and tree.code(call.func) in _WALKS
        case _:
            return isinstance(parent, cst.For | cst.CompFor) and parent.iter is node


def _is_set(tree: Tree, item: cst.Subscript) -> bool:
    """Whether an item is put into a dict, or taken out, or is itself the key of an entry, which goes, too."""
    parent = tree.parent(item)
    if isinstance(parent, cst.DictElement):
        return parent.key is item
    return isinstance(parent, cst.AssignTarget | cst.Del)


def _may_say(node: cst.BaseExpression, key: str) -> bool:
    """Whether an expression may be the key, as far as it is written out."""
    return not isinstance(node, cst.SimpleString) or literal_text(node) == key


def _is_tested(tree: Tree, node: cst.CSTNode, sent: Collection[Site]) -> bool:
    """Whether it depends on a dict's truth what is done with other things, or whether the request is sent."""
    parent, name = tree.parent(node), tree.code(node)
    match parent:
        case cst.UnaryOperation():
            return isinstance(parent.operator, cst.Not)
        case cst.BooleanOperation():
            return isinstance(parent.operator, cst.And) and parent.left is node
        case cst.IfExp() if parent.test is node:
            is_left_out = tree.code(parent.orelse) in _NOTHING
            return not is_left_out or not _says(tree, parent.body, name, sent)
        case cst.If() if parent.test is node:
            lines = parent.body.body
            return parent.orelse is not None or not all(_says(tree, line, name, sent) for line in lines)
        case _:
            return False


def _says(tree: Tree, node: cst.CSTNode, name: str, sent: Collection[Site]) -> bool:
    """Whether something only hands a dict on that has this name: it is said there, and nothing is sent."""
    within = [node, *tree.descendants(node)]
    return any(tree.code(one) == name for one in within) and not any(tree.site(one) in sent for one in within)

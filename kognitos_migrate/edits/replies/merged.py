"""A reply that is merged into a dict, or into attributes of an object: where these are only asked for keys
that are known, and no key is in the way of another in either layout, they are read as the reply is."""

from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import HARMLESS, Escapes, Scene
from kognitos_migrate.interpret.events import MERGED, OF_CLASS, Use, UseKind
from kognitos_migrate.interpret.library.functools_ import OBJECTS
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import (
    NEVER,
    NONE,
    Bound,
    Class,
    Function,
    Member,
    Ref,
    Reply,
    Symbol,
    Text,
    Value,
)
from kognitos_migrate.values.heap import Instance, Namespace, Record
from kognitos_migrate.values.join import alternatives

_CARRIES = (
    *(cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.AssignTarget, cst.Return, cst.Yield),
    *(cst.Lambda, cst.Await, cst.Element, cst.Tuple, cst.DictElement, cst.StarredDictElement),
    *(cst.IfExp, cst.BooleanOperation, cst.If, cst.While, cst.Expr),
)
"""What binds a dict to a name, hands it on, merges it into another one or tests it for truth."""
_METHODS = ("get", "update", "copy")
_KEEPING = ("append", "appendleft", "insert", "put", "put_nowait")
"""Methods by which a list or a queue gets what it holds."""
_MAKING = ("builtins.dict", *OBJECTS)


def require_followed(scene: Scene, match: Match) -> None:
    """Raise Escapes where a reply was merged into something of which more is asked than keys, or where keys
    of the one would be taken for keys of the other."""
    whole = Reply(match.request.id, (View.JSON,))
    uses = (use for use in scene.uses.get(match.request.id, ()) if use.value == whole)
    merged = [use for use in uses if use.detail in (MERGED, OF_CLASS)]
    for ref in scene.merged.get(match.request.id, ()) if merged else ():
        record = scene.facts.heap[ref]
        assert isinstance(record, Record)
        _require_alone(scene, match, record, merged[0].site)
        for site in _holding(scene, ref, record):
            if not _is_followed(scene, match, site):
                raise _escapes(match, site, "of which more is asked than keys that are known")
    for use in merged:
        if use.kind is UseKind.READ:
            _require_kept(scene, match, use)


def _escapes(match: Match, site: Site, what: str) -> Escapes:
    message = f"the whole reply is merged into a dict, or into attributes, {what}"
    return Escapes((match.request.id,), site, "reply-escapes", message)


def _require_alone(scene: Scene, match: Match, record: Record, site: Site) -> None:
    """Nothing else in a dict may be what the reply has, in the old or in the new layout."""
    for part in scene.facts.heap.parts(record):
        if part.open or part.shrinks or part.others is not NEVER or part.names is not NEVER:
            raise _escapes(match, site, "of which not all keys are known")
        of_class = part.of_class if isinstance(part, Namespace) else frozenset()
        if of_class is None:
            raise _escapes(match, site, "whose class may have others")
        for name in (*part.entries, *of_class):
            if match.operation.old.reply_slot(name) or match.operation.new.reply_slot(name):
                raise _escapes(match, site, f"which have {name!r} of their own")
        for choice in (choice for spread in part.spreads for choice in alternatives(spread.value)):
            if not _is_known_part(scene, match, choice):
                raise _escapes(match, site, "with other things")


def _is_known_part(scene: Scene, match: Match, value: Value) -> bool:
    """Whether what was merged into a dict is a dict of the program, or a reply to the same operation."""
    if isinstance(value, Reply):
        other = scene.matches.get(value.request)
        return value.path == (View.JSON,) and other is not None and other.operation.id == match.operation.id
    return value == NONE or (isinstance(value, Ref) and isinstance(scene.facts.heap[value], Record))


def _require_kept(scene: Scene, match: Match, use: Use) -> None:
    """What is read is a field of the reply, where its name is written, or what neither reply has."""
    for choice in alternatives(use.other or NEVER):
        name = choice.literal if isinstance(choice, Text) else None
        old = match.operation.old.reply_slot(name) if name is not None else None
        if old is None and name is not None and match.operation.new.replies(name):
            raise _escapes(match, use.site, f"of which {name!r} is asked for, which the new reply has, too")
        if old is not None and (use.detail == OF_CLASS or not _is_read(scene, match, use, old.slot)):
            raise _escapes(match, use.site, f"of which {name!r} is not simply read")


def _is_read(scene: Scene, match: Match, use: Use, slot: str) -> bool:
    """Whether a field is read where its name is written: as an item, an attribute, or by `get`."""
    tree = scene.tree(use.site)
    node = tree.node(use.site)
    new = match.operation.new.reply_member(slot)
    if isinstance(tree.parent(node), cst.AugAssign | cst.AssignTarget | cst.Del):
        return False
    if isinstance(node, cst.Attribute):
        return new is None or new.name.isidentifier()
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.attr.value == "get"
    return isinstance(node, cst.Subscript)


def _holding(scene: Scene, ref: Ref, record: Record) -> Iterator[Site]:
    """The expressions that give a dict, or the object whose attributes it is."""
    yield from scene.holding(ref)
    if isinstance(record, Namespace) and record.owner is not None:
        yield from scene.holding(scene.facts.heap.new(record.owner))


def _is_followed(scene: Scene, match: Match, site: Site) -> bool:
    """Whether an expression only hands a dict (or an object) on, reads it by a key, or shows it to people."""
    tree = scene.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if isinstance(parent, _CARRIES):
        return True
    if isinstance(parent, cst.UnaryOperation):
        return isinstance(parent.operator, cst.Not)
    if isinstance(parent, cst.BinaryOperation):
        return isinstance(parent.operator, cst.BitOr)
    if isinstance(parent, cst.Comparison):
        return all(isinstance(one.operator, cst.Is | cst.IsNot) for one in parent.comparisons)
    if isinstance(parent, cst.For | cst.CompFor):
        return parent.target is node
    if isinstance(parent, cst.ListComp | cst.GeneratorExp):
        return parent.elt is node
    if isinstance(parent, cst.DictComp):
        return parent.value is node
    if isinstance(parent, cst.Subscript):
        return parent.value is node and not isinstance(tree.parent(parent), cst.Del)
    if isinstance(parent, cst.Attribute):
        above = tree.parent(parent)
        if any(isinstance(scene.facts.heap[ref], Record) for ref in _refs(scene.everywhere(site))):
            return parent.attr.value in _METHODS and isinstance(above, cst.Call) and above.func is parent
        return not isinstance(above, cst.Del)
    if isinstance(parent, cst.Arg) and isinstance(call := tree.parent(parent), cst.Call):
        called = scene.everywhere(tree.site(call.func))
        shown = any(
            use.operand == site and use.kind in HARMLESS for use in scene.uses.get(match.request.id, ())
        )
        return shown or all(
            _takes(scene, choice, parent) for value in called for choice in alternatives(value)
        )
    return False


def _refs(values: Iterable[Value]) -> Iterator[Ref]:
    return (one for value in values for one in alternatives(value) if isinstance(one, Ref))


def _takes(scene: Scene, callee: Value, arg: cst.Arg) -> bool:
    """Whether what is called is the program's, makes another dict, or keeps what it gets in a list."""
    if isinstance(callee, Member) and isinstance(callee.receiver, Ref):
        held = scene.facts.heap[callee.receiver]
        if isinstance(held, Record):
            return callee.name == "update"
        return callee.name in _KEEPING and not isinstance(held, Instance)
    if isinstance(callee, Function | Bound | Class):
        return not arg.star
    return isinstance(callee, Symbol) and callee.name in _MAKING

"""Status codes: the new one is said where the old one is written, or nothing is where a test comes out the
same for both."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from operator import ge, gt, le, lt

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.scene import HARMLESS, Refused, Scene
from kognitos_migrate.interpret.events import Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import UNKNOWN, Const, Reply, Symbol, Value
from kognitos_migrate.values.heap import Given, Sequence
from kognitos_migrate.values.join import alternatives

_ORDER: dict[type[cst.CSTNode], Callable[[int, int], bool]] = {
    cst.LessThan: lt,
    cst.LessThanEqual: le,
    cst.GreaterThan: gt,
    cst.GreaterThanEqual: ge,
}


def all_the_same(node: cst.CSTNode, old: int, new: int) -> bool:
    """Whether an expression over a status gives the same for both, whichever of its parts the status is."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.FloorDivide):
        divisor = _number(node.right)
        return bool(divisor) and old // (divisor or 1) == new // (divisor or 1)
    if not isinstance(node, cst.Comparison):
        return False
    parts = [node.left, *(target.comparator for target in node.comparisons)]
    for place, target in enumerate(node.comparisons):
        left, right = parts[place], parts[place + 1]
        if isinstance(target.operator, cst.In | cst.NotIn):
            bounds = _bounds(right)
            if bounds is None or (old in bounds) != (new in bounds):
                return False
            continue
        compare = _ORDER.get(type(target.operator))
        low, high = _number(left), _number(right)
        if compare is None or (low is None) == (high is None):
            return False
        if low is not None and compare(low, old) != compare(low, new):
            return False
        if high is not None and compare(old, high) != compare(new, high):
            return False
    return True


def _number(node: cst.CSTNode) -> int | None:
    return int(node.evaluated_value) if isinstance(node, cst.Integer) else None


def _bounds(node: cst.CSTNode) -> range | None:
    """`range(200, 300)`."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Name) or node.func.value != "range":
        return None
    ends = [_number(arg.value) for arg in node.args]
    known = [end for end in ends if end is not None]
    return range(*known) if known and len(known) == len(ends) < 3 else None


def migrate_status(scene: Scene, match: Match, use: Use) -> list[Draft]:
    """The drafts for what is done with a status. Raises Refused."""
    old, new = match.operation.old.status, match.operation.new.status
    if old == new or use.kind in HARMLESS or use.kind in (UseKind.ESCAPE, UseKind.FORMAT):
        return []
    if old is not None and new is not None and all_the_same(scene.node(use.site), old, new):
        return []
    if use.kind in (UseKind.COMPARE, UseKind.MATCH) and old is not None and new is not None:
        drafts = list(status_drafts(scene, match, use, old, new))
        if drafts or not _may_equal(scene, use.other, old):
            return drafts
    raise Refused(use.site, "status", f"the status {old} becomes {new}, and it is not written out here")


def status_drafts(scene: Scene, match: Match, use: Use, old: int, new: int) -> Iterator[Draft]:
    """The new status, where the old one is written: in the test, or in the argument that brings it there."""
    tree = scene.tree(use.site)
    for inside in tree.descendants(tree.node(use.site)):
        if isinstance(inside, cst.BaseExpression):
            given: Given | None = Given(
                scene.value(tree.site(inside), use.frame), tree.site(inside), use.frame
            )
            while given is not None:
                text = _status_text(scene.node(given.site), given.value, old, new)
                if text is not None:
                    _require_own(scene, match, given.site, use)
                    yield Draft(scene.span(given.site), (text,))
                    break
                given = scene.outward(given)


def _status_text(node: cst.CSTNode, value: Value, old: int, new: int) -> str | None:
    if isinstance(node, cst.Integer):
        return str(new) if node.evaluated_value == old else None
    if isinstance(node, cst.Attribute) and isinstance(value, Symbol) and status_of(value) == old:
        name = HTTPStatus(new).name
        name = name if node.attr.value.isupper() else name.lower()
        return f"{_dotted(node.value)}.{name}"
    return None


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def status_of(value: Symbol) -> int | None:
    """The number of `HTTPStatus.OK`, `codes.ok`."""
    owner, _, name = value.name.rpartition(".")
    if not owner.endswith(("HTTPStatus", "codes", "status")):
        return None
    return HTTPStatus[name.upper()].value if name.upper() in HTTPStatus.__members__ else None


def _require_own(scene: Scene, match: Match, site: Site, use: Use) -> None:
    """A status that another request's reply is compared with as well can't be changed."""
    for other in scene.matches.values():
        if other.operation.new.status == match.operation.new.status:
            continue
        for theirs in scene.uses.get(other.request.id, []):
            if theirs.kind is UseKind.COMPARE and theirs.site == use.site and isinstance(theirs.value, Reply):
                if theirs.value.path == (View.STATUS,) and _reaches(scene, theirs, site):
                    raise Refused(use.site, "status", "other replies are compared with the same status")


def _reaches(scene: Scene, use: Use, site: Site) -> bool:
    tree = scene.tree(use.site)
    for inside in tree.descendants(tree.node(use.site)):
        given: Given | None = (
            Given(UNKNOWN, tree.site(inside), use.frame) if isinstance(inside, cst.BaseExpression) else None
        )
        while given is not None:
            if given.site == site:
                return True
            given = scene.outward(given)
    return False


def _may_equal(scene: Scene, other: Value | None, status: int | None) -> bool:
    """Whether a status may equal what it is compared with."""
    if other is None:
        return True
    values: list[Value] = []
    for choice in alternatives(other):
        thing = scene.facts.heap[choice] if hasattr(choice, "id") else None  # type: ignore[index]
        values.extend(alternatives(thing.element()) if isinstance(thing, Sequence) else [choice])
    return not all(
        (isinstance(value, Const) and value.value != status)
        or (isinstance(value, Symbol) and status_of(value) not in (None, status))
        for value in values
    )

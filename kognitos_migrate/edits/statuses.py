"""Tests of a status that come out the same for the old status and the new one: ranges and classes."""

from collections.abc import Callable
from operator import ge, gt, le, lt

import libcst as cst

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

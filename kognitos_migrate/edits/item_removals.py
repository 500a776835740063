"""Removes items of a list: entries of a dict, arguments, elements of a tuple. Several items of one list are
removed by one edit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import libcst as cst

from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.shapes import method_name, receiver_of
from kognitos_migrate.syntax.tree import Tree

_Items: TypeAlias = (
    Sequence[cst.BaseElement] | Sequence[cst.BaseDictElement] | Sequence[cst.Arg] | Sequence[cst.ImportAlias]
)


def remove_listed_item(tree: Tree, item: cst.CSTNode, items: _Items) -> PendingEdit:
    """Remove one item of a list of items, with its comma."""
    return PendingEdit(item_span(tree, item, items), ("",), removed=tree.site(item))


def remove_listed_items(tree: Tree, removed: Sequence[cst.CSTNode], items: _Items) -> Iterator[PendingEdit]:
    """Remove some items of a list of items, with their commas: one edit for each run of adjacent ones."""
    number = 0
    while number < len(items):
        first = number
        while number < len(items) and items[number] in removed:
            number += 1
        if first < number:
            start, end = item_span(tree, items[first], items), item_span(tree, items[number - 1], items)
            if number == len(items) and first > 0:
                start = item_span(tree, items[first], items[: first + 1])
            yield PendingEdit(Span(tree.path, start.start, end.end), ("",))
        number += 1


def remove_template_operand(tree: Tree, item: cst.Element | cst.Arg) -> PendingEdit:
    """Remove a value of a placeholder: an element of the tuple behind `%`, or an argument of `format`. The
    only value that remains needs no tuple, and a template without values no operation."""
    (edit,) = _joint_removals(tree, _list_of(tree, item), [item])
    return replace(edit, removed=tree.site(item))


def join_removals(trees: Mapping[str, Tree], edits: Iterable[PendingEdit]) -> list[PendingEdit]:
    """The edits, with one edit in place of those that remove several items of one list."""
    edits = list(dict.fromkeys(edits))
    removed: dict[tuple[str, int], dict[int, list[PendingEdit]]] = {}
    for edit in edits:
        if edit.removed is not None:
            tree = trees[edit.removed.path]
            parent = _list_of(tree, tree.node(edit.removed))
            by_item = removed.setdefault((tree.path, tree.number(parent)), {})
            by_item.setdefault(edit.removed.node, []).append(edit)
    for (path, number), by_item in removed.items():
        if len(by_item) < 2:
            continue
        tree = trees[path]
        replaced = {edit for removals in by_item.values() for edit in removals}
        edits = [edit for edit in edits if edit not in replaced]
        edits += _joint_removals(tree, tree.nodes[number], [tree.nodes[item] for item in by_item])
    return edits


def _list_of(tree: Tree, item: cst.CSTNode) -> cst.CSTNode:
    parent = tree.parent(item)
    assert parent is not None
    return parent


def _joint_removals(tree: Tree, parent: cst.CSTNode, removed: Sequence[cst.CSTNode]) -> Iterator[PendingEdit]:
    """The edits that remove these items of a display or call."""
    items = _items(parent)
    kept = [item for item in items if item not in removed]
    match tree.parent(parent), parent:
        case cst.BinaryOperation(left, cst.Modulo(), right) as operation, cst.Tuple() if (
            right is parent and not kept
        ):
            yield PendingEdit(tree.outer_span(operation), (tree.outer_span(left),))
            return
        case cst.BinaryOperation(operator=cst.Modulo(), right=right), cst.Tuple() if (
            right is parent and len(kept) == 1
        ):
            value = cst.ensure_type(kept[0], cst.Element).value
            is_operand = bool(value.lpar) or isinstance(value, _OPERANDS)
            quotes = ("", "") if is_operand else ("(", ",)" if isinstance(value, cst.Tuple) else ")")
            yield PendingEdit(tree.outer_span(parent), (quotes[0], tree.outer_span(value), quotes[1]))
            return
        case _, cst.Call() if not kept and method_name(parent) == "format":
            template = receiver_of(parent)
            if template is not None:
                yield PendingEdit(tree.outer_span(parent), (tree.outer_span(template),))
                return
        case _, cst.Tuple() if len(kept) == 1:
            value = cst.ensure_type(kept[0], cst.Element).value
            yield PendingEdit(tree.outer_span(parent), ("(", tree.outer_span(value), ",)"))
            return
    yield from remove_listed_items(tree, removed, items)


_OPERANDS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.SimpleString, cst.FormattedString)
"""Expressions that an operator takes without parentheses."""


def _items(parent: cst.CSTNode) -> _Items:
    match parent:
        case cst.Call(args=arguments):
            return arguments
        case cst.Dict(elements) | cst.Tuple(elements) | cst.List(elements) | cst.Set(elements):
            return elements
    raise AssertionError(type(parent))


def item_span(tree: Tree, item: cst.CSTNode, items: Sequence[cst.CSTNode]) -> Span:
    """The span of one item in a list of items, with the comma to remove."""
    place = next(number for number, other in enumerate(items) if other is item)
    span = _span_without_comma(tree, item)
    if place + 1 < len(items):
        return Span(tree.path, span.start, _span_without_comma(tree, items[place + 1]).start)
    if place > 0:
        return Span(tree.path, _span_without_comma(tree, items[place - 1]).end, span.end)
    comma = tree.utf8_text[span.end : span.end + 1] == b"," and isinstance(
        item, cst.Arg | cst.Element | cst.DictElement
    )
    return Span(tree.path, span.start, span.end + comma)


def _span_without_comma(tree: Tree, item: cst.CSTNode) -> Span:
    match item:
        case cst.Element(value):
            return tree.outer_span(value)
        case cst.DictElement(key, value):
            return Span(tree.path, tree.outer_span(key).start, tree.outer_span(value).end)
        case cst.StarredDictElement(value):
            return Span(tree.path, tree.span(item).start, tree.outer_span(value).end)
        case cst.Arg(value, keyword=None, star=star):
            outer = tree.outer_span(value)
            return Span(tree.path, outer.start - len(star), outer.end)
        case cst.Arg(value, keyword=cst.Name() as keyword):
            return Span(tree.path, tree.span(keyword).start, tree.outer_span(value).end)
    return tree.span(item)

"""Taking things out of source: a hole out of a text, an element, an argument, a statement."""

import re
from dataclasses import dataclass

import libcst as cst

from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site, Tree


@dataclass(frozen=True, slots=True)
class Removal:
    """Drafts that take a part out of a text; `takes_separator` where the slash before it goes along."""

    drafts: tuple[Draft, ...]
    takes_separator: bool = False


def remove_from_text(scene: Scene, site: Site) -> Removal | None:
    """Take the expression at `site` out of the text that it is a part of; None where that isn't understood."""
    tree = scene.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if isinstance(parent, cst.FormattedStringExpression):
        return Removal((Draft(tree.span(parent), ("",)),))
    if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Add):
        return _operand(tree, parent, node)
    if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Modulo) and parent.right is node:
        return _single_placeholder(tree, parent)
    if isinstance(parent, cst.Element):
        return _element(scene, tree, parent)
    if isinstance(parent, cst.Arg):
        return _argument(scene, tree, parent)
    return None


def _operand(tree: Tree, operation: cst.BinaryOperation, node: cst.CSTNode) -> Removal:
    if operation.right is node:
        start, end = tree.outer_span(operation.left).end, tree.outer_span(node).end
    else:
        start, end = tree.outer_span(node).start, tree.outer_span(operation.right).start
    return Removal((Draft(Span(tree.path, start, end), ("",)),))


def _single_placeholder(tree: Tree, operation: cst.BinaryOperation) -> Removal | None:
    """`"…/%s" % value`, where the value is the only one: the `%` goes as well."""
    template = operation.left
    if not isinstance(template, cst.SimpleString) or template.value.count("%") != 1:
        return None
    found = re.search(r"%(?:\(\w+\))?s", template.value)
    if found is None:
        return None
    span = tree.span(template)
    start = span.start + len(template.value[: found.start()].encode())
    cut = Draft(Span(tree.path, start, start + len(found.group().encode())), ("",))
    rest = Draft(Span(tree.path, tree.outer_span(template).end, tree.outer_span(operation.right).end), ("",))
    return Removal((cut, rest))


def _element(scene: Scene, tree: Tree, element: cst.Element) -> Removal | None:
    display = tree.parent(element)
    outer = tree.parent(display) if display is not None else None
    if isinstance(outer, cst.BinaryOperation) and isinstance(outer.operator, cst.Modulo) and isinstance(display, cst.Tuple):
        return _tuple_placeholder(tree, outer, display, element)
    if isinstance(display, cst.List | cst.Tuple):
        return Removal((Draft(item_span(tree, element, list(display.elements)), ("",)),), takes_separator=True)
    return None


def _tuple_placeholder(tree: Tree, operation: cst.BinaryOperation, values: cst.Tuple, element: cst.Element) -> Removal | None:
    template = operation.left
    if not isinstance(template, cst.SimpleString):
        return None
    place = list(values.elements).index(element)
    found = [match for match in re.finditer(r"%%|%[-#0 +]*\d*[a-zA-Z]", template.value) if match.group() != "%%"]
    if place >= len(found):
        return None
    start = tree.span(template).start + len(template.value[: found[place].start()].encode())
    cut = Draft(Span(tree.path, start, start + len(found[place].group().encode())), ("",))
    if len(values.elements) == 2:
        other = values.elements[1 - place]
        if not isinstance(other.value, cst.Tuple):
            return Removal((cut, Draft(tree.outer_span(values), (tree.outer_span(other.value),))))
    return Removal((cut, Draft(item_span(tree, element, list(values.elements)), ("",))))


def _argument(scene: Scene, tree: Tree, arg: cst.Arg) -> Removal | None:
    """An argument of `format`: its placeholder goes, and the argument where the numbers stay right."""
    call = tree.parent(arg)
    if not isinstance(call, cst.Call):
        return None
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "format":
        return _format_placeholder(tree, call, call.func.value, arg)
    return None


def _format_placeholder(tree: Tree, call: cst.Call, template: cst.CSTNode, arg: cst.Arg) -> Removal | None:
    if not isinstance(template, cst.SimpleString):
        return None
    place = [one for one in call.args if one.keyword is None].index(arg) if arg.keyword is None else -1
    name = arg.keyword.value if arg.keyword is not None else str(place)
    found = re.findall(r"\{[^{}]*\}", template.value)
    automatic = all(one == "{}" for one in found)
    matches = list(re.finditer(r"\{([^{}!:]*)[^{}]*\}", template.value))
    wanted = [one for number, one in enumerate(matches) if (one.group(1) or str(number)) == name]
    if len(wanted) != 1:
        return None
    start = tree.span(template).start + len(template.value[: wanted[0].start()].encode())
    cut = Draft(Span(tree.path, start, start + len(wanted[0].group().encode())), ("",))
    last = arg.keyword is None and place == len(call.args) - 1
    if automatic or arg.keyword is not None or last:
        return Removal((cut, Draft(item_span(tree, arg, list(call.args)), ("",))))
    return None


def item_span(tree: Tree, item: cst.CSTNode, items: list[cst.CSTNode]) -> Span:
    """The span of one item of a list of items, with the comma that goes along."""
    place = next(number for number, one in enumerate(items) if one is item)
    span = _item(tree, item)
    if place + 1 < len(items):
        return Span(tree.path, span.start, _item(tree, items[place + 1]).start)
    if place > 0:
        return Span(tree.path, _item(tree, items[place - 1]).end, span.end)
    comma = tree.encoded[span.end : span.end + 1] == b","
    return Span(tree.path, span.start, span.end + comma)


def _item(tree: Tree, item: cst.CSTNode) -> Span:
    if isinstance(item, cst.Element):
        return tree.outer_span(item.value)
    if isinstance(item, cst.DictElement):
        return Span(tree.path, tree.outer_span(item.key).start, tree.outer_span(item.value).end)
    if isinstance(item, cst.StarredDictElement):
        return Span(tree.path, tree.span(item).start, tree.outer_span(item.value).end)
    if isinstance(item, cst.Arg):
        value = tree.outer_span(item.value)
        start = tree.span(item.keyword).start if item.keyword is not None else value.start - len(item.star)
        return Span(tree.path, start, value.end)
    return tree.span(item)


def remove_item(scene: Scene, site: Site) -> Draft | None:
    """Take out an element of a display, an entry of a dict, an argument; None where the node is none of them."""
    tree = scene.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if isinstance(node, cst.DictElement) and isinstance(parent, cst.Dict):
        return Draft(item_span(tree, node, list(parent.elements)), ("",))
    if isinstance(node, cst.Arg) and isinstance(parent, cst.Call):
        return Draft(item_span(tree, node, list(parent.args)), ("",))
    return None


def remove_statement(scene: Scene, site: Site) -> Draft | None:
    """Take out the statement around a node: its whole line, or `pass` where nothing else is in the block."""
    tree = scene.tree(site)
    node = tree.node(site)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    if line is None or len(line.body) != 1:
        return None
    block = tree.parent(line)
    span = tree.span(line.body[0])
    alone = len([one for one in getattr(block, "body", []) if isinstance(one, cst.CSTNode)]) == 1
    if alone:
        return Draft(span, ("pass",))
    start = tree.encoded.rfind(b"\n", 0, span.start) + 1
    end = tree.encoded.find(b"\n", span.end)
    return Draft(Span(tree.path, start, len(tree.encoded) if end < 0 else end + 1), ("",))

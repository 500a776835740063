"""Structural edits: remove a hole, element, argument or statement, or add an argument."""

import re

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.code_layout import separator
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.scopes import Variables, occurrences
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Function, Hole


class Removal(Struct, frozen=True):
    """Pending edits that remove a component of a text. `takes_separator` is set if they remove the slash
    before it, too."""

    drafts: tuple[PendingEdit, ...]
    takes_separator: bool = False


def remove_from_text(context: ProgramFacts, site: Site) -> Removal | None:
    """Remove the expression at `site` from the text that contains it; None if the form of the text isn't
    supported."""
    tree = context.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if isinstance(parent, cst.FormattedStringExpression):
        return Removal((PendingEdit(tree.span(parent), ("",)), *_drop_f_prefix(tree, tree.parent(parent))))
    if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Add):
        return _remove_binary_operand(tree, parent, node)
    if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Divide):
        removal = _remove_binary_operand(tree, parent, node)
        return Removal(removal.drafts, takes_separator=True) if parent.right is node else None
    if isinstance(parent, cst.Element):
        display = tree.parent(parent)
        if isinstance(display, cst.Tuple) and len(display.elements) == 2:
            return _remove_from_pair(tree, display, parent)
        if isinstance(display, cst.List | cst.Tuple):
            return Removal(
                (PendingEdit(item_span(tree, parent, list(display.elements)), ("",)),), takes_separator=True
            )
    if (
        isinstance(parent, cst.Arg)
        and isinstance(call := tree.parent(parent), cst.Call)
        and _fills_rest_parameter(context, tree, call, parent)
    ):
        return Removal((PendingEdit(item_span(tree, parent, list(call.args)), ("",)),), takes_separator=True)
    return None


def remove_operand(context: CallChains, hole: Hole) -> tuple[Site, PendingEdit] | None:
    """Remove the right operand of an operator that the program defines and that adds the operand after a
    slash, and return its site. None if the hole isn't filled by such an operator."""
    argument = context.caller_argument(Operand(hole.value, hole.site, hole.frame))
    call = context.frame(hole.frame).call
    operation = context.node(call) if call is not None else None
    if argument is None or call is None or not isinstance(operation, cst.BinaryOperation):
        return None
    text = context.tree(hole.site).enclosing(context.node(hole.site), cst.FormattedString)
    match text.parts if isinstance(text, cst.FormattedString) else ():
        case (cst.FormattedStringExpression(), cst.FormattedStringText("/"), end):
            is_end = context.node(hole.site) is getattr(end, "expression", None)
        case _:
            is_end = False
    if not is_end or operation.right is not context.node(argument.site):
        return None
    return argument.site, _remove_binary_operand(context.tree(call), operation, operation.right).drafts[0]


def _drop_f_prefix(tree: Tree, text: cst.CSTNode | None) -> list[PendingEdit]:
    """Turn an f-string whose only expression is removed into a plain string."""
    if not isinstance(text, cst.FormattedString):
        return []
    holes = [part for part in text.parts if isinstance(part, cst.FormattedStringExpression)]
    braces = any(
        isinstance(part, cst.FormattedStringText) and re.search("[{}]", part.value) for part in text.parts
    )
    if len(holes) != 1 or braces:
        return []
    start = tree.span(text).start + text.start.lower().index("f")
    return [PendingEdit(Span(tree.path, start, start + 1), ("",))]


def _remove_from_pair(tree: Tree, pair: cst.Tuple, element: cst.BaseElement) -> Removal | None:
    """Remove the second element of a pair: the remaining one needs its comma."""
    first, second = pair.elements
    if element is first:
        return None
    start, end = tree.outer_span(first.value).end, tree.outer_span(second.value).end
    return Removal(
        (PendingEdit(Span(tree.path, start, end), ("" if isinstance(second.comma, cst.Comma) else ",",)),),
        takes_separator=True,
    )


def _remove_binary_operand(tree: Tree, operation: cst.BinaryOperation, node: cst.CSTNode) -> Removal:
    if operation.right is node:
        start, end = tree.outer_span(operation.left).end, tree.outer_span(node).end
    else:
        start, end = tree.outer_span(node).start, tree.outer_span(operation.right).start
    return Removal((PendingEdit(Span(tree.path, start, end), ("",)),))


def _fills_rest_parameter(context: ProgramFacts, tree: Tree, call: cst.Call, arg: cst.Arg) -> bool:
    """Whether an argument becomes an element of the called function's `*rest`."""
    if arg.keyword is not None or arg.star:
        return False
    place = [other for other in call.args if other.keyword is None].index(arg)
    functions = [
        choice.function if isinstance(choice, Bound) else choice
        for value in context.values_at(tree.site(call.func))
        for choice in alternatives(value)
    ]
    for function in functions:
        if not isinstance(function, Function):
            return False
        definition = context.node(function.site)
        if not isinstance(definition, cst.FunctionDef | cst.Lambda) or not isinstance(
            definition.params.star_arg, cst.Param
        ):
            return False
        receiver = isinstance(call.func, cst.Attribute) and isinstance(
            context.tree(function.site).enclosing(definition, cst.ClassDef), cst.ClassDef
        )
        if place + receiver < len(definition.params.params):
            return False
    return bool(functions)


def remove_template_value(context: ProgramTrees, site: Site, mark: str) -> PendingEdit | None:
    """Remove the value of a placeholder from the right operand of `%`, or from the arguments of the
    method."""
    tree = context.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if (
        isinstance(parent, cst.BinaryOperation)
        and isinstance(parent.operator, cst.Modulo)
        and parent.right is node
    ):
        return PendingEdit(
            Span(tree.path, tree.outer_span(parent.left).end, tree.outer_span(node).end), ("",)
        )
    if isinstance(parent, cst.Element) and isinstance(values := tree.parent(parent), cst.Tuple):
        if len(values.elements) == 2:
            other = values.elements[1 - list(values.elements).index(parent)]
            if not isinstance(other.value, cst.Tuple):
                return PendingEdit(tree.outer_span(values), (tree.outer_span(other.value),))
        return PendingEdit(item_span(tree, parent, list(values.elements)), ("",))
    if isinstance(parent, cst.Arg) and isinstance(call := tree.parent(parent), cst.Call):
        return _format_argument(tree, call, parent, mark)
    return None


_FILLING = ("format", "substitute", "safe_substitute")
"""The methods of templates that take values by name."""


def _format_argument(tree: Tree, call: cst.Call, arg: cst.Arg, mark: str) -> PendingEdit | None:
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in _FILLING or arg.star:
        return None
    if len(call.args) == 1 and call.func.attr.value == "format":
        return PendingEdit(tree.outer_span(call), (tree.outer_span(call.func.value),))
    last = call.args[-1] is arg
    if arg.keyword is not None or mark == "{}" or last:
        return PendingEdit(item_span(tree, arg, list(call.args)), ("",))
    return None


def item_span(tree: Tree, item: cst.CSTNode, items: list[cst.CSTNode]) -> Span:
    """The span of one item in a list of items, with the comma to remove."""
    place = next(number for number, other in enumerate(items) if other is item)
    span = _remove_list_item(tree, item)
    if place + 1 < len(items):
        return Span(tree.path, span.start, _remove_list_item(tree, items[place + 1]).start)
    if place > 0:
        return Span(tree.path, _remove_list_item(tree, items[place - 1]).end, span.end)
    comma = tree.utf8_text[span.end : span.end + 1] == b"," and isinstance(
        item, cst.Arg | cst.Element | cst.DictElement
    )
    return Span(tree.path, span.start, span.end + comma)


def _remove_list_item(tree: Tree, item: cst.CSTNode) -> Span:
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


def remove_item(context: ProgramTrees, site: Site) -> PendingEdit | None:
    """Remove an entry of a dict display or an argument; None for any other node."""
    tree = context.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if isinstance(node, cst.DictElement) and isinstance(parent, cst.Dict):
        return PendingEdit(item_span(tree, node, list(parent.elements)), ("",))
    if isinstance(node, cst.Arg) and isinstance(parent, cst.Call):
        return PendingEdit(item_span(tree, node, list(parent.args)), ("",))
    return None


def remove_merged(context: ProgramTrees, site: Site) -> PendingEdit | None:
    """Remove a dict that is merged into a new one; None if the node isn't merged."""
    tree = context.tree(site)
    node = tree.node(site)
    parent = tree.parent(node)
    if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.BitOr):
        return _remove_binary_operand(tree, parent, node).drafts[0]
    grandparent = tree.parent(parent) if parent is not None else None
    if isinstance(parent, cst.StarredDictElement) and isinstance(grandparent, cst.Dict):
        return PendingEdit(item_span(tree, parent, list(grandparent.elements)), ("",))
    if isinstance(parent, cst.Arg) and parent.star == "**" and isinstance(grandparent, cst.Call):
        return PendingEdit(item_span(tree, parent, list(grandparent.args)), ("",))
    return None


def remove_statement(context: ProgramTrees, site: Site) -> PendingEdit | None:
    """Remove the statement around a node: its whole line, or replace it by `pass` if its block has no other.
    None if the line has several statements."""
    tree = context.tree(site)
    node = tree.node(site)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    if line is None or len(line.body) != 1:
        return None
    block = tree.parent(line)
    span = tree.span(line.body[0])
    alone = len([child for child in getattr(block, "body", []) if isinstance(child, cst.CSTNode)]) == 1
    if alone:
        return PendingEdit(span, ("pass",))
    start = tree.utf8_text.rfind(b"\n", 0, span.start) + 1
    end = tree.utf8_text.find(b"\n", span.end)
    return PendingEdit(Span(tree.path, start, len(tree.utf8_text) if end < 0 else end + 1), ("",))


def remove_built_query(context: CallChains, query: list[UrlPiece]) -> list[PendingEdit] | None:
    """Remove a query that a function builds, with the question mark before it; None if it isn't at the end of
    the URL."""
    for hole in query[0].via:
        tree = context.tree(hole.site)
        node = tree.node(hole.site)
        parent = tree.parent(node)
        if not all(hole in piece.via for piece in query):
            continue
        if isinstance(parent, cst.FormattedStringExpression):
            span = tree.span(parent)
        elif isinstance(parent, cst.BinaryOperation) and parent.right is node:
            left = tree.outer_span(parent.left).end
            span = Span(tree.path, left, tree.outer_span(node).end)
            if tree.utf8_text[left - 2 : left - 1] == b"?" and tree.utf8_text[left - 1 : left] in b"'\"":
                mark = PendingEdit(Span(tree.path, left - 2, left - 1), ("",))
                return [mark, PendingEdit(span, ("",)), *_remove_unused_assignment(context, hole)]
            continue
        else:
            continue
        if tree.utf8_text[span.start - 1 : span.start] == b"?":
            return [
                PendingEdit(Span(tree.path, span.start - 1, span.end), ("",)),
                *_remove_unused_assignment(context, hole),
            ]
    return None


def _remove_unused_assignment(context: CallChains, hole: Hole) -> list[PendingEdit]:
    """Remove the assignment of a name whose only read is removed."""
    tree = context.tree(hole.site)
    node = tree.node(hole.site)
    function = context.frame(hole.frame).function
    scope = tree.node(function) if function else tree.module
    if not isinstance(node, cst.Name):
        return []
    bound = tree.memoize(Variables).bindings(scope, node.value)
    if len(bound) != 1 or len(occurrences(tree, scope, node.value)) != 2:
        return []
    draft = remove_statement(context, tree.site(bound[0]))
    return [draft] if draft is not None else []


def insert_argument(context: ProgramTrees, site: Site, parts: CodeTemplate) -> PendingEdit:
    """Add an argument at the end of a call, before any `**`."""
    tree = context.tree(site)
    call = context.node(site)
    assert isinstance(call, cst.Call)
    plain = [arg for arg in call.args if arg.star != "**"]
    if not plain:
        start = tree.utf8_text.index(b"(", tree.outer_span(call.func).end) + 1
        return PendingEdit(Span(tree.path, start, start), (*parts, ", " if call.args else ""))
    end = tree.outer_span(plain[-1].value).end
    if isinstance(plain[-1].value, cst.GeneratorExp):
        end = tree.span(plain[-1].value).end
    start = argument_start(tree, call)
    return PendingEdit(Span(tree.path, end, end), (separator(tree, start), *parts))


def argument_start(tree: Tree, call: cst.Call) -> int:
    """The byte offset at which the last argument of a call begins, `**` aside; that of the call if it has
    none."""
    plain = [arg for arg in call.args if arg.star != "**"]
    if plain:
        keyword = plain[-1].keyword
        return tree.span(keyword).start if keyword is not None else tree.outer_span(plain[-1].value).start
    return tree.span(call).start

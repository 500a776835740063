"""Structural edits: remove a hole, element, argument or statement, or add an argument."""

import re

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.call_chains import CallChains
from kognitos_migrate.edits.code_layout import separator
from kognitos_migrate.edits.item_removals import item_span, remove_listed_item, remove_template_operand
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import statements_of_block
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import argument_of, innermost_ancestors
from kognitos_migrate.syntax.shapes import method_name, receiver_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance, Operand, partial_target
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Function, Hole, Value


class Removal(Struct, frozen=True):
    """Pending edits that remove a component of a text. `takes_separator` is set if they remove the slash
    before it, too."""

    edits: tuple[PendingEdit, ...]
    takes_separator: bool = False


def remove_from_text(context: ProgramFacts, site: Site) -> Removal | None:
    """Remove the expression at `site` from the text that contains it; None if the form of the text isn't
    supported."""
    tree = context.tree(site)
    node = tree.node(site)
    match tree.parent(node):
        case cst.FormattedStringExpression() as field:
            return Removal((PendingEdit(tree.span(field), ("",)), *_drop_f_prefix(tree, field)))
        case cst.BinaryOperation(operator=cst.Add()) as operation:
            return _remove_binary_operand(tree, operation, node)
        case cst.BinaryOperation(operator=cst.Divide(), right=right) as operation if right is node:
            return Removal(_remove_binary_operand(tree, operation, node).edits, takes_separator=True)
        case cst.Element() as element:
            return _remove_element(tree, element)
    argument = argument_of(tree, node)
    if argument is not None and _fills_rest_parameter(context, tree, *argument):
        span = item_span(tree, argument.arg, argument.call.args)
        return Removal((PendingEdit(span, ("",)),), takes_separator=True)
    return None


def _remove_element(tree: Tree, element: cst.Element) -> Removal | None:
    """Remove an element of a list or tuple; None for that of a set."""
    match tree.parent(element):
        case cst.Tuple(elements=[_, _]) as pair:
            return _remove_from_pair(tree, pair, element)
        case cst.List(elements) | cst.Tuple(elements):
            return Removal((PendingEdit(item_span(tree, element, elements), ("",)),), takes_separator=True)
    return None


def remove_operand(context: CallChains, hole: Hole) -> tuple[Site, PendingEdit] | None:
    """Remove the right operand of an operator that the program defines and that adds the operand after a
    slash, and return its site. None if the hole isn't filled by such an operator."""
    argument = context.caller_argument(Operand(hole.value, hole.site, hole.frame))
    call = context.read_frame(hole.frame).call
    if argument is None or call is None:
        return None
    text = context.tree(hole.site).enclosing(context.node(hole.site), cst.FormattedString)
    match context.node(call), text:
        case (
            cst.BinaryOperation(right=right) as operation,
            cst.FormattedString(
                [
                    cst.FormattedStringExpression(),
                    cst.FormattedStringText("/"),
                    cst.FormattedStringExpression(end),
                ]
            ),
        ) if end is context.node(hole.site) and right is context.node(argument.site):
            return argument.site, _remove_binary_operand(context.tree(call), operation, right).edits[0]
    return None


def _drop_f_prefix(tree: Tree, field: cst.FormattedStringExpression) -> list[PendingEdit]:
    """Turn an f-string whose only expression is removed into a plain string."""
    text = tree.parent(field)
    if not isinstance(text, cst.FormattedString) or any(
        part is not field and re.search("[{}]", tree.code(part)) for part in text.parts
    ):
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
    callees = [
        callee
        for choice in context.alternatives_at(tree.site(call.func))
        for callee in _called_functions(context, choice)
    ]
    for callee, count in callees:
        function = callee.function if isinstance(callee, Bound) else callee
        if not isinstance(function, Function):
            return False
        match context.node(function.site):
            case (cst.FunctionDef() | cst.Lambda()) as definition:
                is_in_class = context.tree(function.site).enclosing(definition, cst.ClassDef) is not None
            case _:
                return False
        is_method = method_name(call) is not None if count is None else isinstance(callee, Bound)
        if not isinstance(definition.params.star_arg, cst.Param):
            return False
        if place + (count or 0) + (is_method and is_in_class) < len(definition.params.params):
            return False
    return bool(callees)


def _called_functions(context: ProgramFacts, callee: Value) -> list[tuple[Value, int | None]]:
    """The functions that a call runs, each with the number of positional arguments that a partial application
    puts in front; None if it is called itself."""
    partial = context.facts.heap.get(callee)
    target = partial_target(partial)
    if target is None or not isinstance(partial, Instance):
        return [(callee, None)]
    count = sum(name.removeprefix("partial ").isdigit() for name in partial.attributes)
    return [(choice, count) for choice in alternatives(target)]


def remove_template_value(context: ProgramTrees, site: Site, mark: str) -> PendingEdit | None:
    """Remove the value of a placeholder from the right operand of `%`, or from the arguments of the
    method."""
    tree = context.tree(site)
    node = tree.node(site)
    match tree.parent(node):
        case cst.BinaryOperation(operator=cst.Modulo(), right=right) as operation if right is node:
            return _remove_binary_operand(tree, operation, node).edits[0]
        case cst.Element() as element:
            is_of_tuple = isinstance(tree.parent(element), cst.Tuple)
            return remove_template_operand(tree, element) if is_of_tuple else None
    argument = argument_of(tree, node)
    return _format_argument(tree, *argument, mark) if argument is not None else None


_FILLING = ("format", "substitute", "safe_substitute")
"""The methods of templates that take values by name."""


def _format_argument(tree: Tree, call: cst.Call, arg: cst.Arg, mark: str) -> PendingEdit | None:
    template = receiver_of(call)
    if template is None or method_name(call) not in _FILLING or arg.star:
        return None
    is_last = call.args[-1] is arg
    return remove_template_operand(tree, arg) if arg.keyword is not None or mark == "{}" or is_last else None


def remove_item(context: ProgramTrees, site: Site) -> PendingEdit | None:
    """Remove an entry of a dict display or an argument; None for any other node."""
    tree = context.tree(site)
    node = tree.node(site)
    match node, tree.parent(node):
        case (cst.DictElement(), cst.Dict(items)) | (cst.Arg(), cst.Call(args=items)):
            return remove_listed_item(tree, node, items)
    return None


def remove_merged(context: ProgramTrees, site: Site) -> PendingEdit | None:
    """Remove a dict that is merged into a new one; None if the node isn't merged."""
    tree = context.tree(site)
    node = tree.node(site)
    match innermost_ancestors(tree, node, 2):
        case [cst.BinaryOperation(operator=cst.BitOr()) as operation, *_]:
            return _remove_binary_operand(tree, operation, node).edits[0]
        case [cst.StarredDictElement() as item, cst.Dict(items)] | [
            cst.Arg(star="**") as item,
            cst.Call(args=items),
        ]:
            return PendingEdit(item_span(tree, item, items), ("",))
    return None


def remove_statement(context: ProgramTrees, site: Site) -> PendingEdit | None:
    """Remove the statement around a node: its whole line, or replace it by `pass` if its block has no other.
    None if the line has several statements."""
    tree = context.tree(site)
    node = tree.node(site)
    line = tree.enclosing(node, cst.SimpleStatementLine)
    if line is None or len(line.body) != 1:
        return None
    span = tree.span(line.body[0])
    if len(statements_of_block(tree, line)) == 1:
        return PendingEdit(span, ("pass",))
    start = tree.utf8_text.rfind(b"\n", 0, span.start) + 1
    end = tree.utf8_text.find(b"\n", span.end)
    return PendingEdit(Span(tree.path, start, len(tree.utf8_text) if end < 0 else end + 1), ("",))


def insert_argument(context: ProgramTrees, site: Site, parts: CodeTemplate) -> PendingEdit:
    """Add an argument at the end of a call, before any `**`."""
    tree = context.tree(site)
    call = cst.ensure_type(context.node(site), cst.Call)
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

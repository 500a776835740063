"""New variables for the keys of lookup tables, bound where the URL is built. Code behind it reads the
variable, as it can't evaluate the key again.

url = build("begin", config.KEYS[kind])        key = config.KEYS[kind]
body = dict(facts)                             url = build("begin")
send(url, body)                                body = dict(facts)
                                               send(url, {"key": TABLE[key], "facts": body})
"""

from itertools import pairwise, takewhile

import libcst as cst

from kognitos_migrate.edits.code_layout import indentation, newline
from kognitos_migrate.edits.context import PlanContext, RelocatedExpression
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.side_effects import acts_itself, acts_or_raises
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.roles import is_attribute_name, is_keyword
from kognitos_migrate.syntax.scopes import Variables, occurrences
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Hole

_EVALUATES_CHILDREN = (
    *(cst.Arg, cst.Call, cst.BinaryOperation, cst.FormattedString, cst.FormattedStringExpression),
    *(cst.Element, cst.Tuple, cst.List),
)
"""Nodes that evaluate all their children."""


def table_key_variable(
    context: PlanContext, hole: Hole, frame: int, at: Site, name: str
) -> RelocatedExpression | None:
    """A new variable for the value of a hole, bound in front of the statement that evaluates it, or behind
    it, and read at the site `at`. None unless that statement assigns the only value of one variable,
    evaluates nothing on that side of the hole that acts or may raise, and is in a block around `at`, above
    it.

    The caller checks that the URL of the request comes from that statement.
    """
    tree, node = context.tree(hole.site), context.node(hole.site)
    function = context.read_frame(frame).function
    line = tree.enclosing(node, cst.SimpleStatementLine)
    if hole.frame != frame or function is None or at.path != tree.path or line is None:
        return None
    scope = tree.node(function)
    match line:
        case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(url))], value)]):
            is_single = len(tree.memoize(Variables).bindings(scope, url)) == 1
        case _:
            return None
    above = set(tree.ancestors(tree.node(at)))
    if not is_single or tree.number(line) > at.node or line in above or tree.parent(line) not in above:
        return None
    is_first = _is_evaluated_at_edge(context, tree, node, value, is_first=True)
    if _has_other_use(tree, scope, name) or not (
        is_first or _is_evaluated_at_edge(context, tree, node, value, is_first=False)
    ):
        return None
    span, binding = tree.span(line), f"{name} = {tree.code(node)}"
    offsets = context.memoize(_binding_offsets)
    if offsets.setdefault((function, name), span.start) != span.start:
        return None  # another value has the name
    line_break, indent = newline(tree), indentation(tree, span.start)
    if is_first:
        edit = PendingEdit(Span(tree.path, span.start, span.start), (binding, line_break, indent), rank=-1)
    else:
        end = tree.utf8_text.find(b"\n", span.end)
        end = len(tree.utf8_text) if end < 0 else end + 1
        edit = PendingEdit(Span(tree.path, end, end), (indent, binding, line_break), rank=-1)
    return RelocatedExpression((name,), (edit,))


def _binding_offsets(_context: PlanContext) -> dict[tuple[Site, str], int]:
    """By function and name of a new variable: the start of the statement behind its binding."""
    return {}


def _has_other_use(tree: Tree, scope: cst.CSTNode, name: str) -> bool:
    """Whether a function uses a name for more than keywords of calls, and attributes."""
    return any(
        not (is_keyword(tree, node) or is_attribute_name(tree, node))
        for node in occurrences(tree, scope, name)
    )


def _is_evaluated_at_edge(
    context: PlanContext, tree: Tree, node: cst.CSTNode, value: cst.CSTNode, *, is_first: bool
) -> bool:
    """Whether a value always evaluates a node in it, and nothing before it that acts or may raise; with
    `is_first` unset, nothing after it."""
    around = [node]
    for ancestor in tree.ancestors(node):
        around.append(ancestor)
        if ancestor is value:
            break
    for inner, outer in pairwise(around):
        if not isinstance(outer, _EVALUATES_CHILDREN) or (not is_first and acts_itself(context, tree, outer)):
            return False
        children = outer.children if is_first else reversed(outer.children)
        for child in takewhile(lambda part: part is not inner, children):  # noqa: B023  used at once
            expression = _expression_of_part(child)
            if isinstance(expression, cst.BaseExpression) and acts_or_raises(context, tree.site(expression)):
                return False
    return True


def _expression_of_part(part: cst.CSTNode) -> cst.CSTNode:
    """The expression of an argument, an element or a field of an f-string; the part itself for any other."""
    match part:
        case cst.Arg(expression) | cst.Element(expression) | cst.FormattedStringExpression(expression):
            return expression
    return part

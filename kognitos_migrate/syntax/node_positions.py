"""Positions, parentheses and children of LibCST nodes, at a fraction of the cost of LibCST's providers.

LibCST finds a node's children by visiting it with a visitor that copies it. Here the fields of a class are
read directly, in a source order that LibCST determines once for each class.

The spans equal those of LibCST's `ByteSpanPositionProvider` at a fraction of its cost. Lengths are summed up
once at the end, nodes are never hashed, and whitespace has no spans.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

import libcst as cst

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.positions import end_of_line_before
from kognitos_migrate.syntax.token_recorder import TokenRecorder

WHITESPACE = (
    cst.SimpleWhitespace,
    cst.ParenthesizedWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Comment,
)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes of `node`, in source order, without whitespace."""
    nodes: list[cst.CSTNode] = []
    try:
        read_fields = _FIELD_GETTERS[type(node)]
    except KeyError:
        read_fields = _field_getter(node)
    for value in read_fields(node):
        if not value:
            continue
        kind = type(value)
        if kind is tuple or kind is list:
            nodes += [item for item in value if _IS_CHILD[type(item)]]
        elif _IS_CHILD[kind]:
            nodes.append(value)
    return nodes


class _ChildTypes(dict[type, bool]):
    """Whether values of a type are child nodes, by type."""

    def __missing__(self, kind: type) -> bool:
        counts = self[kind] = issubclass(kind, cst.CSTNode) and not issubclass(kind, WHITESPACE)
        return counts


_IS_CHILD = _ChildTypes()
_FIELD_GETTERS: dict[type, Callable[[cst.CSTNode], tuple[Any, ...]]] = {}
"""Getters of the fields that may contain children, by node class."""


def _field_getter(node: cst.CSTNode) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """Create the getter for the class of `node`."""
    visited = _Fields(node)
    node.visit(visited)
    # A field that is visited only if it isn't empty (an f-string's format) comes behind the others.
    names = dict.fromkeys((*visited.names, *(field.name for field in fields(node))))
    getter = _FIELD_GETTERS[type(node)] = _getter_of([name for name in names if _may_hold_nodes(name)])
    return getter


def _getter_of(names: list[str]) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """A function that returns the values of these fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda node: (getattr(node, names[0]),)) if names else (lambda _: ())


class _Fields(cst.CSTVisitor):
    """Collects the names of a node's fields in the order of visits, which is that of the source."""

    def __init__(self, node: cst.CSTNode) -> None:
        super().__init__()
        self.names: list[str] = []
        self._node = node

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node is self._node

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        self.names.append(attribute)


def _may_hold_nodes(name: str) -> bool:
    return not (name.startswith("whitespace") or name.endswith(("whitespace", "lines")))


class RenderedModule(NamedTuple):
    """The source text of a module, with the spans of its nodes in bytes, without enclosing parentheses."""

    text: str
    spans: dict[int, Between]
    """The span of each node but whitespace, by its `id`."""
    extents: dict[int, Between]
    """The span of each statement with the lines above and behind it, by its `id`."""
    tops: list[int]
    """The starts of the top-level statements, each with its leading lines, and the end of the last one."""


def render_module(module: cst.Module) -> RenderedModule:
    """The source text of `module`."""
    state = TokenRecorder(module.default_indent, module.default_newline)
    return _measure_tokens(state, _write_module(module, state))


def statement_spans(module: cst.Module, statement: cst.CSTNode, source: bytes) -> Mapping[int, Between]:
    """The spans in a top-level statement, by `id`; empty if its text occurs twice in `source`."""
    state = TokenRecorder(module.default_indent, module.default_newline)
    try:
        statement._codegen(state)
    except RecursionError:
        return {}
    rendered = _measure_tokens(state, [])
    text = rendered.text.encode("utf-8", "surrogatepass")
    at = source.find(text)
    if at < 0 or source.find(text, at + 1) >= 0:
        return {}
    return {node: (at + start, at + end) for node, (start, end) in rendered.spans.items()}


def _measure_tokens(state: TokenRecorder, tops: list[int]) -> RenderedModule:
    text = "".join(state.tokens)
    offsets = [0, *accumulate(map(len if text.isascii() else _bytes, state.tokens))]
    offsets.append(offsets[-1])  # for a final newline that was popped again
    spans = {node: (offsets[first], offsets[last]) for node, (first, last) in state.spans.items()}
    extents = {node: (offsets[first], offsets[last]) for node, (first, last) in state.extents.items()}
    return RenderedModule(text, spans, extents, [offsets[top] for top in tops])


def _write_module(module: cst.Module, state: TokenRecorder) -> list[int]:
    """Write a module as LibCST does.

    Returns the number of tokens before the first statement and after each.
    """
    state.before_codegen(module)
    for line in module.header:
        line._codegen(state)
    tops = [len(state.tokens)]
    for statement in module.body:
        statement._codegen(state)
        tops.append(len(state.tokens))
    for line in module.footer:
        line._codegen(state)
    if not module.has_trailing_newline:
        state.pop_trailing_newline()
    elif not state.tokens:
        state.add_token(state.default_newline)
    state.after_codegen(module)
    return tops


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_CLOSING = re.compile(rb"(?:\s|\\|#[^\r\n]*)*\)")
"""The next closing parenthesis, behind white space, line continuations and comments."""


def with_parentheses(module: cst.Module, text: bytes, node: cst.CSTNode, place: Between) -> Between:
    """The place of an expression with its parentheses, from the place without them in the module's text, in
    UTF-8: of `x` in `f((x))`, from `(3, 4)` to `(2, 5)`."""
    start, end = place
    for paren in reversed(getattr(node, "lpar", ())):
        start = _opening_parenthesis(module, text, paren.whitespace_after, start)
    for _ in getattr(node, "rpar", ()):
        closing = _CLOSING.match(text, end)
        end = closing.end() if closing is not None else end
    return start, end


def _opening_parenthesis(
    module: cst.Module, text: bytes, space: cst.BaseParenthesizableWhitespace, start: int
) -> int:
    """The offset of the parenthesis in front of `space`, which ends at `start`."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return start - len(module.code_for_node(space).encode()) - 1
    for _ in (space.first_line, *space.empty_lines):
        start = end_of_line_before(text, start)
    line = space.first_line
    comment = line.comment.value if line.comment is not None else ""
    return start - len(comment.encode("utf-8", "surrogatepass")) - len(line.whitespace.value) - 1

"""Positions, parentheses and children of LibCST nodes, at a fraction of the cost of LibCST's providers.

LibCST finds a node's children by visiting it with a visitor that copies it. Here the fields of a class are
read directly, in a source order that LibCST determines once for each class.

The spans equal those of LibCST's `ByteSpanPositionProvider` at a quarter of its cost. Lengths are summed up
once at the end, and nodes are never hashed.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import fields
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.source.positions import end_of_line_before
from kognitos_migrate.syntax.identifiers import spelling

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
    read_fields = _FIELD_GETTERS.get(type(node)) or _field_getter(node)
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
    field_names = [name for name in names if _may_hold_nodes(name)]
    # `attrgetter` returns a tuple for two names or more; a class is no child.
    getter = _FIELD_GETTERS[type(node)] = attrgetter(*field_names, "__class__", "__class__")
    return getter


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
    """The span of each node, by its `id`."""
    tops: list[int]
    """The starts of the top-level statements, each with its leading lines, and the end of the last one."""


def render(module: cst.Module) -> RenderedModule:
    """The source text of `module`."""
    state = _TokenRecorder(module.default_indent, module.default_newline)
    return _measure_tokens(state, _write(module, state))


def statement_spans(module: cst.Module, statement: cst.CSTNode, source: bytes) -> Mapping[int, Between]:
    """The spans in a top-level statement, by `id`; empty if its text occurs twice in `source`."""
    state = _TokenRecorder(module.default_indent, module.default_newline)
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


def _measure_tokens(state: "_TokenRecorder", tops: list[int]) -> RenderedModule:
    text = "".join(state.tokens)
    offsets = [0, *accumulate(map(len if text.isascii() else _bytes, state.tokens))]
    offsets.append(offsets[-1])  # for a final newline that was popped again
    spans = {node: (offsets[first], offsets[last]) for node, (first, last) in state.spans.items()}
    return RenderedModule(text, spans, [offsets[top] for top in tops])


def _write(module: cst.Module, state: "_TokenRecorder") -> list[int]:
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


class _TokenRecorder(CodegenState):
    """Records the tokens of a text, and for each node the number of tokens before and after it."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.spans: dict[int, Between] = {}
        self._begun: list[int] = []

    def add_token(self, value: str) -> None:
        """Add a token. Mangled names are written as they are spelled."""
        self.tokens.append(value if type(value) is str else spelling(value))

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._begun.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        begun = self._begun.pop()
        if id(node) not in self.spans:
            self.spans[id(node)] = (begun, len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]  # the base class has a generator
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> AbstractContextManager[None]:
        """A context manager that records the node's span without enclosing parentheses and whitespace."""
        return _SpanRecorder(self, node, start_node, end_node)


class _SpanRecorder(AbstractContextManager[None]):
    """Records the tokens written inside of it as a node's span."""

    __slots__ = ("_begun", "_from", "_node", "_pieces", "_to")

    def __init__(
        self, pieces: _TokenRecorder, node: cst.CSTNode, start: cst.CSTNode | None, end: cst.CSTNode | None
    ) -> None:
        self._pieces, self._node, self._from, self._to = pieces, node, start, end
        self._begun = len(pieces.tokens)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # nested too deeply, so tokens are missing
            return
        spans = self._pieces.spans
        begun = self._begun if self._from is None else spans[id(self._from)][0]
        ended = len(self._pieces.tokens) if self._to is None else spans[id(self._to)][1]
        spans[id(self._node)] = (begun, ended)


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

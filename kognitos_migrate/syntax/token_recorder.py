"""Records what LibCST's code generator writes: its tokens, and the tokens of each node.

The generator calls a dozen functions for a name, and four for a space. The most frequent classes get a method
here that writes to a `TokenRecorder` directly. Any other state is written to by LibCST's own method.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import libcst as cst
from libcst._nodes.expression import _BaseParenthesizedNode
from libcst._nodes.internal import CodegenState

from kognitos_migrate.modules.elision import Between
from kognitos_migrate.syntax.identifiers import spelling


class TokenRecorder(CodegenState):
    """Records the tokens of a text, and for each node but whitespace the number of tokens before and after
    it."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.spans: dict[int, Between] = {}
        self.extents: dict[int, Between] = {}
        """With all that a node writes, such as the lines above a statement, if it has a span without that."""
        self._begun: list[int] = []

    def add_token(self, value: str) -> None:
        """Add a token. Mangled names are written as they are spelled."""
        self.tokens.append(value if type(value) is str else spelling(value))

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._begun.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        begun = self._begun.pop()
        key = id(node)
        if key in self.spans:
            self.extents[key] = (begun, len(self.tokens))
        else:
            self.spans[key] = (begun, len(self.tokens))

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
        self, pieces: TokenRecorder, node: cst.CSTNode, start: cst.CSTNode | None, end: cst.CSTNode | None
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


class _Parenthesized(AbstractContextManager[None]):
    """Writes the parentheses around a node, and records its span without them."""

    __slots__ = ("_begun", "_node", "_state")

    def __init__(self, state: TokenRecorder, node: _BaseParenthesizedNode) -> None:
        self._state, self._node = state, node
        for parenthesis in node.lpar:
            parenthesis._codegen(state)
        self._begun = len(state.tokens)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        state = self._state
        state.spans[id(self._node)] = (self._begun, len(state.tokens))
        for parenthesis in self._node.rpar:
            parenthesis._codegen(state)


_write = cst.CSTNode._codegen
_parenthesize = _BaseParenthesizedNode._parenthesize


def _write_parentheses(node: _BaseParenthesizedNode, state: CodegenState) -> AbstractContextManager[None]:
    return _Parenthesized(state, node) if type(state) is TokenRecorder else _parenthesize(node, state)


def _write_value(node: cst.SimpleWhitespace, state: CodegenState, **options: Any) -> None:
    """Write whitespace that is one token."""
    if type(state) is TokenRecorder:
        state.tokens.append(node.value)
    else:
        _write(node, state, **options)


def _write_line_end(node: cst.TrailingWhitespace, state: CodegenState, **options: Any) -> None:
    if type(state) is not TokenRecorder:
        _write(node, state, **options)
        return
    newline = node.newline.value
    state.tokens.append(node.whitespace.value)
    if node.comment is not None:
        state.tokens.append(node.comment.value)
    state.tokens.append(state.default_newline if newline is None else newline)


def _write_atom(node: cst.Name | cst.SimpleString, state: CodegenState, **options: Any) -> None:
    """Write a name or a string without parentheses."""
    if type(state) is not TokenRecorder or node.lpar:
        _write(node, state, **options)
        return
    tokens = state.tokens
    begun = len(tokens)
    value = node.value
    tokens.append(value if type(value) is str else spelling(value))
    state.spans[id(node)] = (begun, begun + 1)


def _write_attribute(node: cst.Attribute, state: CodegenState, **options: Any) -> None:
    if type(state) is not TokenRecorder or node.lpar:
        _write(node, state, **options)
        return
    begun = len(state.tokens)
    node.value._codegen(state)
    node.dot._codegen(state)
    node.attr._codegen(state)
    state.spans[id(node)] = (begun, len(state.tokens))


def _write_separator(node: cst.Dot | cst.Comma, state: CodegenState, **options: Any) -> None:
    if type(state) is not TokenRecorder:
        _write(node, state, **options)
        return
    node.whitespace_before._codegen(state)
    tokens = state.tokens
    begun = len(tokens)
    tokens.append(node._get_token())
    state.spans[id(node)] = (begun, begun + 1)
    node.whitespace_after._codegen(state)


_WRITERS: dict[Callable[..., None], tuple[type[cst.CSTNode], ...]] = {
    _write_value: (cst.SimpleWhitespace, cst.Comment),
    _write_line_end: (cst.TrailingWhitespace,),
    _write_atom: (cst.Name, cst.SimpleString, cst.Integer),
    _write_attribute: (cst.Attribute,),
    _write_separator: (cst.Dot, cst.Comma),
}

for _writer, _node_classes in _WRITERS.items():
    for _node_class in _node_classes:
        _node_class._codegen = _writer  # type: ignore[method-assign]
_BaseParenthesizedNode._parenthesize = _write_parentheses  # type: ignore[method-assign,assignment]

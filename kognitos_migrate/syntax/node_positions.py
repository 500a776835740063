"""Positions and children of LibCST nodes, at a fraction of the cost of LibCST's providers.

LibCST finds a node's children by visiting it with a visitor that copies it. Here a class's fields are read
directly. Their order in the source is asked of LibCST once for each class.

The spans are those of LibCST's `ByteSpanPositionProvider`, at a quarter of its cost: lengths are counted in
the end, all at once, and no node is asked for its hash.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

WHITESPACE = (
    cst.SimpleWhitespace,
    cst.ParenthesizedWhitespace,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.Newline,
    cst.Comment,
)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The nodes right below `node`, in source order, whitespace left out."""
    found: list[cst.CSTNode] = []
    held = _HELD.get(type(node)) or _held(node)
    for value in held(node):
        if not value:
            continue
        kind = type(value)
        if kind is tuple or kind is list:
            found += [one for one in value if _COUNTS[type(one)]]
        elif _COUNTS[kind]:
            found.append(value)
    return found


class _ChildTypes(dict[type, bool]):
    """By type of what a field holds: whether it is a child."""

    def __missing__(self, kind: type) -> bool:
        counts = self[kind] = issubclass(kind, cst.CSTNode) and not issubclass(kind, WHITESPACE)
        return counts


_COUNTS = _ChildTypes()
_HELD: dict[type, Callable[[cst.CSTNode], tuple[Any, ...]]] = {}
"""By class: what gives the fields that may hold children."""


def _held(node: cst.CSTNode) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """Find that for the class of `node`."""
    visited = _Fields(node)
    node.visit(visited)
    # One that is visited only where it isn't empty (the format in an f-string) stands behind the others.
    names = dict.fromkeys((*visited.names, *(field.name for field in fields(node))))
    kept = [name for name in names if _may_hold_nodes(name)]
    # What is asked for less than two names gives no tuple; a class is no child.
    found = _HELD[type(node)] = attrgetter(*kept, "__class__", "__class__")
    return found


class _Fields(cst.CSTVisitor):
    """The names of a node's fields in the order in which they are visited: that of the source."""

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


Between = tuple[int, int]
"""Where something begins, and where it ends."""


class RenderedModule(NamedTuple):
    """The text that a module gives, and its nodes' spans in it, in bytes, without the parentheses around."""

    text: str
    spans: dict[int, Between]
    """By `id`."""
    tops: list[int]
    """Where the statements at the top begin, each with its lines above, and where they end."""


def written(module: cst.Module) -> RenderedModule:
    """What `module` gives, written out."""
    state = _Pieces(module.default_indent, module.default_newline)
    return _counted(state, _write(module, state))


def written_alone(module: cst.Module, statement: cst.CSTNode) -> RenderedModule:
    """What a statement at the top of `module` gives, written out, with the lines above that go with it: spans
    begin with it."""
    state = _Pieces(module.default_indent, module.default_newline)
    statement._codegen(state)
    return _counted(state, [0, len(state.tokens)])


def _counted(state: "_Pieces", tops: list[int]) -> RenderedModule:
    text = "".join(state.tokens)
    offsets = [0, *accumulate(map(len if text.isascii() else _bytes, state.tokens))]
    offsets.append(offsets[-1])  # a newline that is taken back where the text ends without one
    spans = {node: (offsets[one], offsets[other]) for node, (one, other) in state.spans.items()}
    return RenderedModule(text, spans, [offsets[top] for top in tops])


def _write(module: cst.Module, state: "_Pieces") -> list[int]:
    """Write a module as LibCST does; how many pieces there were before its statements, and after each."""
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


class _Pieces(CodegenState):
    """The pieces of a text, and how many of them were written before each node and after it."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(default_indent=indent, default_newline=newline)
        self.spans: dict[int, Between] = {}
        self._begun: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._begun.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        begun = self._begun.pop()
        if id(node) not in self.spans:
            self.spans[id(node)] = (begun, len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]  # theirs is a generator's
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> AbstractContextManager[None]:
        """The node without what is around it: parentheses, or the white space of a block."""
        return _SpanRecorder(self, node, start_node, end_node)


class _SpanRecorder(AbstractContextManager[None]):
    """Notes what is written within it as a node's span."""

    __slots__ = ("_begun", "_from", "_node", "_pieces", "_to")

    def __init__(
        self, pieces: _Pieces, node: cst.CSTNode, start: cst.CSTNode | None, end: cst.CSTNode | None
    ) -> None:
        self._pieces, self._node, self._from, self._to = pieces, node, start, end
        self._begun = len(pieces.tokens)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # it is nested too deeply, and not all was written
            return
        spans = self._pieces.spans
        begun = self._begun if self._from is None else spans[id(self._from)][0]
        ended = len(self._pieces.tokens) if self._to is None else spans[id(self._to)][1]
        spans[id(self._node)] = (begun, ended)

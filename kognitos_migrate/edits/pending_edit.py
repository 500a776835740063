"""Pending edits, whose text may contain moved source, and their composition into plain edits."""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.edits.literals import quote_parts
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site, Tree


class Origin:
    """The calls that made a pending edit, innermost first, as `file:line function`. Equal to any other
    origin, so that the same edit made twice stays one."""

    recording = False
    """Set by `dev.py plan` only: walking the stack for each edit costs more than making it."""

    def __init__(self, calls: tuple[str, ...] = ()) -> None:
        self.calls = calls

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0


_UNRECORDED = Origin()
_PACKAGE = "/kognitos_migrate/"


def _origin() -> Origin:
    """The origin of the edit that is being made; empty unless origins are recorded."""
    if not Origin.recording:
        return _UNRECORDED
    import inspect

    calls: list[str] = []
    frame = inspect.currentframe()
    frame = frame.f_back if frame is not None else None
    while frame is not None and frame.f_code.co_name != "plan":
        _, is_ours, path = frame.f_code.co_filename.replace(os.sep, "/").rpartition(_PACKAGE)
        if is_ours and not frame.f_code.co_name.startswith("<"):
            calls.append(f"{path}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return Origin(tuple(calls))


class PendingEdit(Struct, frozen=True):
    """Replaces `span` by `parts`: text, and spans of the source, which move there with the pending edits
    inside them."""

    span: Span
    parts: tuple[str | Span, ...]
    rank: int = 0
    removed: Site | None = None
    """The item of a list that the edit removes and nothing else, with its comma."""
    origin: Origin = field(default_factory=_origin)


def wrap_in_call(tree: Tree, node: cst.BaseExpression, name: str, *inner: str) -> PendingEdit:
    """The pending edit that wraps an expression in a call of `name` and, inside that, of each of `inner`, the
    first outermost. Parentheses around the expression become those of the call."""
    outer = tree.outer_span(node)
    end = ")" * len(inner)
    name = "(".join((name, *inner))
    if outer == tree.span(node):
        return PendingEdit(outer, (f"{name}(", outer, f"){end}"))
    before = tree.utf8_text[: outer.start].decode("utf-8", "surrogatepass")[-1:]
    space = " " if before.isidentifier() or before.isdigit() else ""
    return PendingEdit(outer, (f"{space}{name}", outer, end) if end else (f"{space}{name}", outer))


class OverlapError(Exception):
    """Two pending edits claim the same text."""

    def __init__(self, span: Span) -> None:
        super().__init__(f"two edits meet at {span}")
        self.span = span


def compose(edits: Iterable[PendingEdit], trees: Mapping[str, Tree]) -> list[Edit]:
    """The pending edits as edits that neither nest nor overlap. Raises OverlapError if two of them claim the
    same text."""
    unique = in_source_order(edits)
    _check(unique)
    return [Edit(edit.span, edit.rank, _render(edit, unique, trees)) for edit in _outermost(unique)]


def in_source_order(edits: Iterable[PendingEdit]) -> list[PendingEdit]:
    """Return the distinct edits in the order of their spans, outer ones first."""
    return sorted(set(edits), key=lambda edit: (edit.span.path, edit.span.start, -edit.span.end, edit.rank))


def arrangement(edits: Sequence[PendingEdit], span: Span) -> list[Span]:
    """The spans of the source that remain in `span` after the edits, in their new order. `edits` are in
    source order."""
    return list(_arrange_span(span, None, edits))


def _arrange_span(span: Span, mover: PendingEdit | None, edits: Sequence[PendingEdit]) -> Iterator[Span]:
    position = span.start
    for edit in _outermost(edit for edit in _edits_within(edits, span) if edit is not mover):
        if mover is not None and edit.span == span:
            if any(isinstance(part, Span) and _inside(mover.span, part) for part in edit.parts):
                continue
        yield Span(span.path, position, edit.span.start)
        for part in edit.parts:
            if isinstance(part, Span):
                yield from _arrange_span(part, edit, edits)
        position = edit.span.end
    yield Span(span.path, position, span.end)


def _check(edits: Sequence[PendingEdit]) -> None:
    for number, edit in enumerate(edits):
        for following in range(number + 1, len(edits)):
            other = edits[following]
            if other.span.path != edit.span.path or other.span.start >= edit.span.end:
                break
            if other.span == edit.span or other.span.end > edit.span.end:
                raise OverlapError(other.span)


def _outermost(edits: Iterable[PendingEdit]) -> list[PendingEdit]:
    """The edits inside no other one. `edits` are in source order."""
    outermost: list[PendingEdit] = []
    enclosing: Span | None = None
    for edit in edits:
        if enclosing is None or not _inside(edit.span, enclosing):
            outermost.append(edit)
            if enclosing is None or edit.span.path != enclosing.path or edit.span.end > enclosing.end:
                enclosing = edit.span
    return outermost


def _edits_within(edits: Sequence[PendingEdit], span: Span) -> Iterator[PendingEdit]:
    """The edits inside a span. `edits` are in source order."""
    start = bisect_left(edits, (span.path, span.start), key=_place)
    end = bisect_right(edits, (span.path, span.end), key=_place)
    return (edit for edit in edits[start:end] if _inside(edit.span, span))


def _place(edit: PendingEdit) -> tuple[str, int]:
    return edit.span.path, edit.span.start


def _inside(inner: Span, outer: Span) -> bool:
    if inner.path != outer.path or inner.start < outer.start or inner.end > outer.end:
        return False
    if inner.start == inner.end:
        return outer.start < inner.start < outer.end
    return True


def _render(edit: PendingEdit, edits: Sequence[PendingEdit], trees: Mapping[str, Tree]) -> str:
    text: list[str] = []
    for part in quote_parts(trees[edit.span.path], edit.span, edit.parts):
        text.append(part if isinstance(part, str) else _render_moved_span(part, edit, edits, trees))
    return "".join(text)


def _render_moved_span(
    span: Span, mover: PendingEdit, edits: Sequence[PendingEdit], trees: Mapping[str, Tree]
) -> str:
    tree = trees[span.path]
    text: list[str] = []
    position = span.start
    for edit in _outermost(edit for edit in _edits_within(edits, span) if edit is not mover):
        if edit.span == span and any(
            isinstance(part, Span) and _inside(mover.span, part) for part in edit.parts
        ):
            continue
        text.append(tree.slice(Span(span.path, position, edit.span.start)))
        text.append(_render(edit, edits, trees))
        position = edit.span.end
    text.append(tree.slice(Span(span.path, position, span.end)))
    return "".join(text)

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


def compose(drafts: Iterable[PendingEdit], trees: Mapping[str, Tree]) -> list[Edit]:
    """The drafts as edits that neither nest nor overlap. Raises OverlapError if two of them claim the same
    text."""
    unique = in_source_order(drafts)
    _check(unique)
    edits: list[Edit] = []
    for draft in _outermost(unique):
        edits.append(Edit(draft.span, draft.rank, _render(draft, unique, trees)))
    return edits


def in_source_order(drafts: Iterable[PendingEdit]) -> list[PendingEdit]:
    """Return the distinct drafts in the order of their spans, outer ones first."""
    return sorted(
        set(drafts), key=lambda draft: (draft.span.path, draft.span.start, -draft.span.end, draft.rank)
    )


def arrangement(drafts: Sequence[PendingEdit], span: Span) -> list[Span]:
    """The spans of the source that remain in `span` after the drafts, in their new order. `drafts` are in
    source order."""
    return list(_arrange_span(span, None, drafts))


def _arrange_span(span: Span, mover: PendingEdit | None, drafts: Sequence[PendingEdit]) -> Iterator[Span]:
    position = span.start
    for draft in _outermost(draft for draft in _drafts_within(drafts, span) if draft is not mover):
        if mover is not None and draft.span == span:
            if any(isinstance(part, Span) and _inside(mover.span, part) for part in draft.parts):
                continue
        yield Span(span.path, position, draft.span.start)
        for part in draft.parts:
            if isinstance(part, Span):
                yield from _arrange_span(part, draft, drafts)
        position = draft.span.end
    yield Span(span.path, position, span.end)


def _check(drafts: Sequence[PendingEdit]) -> None:
    for number, draft in enumerate(drafts):
        for following in range(number + 1, len(drafts)):
            other = drafts[following]
            if other.span.path != draft.span.path or other.span.start >= draft.span.end:
                break
            if other.span == draft.span or other.span.end > draft.span.end:
                raise OverlapError(other.span)


def _outermost(drafts: Iterable[PendingEdit]) -> list[PendingEdit]:
    """The drafts inside no other one. `drafts` are in source order."""
    outermost: list[PendingEdit] = []
    enclosing: Span | None = None
    for draft in drafts:
        if enclosing is None or not _inside(draft.span, enclosing):
            outermost.append(draft)
            if enclosing is None or draft.span.path != enclosing.path or draft.span.end > enclosing.end:
                enclosing = draft.span
    return outermost


def _drafts_within(drafts: Sequence[PendingEdit], span: Span) -> Iterator[PendingEdit]:
    """The drafts inside a span. `drafts` are in source order."""
    start = bisect_left(drafts, (span.path, span.start), key=_place)
    end = bisect_right(drafts, (span.path, span.end), key=_place)
    return (draft for draft in drafts[start:end] if _inside(draft.span, span))


def _place(draft: PendingEdit) -> tuple[str, int]:
    return draft.span.path, draft.span.start


def _inside(inner: Span, outer: Span) -> bool:
    if inner.path != outer.path or inner.start < outer.start or inner.end > outer.end:
        return False
    if inner.start == inner.end:
        return outer.start < inner.start < outer.end
    return True


def _render(draft: PendingEdit, drafts: Sequence[PendingEdit], trees: Mapping[str, Tree]) -> str:
    text: list[str] = []
    for part in quote_parts(trees[draft.span.path], draft.span, draft.parts):
        text.append(part if isinstance(part, str) else _render_moved_span(part, draft, drafts, trees))
    return "".join(text)


def _render_moved_span(
    span: Span, mover: PendingEdit, drafts: Sequence[PendingEdit], trees: Mapping[str, Tree]
) -> str:
    tree = trees[span.path]
    text: list[str] = []
    position = span.start
    for draft in _outermost(draft for draft in _drafts_within(drafts, span) if draft is not mover):
        if draft.span == span and any(
            isinstance(part, Span) and _inside(mover.span, part) for part in draft.parts
        ):
            continue
        text.append(tree.slice(Span(span.path, position, draft.span.start)))
        text.append(_render(draft, drafts, trees))
        position = draft.span.end
    text.append(tree.slice(Span(span.path, position, span.end)))
    return "".join(text)

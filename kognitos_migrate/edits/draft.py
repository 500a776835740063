"""Drafts of edits, which may move text that other drafts change, and their composition into plain edits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kognitos_migrate.source.span import Edit, Span
from kognitos_migrate.syntax.tree import Tree


@dataclass(frozen=True, slots=True)
class Draft:
    """Put `parts` in the place of `span`: text, and spans of the source, which are moved there with the
    drafts that lie within them."""

    span: Span
    parts: tuple[str | Span, ...]
    rank: int = 0


class OverlapError(Exception):
    """Two drafts want different things of one place."""

    def __init__(self, span: Span) -> None:
        super().__init__(f"two edits meet at {span}")
        self.span = span


def compose(drafts: Iterable[Draft], trees: Mapping[str, Tree]) -> list[Edit]:
    """The drafts as edits that neither nest nor overlap. Raises OverlapError."""
    unique = sorted(
        set(drafts), key=lambda draft: (draft.span.path, draft.span.start, -draft.span.end, draft.rank)
    )
    _check(unique)
    edits: list[Edit] = []
    for draft in _outermost(unique, None):
        edits.append(Edit(draft.span, draft.rank, _render(draft, unique, trees)))
    return edits


def _check(drafts: list[Draft]) -> None:
    for number, one in enumerate(drafts):
        for other in drafts[number + 1 :]:
            if other.span.path != one.span.path or other.span.start >= one.span.end:
                break
            if other.span == one.span or other.span.end > one.span.end:
                raise OverlapError(other.span)


def _outermost(drafts: list[Draft], within: Draft | Span | None) -> list[Draft]:
    """The drafts inside `within` that are in no other draft inside it."""
    span = within.span if isinstance(within, Draft) else within
    inside = [
        draft for draft in drafts if draft is not within and (span is None or _inside(draft.span, span))
    ]
    found: list[Draft] = []
    by_path: dict[str, list[Draft]] = {}
    for draft in inside:
        by_path.setdefault(draft.span.path, []).append(draft)
    for draft in inside:
        others = by_path[draft.span.path]
        if not any(_inside(draft.span, other.span) and draft is not other for other in others):
            found.append(draft)
    return found


def _inside(inner: Span, outer: Span) -> bool:
    if inner.path != outer.path or inner.start < outer.start or inner.end > outer.end:
        return False
    if inner.start == inner.end:
        return outer.start < inner.start < outer.end
    return True


def _render(draft: Draft, drafts: list[Draft], trees: Mapping[str, Tree]) -> str:
    text: list[str] = []
    for part in draft.parts:
        text.append(part if isinstance(part, str) else _moved(part, draft, drafts, trees))
    return "".join(text)


def _moved(span: Span, mover: Draft, drafts: list[Draft], trees: Mapping[str, Tree]) -> str:
    others = [draft for draft in drafts if draft is not mover]
    tree = trees[span.path]
    text: list[str] = []
    position = span.start
    for draft in _outermost(others, span):
        if draft.span == span and any(
            isinstance(part, Span) and _inside(mover.span, part) for part in draft.parts
        ):
            continue
        text.append(tree.slice(Span(span.path, position, draft.span.start)))
        text.append(_render(draft, drafts, trees))
        position = draft.span.end
    text.append(tree.slice(Span(span.path, position, span.end)))
    return "".join(text)

"""Texts that edits empty, such as a query that moves into the body, where code tests their truth."""

from collections.abc import Collection

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Text
from kognitos_migrate.values.texts import holes

_NOTHING = ("", '""', "''")


def require_no_tested_text_emptied(context: PlanContext, edits: Collection[PendingEdit]) -> None:
    """Raises RefusalError if edits empty a text whose truth the program tests."""
    removed = [edit.span for edit in edits if all(part in _NOTHING for part in edit.parts)]
    if not removed:
        return
    for use in context.facts.uses:
        if use.kind is not UseKind.TRUTH or not isinstance(use.value, Text):
            continue
        values = alternatives(context.value(use.operand, use.frame))
        texts = [value for value in values if isinstance(value, Text)] or [use.value]
        if any(
            _loses_part(context, text, removed) and not _has_rest(context, text, removed) for text in texts
        ):
            raise RefusalError(use.site, "url", "the code tests a text here that would be empty")


def _loses_part(context: PlanContext, text: Text, removed: Collection[Span]) -> bool:
    """Whether a part of a text is removed."""
    return any(_remaining(context, part, removed) < len(part.text.encode()) for part in _literals(text)) or (
        any(_is_removed(context, hole, removed) for hole in holes(text))
    )


def _has_rest(context: PlanContext, text: Text, removed: Collection[Span]) -> bool:
    """Whether a text certainly contains characters that aren't removed."""
    return any(_remaining(context, part, removed) > 0 for part in _literals(text)) or any(
        not _is_removed(context, hole, removed)
        and all(
            isinstance(choice, Text) and _has_rest(context, choice, removed)
            for choice in alternatives(hole.value)
        )
        for hole in holes(text)
    )


def _literals(text: Text) -> list[Lit]:
    return [part for part in text.parts if isinstance(part, Lit)]


def _is_removed(context: PlanContext, hole: Hole, removed: Collection[Span]) -> bool:
    place = context.span(hole.site)
    return any(span.contains(place) for span in removed)


def _remaining(context: PlanContext, part: Lit, removed: Collection[Span]) -> int:
    """The length of the rest of a literal, in bytes."""
    length = len(part.text.encode())
    if part.site is None or part.offset < 0:
        return length
    start = context.span(part.site).start + part.offset
    own = (span for span in removed if span.path == part.site.path)
    return length - sum(max(0, min(span.end, start + length) - max(span.start, start)) for span in own)

"""Texts that a declaration allows: choices of an option, a literal type, the values of an Enum."""

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.interpret.state.facts import CHOICES, Use
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Lit, Text


def stays_allowed(context: PlanContext, use: Use, draft: PendingEdit) -> bool:
    """Whether a declaration that compares a text with those that it allows also allows the text after an
    edit."""
    part = use.value.parts[0] if isinstance(use.value, Text) else None
    edited = _text_after(context, part, draft) if use.detail == CHOICES and isinstance(part, Lit) else None
    return edited is not None and any(
        choice.literal == edited
        and not any(isinstance(own, Lit) and own.site in context.requests.by_url_part for own in choice.parts)
        for choice in alternatives(use.other or NEVER)
        if isinstance(choice, Text)
    )


def _text_after(context: PlanContext, part: Lit, draft: PendingEdit) -> str | None:
    """The literal after an edit inside of it; None if its text isn't known."""
    if part.site is None or part.offset < 0:
        return None
    start = draft.span.start - context.span(part.site).start - part.offset
    written = part.text.encode()
    if start < 0 or not all(isinstance(text, str) for text in draft.parts):
        return None
    end = start + draft.span.end - draft.span.start
    return (written[:start] + "".join(map(str, draft.parts)).encode() + written[end:]).decode()

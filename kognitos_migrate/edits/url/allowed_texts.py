"""Texts that a declaration allows: choices of an option, a literal type, the values of an Enum."""

from collections.abc import Sequence

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import CHOICES
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Lit, Text
from kognitos_migrate.values.texts import only_part


def stays_allowed(context: PlanContext, use: Use, edit: PendingEdit) -> bool:
    """Whether a declaration that compares a text with those that it allows also allows the text after an
    edit."""
    part = use.value.parts[0] if isinstance(use.value, Text) else None
    edited = text_after(context, part, edit) if use.detail == CHOICES and isinstance(part, Lit) else None
    return edited is not None and any(
        choice.literal == edited
        and not any(isinstance(own, Lit) and own.site in context.requests.by_url_part for own in choice.parts)
        for choice in alternatives(use.other or NEVER)
        if isinstance(choice, Text)
    )


def declaration_edits(context: PlanContext, use: Use, edit: PendingEdit) -> Sequence[PendingEdit] | None:
    """The edits of the texts that a declaration allows, so that it allows the text after an edit. None if the
    declaration compares other texts with them, too, or has none that it compares with the text.

    version: Literal["v1"] = "v1"    # the default is edited, and the literal type with it
    """
    part = use.value.parts[0] if isinstance(use.value, Text) and len(use.value.parts) == 1 else None
    if use.detail != CHOICES or not isinstance(part, Lit) or text_after(context, part, edit) is None:
        return None
    assert part.site is not None
    start = edit.span.start - context.span(part.site).start - part.offset
    edits: list[PendingEdit] = []
    for choice in alternatives(use.other or NEVER):
        own = only_part(choice)
        if not isinstance(own, Lit) or own.text != part.text:
            continue
        if own.site is None or own.offset < 0 or not _allows_only(context, own.site, part):
            return None
        offset = context.span(own.site).start + own.offset + start
        span = Span(own.site.path, offset, offset + edit.span.end - edit.span.start)
        edits.append(replace(edit, span=span))
    return edits or None


def _allows_only(context: PlanContext, allowed: Site, part: Lit) -> bool:
    """Whether a literal of a declaration has no use but comparisons, and is compared with no equal text of
    another literal."""
    uses = context.literal_uses.get(allowed, ())
    compared = (choice for use in uses for choice in alternatives(use.other or NEVER))
    equal = [choice for choice in compared if isinstance(choice, Text) and choice.literal == part.text]
    return (
        allowed not in context.requests.by_url_part
        and all(use.kind is UseKind.COMPARE and not use.detail for use in uses)
        and all(isinstance(own, Lit) and own.site == part.site for choice in equal for own in choice.parts)
    )


def text_after(context: PlanContext, part: Lit, edit: PendingEdit) -> str | None:
    """The literal after an edit inside of it; None if its text isn't known."""
    if part.site is None or part.offset < 0:
        return None
    start = edit.span.start - context.span(part.site).start - part.offset
    written = part.text.encode()
    if start < 0 or not all(isinstance(text, str) for text in edit.parts):
        return None
    end = start + edit.span.end - edit.span.start
    if end > len(written):
        return None
    return (written[:start] + "".join(map(str, edit.parts)).encode() + written[end:]).decode()

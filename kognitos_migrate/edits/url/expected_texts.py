"""Texts that tests compare with an edited text of the program."""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.url.allowed_texts import text_after
from kognitos_migrate.edits.url.version_settings import has_setting
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Hole, Lit, Part, Text, Value

_EQUALITIES = ("Equal", "NotEqual")


def expected_text_edits(
    context: PlanContext, use: Use, site: Site, edit: PendingEdit
) -> Sequence[PendingEdit] | None:
    """The edits of the literals in a test that a text is compared with, so that they are equal to the text
    after an edit of its literal at `site` where they were before. None if that isn't certain.

    assert client.base_url == "https://host/v1"    # the program's text ends with "/v1", which is edited
    """
    if use.kind is not UseKind.COMPARE or use.detail not in _EQUALITIES:
        return None
    texts = [*alternatives(context.value(use.operand, use.frame))]
    overriding = _settings_in_place_of(context, site)
    edits: list[PendingEdit] = []
    for choice in alternatives(use.other or NEVER):
        own = choice.parts[0] if isinstance(choice, Text) and len(choice.parts) == 1 else None
        if not isinstance(own, Lit) or own.site is None or not _is_only_expected(context, own.site):
            return None
        equal = [text for text in texts if _text_pattern(text).fullmatch(own.text)]
        changed = [(text, part) for text in texts for part in _literals_at(text, site)]
        if not equal and not any(_may_become(context, *pair, edit, own.text) for pair in changed):
            continue
        places = {_literal_offset(text, part, own.text) for text, part in changed if text in equal}
        place = next(iter(places)) if len(places) == 1 else None
        parts = {part for _, part in changed}
        is_certain = all(
            any(text is other for other, _ in changed) or has_setting(text, overriding) for text in equal
        )
        if place is None or own.offset < 0 or not is_certain or len(parts) != 1:
            return None
        part = next(iter(parts))
        if text_after(context, part, edit) is None:
            return None
        start = edit.span.start - context.span(site).start - part.offset
        offset = context.span(own.site).start + own.offset + len(own.text[:place].encode()) + start
        span = Span(own.site.path, offset, offset + edit.span.end - edit.span.start)
        edits.append(replace(edit, span=span))
    return edits or None


def _settings_in_place_of(context: PlanContext, site: Site) -> frozenset[str]:
    """The settings that may replace a literal in the URLs of calls. Users point them to the new version."""
    readers = context.requests.by_url_part.get(site, ())
    matches = (context.matches[number] for number in readers if number in context.matches)
    return frozenset(source for match in matches for source in match.overridden)


def _may_become(context: PlanContext, text: Value, part: Lit, edit: PendingEdit, expected: str) -> bool:
    """Whether a text may be equal to an expected one after an edit of one of its literals."""
    after = text_after(context, part, edit)
    return after is None or _text_pattern(text, part, after).fullmatch(expected) is not None


def _is_only_expected(context: PlanContext, site: Site) -> bool:
    """Whether a literal is written out in a test, and only compared."""
    uses = context.literal_uses.get(site, ())
    return (
        site.path in context.facts.tests
        and isinstance(context.node(site), cst.SimpleString)
        and site not in context.requests.by_url_part
        and all(use.kind is UseKind.COMPARE for use in uses)
    )


def _literal_offset(text: Value, part: Lit, expected: str) -> int | None:
    """Where an equal text has a literal of a text; None if the two can't be equal."""
    match = _text_pattern(text, part, part.text).fullmatch(expected)
    return match.start("part") if match is not None else None


def _text_pattern(text: Value, part: Lit | None = None, content: str = "") -> re.Pattern[str]:
    """The texts that a value may be, with other content of one of its literals. A client may append a slash
    to an address."""
    if not isinstance(text, Text):
        return re.compile(".*")
    written: list[str] = []
    for inner in _written_parts(text):
        if inner is part:
            written.append(f"(?P<part>{re.escape(content)})")
        elif isinstance(inner, Lit):
            written.append(re.escape(inner.text))
        else:
            written.append(f"(?:{'|'.join(_hole_patterns(inner.value))})")
    return re.compile(f"{''.join(written)}/?")


def _written_parts(text: Text) -> Iterator[Part]:
    """The parts of a text, and those of the texts that it is composed of."""
    for part in text.parts:
        if isinstance(part, Hole) and isinstance(part.value, Text) and part.mark is None:
            yield from _written_parts(part.value)
        else:
            yield part


def _literals_at(value: Value, site: Site) -> list[Lit]:
    """The literals of a text that are written at a place."""
    parts = _written_parts(value) if isinstance(value, Text) else ()
    return [part for part in parts if isinstance(part, Lit) and part.site == site]


def _hole_patterns(value: Value) -> Iterator[str]:
    """The texts that a hole may have, as regular expressions."""
    for choice in alternatives(value):
        literal = choice.literal if isinstance(choice, Text) else None
        yield re.escape(literal) if literal is not None else ".*"

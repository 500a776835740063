"""Texts that tests compare with an edited text of the program."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import product

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.url.allowed_texts import text_after
from kognitos_migrate.edits.url.path import covering_hole, written_span
from kognitos_migrate.edits.url.segment_changes import segment_changes
from kognitos_migrate.edits.url.version_settings import has_setting
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Hole, Lit, Part, Text, Value
from kognitos_migrate.values.texts import only_part

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
        own = only_part(choice)
        if not isinstance(own, Lit) or own.site is None or not _is_only_expected(context, own.site):
            return None
        equal = [text for text in texts if _text_pattern(text).fullmatch(own.text)]
        changed = [(text, part) for text in texts for part in _literals_at(text, site)]
        if not equal and not any(_may_become(context, *pair, edit, own.text) for pair in changed):
            continue
        places = {_range_in(text, part, own.text) for text, part in changed if text in equal}
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
        offset = context.span(own.site).start + own.offset + len(own.text[: place[0]].encode()) + start
        span = Span(own.site.path, offset, offset + edit.span.end - edit.span.start)
        edits.append(replace(edit, span=span))
    return edits or None


def edits_for_removed_parts(
    context: PlanContext, match: Match, edited: Sequence[tuple[Site, PendingEdit]]
) -> Iterator[PendingEdit]:
    """The edits that remove the text of an expression from the URLs that tests expect, where `edited` removes
    the expression from a URL. Raises RefusalError if the text can't be found.

    assert url_of("a1") == "https://host/things/a1"    # the new URL has no "a1"
    """
    removed = [change.index for change in segment_changes(match) if change.text is None]
    for path, index in product(match.paths, removed):
        pieces, slash = path.segments[index].pieces, path.segments[index].slash
        hole = covering_hole(pieces) if pieces else None
        place = hole.mark if hole is not None else None
        spans = [edit.span for site, edit in edited if hole and site == (place.site if place else hole.site)]
        if hole is None or not (_written_at(context, place) in spans if place else spans):
            continue  # the expression stays
        written = written_span(context, slash) if slash is not None else None
        is_apart = any(_contains(edit.span, written) for _, edit in edited) if written is not None else False
        for literal in dict.fromkeys(piece.site for piece in path.url.pieces() if piece.lit is not None):
            for use in context.literal_uses.get(literal, ()) if literal is not None else ():
                is_equality = use.kind is UseKind.COMPARE and use.detail in _EQUALITIES
                if is_equality and use.site.path in context.facts.tests:
                    sites = {site for site, _ in edited}
                    yield from _removals(context, use, hole, sites, with_slash=not is_apart)


def _contains(outer: Span, inner: Span) -> bool:
    return outer.path == inner.path and outer.start <= inner.start and inner.end <= outer.end


def _written_at(context: PlanContext, lit: Lit) -> Span | None:
    return written_span(context, UrlPiece(lit.text, lit, 0, ()))


def _removals(
    context: PlanContext, use: Use, hole: Hole, edited: Collection[Site], *, with_slash: bool
) -> Iterator[PendingEdit]:
    """The edits that remove the text of an expression from the literals that a text with it is equal to."""
    texts = [*alternatives(context.value(use.operand, use.frame))]
    for choice in alternatives(use.other or NEVER):
        own = only_part(choice)
        if not isinstance(own, Lit) or own.site is None:
            continue
        equal = [text for text in texts if _text_pattern(text).fullmatch(own.text)]
        holes = [_hole_in(text, hole) for text in equal]
        if not any(holes):
            continue
        places = {
            _range_in(text, part, own.text) if part is not None and _is_removed(part, edited) else None
            for text, part in zip(equal, holes, strict=True)
        }
        start, end = next(iter(places)) or (0, 0)
        start -= with_slash
        is_slash = start >= 0 and own.text[start : start + with_slash] in ("", "/")
        if len(places) > 1 or None in places or not is_slash or not _is_only_expected(context, own.site):
            message = "the new URL lacks a part of this text, which a test expects and the code computes"
            raise RefusalError(use.site, "url", message, "compare the URL with a text that has no such part")
        offset = context.span(own.site).start + own.offset
        first, last = (offset + len(own.text[:place].encode()) for place in (start, end))
        yield PendingEdit(Span(own.site.path, first, last), ("",))


def _hole_in(text: Value, hole: Hole) -> Hole | None:
    """The part of a text that an expression supplies, or the value for a placeholder."""
    parts = _written_parts(text, hole) if isinstance(text, Text) else ()
    return next((part for part in parts if isinstance(part, Hole) and _is_same_hole(part, hole)), None)


def _is_removed(hole: Hole, edited: Collection[Site]) -> bool:
    """Whether a template has no other value than before: one for `%s` must be removed with it."""
    return hole.mark is None or not hole.mark.text.startswith("%") or hole.site in edited


def _is_same_hole(part: Hole, hole: Hole) -> bool:
    if hole.mark is None or part.mark is None:
        return part.mark is hole.mark and part.site == hole.site
    return (part.mark.site, part.mark.offset) == (hole.mark.site, hole.mark.offset)


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


def _range_in(text: Value, part: Part, expected: str) -> tuple[int, int] | None:
    """The range of an equal text that a part of a text supplies; None if the two can't be equal."""
    match = _text_pattern(text, part, part.text if isinstance(part, Lit) else "").fullmatch(expected)
    return match.span("part") if match is not None else None


def _text_pattern(text: Value, part: Part | None = None, content: str = "") -> re.Pattern[str]:
    """The texts that a value may be, with other content of one of its literals. A client may append a slash
    to an address."""
    if not isinstance(text, Text):
        return re.compile(".*")
    written: list[str] = []
    for inner in _written_parts(text, part if isinstance(part, Hole) else None):
        if isinstance(inner, Lit):
            pattern = re.escape(content if inner is part else inner.text)
        else:
            pattern = f"(?:{'|'.join(_hole_patterns(inner.value))})"
        written.append(f"(?P<part>{pattern})" if inner is part else pattern)
    return re.compile(f"{''.join(written)}/?")


def _written_parts(text: Text, whole: Hole | None = None) -> Iterator[Part]:
    """The parts of a text, and those of the texts that it is composed of, but for one that stays whole."""
    for part in text.parts:
        is_whole = isinstance(part, Hole) and whole is not None and _is_same_hole(part, whole)
        if isinstance(part, Hole) and isinstance(part.value, Text) and part.mark is None and not is_whole:
            yield from _written_parts(part.value, whole)
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

"""Rewrites the URLs of a conversation together: a segment is edited only if all its readers agree."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import libcst as cst

from kognitos_migrate.conversations.held_addresses import is_held_by_instance
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.conversations.supplied_bases import Source, base_in, is_supplied, sources_of
from kognitos_migrate.conversations.url import UrlPiece, urls
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.url.allowed_texts import declaration_edits, stays_allowed
from kognitos_migrate.edits.url.class_overrides import override_attributes
from kognitos_migrate.edits.url.empty_parts import empty_template_part
from kognitos_migrate.edits.url.expected_errors import edits_for_error_texts
from kognitos_migrate.edits.url.expected_texts import edits_for_removed_parts, expected_text_edits
from kognitos_migrate.edits.url.path import (
    UrlProposal,
    propose_url,
    reexpress,
    unwritten_change,
    written_span,
)
from kognitos_migrate.edits.url.segment_changes import SegmentChange, segment_changes
from kognitos_migrate.edits.url.url_observers import is_absent_key, tests_other_part
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import CHOICES, CUT_OFF, IN_ERROR, INDEX
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Text
from kognitos_migrate.values.texts import literals

_SENDING = (UseKind.REQUEST, UseKind.LOG, UseKind.FORMAT, UseKind.TRUTH, UseKind.NONE, UseKind.TYPED)

_OF_URL = {role.value for role in (Role.METHOD, Role.URL, Role.BASE, Role.HOST, Role.REQUEST)} | {""}
"""The details of uses that send a text in the URL, or that a stub expects. Others send it elsewhere, too."""
_EQUALITIES = ("Equal", "NotEqual", "In", "NotIn")
"""Comparisons of two texts for equality."""
_LONGEST_TEXT = 60
"""The longest text that a message quotes, in characters."""


def migrate_urls(context: PlanContext, matches: list[Match]) -> list[PendingEdit]:
    """Pending edits that convert all URLs to their new layout. Raises RefusalError if that isn't possible. A
    path in a setting is changed there."""
    readers_by_literal = context.requests.by_url_part
    in_sight = (match for match in matches if match.paths and match.path_setting is None)
    open_matches = {match.request.id: match for match in in_sight}
    proposals = {number: propose_url(context, match) for number, match in open_matches.items()}
    edits: list[PendingEdit] = []
    with_empty_part: set[int] = set()
    identities = _requests_losing_identity(context, matches)
    while True:
        unfit = _unfit_requests(context, proposals, readers_by_literal, identities)
        if not unfit:
            break
        if override_attributes(context, proposals, readers_by_literal, _has_other_uses):
            continue
        operation = min(
            open_matches[number].operation.id for number in _blocking_requests(unfit, open_matches)
        )
        for number in [number for number in unfit if open_matches[number].operation.id == operation]:
            rebuilt = _rebuild_url(context, open_matches[number])
            if rebuilt is not None:
                edits.append(rebuilt)
                del proposals[number]
                readers_by_literal = {
                    site: readers - {number} for site, readers in readers_by_literal.items()
                }
                continue
            empty = (
                empty_template_part(context, open_matches[number]) if number not in with_empty_part else None
            )
            if empty is None:
                raise _shared_text_refusal(context, open_matches[number], proposals, readers_by_literal)
            with_empty_part.add(number)
            proposals[number] = empty[0]
            edits.append(empty[1])
    _require_followed(
        context,
        {site for proposal in proposals.values() for site, _ in (proposal.edits if proposal else ())},
    )
    edited = [pair for proposal in proposals.values() if proposal is not None for pair in proposal.edits]
    edits.extend(edit for _, edit in edited)
    edits.extend(
        dict.fromkeys(edit for pair in dict.fromkeys(edited) for edit in _declaration_edits(context, *pair))
    )
    removals = (
        edits_for_removed_parts(context, open_matches[number], proposal.edits)
        for number, proposal in proposals.items()
        if proposal is not None
    )
    return [*edits, *dict.fromkeys(edit for own in removals for edit in own)]


def _declaration_edits(context: PlanContext, site: Site, edit: PendingEdit) -> Iterator[PendingEdit]:
    """The edits of declarations that don't allow an edited text, and of tests that expect the old one."""
    for use in context.literal_uses.get(site, ()):
        if use.site.path in context.facts.tests:
            yield from expected_text_edits(context, use, site, edit) or ()
        yield from edits_for_error_texts(context, use, site, edit) or ()
        if use.detail == CHOICES and not stays_allowed(context, use, edit):
            yield from declaration_edits(context, use, edit) or ()


def _blocking_requests(unfit: list[int], matches: dict[int, Match]) -> list[int]:
    """The requests that lose a path segment, or all if none does. They prevent the edits of the others."""
    losing = [
        number for number in unfit if any(change.text is None for change in segment_changes(matches[number]))
    ]
    return losing or unfit


def _requests_losing_identity(context: PlanContext, matches: list[Match]) -> set[int]:
    """The requests whose URLs the program distinguishes by their text, as keys or in comparisons, and whose
    new URLs would be equal because the segment in which they differ is removed."""
    distinguished: dict[str, list[Match]] = {}
    for match in matches:
        if _is_distinguished(context, match):
            distinguished.setdefault(match.operation.id, []).append(match)
    return {
        match.request.id
        for alike in distinguished.values()
        if len(texts := {text for match in alike for text in _removed_segments(match)}) > 1 or None in texts
        for match in alike
    }


def _removed_segments(match: Match) -> set[str | None]:
    """The texts of the segments that the new URL lacks; None for one that isn't known."""
    losing = [change.index for change in segment_changes(match) if change.text is None]
    return {path.segments[index].text for path in match.paths for index in losing}


def _is_distinguished(context: PlanContext, match: Match) -> bool:
    """Whether the program uses the URL as a key, or compares it."""
    distinguished = context.memoize(_distinguished_literals)
    pieces = (piece for path in match.paths for piece in path.url.pieces() if piece.lit is not None)
    return any(piece.site in distinguished for piece in pieces)


def _distinguished_literals(context: PlanContext) -> frozenset[Site]:
    """The literals of texts that the program uses as keys, or compares, but for base URLs."""
    return frozenset(
        site
        for site, uses in context.literal_uses.items()
        if any(_distinguishes_urls(context, use) for use in uses)
    )


def _distinguishes_urls(context: PlanContext, use: Use) -> bool:
    """Whether a text with more than a base URL is a key, or is compared."""
    is_equality = use.kind is UseKind.COMPARE and use.detail in _EQUALITIES
    if use.kind is not UseKind.KEY and not is_equality:
        return False
    choices = alternatives(context.value(use.operand, use.frame))
    texts = [choice for choice in choices if isinstance(choice, Text)]
    return not texts or any(base_in(context, text) is None for text in texts)


def _unfit_requests(
    context: PlanContext,
    proposals: dict[int, UrlProposal | None],
    readers_by_literal: dict[Site, set[int]],
    identities: set[int],
) -> list[int]:
    """The requests whose proposals edit a text that other code reads and doesn't edit in the same way, or
    whose URLs the program distinguishes (`identities`). If all calls go through one wrapper, they share these
    texts."""

    @cache
    def has_conflicting_reader(site: Site, edit: PendingEdit) -> bool:
        return _has_conflicting_reader(context, proposals, readers_by_literal, site, edit)

    return [
        number
        for number, proposal in proposals.items()
        if proposal is None
        or number in identities
        or any(has_conflicting_reader(*pair) for pair in proposal.edits)
    ]


def _has_conflicting_reader(
    context: PlanContext,
    proposals: dict[int, UrlProposal | None],
    readers_by_literal: dict[Site, set[int]],
    site: Site,
    edit: PendingEdit,
) -> bool:
    """Whether other code reads the edited text and doesn't edit it in the same way."""
    theirs = ((other, proposals.get(other)) for other in readers_by_literal.get(site, ()))
    return _has_other_uses(context, site, edit) or any(
        (proposal is None or (site, edit) not in proposal.edits)
        and not _reads_other_part(context, site, edit, other)
        for other, proposal in theirs
    )


def require_unread(context: PlanContext, pieces: Iterable[UrlPiece], edits: Sequence[PendingEdit]) -> None:
    """Raises RefusalError if code other than requests reads a part of a URL that edits remove."""
    for site in dict.fromkeys(piece.site for piece in pieces if piece.site is not None):
        if any(_has_other_uses(context, site, edit) for edit in edits):
            message = "other code reads this text, and the new URL doesn't have this part of it"
            raise RefusalError(site, "query", message)


def _shared_text_refusal(
    context: PlanContext,
    match: Match,
    proposals: dict[int, UrlProposal | None],
    readers_by_literal: dict[Site, set[int]],
) -> RefusalError:
    """The refusal of a request whose URL shares a text with other code. It quotes the text."""
    message = "the URL contains text that other code uses differently"
    proposal = proposals[match.request.id]
    if proposal is None and (unwritten := unwritten_change(context, match)) is not None:
        return _unwritten_part_refusal(match, *unwritten)
    for site, edit in proposal.edits if proposal is not None else ():
        if _has_conflicting_reader(context, proposals, readers_by_literal, site, edit):
            text = " ".join(context.code(site).split())
            others = readers_by_literal.get(site, set()) - {*proposals}
            explanation = f"{message}{_other_reader(context, others, _foreign_uses(context, site, edit))}"
            return RefusalError(
                site, "url", f"{explanation}: `{text}`" if len(text) <= _LONGEST_TEXT else explanation
            )
    return RefusalError(match.request.site, "url", message)


def _unwritten_part_refusal(match: Match, path: PathMatch, change: SegmentChange) -> RefusalError:
    """The refusal of a request whose URL has a part that can't be changed where it is written."""
    segment = path.segments[change.index]
    own = next((piece.site for piece in segment.pieces if piece.site is not None), match.request.site)
    part = repr(segment.text) if segment.text is not None else "this part"
    if change.text is None:
        message = f"{part} isn't in the new URL, and can't be left out of the text that builds the URL"
    else:
        message = (
            f"{part} becomes {change.text!r} in the new URL, but no string literal contains it as a whole"
        )
    return RefusalError(own, "url", message)


def _other_reader(context: PlanContext, readers: set[int], uses: Iterable[Use]) -> str:
    """The place that sends the first of the other requests with a text in their URLs, or else that of its
    first use, and what gets it there, for a message."""
    for number in sorted(readers):
        calls = (site for site, _ in context.calls(context.facts.requests[number]))
        own = next((site for site in calls if context.requests.by_call.get(site, set()) <= readers), None)
        if own is not None:
            return f" ({context.place(own)})"
    for use in uses:
        if use.site.path in context.trees:
            is_passed = use.kind is UseKind.ESCAPE and use.detail != INDEX
            taker = f"it is passed to {use.detail}, " if is_passed else ""
            return f" ({taker}{context.place(use.site)})"
    return ""


def _reads_other_part(context: PlanContext, site: Site, edit: PendingEdit, other: int) -> bool:
    """Whether another request reads the literal, but not the edited range of it."""
    for operand in context.facts.requests[other].value(Role.URL):
        for url in urls(operand.value):
            for piece in url.pieces():
                span = written_span(context, piece)
                if piece.site == site and (
                    span is None or (span.start < edit.span.end and edit.span.start < span.end)
                ):
                    return False
                written_out = isinstance(context.node(site), cst.SimpleString)
                if not written_out and any(hole.site == site for hole in piece.via):
                    return False
    return True


def _has_other_uses(context: PlanContext, site: Site, edit: PendingEdit) -> bool:
    """Whether the edited range of a literal has uses other than requests."""
    return any(True for _ in _foreign_uses(context, site, edit))


def _foreign_uses(context: PlanContext, site: Site, edit: PendingEdit) -> Iterator[Use]:
    """The uses of the edited range of a literal, other than requests."""
    return (
        use
        for use in _other_uses(context, site)
        if not (use.site.path in context.facts.tests and expected_text_edits(context, use, site, edit))
        if not (use.detail == IN_ERROR and edits_for_error_texts(context, use, site, edit) is not None)
        if use.detail != CUT_OFF and not tests_other_part(context, use, site, edit)
        if use.detail != CHOICES
        or (not stays_allowed(context, use, edit) and declaration_edits(context, use, edit) is None)
        if any(_overlaps(context, part, edit) for part in literals(use.value))
    )


def _other_uses(context: PlanContext, site: Site) -> Iterator[Use]:
    """The uses of a literal, except sending it in a URL, showing, comparing it with an equal text, and using
    it as the key of a dict that has no other equal key. A test may give it to a setting of calls."""
    sources = context.memoize(_sources_of_calls)
    for use in context.literal_uses.get(site, []):
        asks = is_absent_key(context, use) or _is_compared_with_equal(context, use)
        is_sent = use.kind in _SENDING and not (use.kind is UseKind.REQUEST and use.detail not in _OF_URL)
        if not (is_sent or asks or is_held_by_instance(use, context) or is_supplied(context, use, sources)):
            yield use


def _sources_of_calls(context: PlanContext) -> frozenset[Source]:
    return sources_of(context.matches.values())


def _is_compared_with_equal(context: PlanContext, use: Use) -> bool:
    """Whether a text is compared with an equal one, from the same literals or from literals of other URLs.
    Both change."""
    value_parts, other_parts = literals(use.value), literals(use.other)
    if (
        use.kind is not UseKind.COMPARE
        or not value_parts
        or [part.text for part in value_parts] != [part.text for part in other_parts]
    ):
        return False
    return all(
        left.site is not None
        and right.site is not None
        and (left.site == right.site or right.site in context.requests.by_url_part)
        for left, right in zip(value_parts, other_parts, strict=True)
    )


def _overlaps(context: PlanContext, lit: Lit, edit: PendingEdit) -> bool:
    if lit.site is None or lit.offset < 0:
        return True
    start = context.span(lit.site).start + lit.offset
    return start < edit.span.end and edit.span.start < start + len(lit.text.encode())


def _rebuild_url(context: PlanContext, match: Match) -> PendingEdit | None:
    for path in match.paths:
        for piece in path.url.pieces():
            for use in context.literal_uses.get(piece.site, []) if piece.site is not None else ():
                if use.kind is UseKind.METHOD:
                    raise _reader_refusal(context, use)
    for operand in match.request.value(Role.URL):
        for level in context.argument_chain(operand, Role.URL):
            others = context.requests.by_argument.get(level.site, set()) - _requests_with_argument(
                context, match, level
            )
            if others or _has_other_readers(context, match, level):
                continue
            edit = reexpress(context, match, level)
            if edit is not None:
                return edit
    return None


def _reader_refusal(context: PlanContext, use: Use) -> RefusalError:
    """The refusal for code that reads a part of a URL. Parts that differ in the old URLs of two operations
    may be equal in the new ones."""
    text = " ".join(context.code(use.site).split())
    reader = f"`{text}`" if len(text) <= _LONGEST_TEXT else f"the method {use.detail}"
    message = f"{reader} reads the URL, and the new URL has other parts"
    return RefusalError(
        use.site, "url", message, "pass the text that it reads in an argument of its own, apart from the URL"
    )


def _has_other_readers(context: PlanContext, match: Match, operand: Operand) -> bool:
    """Whether the text of an expression has other uses: a literal in it is used elsewhere, or a replacement
    for the client reads it."""
    tree, node = context.tree(operand.site), context.node(operand.site)
    own_sites = {tree.site(descendant) for descendant in tree.descendants(node)}
    sites = {piece.site for path in match.paths for piece in path.url.pieces() if piece.site is not None}
    return any(
        site in own_sites or _leads_to_frame(context, use.frame, match.request.site)
        for site in sites
        for use in _other_uses(context, site)
    )


def _leads_to_frame(context: PlanContext, number: int, call: Site) -> bool:
    """Whether a call leads to a frame."""
    return any(frame.call == call for frame in context.facts.stack(number))


def _requests_with_argument(context: PlanContext, match: Match, operand: Operand) -> set[int]:
    users = context.requests.by_argument.get(operand.site, set())
    return {number for number in users if context.requests.are_calls_of({number}, match)}


def _require_followed(context: PlanContext, edited: set[Site]) -> None:
    """Raises RefusalError if an edited literal is also in a URL of the old version that no request is known
    to use."""
    for site, sites in context.requests.unused_urls:
        if not edited.isdisjoint(sites):
            raise RefusalError(site, "not-followed", "no request was found that uses the URL built here")

"""Edits the segments of one URL where they are written, or rebuilds the URL at the call."""

import re
from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.conversations.supplied_bases import sources_of, supplied_bases
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import usual_quote
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.rematerialize import CodeTemplate, Rematerialization, template_text
from kognitos_migrate.edits.structural_edits import (
    Removal,
    remove_from_text,
    remove_operand,
    remove_template_value,
)
from kognitos_migrate.edits.template_variables import mentions_parameter
from kognitos_migrate.edits.url.element_observers import is_element_observed
from kognitos_migrate.edits.url.optional_parts import omit_argument
from kognitos_migrate.edits.url.segment_changes import SegmentChange, needs_end_anchor, segment_changes
from kognitos_migrate.edits.value_identity import has_same_value
from kognitos_migrate.interpret.url_values import known_prefix
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Text
from kognitos_migrate.values.texts import REST


class UrlProposal(Struct, frozen=True):
    """Pending edits for one request's URL, each with the literal or expression that it touches."""

    edits: tuple[tuple[Site, PendingEdit], ...]


def propose_url(context: PlanContext, match: Match) -> UrlProposal | None:
    """Edit each segment where it is written; None if one of them can't be edited there."""
    all_edits: list[tuple[Site, PendingEdit]] = []
    for path in match.paths:
        for change in segment_changes(match):
            edits = segment_edits(context, match, path, change)
            if edits is None:
                return None
            all_edits.extend(edit for edit in edits if edit not in all_edits)
    supplied = _supplied_edits(context, match)
    if supplied is None:
        return None
    return UrlProposal(tuple(dict.fromkeys((*all_edits, *supplied))))


def _supplied_edits(context: PlanContext, match: Match) -> list[tuple[Site, PendingEdit]] | None:
    """The edits of the base URLs that tests supply for a call. None if one can't be edited."""
    api = context.api(match.operation)
    edits: list[tuple[Site, PendingEdit]] = []
    for base in supplied_bases(context, sources_of((match,))):
        for segment in (segment for segment in base.segments if segment.text == api.old):
            edit = _replace(context, segment.pieces[0], api.new) if len(segment.pieces) == 1 else None
            if edit is None:
                return None
            edits.append(edit)
    return edits


def unwritten_change(context: PlanContext, match: Match) -> tuple[PathMatch, SegmentChange] | None:
    """The first change of a segment that can't be edited where it is written, with its path."""
    for path in match.paths:
        for change in segment_changes(match):
            if segment_edits(context, match, path, change) is None:
                return path, change
    return None


def segment_edits(
    context: PlanContext, match: Match, path: PathMatch, change: SegmentChange
) -> list[tuple[Site, PendingEdit]] | None:
    """The edits that change a segment where it is written. None if it can't be changed there."""
    segment = path.segments[change.index]
    if change.text is not None and needs_end_anchor(match, path, change):
        change = replace(change, text=f"{change.text}$")
    if not segment.pieces:  # of a pattern that doesn't contain it
        return (_remove_separator(context, segment.slash) if segment.slash is not None else None) or []
    if change.text is None:
        return _remove(context, match, segment.pieces, segment.slash)
    if len(segment.pieces) == 1:
        edit = _replace(context, segment.pieces[0], change.text)
        return [edit] if edit else None
    texts = [piece.text or "" for piece in segment.pieces]
    if sum(len(text) for text in texts) != len(change.text):
        return None
    edits: list[tuple[Site, PendingEdit]] = []
    position = 0
    for piece, text in zip(segment.pieces, texts, strict=True):
        part = change.text[position : position + len(text)]
        position += len(text)
        if part != text:
            edit = _replace(context, piece, part)
            if edit is None:
                return None
            edits.append(edit)
    return edits


def _replace(context: PlanContext, piece: UrlPiece, text: str) -> tuple[Site, PendingEdit] | None:
    span = written_span(context, piece)
    if span is None or piece.lit is None or piece.lit.site is None:
        return None
    return piece.lit.site, PendingEdit(span, (text,))


def written_span(context: PlanContext, piece: UrlPiece) -> Span | None:
    """The span of a piece's characters in the source; None if they aren't written one to one."""
    lit = piece.lit
    if lit is None or lit.site is None or lit.offset < 0 or piece.text is None:
        return None
    start = context.span(lit.site).start + lit.offset + len(lit.text[: piece.start].encode())
    return Span(lit.site.path, start, start + len(piece.text.encode()))


def _remove(
    context: PlanContext, match: Match, pieces: tuple[UrlPiece, ...], slash: UrlPiece | None
) -> list[tuple[Site, PendingEdit]] | None:
    hole = covering_hole(pieces)
    if hole is not None:
        return remove_hole(context, match, hole, slash)
    first = pieces[0]
    span = written_span(context, first)
    if len(pieces) > 1 or span is None or first.lit is None or first.lit.site is None:
        return None
    slash_span = written_span(context, slash) if slash is not None else None
    if slash_span is not None and slash_span.end == span.start:
        return [(first.lit.site, PendingEdit(Span(span.path, slash_span.start, span.end), ("",)))]
    removed = remove_from_text(context, first.lit.site) if first.text == first.lit.text else None
    return _with_separator(context, match, first.lit.site, removed, slash)


def remove_hole(
    context: PlanContext, match: Match, hole: Hole, separator: UrlPiece | None
) -> list[tuple[Site, PendingEdit]] | None:
    """Remove the expression of a hole from the text around it, and the separator before it. None if one of
    them can't be removed."""
    if hole.value == REST:
        return _remove_separator(context, separator)
    if hole.mark is not None:
        edits = remove_placeholder(context, match, hole, hole.mark)
        end = _remove_separator(context, separator)
        return [*edits, *end] if edits is not None and end is not None else None
    removal = remove_operand(context, hole) or omit_argument(context, match, hole, separator)
    if removal is not None:
        return [removal]
    return _with_separator(context, match, hole.site, remove_from_text(context, hole.site), separator)


def _with_separator(
    context: PlanContext, match: Match, site: Site, removed: Removal | None, separator: UrlPiece | None
) -> list[tuple[Site, PendingEdit]] | None:
    """The edits of a removal at a site, and the edit that removes the separator unless they do that."""
    if removed is None or (removed.takes_separator and is_element_observed(context, match, site)):
        return None
    edits = [(site, edit) for edit in removed.edits]
    is_taken = removed.takes_separator and not _is_in_neighbour(context, site, separator)
    end = [] if is_taken else _remove_separator(context, separator)
    return [*edits, *end] if end is not None else None


def _is_in_neighbour(context: PlanContext, site: Site, separator: UrlPiece | None) -> bool:
    """Whether the separator before an element of a list, or before an argument, is a part of another one, not
    put between them: `"".join([base, "/things/", key])`."""
    if separator is None:
        return False
    tree = context.tree(site)
    own = tree.parent(context.node(site))
    around = tree.parent(own) if own is not None else None
    match around:
        case cst.Call(args=items) | cst.List(elements=items) | cst.Tuple(elements=items):
            spans = [tree.span(item) for item in items if item is not own]
        case _:
            return False
    sites = [separator.site, *(hole.site for hole in separator.via)]
    return any(place is not None and span.contains(context.span(place)) for place in sites for span in spans)


def _remove_separator(
    context: PlanContext, separator: UrlPiece | None
) -> list[tuple[Site, PendingEdit]] | None:
    span = written_span(context, separator) if separator is not None else None
    if span is None or separator is None or separator.lit is None or separator.lit.site is None:
        return None
    site = separator.lit.site
    tree, node = context.tree(site), context.node(site)
    match tree.parent(node):
        case cst.BinaryOperation(operator=cst.Add(), right=right) if (
            right is node and separator.text == separator.lit.text
        ):
            removed = remove_from_text(context, site)
            return [(site, edit) for edit in removed.edits] if removed is not None else None
    return [(site, PendingEdit(span, ("",)))]


def remove_placeholder(
    context: PlanContext, match: Match, hole: Hole, mark: Lit
) -> list[tuple[Site, PendingEdit]] | None:
    """Remove a placeholder from its template, and its value from the arguments."""
    span = written_span(context, UrlPiece(mark.text, mark, 0, ()))
    if span is None or mark.site is None:
        return None
    edits = [(mark.site, PendingEdit(span, ("",)))]
    value = remove_template_value(context, hole.site, mark.text)
    if mark.text.startswith("%") and "(" not in mark.text:
        return [*edits, (hole.site, value)] if value is not None else None
    if value is not None and context.requests.are_calls_of(
        context.requests.by_url_part.get(hole.site, set()), match
    ):
        edits.append((hole.site, value))
    return edits


def covering_hole(pieces: tuple[UrlPiece, ...]) -> Hole | None:
    """The outermost hole that supplies these pieces and nothing else."""
    return next(covering_holes(pieces), None)


def covering_holes(pieces: tuple[UrlPiece, ...]) -> Iterator[Hole]:
    """The holes that supply these pieces and nothing else, from the outside in: `quote(name)` and `name`."""
    for hole in pieces[0].via:
        if hole.mark is not None and re.search(r"[.\[]", hole.mark.text):
            continue  # filled by an attribute or item of the expression at its site
        if all(hole in piece.via for piece in pieces) and _covers(hole, pieces):
            yield hole


def _covers(hole: Hole, pieces: tuple[UrlPiece, ...]) -> bool:
    """Whether a hole supplies nothing but these pieces, which it is in."""
    value = hole.value
    if all(piece.text is not None for piece in pieces):
        text = "".join(piece.text or "" for piece in pieces)
        return isinstance(value, Text) and value.literal == text
    return not isinstance(value, Text) or not value.parts or len(pieces) == len(value.parts) == 1


def reexpress(context: PlanContext, match: Match, operand: Operand) -> PendingEdit | None:
    """Rebuild the whole URL in the new layout instead of the expression `operand`; None if its components
    can't be written there."""
    templates = {_rebuilt_url(context, match, path, operand) for path in match.paths}
    parts = next(iter(templates)) if len(templates) == 1 and not match.other_urls else None
    return PendingEdit(context.outer_span(operand.site), parts) if parts is not None else None


def _rebuilt_url(
    context: PlanContext, match: Match, path: PathMatch, operand: Operand
) -> CodeTemplate | None:
    ahead = _segments_in_base(match, path)
    if any(change.index < ahead for change in segment_changes(match)):
        return None
    based = any(_is_base(match, piece) for piece in path.url.base)
    parts: list[str | Span] = []
    bare = True
    for run in _base_parts(context, path) if not based else ():
        if run is None:
            return None
        if isinstance(run, str):
            parts.append(run.replace("{", "{{").replace("}", "}}"))
            continue
        if (
            isinstance(context.node(run.site), cst.SimpleString)
            and isinstance(run.value, Text)
            and run.value.literal is not None
        ):
            parts.append(run.value.literal)
            continue
        expression = _express(context, match, path, run, operand)
        if expression is None:
            return None
        bare = False
        parts.extend(("{", *expression, "}"))
    tail = _tail(context, match, path, operand, ahead)
    if tail is None:
        return None
    if based and not _starts_with_slash(context, operand):
        tail = tail[1:]
    bare = bare and all(isinstance(part, str) and "{" not in part for part in tail)
    quote = _quote(context, context.tree(operand.site).memoize(usual_quote), parts + list(tail))
    return ("" if bare else "f", quote, *parts, *tail, quote)


def _express(
    context: PlanContext, match: Match, path: PathMatch, hole: Hole, operand: Operand
) -> CodeTemplate | None:
    """An expression at `operand` for the value of a hole in the URL."""
    expression = Rematerialization(context, operand.frame, operand.site, [])
    parts = expression.parts(hole.site, hole.frame)
    urls = [
        url_operand
        for url_operand in match.request.value(Role.URL)
        if path.url.value in alternatives(url_operand.value)
    ]
    return parts if parts is not None and has_same_value(context, expression.leaves, hole, urls) else None


def _quote(context: PlanContext, usual: str, parts: list[str | Span]) -> str:
    """The quote for a text of these parts: the file's usual one, unless a part contains it."""
    text = template_text(context, parts)
    return next((quote for quote in (usual, '"') if quote not in text), "'")


def _base_parts(context: PlanContext, path: PathMatch) -> Iterator[str | Hole | None]:
    """The base of a URL, as text, and as holes unless these also contain something of the path. None for a
    component that can't be written."""
    done: set[int] = set()
    inner = {id(hole) for segment in path.segments for piece in segment.pieces for hole in piece.via}
    pieces = list(path.url.base)
    for segment in path.url.segments[: len(path.url.segments) - len(path.segments)]:
        pieces.extend(([segment.slash] if segment.slash else []) + list(segment.pieces))
    for piece in pieces:
        outside = next((hole for hole in piece.via if id(hole) not in inner), None)
        if outside is not None:
            if id(outside) not in done:
                done.add(id(outside))
                yield outside
        elif piece.text is None or any(_depends_on_parameter(context, hole) for hole in piece.via):
            yield None
        else:
            yield piece.text


def _depends_on_parameter(context: PlanContext, hole: Hole) -> bool:
    """Whether a hole's text depends on a parameter, so that another call may have another one."""
    return mentions_parameter(context, (context.outer_span(hole.site),), hole.frame)


def _is_base(match: Match, piece: UrlPiece) -> bool:
    """Whether a piece of the URL is the base that the client puts before a relative URL."""
    return any(
        (hole.site, hole.frame) == (base.site, base.frame)
        for hole in piece.via
        for base in match.request.bases
    )


def _segments_in_base(match: Match, path: PathMatch) -> int:
    """The number of the path's segments in the client's base."""
    in_base = [all(_is_base(match, piece) for piece in segment.pieces) for segment in path.segments]
    return in_base.index(False) if False in in_base else len(in_base)


def _starts_with_slash(context: PlanContext, operand: Operand) -> bool:
    value = context.value(operand.site, operand.frame)
    return any(
        isinstance(choice, Text) and known_prefix(choice).startswith("/") for choice in alternatives(value)
    )


def _tail(
    context: PlanContext, match: Match, path: PathMatch, operand: Operand, ahead: int
) -> CodeTemplate | None:
    parts: list[str | Span] = []
    for part in match.operation.new.path[ahead:]:
        parts.append("/")
        if part.text is not None:
            parts.append(part.text)
            continue
        place = next(index for index, old in enumerate(match.operation.old.path) if old.slot == part.slot)
        segment = path.segments[place]
        if segment.text is not None:
            parts.append(segment.text)
            continue
        hole = covering_hole(segment.pieces)
        expression = _express(context, match, path, hole, operand) if hole else None
        if expression is None:
            return None
        parts.extend(("{", *expression, "}"))
    return tuple(parts)

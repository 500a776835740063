"""Empty parts of URLs: a template that several operations share gets empty text for the last segment."""

from itertools import product

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.url.optional_parts import has_other_uses, is_observed_on_the_way
from kognitos_migrate.edits.url.path import UrlProposal, covering_hole, segment_edits
from kognitos_migrate.edits.url.segment_changes import segment_changes
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Text


def empty_template_part(context: PlanContext, match: Match) -> tuple[UrlProposal, PendingEdit] | None:
    """Remove the last path segment from a template that several operations share: pass empty text here, and
    strip the slash at the template's end. None if the URL isn't built this way."""
    holes = [covering_hole(path.segments[-1].pieces) for path in match.paths]
    places = {(hole.site, hole.frame) if hole is not None else None for hole in holes}
    lengths = {len(path.segments) for path in match.paths}
    if len(places) != 1 or len(lengths) != 1:
        return None
    last = min(lengths) - 1
    losing = [change for change in segment_changes(match) if change.text is None]
    hole = holes[0]
    template = _text_ending_with(context, hole) if hole is not None else None
    if [change.index for change in losing] != [last] or hole is None or template is None:
        return None
    if not _builds_only_requests(context, template):
        return None
    operand: Operand | None = Operand(hole.value, hole.site, hole.frame)
    while operand is not None and not _is_argument_of_sending_call(context, match, operand):
        argument = context.caller_argument(operand)
        if has_other_uses(context, operand) or (
            argument is not None and is_observed_on_the_way(context, operand, argument)
        ):
            return None
        operand = argument
    if operand is None or operand.site == hole.site:
        return None
    all_edits: list[tuple[Site, PendingEdit]] = [
        (operand.site, PendingEdit(context.outer_span(operand.site), ('""',)))
    ]
    for path, change in product(match.paths, segment_changes(match)):
        edits = segment_edits(context, match, path, change) if change.text is not None else []
        if edits is None:
            return None
        all_edits.extend(edit for edit in edits if edit not in all_edits)
    span = context.outer_span(template)
    match context.node(template):
        case cst.BinaryOperation(lpar=[]):
            return UrlProposal(tuple(all_edits)), PendingEdit(span, ("(", span, ').rstrip("/")'))
    return UrlProposal(tuple(all_edits)), PendingEdit(span, (span, '.rstrip("/")'))


def _text_ending_with(context: PlanContext, hole: Hole) -> Site | None:
    """The outermost expression around a hole that yields texts with the hole at their end. None if there is
    none."""
    tree = context.tree(hole.site)
    template: Site | None = None
    for ancestor in tree.ancestors(tree.node(hole.site)):
        if isinstance(ancestor, cst.BaseSmallStatement | cst.BaseCompoundStatement | cst.Lambda):
            break
        texts = list(alternatives(context.value(tree.site(ancestor), hole.frame)))
        if texts and all(isinstance(text, Text) and _ends_with(text, hole) for text in texts):
            template = tree.site(ancestor)
    return template


def _builds_only_requests(context: PlanContext, template: Site) -> bool:
    """Whether each text of a template is in the URL of a call of the API: another one may end with a slash,
    which is stripped."""
    tree = context.tree(template)
    inside = {tree.site(node) for node in tree.descendants(tree.node(template))}
    building = {
        hole.frame
        for match in context.matches.values()
        for url in context.url_readings(match.request)
        for piece in url.pieces()
        for hole in piece.via
        if hole.site in inside
    }
    return all(
        frame.id in building for frame in context.facts.frames if (template, frame.id) in context.facts.values
    )


def _ends_with(text: Text, hole: Hole) -> bool:
    end = text.parts[-1] if text.parts else None
    return isinstance(end, Hole) and (end.site, end.frame) == (hole.site, hole.frame)


def _is_argument_of_sending_call(context: PlanContext, match: Match, operand: Operand) -> bool:
    """Whether an expression is an argument of a call that only sends requests of this operation, or builds
    their URLs."""
    requests = context.requests
    users = requests.of_call_around(operand.site) or requests.by_url_argument.get(operand.site, set())
    return bool(users) and context.requests.are_calls_of(users, match)

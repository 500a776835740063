"""Removes the query of a URL, or a parameter of it."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import is_pure_expression
from kognitos_migrate.edits.side_effects import acts, acts_or_raises
from kognitos_migrate.edits.structural_edits import remove_statement
from kognitos_migrate.edits.url.path import remove_hole, remove_placeholder
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.syntax.scopes import Variables, occurrences
from kognitos_migrate.syntax.shapes import string_value
from kognitos_migrate.values.lattice import Hole


def remove_query(context: PlanContext, match: Match, url: Url) -> list[PendingEdit] | None:
    """Remove the expression that supplies the whole query, with the question mark before it. None if there is
    no such expression, or if other requests have its text in their URLs."""
    mark, first = url.question_mark, url.query[0]
    if mark is None:
        return None
    for hole in first.via:
        if hole in mark.via or not all(hole in piece.via for piece in url.query):
            continue
        if acts(context, context.tree(hole.site), context.node(hole.site)):
            return None
        readers = context.requests.by_url_part.get(hole.site, set())
        drafts = remove_hole(context, match, hole, mark)
        if drafts is not None and context.requests.are_calls_of(readers, match):
            return [*(draft for _, draft in drafts), *_remove_unused_assignment(context, hole)]
    return None


def _remove_unused_assignment(context: PlanContext, hole: Hole) -> list[PendingEdit]:
    """Remove the assignment of a name whose only read is removed."""
    tree, node = context.tree(hole.site), context.node(hole.site)
    function = context.frame(hole.frame).function
    scope = tree.node(function) if function else tree.module
    if not isinstance(node, cst.Name):
        return []
    bound = tree.memoize(Variables).bindings(scope, node.value)
    if len(bound) != 1 or len(occurrences(tree, scope, node.value)) != 2:
        return []
    if function is None and context.is_used_elsewhere(tree.path, node.value):
        return []
    match innermost_ancestors(tree, bound[0], 2):
        case [cst.AssignTarget(), cst.Assign([_], value)] if not acts_or_raises(context, tree.site(value)):
            draft = remove_statement(context, tree.site(bound[0]))
            return [draft] if draft is not None else []
    return []


def remove_parameter(context: PlanContext, match: Match, name: Span, hole: Hole) -> list[PendingEdit]:
    """Remove a parameter from the text that contains its name, in the span `name`, with the expression of its
    value. Raises RefusalError if that isn't possible."""
    tree = context.tree(hole.site)
    node = tree.node(hole.site)
    whole = _remove_conditional_parameter(context, name, hole)
    if whole is not None:
        return [whole]
    if hole.mark is not None:
        placeholder = remove_placeholder(context, match, hole, hole.mark)
        if placeholder is not None:
            return [*remove_text(name, name), *(draft for _, draft in placeholder)]
    match tree.parent(node):
        case cst.FormattedStringExpression() as field if tree.path == name.path:
            return remove_text(name, tree.span(field))
        case cst.BinaryOperation(left, right=right) if right is node:
            added = Span(tree.path, tree.outer_span(left).end, tree.outer_span(node).end)
            return [PendingEdit(name, ("",)), PendingEdit(added, ("",))]
    raise RefusalError(hole.site, "query", "the query of the URL can't be removed here")


def _remove_conditional_parameter(context: PlanContext, name: Span, hole: Hole) -> PendingEdit | None:
    """The pending edit that removes all of `"?name=" + value if test else ""`, as both branches would be
    empty."""
    tree = context.tree(hole.site)
    match innermost_ancestors(tree, tree.node(hole.site), 3):
        case [
            cst.BinaryOperation(cst.SimpleString() as text, right=right) as added,
            cst.IfExp(test) as chosen,
            outer,
        ] if right is tree.node(hole.site) and test is not added:
            other = chosen.orelse if chosen.body is added else chosen.body
        case _:
            return None
    written_out = tree.span(text)
    quotes = len(text.prefix) + len(text.quote), len(text.quote)
    is_all = (written_out.start + quotes[0], written_out.end - quotes[1]) == (name.start, name.end)
    if not is_all or string_value(other) != "":
        return None
    if not is_pure_expression(context, test, tree.site(test), hole.frame):
        return None
    match outer:
        case cst.BinaryOperation(left, cst.Add(), right) if right is chosen:
            return PendingEdit(Span(tree.path, tree.outer_span(left).end, tree.outer_span(chosen).end), ("",))
        case cst.FormattedStringExpression():
            return PendingEdit(tree.span(outer), ("",))
    return PendingEdit(tree.span(chosen), (tree.span(other),))


def remove_append(context: PlanContext, first: UrlPiece, start: int, last: Span) -> list[PendingEdit]:
    """The pending edit that removes a statement which only appends this text to the URL. Empty for any other
    statement."""
    site = first.site
    node = context.node(site) if site is not None else None
    if site is None or not isinstance(node, cst.SimpleString):
        return []
    span, quotes = context.span(site), len(node.quote)
    if (span.start + len(node.prefix) + quotes, span.end - quotes) != (start, last.end):
        return []
    is_appended = isinstance(context.tree(site).parent(node), cst.AugAssign)
    draft = remove_statement(context, site) if is_appended else None
    return [draft] if draft is not None else []


def remove_text(first: Span, last: Span) -> list[PendingEdit]:
    """Remove the text from one span to another in the same file."""
    return [PendingEdit(Span(first.path, first.start, last.end), ("",))]

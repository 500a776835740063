"""Headers that describe a body: content type and length, removed or set."""

from collections.abc import Callable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.rebuild_points import find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.contexts import builds_only_for, sends_only_for
from kognitos_migrate.edits.observers import (
    EntryChange,
    Observation,
    innermost_replaceable_argument,
    observations_of,
)
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.structural_edits import insert_argument, remove_item, remove_statement
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Json, Ref

NAME = "Content-Type"
LENGTH = "Content-Length"
_DESCRIBING = (NAME.lower(), LENGTH.lower())
"""Headers that describe the body. The library sets them for the new one."""


def remove_content_type(scene: PlanContext, match: Match) -> list[PendingEdit]:
    """Remove the program's headers that describe the body. Raises RefusalError if that isn't possible."""
    _require_free_session(scene, match)
    entries = list(_entries(scene, match, *_DESCRIBING))
    seen = _observations(scene, match, entries)
    if not seen:
        return [_removal(scene, entry) for entry in entries]
    return [_changed(scene, match, _filtered, seen)]


def set_content_type(scene: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    """Send this content type instead of the program's own. Raises RefusalError if that isn't possible."""
    _require_free_session(scene, match)
    entries = list(_entries(scene, match, *_DESCRIBING))
    seen = _observations(scene, match, entries)
    types = list(_entries(scene, match, NAME.lower()))
    if not seen:
        drafts = [_removal(scene, entry) for entry in entries if entry not in types]
        if types:
            return [*drafts, *(PendingEdit(scene.outer_span(entry.given.site), (value,)) for entry in types)]
        return [*drafts, *_added(scene, match, value)]

    def changed(scene: PlanContext, level: Operand) -> CodeTemplate:
        return ("{**", *_filtered(scene, level), f', "{NAME}": {value}', "}")

    return [_changed(scene, match, changed, seen)]


def remove_content_length(scene: PlanContext, match: Match, body: Site) -> list[PendingEdit]:
    """Remove a content length that was computed from the old body, which is rebuilt at `body`. Raises
    RefusalError if that isn't possible."""
    entries: list[DictEntry] = []
    for entry in _entries(scene, match, LENGTH.lower()):
        if not _follows(scene, match, entry, body):
            entries.append(entry)
            continue
        for observation in observations_of(scene, match, entry, EntryChange.REPLACED):
            if observation.kind is not AccessKind.SEND:
                raise RefusalError(
                    observation.site, "headers", "the length of the old body is used here, too"
                )
    observations = _observations(scene, match, entries)
    if not observations:
        return [_removal(scene, entry) for entry in entries]

    def changed(scene: PlanContext, level: Operand) -> CodeTemplate:
        return _without(scene, level, f'!= "{LENGTH.lower()}"')

    return [_changed(scene, match, changed, observations)]


def content_lengths(scene: PlanContext, match: Match) -> list[Site]:
    """The expressions of the body's content length."""
    return [entry.given.site for entry in _entries(scene, match, LENGTH.lower())]


def _follows(scene: PlanContext, match: Match, entry: DictEntry, body: Site) -> bool:
    """Whether a length is computed from the text that is sent, and so from the new body."""
    operands = [operand for operand in match.request.value(Role.DATA) if operand.site != body]
    sent = {
        choice for operand in operands for choice in alternatives(operand.value) if isinstance(choice, Json)
    }
    tree = scene.tree(entry.given.site)
    return any(
        choice in sent
        for node in tree.descendants(tree.node(entry.given.site))
        if isinstance(node, cst.BaseExpression)
        for value in scene.everywhere(tree.site(node))
        for choice in alternatives(value)
    )


def _removal(scene: PlanContext, entry: DictEntry) -> PendingEdit:
    draft = remove_item(scene, entry.holder) or remove_statement(scene, entry.holder)
    if draft is None:
        raise RefusalError(entry.holder, "headers", "a header here says what the old body was")
    return draft


def _changed(
    scene: PlanContext,
    match: Match,
    template_of: Callable[[PlanContext, Operand], CodeTemplate],
    observations: list[Observation],
) -> PendingEdit:
    """Replace the headers by an expression made from them, at an argument that only this operation uses and
    none of the observers in `observations` gets."""
    for operand in _header_operands(match):
        level = innermost_replaceable_argument(scene, match, operand, Role.HEADERS, observations)
        if level is not None:
            return PendingEdit(scene.outer_span(level.site), template_of(scene, level))
    if any(observation.kind is AccessKind.SEND for observation in observations):
        raise RefusalError(observations[0].site, "headers", "other requests are sent with the same headers")
    raise RefusalError(
        observations[0].site,
        "headers",
        "the headers are used here, too, and the new request sends others",
        "give the request headers of its own",
    )


def _filtered(scene: PlanContext, level: Operand) -> CodeTemplate:
    """The headers without those that describe the body."""
    return _without(scene, level, f"not in {_DESCRIBING!r}".replace("'", '"'))


def _without(scene: PlanContext, level: Operand, test: str) -> CodeTemplate:
    """The headers whose lower-case names pass a test."""
    node, span = scene.node(level.site), scene.outer_span(level.site)
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.Dict)
    whole: CodeTemplate = (span,) if simple else ("(", span, ")")
    if any(choice == NONE for choice in alternatives(level.value)):
        whole = ("(", span, " or {})")
    return ("{name: value for name, value in ", *whole, f".items() if name.lower() {test}}}")


def _require_free_session(scene: PlanContext, match: Match) -> None:
    """Raises RefusalError if the session sets headers that describe the body, for all requests."""
    for operand in match.request.session_headers:
        if any(name.lower() in _DESCRIBING for name in _names(scene, operand)):
            raise RefusalError(
                match.request.site, "headers", "the session sets a content type, which spoils a form"
            )


def insert_with_header(
    scene: PlanContext, match: Match, argument: CodeTemplate, value: str
) -> list[PendingEdit]:
    """Add an argument to the request's own call, and the content type unless the program sends one. Raises
    RefusalError if that isn't possible."""
    site = match.request.site
    if _content_types(scene, match):
        return [insert_argument(scene, site, argument)]
    if not _header_operands(match):
        return [insert_argument(scene, site, (*argument, ", ", *_header_argument(scene, match, value)))]
    return [insert_argument(scene, site, argument), *_added(scene, match, value)]


def default_content_type(scene: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    """Send the content type unless the program sends one. Raises RefusalError if that isn't possible."""
    return [] if _content_types(scene, match) else _added(scene, match, value)


def _header_operands(match: Match) -> list[Operand]:
    """The arguments of the request's own call that supply headers."""
    call_site = match.request.site
    return [
        operand
        for operand in match.request.value(Role.HEADERS)
        if operand.site != call_site and operand.value != NONE
    ]


def _header_argument(scene: PlanContext, match: Match, value: str) -> CodeTemplate:
    keyword = scene.client(match.request).keyword(Role.HEADERS)
    return (f'{keyword}={{"{NAME}": {value}}}',)


def _added(scene: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    site = match.request.site
    operands = _header_operands(match)
    if not operands:
        if not sends_only_for(scene, match, site):
            raise RefusalError(site, "headers", "the same call also sends other requests")
        return [insert_argument(scene, site, _header_argument(scene, match, value))]
    for level in scene.argument_chain(operands[0], Role.HEADERS):
        if builds_only_for(scene, match, level.site):
            return [_merged(scene, level, value)]
    raise RefusalError(operands[0].site, "headers", "other requests are sent with the same headers")


def _merged(scene: PlanContext, level: Operand, value: str) -> PendingEdit:
    tree = scene.tree(level.site)
    node = tree.node(level.site)
    if isinstance(node, cst.Dict) and node.elements:
        end = tree.outer_span(node.elements[-1].value).end
        return PendingEdit(Span(tree.path, end, end), (f', "{NAME}": {value}',))
    span = tree.outer_span(node)
    whole: CodeTemplate = (span,)
    if any(choice == NONE for choice in alternatives(level.value)):
        whole = ("(", span, " or {})")
    elif not isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call | cst.Dict):
        whole = ("(", span, ")")
    return PendingEdit(span, ("{**", *whole, f', "{NAME}": {value}', "}"))


def _observations(scene: PlanContext, match: Match, entries: list[DictEntry]) -> list[Observation]:
    """The places that see these entries, other than requests of this operation and tests for truth."""
    return [
        observation
        for entry in entries
        for observation in observations_of(scene, match, entry, EntryChange.REMOVED)
        if observation.kind is not AccessKind.TRUTH
    ]


def _entries(scene: PlanContext, match: Match, *wanted: str) -> Iterator[DictEntry]:
    for operand in match.request.value(Role.HEADERS):
        for name in _names(scene, operand):
            if name.lower() in wanted:
                yield from find_entries(scene, operand.value, name)


def _content_types(scene: PlanContext, match: Match) -> list[str]:
    operands = [*match.request.value(Role.HEADERS), *match.request.session_headers]
    return [name for operand in operands for name in _names(scene, operand) if name.lower() == NAME.lower()]


def _names(scene: PlanContext, operand: Operand) -> list[str]:
    names: list[str] = []
    for choice in alternatives(operand.value):
        record = scene.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(record, DictObject):
            names.extend(record.entries)
            for spread in record.spreads:
                names.extend(_names(scene, spread))
    return names

"""Headers that describe a body: the names that are sent, and content type and length, removed or set."""

import re
from collections.abc import Callable, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.body.rebuild_points import find_entries
from kognitos_migrate.edits.calling_contexts import builds_only_for, sends_only_for
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.dropped_values import require_droppable
from kognitos_migrate.edits.observers import (
    EntryChange,
    Observation,
    innermost_replaceable_argument,
    observations_of,
    observations_of_elements,
)
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate, primary_source
from kognitos_migrate.edits.structural_edits import insert_argument, remove_item, remove_statement
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, Json, Ref, Reply, Value
from kognitos_migrate.values.texts import may_be_key

CONTENT_TYPE = "Content-Type"
CONTENT_LENGTH = "Content-Length"
BODY_HEADERS = (CONTENT_TYPE.lower(), CONTENT_LENGTH.lower())
"""Headers that describe the body. The library sets them for the new one."""


def header_names(context: ProgramFacts, operand: Operand) -> list[str]:
    """The literal names of the headers in an operand's dicts, and in those merged into them."""
    names: list[str] = []
    for choice in alternatives(operand.value):
        record = context.facts.heap.get(choice)
        if isinstance(record, DictObject):
            names.extend(record.entries)
            for spread in record.spreads:
                names.extend(header_names(context, spread))
    return names


def may_describe_body(context: ProgramFacts, headers: Value) -> bool:
    """Whether headers may contain one that describes the body, by a name that is computed or not known.
    Headers that come with a reply of the API don't describe the body."""
    for choice in alternatives(headers):
        record = context.facts.heap.get(choice)
        if not isinstance(record, DictObject):
            if choice != NONE and not isinstance(choice, Reply):
                return True
            continue
        if _may_name_body(record.names):
            return True
        if any(may_describe_body(context, spread.value) for spread in record.spreads):
            return True
    return False


def _may_name_body(names: Value) -> bool:
    """Whether computed names may be that of a header that describes the body."""
    return any(
        may_be_key(name, header, re.DOTALL | re.IGNORECASE)
        for name in alternatives(names)
        for header in BODY_HEADERS
    )


def remove_body_headers(context: PlanContext, match: Match) -> list[PendingEdit]:
    """Remove the program's headers that describe the body. Raises RefusalError if that isn't possible."""
    _require_no_session_body_headers(context, match)
    require_unread_headers(context, match)
    _require_known_added_headers(context, match)
    entries = list(_header_entries(context, match, *BODY_HEADERS))
    seen = _observations(context, match, entries)
    if not seen and not _may_have_computed_body_header(context, match):
        return [_removal(context, entry) for entry in entries]
    return [_replace_headers(context, match, _without_body_headers, seen)]


def set_content_type(context: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    """Send this content type instead of the request's own. Raises RefusalError if that isn't possible."""
    _require_no_session_body_headers(context, match)
    return override_content_type(context, match, value)


def sets_content_type_for_all(context: PlanContext, match: Match) -> bool:
    """Whether the session sets a content type for all requests, and no other header that describes a body."""
    headers = [*match.request.session_headers, *match.request.hook_headers]
    names = {
        name.lower() for operand in match.request.session_headers for name in header_names(context, operand)
    }
    others = (
        name.lower() for operand in match.request.hook_headers for name in header_names(context, operand)
    )
    return (
        names.intersection(BODY_HEADERS) == {CONTENT_TYPE.lower()}
        and not any(may_describe_body(context, operand.value) for operand in headers)
        and not any(name in BODY_HEADERS for name in others)
    )


def override_content_type(context: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    """Send this content type instead of those of the request and its session. Raises RefusalError if that
    isn't possible."""
    require_unread_headers(context, match)
    _require_known_added_headers(context, match)
    entries = list(_header_entries(context, match, *BODY_HEADERS))
    seen = _observations(context, match, entries)
    types = list(_header_entries(context, match, CONTENT_TYPE.lower()))
    if not seen and not _may_have_computed_body_header(context, match):
        edits = [_removal(context, entry) for entry in entries if entry not in types]
        if types:
            return [
                *edits,
                *(_replacement(context, entry, value) for entry in types),
            ]
        return [*edits, *_add_headers(context, match, value)]

    def replace_content_type(context: PlanContext, operand: Operand) -> CodeTemplate:
        return ("{**", *_without_body_headers(context, operand), f', "{CONTENT_TYPE}": {value}', "}")

    return [_replace_headers(context, match, replace_content_type, seen)]


def remove_content_length(context: PlanContext, match: Match, body: Site) -> list[PendingEdit]:
    """Remove a content length that was computed from the old body, which is rebuilt at `body`. Raises
    RefusalError if that isn't possible."""
    entries: list[DictEntry] = []
    for entry in _header_entries(context, match, CONTENT_LENGTH.lower()):
        if not _is_length_of_body(context, match, entry, body):
            entries.append(entry)
            continue
        for observation in observations_of(context, match, entry, EntryChange.REPLACED):
            if observation.kind is not AccessKind.SEND:
                raise RefusalError(
                    observation.site, "headers", "the content length of the old body is also used here"
                )
    observations = _observations(context, match, entries)
    if not observations:
        return [_removal(context, entry) for entry in entries]

    def drop_content_length(context: PlanContext, operand: Operand) -> CodeTemplate:
        return _filter_headers(context, operand, f'!= "{CONTENT_LENGTH.lower()}"')

    return [_replace_headers(context, match, drop_content_length, observations)]


def content_lengths(context: PlanContext, match: Match) -> list[Site]:
    """The expressions of the body's content length."""
    return [entry.operand.site for entry in _header_entries(context, match, CONTENT_LENGTH.lower())]


def _is_length_of_body(context: PlanContext, match: Match, entry: DictEntry, body: Site) -> bool:
    """Whether a length is computed from the text that is sent, and so from the new body."""
    operands = [operand for operand in match.request.value(Role.DATA) if operand.site != body]
    sent = {
        choice for operand in operands for choice in alternatives(operand.value) if isinstance(choice, Json)
    }
    tree = context.tree(entry.operand.site)
    return any(
        choice in sent
        for node in tree.descendants(tree.node(entry.operand.site))
        if isinstance(node, cst.BaseExpression)
        for choice in context.alternatives_at(tree.site(node))
    )


def require_unread_headers(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if the program reads headers of a request object that describe its body."""
    for choice in (choice for added in _added_headers(match) for choice in alternatives(added.value)):
        accesses = context.facts.accesses.get(choice, {}) if isinstance(choice, Ref) else {}
        for access in (access for accesses_at in accesses.values() for access in accesses_at):
            is_read = access.kind not in (AccessKind.FLOW, AccessKind.SEND, AccessKind.WRITE)
            if is_read and (access.key is None or access.key.lower() in BODY_HEADERS):
                message = "this reads headers of the request, which describe its old body"
                raise RefusalError(access.place, "headers", message)


def _require_known_added_headers(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if headers that describe the body may be added to a request object, by names that
    aren't literal, nor those of headers that come with a reply. They replace those that it is created
    with."""
    for added in _added_headers(match):
        for record in context.facts.heap.objects_of(added.value):
            if not isinstance(record, DictObject):
                continue
            computed = [name for name in alternatives(record.names) if not isinstance(name, Reply)]
            spreads = [spread.value for spread in record.spreads]
            if _may_name_body(join(*computed)) or any(
                may_describe_body(context, spread) for spread in spreads
            ):
                message = "headers are added to this request by names that aren't literal"
                raise RefusalError(added.site, "headers", message, "pass them when the request is created")


def _added_headers(match: Match) -> list[Operand]:
    """The headers that the program adds to a request object, which is created by the request's own call."""
    return [operand for operand in match.request.value(Role.HEADERS) if operand.site == match.request.site]


def _replacement(context: PlanContext, entry: DictEntry, value: str) -> PendingEdit:
    require_droppable(context, entry.operand)
    return PendingEdit(context.outer_span(entry.operand.site), (value,))


def _removal(context: PlanContext, entry: DictEntry) -> PendingEdit:
    require_droppable(context, entry.operand)
    edit = remove_item(context, entry.holder) or remove_statement(context, entry.holder)
    if edit is None:
        raise RefusalError(entry.holder, "headers", "this header describes the old body and can't be removed")
    return edit


def _replace_headers(
    context: PlanContext,
    match: Match,
    template_of: Callable[[PlanContext, Operand], CodeTemplate],
    observations: list[Observation],
) -> PendingEdit:
    """Replace the headers by an expression made from them, at an argument that only this operation uses and
    none of the observers in `observations` gets."""
    described = {entry.holder for entry in _header_entries(context, match, *BODY_HEADERS)}
    for operand in _header_operands(match):
        level = innermost_replaceable_argument(context, match, operand, Role.HEADERS, observations)
        if level is None or not _are_headers_of(context, match, level, operand):
            continue
        if described.issubset(entry.holder for entry in _entries_named(context, level, *BODY_HEADERS)):
            return PendingEdit(context.outer_span(level.site), template_of(context, level))
    if not observations or any(observation.kind is AccessKind.SEND for observation in observations):
        site = observations[0].site if observations else match.request.site
        raise RefusalError(site, "headers", "other requests use the same headers")
    raise RefusalError(
        observations[0].site,
        "headers",
        "the headers are also used here, and the new request needs different ones",
        "build separate headers for this request",
    )


def _are_headers_of(context: PlanContext, match: Match, level: Operand, operand: Operand) -> bool:
    """Whether an argument contains all headers of a request that describe the body, and nothing reads a dict
    that the request's headers are copied to, other than requests of its operation."""
    own = [entry.holder for entry in _entries_named(context, level, *BODY_HEADERS)]
    copies = set(alternatives(operand.value)).difference(alternatives(level.value))
    is_whole = all(entry.holder in own for entry in _entries_named(context, operand, *BODY_HEADERS))
    return is_whole and not any(
        observation.kind not in (AccessKind.TRUTH, AccessKind.LOG)
        for copy in copies
        if isinstance(copy, Ref)
        for observation in observations_of_elements(context, match, copy)
    )


def _without_body_headers(context: PlanContext, operand: Operand) -> CodeTemplate:
    """The headers without those that describe the body."""
    return _filter_headers(context, operand, f"not in {BODY_HEADERS!r}".replace("'", '"'))


def _filter_headers(context: PlanContext, operand: Operand, test: str) -> CodeTemplate:
    """The headers whose lower-case names pass a test."""
    whole = _dict_source(context, operand)
    return ("{name: value for name, value in ", *whole, f".items() if name.lower() {test}}}")


def _dict_source(context: PlanContext, operand: Operand) -> CodeTemplate:
    """The source of a dict, which is empty instead of None."""
    if any(choice == NONE for choice in alternatives(operand.value)):
        return ("(", context.outer_span(operand.site), " or {})")
    return primary_source(context, operand.site)


def _require_no_session_body_headers(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if the session or one of its hooks sets headers that describe the body, for all
    requests, or may do so because their names aren't known."""
    for operand in (*match.request.session_headers, *match.request.hook_headers):
        sets_type = any(name.lower() in BODY_HEADERS for name in header_names(context, operand))
        verb = "sets" if sets_type else "may set"
        if sets_type or may_describe_body(context, operand.value):
            raise RefusalError(
                match.request.site if sets_type else operand.site,
                "headers",
                f"the session {verb} a Content-Type, which breaks a multipart form",
            )


def insert_with_header(
    context: PlanContext, match: Match, argument: CodeTemplate, value: str
) -> list[PendingEdit]:
    """Add an argument to the request's own call, and the content type unless the program sends one. Raises
    RefusalError if that isn't possible."""
    site = match.request.site
    if _content_types(context, match):
        return [insert_argument(context, site, argument)]
    if not _header_operands(match):
        return [insert_argument(context, site, (*argument, ", ", *_header_argument(context, match, value)))]
    return [insert_argument(context, site, argument), *_add_headers(context, match, value)]


def default_content_type(context: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    """Send the content type unless the program sends one. Raises RefusalError if that isn't possible."""
    return [] if _content_types(context, match) else _add_headers(context, match, value)


def _header_operands(match: Match) -> list[Operand]:
    """The arguments of the request's own call that supply headers."""
    call_site = match.request.site
    return [
        operand
        for operand in match.request.value(Role.HEADERS)
        if operand.site != call_site and operand.value != NONE
    ]


def _may_have_computed_body_header(context: PlanContext, match: Match) -> bool:
    """Whether the request's own headers may contain one that describes the body, by a name that isn't
    literal."""
    return any(may_describe_body(context, operand.value) for operand in _header_operands(match))


def _header_argument(context: PlanContext, match: Match, value: str) -> CodeTemplate:
    keyword = context.client(match.request).keyword(Role.HEADERS)
    return (f'{keyword}={{"{CONTENT_TYPE}": {value}}}',)


def _add_headers(context: PlanContext, match: Match, value: str) -> list[PendingEdit]:
    site = match.request.site
    operands = _header_operands(match)
    if not operands:
        if not sends_only_for(context, match, site):
            raise RefusalError(site, "headers", "this call also sends other requests")
        return [insert_argument(context, site, _header_argument(context, match, value))]
    for level in context.argument_chain(operands[0], Role.HEADERS):
        if builds_only_for(context, match, level.site) and _are_headers_of(
            context, match, level, operands[0]
        ):
            return [_merge_header(context, level, value)]
    raise RefusalError(operands[0].site, "headers", "other requests use the same headers")


def _merge_header(context: PlanContext, operand: Operand, value: str) -> PendingEdit:
    tree = context.tree(operand.site)
    match tree.node(operand.site):
        case cst.Dict([*_, last]):
            end = tree.outer_span(last.value).end
            return PendingEdit(Span(tree.path, end, end), (f', "{CONTENT_TYPE}": {value}',))
    merged = ("{**", *_dict_source(context, operand), f', "{CONTENT_TYPE}": {value}', "}")
    return PendingEdit(context.outer_span(operand.site), merged)


def _observations(context: PlanContext, match: Match, entries: list[DictEntry]) -> list[Observation]:
    """The places that see these entries, other than requests of this operation and tests for truth."""
    return [
        observation
        for entry in entries
        for observation in observations_of(context, match, entry, EntryChange.REMOVED)
        if observation.kind is not AccessKind.TRUTH
    ]


def _header_entries(context: PlanContext, match: Match, *wanted: str) -> Iterator[DictEntry]:
    for operand in match.request.value(Role.HEADERS):
        yield from _entries_named(context, operand, *wanted)


def _entries_named(context: PlanContext, operand: Operand, *wanted: str) -> Iterator[DictEntry]:
    for name in header_names(context, operand):
        if name.lower() in wanted:
            yield from find_entries(context, operand.value, name)


def _content_types(context: PlanContext, match: Match) -> list[str]:
    operands = [*match.request.value(Role.HEADERS), *match.request.session_headers]
    return [
        name
        for operand in operands
        for name in header_names(context, operand)
        if name.lower() == CONTENT_TYPE.lower()
    ]

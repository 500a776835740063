"""The motion of a query parameter into the body."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.body.list_values import (
    append_to_list,
    holds_slot,
    joined_list,
)
from kognitos_migrate.edits.body.moved_fields import MovedFields
from kognitos_migrate.edits.body.parameter_presence import (
    Presence,
    has_parameter,
    is_opaque,
    may_lose_key,
    parameter_presence,
    require_entry,
    require_same_presence,
    url_presence,
)
from kognitos_migrate.edits.body.params_dict import (
    ParamsDict,
    dict_to_list,
    query_observations,
    remove_dict_assignment,
    remove_empty_dict,
    send_without,
)
from kognitos_migrate.edits.body.path_conditions import is_exclusive, unshared_conditions
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.query_parameters import (
    QueryPair,
    pairs_of,
    record_body_key,
    record_value,
    remove_append,
    remove_parameter,
    remove_query,
    remove_text,
)
from kognitos_migrate.edits.body.rebuild_points import bodies_of, find_entries, records_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.structural_edits import remove_item, remove_statement
from kognitos_migrate.edits.url.path import written_span
from kognitos_migrate.edits.url.rewrite import require_unread
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.rulebook.model import LayoutMember, Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.lattice import (
    NONE,
    Join,
    Ref,
    Reply,
    Value,
)

_DEPTH = 8


def migrate_query(context: PlanContext, match: Match, moved_fields: MovedFields) -> list[PendingEdit]:
    """Remove the old query parameters, and record their slots' values in `moved_fields`. Raises RefusalError
    if a value isn't known."""
    edits: list[PendingEdit] = []
    for member in match.operation.old.query:
        for operand in match.request.value(Role.QUERY):
            if operand.value != NONE:
                edits.extend(_move_from_params(context, match, member, operand, moved_fields))
        urls = [path.url for path in match.paths if has_parameter(path.url, member)]
        if len({_query_text(url.query) for url in urls}) > 1:
            message = f"{member.name} has several values in this URL, and each names another key of the body"
            raise RefusalError(match.request.site, "attachments", message)
        for url in urls:
            removals = _move_from_url(context, match, member, url, moved_fields)
            require_unread(context, _pieces_of_query(url), removals)
            edits.extend(removals)
        if 0 < len(urls) < len(match.paths) and not any(
            _caller_query_dict(context, url.query) for url in urls
        ):
            require_same_presence(context, match, url_presence(context, match, member, urls), moved_fields)
        elif urls and len(urls) == len(match.paths):
            require_entry(context, match, match.request.site, moved_fields)
        _require_no_slot_value_in_facts(context, match, member, moved_fields)
    return edits


def _require_no_slot_value_in_facts(
    context: PlanContext, match: Match, member: LayoutMember, moved_fields: MovedFields
) -> None:
    """Raises RefusalError if a slot's value is one of the facts, too: its meaning changes."""
    removed_keys = moved_fields.removed_keys | moved_fields.moved_keys
    request = Operand(NONE, match.request.site, match.request.frame)
    for record in (
        record for operand in body_operands(match) for record in _merged_dicts(context, operand.value)
    ):
        for key, entries in record.entries.items():
            for entry in entries if key not in removed_keys else ():
                if not is_exclusive(context, record, entry, request) and any(
                    holds_slot(context, member, value)
                    for value in _reply_values(context, entry.operand.value)
                ):
                    message = f"the body's {key!r} is the address of a file, which becomes an opaque id"
                    raise RefusalError(entry.operand.site, "attachments", message)


def _merged_dicts(context: PlanContext, value: Value, depth: int = 0) -> Iterator[DictObject]:
    """The dicts that the body may be, and the dicts merged into them."""
    for body in bodies_of(value):
        for record in records_of(context, body):
            yield record
            for spread in record.spreads if depth < _DEPTH else ():
                yield from _merged_dicts(context, spread.value, depth + 1)


def _reply_values(context: PlanContext, value: Value) -> Iterator[Value]:
    """The values from replies that a value is or contains."""
    yield from (leaf for leaf in tracked_leaves(value, (), context.facts.heap, {}) if isinstance(leaf, Reply))


def _move_from_params(
    context: PlanContext, match: Match, member: LayoutMember, operand: Operand, moved_fields: MovedFields
) -> list[PendingEdit]:
    pairs = pairs_of(context, match.request.site, operand, member.name)
    if pairs is not None:
        return _move_from_pairs(context, match, member, operand, pairs, moved_fields)
    entries = find_entries(context, operand.value, member.name)
    if not entries:
        if is_opaque(context, operand.value):
            raise RefusalError(
                operand.site, "query", f"these parameters can't be followed, and may include {member.name}"
            )
        return []
    edits: list[PendingEdit] = []
    alone, holder = _has_only_key(context, operand.value, member.name), _enclosing_argument(context, operand)
    new = match.operation.new.request_member(member.slot)
    if alone and holder is not None and new is not None:
        params = ParamsDict(context, match, member, context.tree(operand.site), entries, new.name)
        steps = dict_to_list(params, operand, holder, moved_fields)
        if steps is not None:
            return steps
    if len({entry.holder for entry in entries}) > 1 or may_lose_key(context, operand.value, member.name):
        raise RefusalError(
            operand.site, "attachments", f"{member.name} is set more than once, or removed after it is set"
        )
    observations = query_observations(context, match, entries, alone=alone)
    for entry in entries:
        edits.extend(record_value(context, match, member, entry.operand, moved_fields))
    presence = parameter_presence(context, match, member, operand, entries)
    if (
        Role.QUERY in match.request.optional and moved_fields.removed_keys
    ):  # the dict of arguments may lack it
        presence = replace(presence, always=False)
    require_same_presence(context, match, presence, moved_fields)
    request = Operand(NONE, match.request.site, match.request.frame)
    if presence.always and not unshared_conditions(context, operand, request):
        require_entry(context, match, operand.site, moved_fields)
    if observations:
        return [*edits, send_without(context, match, operand, member.name, observations, alone=alone)]
    if alone and holder is not None and _is_display(context, operand.site):
        edit = remove_item(context, holder)
        return [*edits, *([edit] if edit else [])]
    if alone and (put := remove_dict_assignment(context, operand.site)) is not None:
        return [*edits, put]
    entry_removals = [_remove_entry(context, entry) for entry in entries]
    return [
        *edits,
        *entry_removals,
        *(remove_empty_dict(context, match, operand, entry_removals) if alone else []),
    ]


def _move_from_pairs(
    context: PlanContext,
    match: Match,
    member: LayoutMember,
    operand: Operand,
    pairs: list[QueryPair],
    moved_fields: MovedFields,
) -> list[PendingEdit]:
    """Record the value of the one pair that gives the parameter, and take it out of the call. Raises
    RefusalError if there are several."""
    if len(pairs) > 1:
        raise RefusalError(operand.site, "attachments", f"{member.name} is set more than once here")
    edits: list[PendingEdit] = []
    for pair in pairs:
        edits = [*record_value(context, match, member, pair.value, moved_fields), pair.removal]
        require_same_presence(
            context, match, Presence((pair.value,), always=True, query=operand), moved_fields
        )
        require_entry(context, match, operand.site, moved_fields)
    return edits


def _has_only_key(context: PlanContext, value: Value, key: str) -> bool:
    records = context.facts.heap.objects_of(value)
    return all(
        isinstance(record, DictObject) and set(record.entries) <= {key} and not record.spreads
        for record in records
    )


def _is_display(context: PlanContext, site: Site) -> bool:
    match context.node(site):
        case cst.Dict() | cst.IfExp(_, cst.Dict(), cst.Name() | cst.Dict()):
            return True
    return False


def _enclosing_argument(context: PlanContext, operand: Operand) -> Site | None:
    tree = context.tree(operand.site)
    argument = argument_of(tree, tree.node(operand.site))
    return tree.site(argument.arg) if argument is not None else None


def _remove_entry(context: PlanContext, entry: DictEntry) -> PendingEdit:
    edit = remove_item(context, entry.holder) or remove_statement(context, entry.holder)
    if edit is None:
        raise RefusalError(entry.holder, "query", "this parameter can't be removed where it is set")
    return edit


def _pieces_of_query(url: Url) -> list[UrlPiece]:
    """The question mark and the query."""
    return [url.question_mark, *url.query] if url.question_mark is not None else url.query


def _move_from_url(
    context: PlanContext, match: Match, member: LayoutMember, url: Url, moved_fields: MovedFields
) -> list[PendingEdit]:
    """Remove `?name=value` from the URL. Raises RefusalError if there are other parameters."""
    query = url.query
    text = _query_text(query)
    if not text.startswith(f"{member.name}=") or "&" in text:
        raise RefusalError(match.request.site, "query", "the query of the URL has other parameters, too")
    value = text.partition("=")[2]
    caller_dict = _caller_query_dict(context, query)
    if caller_dict is not None:
        return _move_from_params(context, match, member, caller_dict, moved_fields)
    span = written_span(context, query[0])
    mark = written_span(context, url.question_mark) if url.question_mark is not None else None
    if span is not None and mark is not None and mark.end == span.start:
        name_span = Span(span.path, mark.start, span.end)
        return _remove_written_query(context, match, member, url, name_span, moved_fields)
    if (removal := remove_query(context, match, url)) is not None:
        return [*_record_url_value(context, match, member, query, value, moved_fields), *removal]
    if span is None or mark is None:
        raise RefusalError(match.request.site, "query", "the query of the URL isn't a literal")
    return [PendingEdit(mark, ("",)), *_remove_written_query(context, match, member, url, span, moved_fields)]


def _remove_written_query(
    context: PlanContext,
    match: Match,
    member: LayoutMember,
    url: Url,
    name_span: Span,
    moved_fields: MovedFields,
) -> list[PendingEdit]:
    """Remove a query where its characters are written. `name_span` is the span of the parameter's name and of
    what is written there before it."""
    query = url.query
    first, end = query[0], query[-1]
    value = _query_text(query).partition("=")[2]
    if all(piece.text is not None for piece in query):
        edits = record_body_key(context, match, value, moved_fields) if value else []
        hole = next((candidate for candidate in end.via if candidate not in first.via), None)
        if hole is not None:
            return [*edits, *remove_parameter(context, match, name_span, hole)]
        last = written_span(context, end)
        if last is None or last.path != name_span.path or last.start < name_span.start:
            raise RefusalError(match.request.site, "query", "the query of the URL isn't a literal")
        return [
            *edits,
            *(remove_append(context, first, name_span.start, last) or remove_text(name_span, last)),
        ]
    hole = end.via[-1] if end.via else None
    own = next((candidate for piece in query for candidate in piece.via if candidate not in first.via), hole)
    if own is None:
        raise RefusalError(match.request.site, "query", "the query of the URL isn't a literal")
    operand = Operand(own.value, own.site, own.frame)
    list_edits = append_to_list(context, match, member, operand, moved_fields)
    if list_edits is not None:
        return list_edits
    if value != "\0" and joined_list(context, own.site) is None:
        raise RefusalError(match.request.site, "query", f"the value of {member.name} has several parts")
    edits = record_value(context, match, member, operand, moved_fields)
    return [*edits, *remove_parameter(context, match, name_span, own)]


def _query_text(query: list[UrlPiece]) -> str:
    """The text of a query, with a null character for each unknown piece."""
    return "".join(piece.text if piece.text is not None else "\0" for piece in query)


def _caller_query_dict(context: PlanContext, query: list[UrlPiece]) -> Operand | None:
    """The dict from which a function builds the query, if the caller supplies it. The function serves other
    requests as well. None if the query is written out."""
    if written_span(context, query[0]) is not None:
        return None
    for hole in query[0].via:
        operand = Operand(context.value(hole.site, hole.frame), hole.site, hole.frame)
        if isinstance(operand.value, Ref | Join) and records_of(context, operand.value):
            return operand if context.caller_argument(operand) is not None else None
    return None


def _record_url_value(
    context: PlanContext,
    match: Match,
    member: LayoutMember,
    query: list[UrlPiece],
    value: str,
    moved_fields: MovedFields,
) -> list[PendingEdit]:
    """Record the value of a parameter that a function put into the query."""
    if "\0" not in value:
        return record_body_key(context, match, value, moved_fields)
    hole = query[-1].via[-1]
    return record_value(context, match, member, Operand(hole.value, hole.site, hole.frame), moved_fields)

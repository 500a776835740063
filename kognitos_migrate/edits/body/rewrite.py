"""Rewrites the body of a request from the old layout to the new one."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.body_flow import inspection_of, require_unobserved
from kognitos_migrate.edits.body.body_observers import observation_behind
from kognitos_migrate.edits.body.headers import (
    content_lengths,
    default_content_type,
    insert_with_header,
    remove_content_length,
    require_unread_headers,
)
from kognitos_migrate.edits.body.json_text import decoding_call, is_empty_json_object, require_json_name
from kognitos_migrate.edits.body.moved_fields import MovedFields, express_at_place
from kognitos_migrate.edits.body.presence_tests import body_operands, decides_method
from kognitos_migrate.edits.body.rebuild_points import (
    RebuildPoint,
    rebuild_points,
    records_of,
)
from kognitos_migrate.edits.body.whole_slot import whole_slot
from kognitos_migrate.edits.code_layout import object_display, separator
from kognitos_migrate.edits.config_table_keys import require_configured_keys, table_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.structural_edits import argument_start, insert_argument
from kognitos_migrate.edits.table_key_motion import move_key_into_lookup
from kognitos_migrate.edits.table_lookup import (
    LiteralFields,
    TableLookup,
    TableUses,
    fields_at,
    lookup_expression,
)
from kognitos_migrate.rulebook.model import Layout, LayoutMember, Role
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.lattice import NONE


def migrate_body(
    context: PlanContext, match: Match, moved_fields: Mapping[int, MovedFields], tables: TableUses
) -> list[PendingEdit]:
    """The pending edits that rebuild the body in its new layout. Raises RefusalError if that isn't
    possible."""
    old, new = match.operation.old, match.operation.new
    dialect = context.dialect(match.operation)
    members = [member for member in new.members if member.when in (None, dialect)]
    if not members:
        return []
    require_unread_headers(context, match)
    for member in members:
        if member.table and old.path and any(part.slot == member.slot for part in old.path):
            require_configured_keys(context, match, member.slot, table_of(context, match, member))
    for place in rebuild_points(context, match):
        entries = _new_body_entries(context, match, place, members, moved_fields, tables, dialect)
        if entries is None:
            continue
        _require_one_place(match, place, tables)
        context.state.rebuilt.update(place.frames)
        if not place.text:
            require_unobserved(context, match, content_lengths(context, match))
        written = _write_body(context, match, place, old, entries, tables)
        return [*written, *(remove_content_length(context, match, place.site) if written else [])]
    _require_no_body_observers(context, match)
    raise RefusalError(match.request.site, "out-of-reach", _out_of_reach_message(context, match, members))


def _out_of_reach_message(context: PlanContext, match: Match, members: list[LayoutMember]) -> str:
    """The message for a value of the old path that can't be written where the body is built, with the places
    of both."""
    slots = {member.slot: table_of(context, match, member).key for member in members if member.table}
    keys = [
        (slots[part.slot], piece.via[-1].site)
        for path in match.paths
        for part, segment in zip(match.layout.path, path.segments, strict=True)
        for piece in segment.pieces[:1]
        if part.slot in slots and piece.text is None
    ]
    bodies = [operand.site for operand in body_operands(match) if operand.value != NONE]
    if not keys or not bodies:
        return "a value that the new body needs isn't available where the body is built"
    name, key, body = *keys[0], _code_with_place(context, bodies[0])
    return f"the body {body} needs the {name} {_code_with_place(context, key)}, which isn't available there"


def _code_with_place(context: PlanContext, site: Site) -> str:
    """The source of an expression, in one line, with its place."""
    return f"`{' '.join(context.code(site).split())}` ({context.place(site)})"


def _require_no_body_observers(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if code between the request and an argument with the body reads the body. It may
    build the body in place of that, if it evaluates the values of the old path."""
    frames = {
        piece.via[-1].frame
        for path in match.paths
        for segment in path.segments
        for piece in segment.pieces
        if piece.text is None
    }
    for operand in body_operands(match):
        inner: Operand | None = None
        for level in context.argument_chain(operand, Role.JSON):
            place = observation_behind(context, match, level)
            if place is None and inner is not None and inner.frame not in frames:
                place = inspection_of(context, match, inner)
            if place == match.request.site and inner is not None and decides_method(context, match, inner):
                message = "the body may be None, and the request has another method then"
                raise RefusalError(place, "body", message, "pass a body that is never None: dict(facts)")
            if place is not None:
                message = "this reads the body on its way to the request; it would see the new body"
                raise RefusalError(place, "body", message, "build the body in the function that sends it")
            inner = level


def _require_one_place(match: Match, point: RebuildPoint, tables: TableUses) -> None:
    """Raises RefusalError if a body that is rebuilt here passes through another rebuild point."""
    for user in (match.request.id, *point.frames):
        if tables.placed.setdefault(user, point.site) != point.site:
            message = "the body is built here in one call, and in another place in other calls"
            raise RefusalError(point.site, "body", message)


def _new_body_entries(
    context: PlanContext,
    match: Match,
    point: RebuildPoint,
    members: list[LayoutMember],
    moved_fields: Mapping[int, MovedFields],
    tables: TableUses,
    dialect: str,
) -> list[tuple[LayoutMember, CodeTemplate]] | None:
    """The new body's entries at this place, in order; None if one of them can't be written there."""
    entries: list[tuple[LayoutMember, CodeTemplate]] = []
    row: LiteralFields | TableLookup | None = None
    moved_slots = set[str]().union(
        *(moved_fields[number].expressions for number in point.frames if number in moved_fields)
    )
    for member in members:
        if member.slot in moved_slots:
            added = express_at_place(context, member.slot, point.site, point.frames, moved_fields)
            if added is None:
                return None
            entries.append((member, (string_literal(member.name), ": ", *added)))
        elif member.table is not None and any(part.slot == member.slot for part in match.operation.old.path):
            if row is None:
                row = _cached_configured_fields(context, match, point, member, tables)
                if row is None:
                    return None
                if isinstance(row, TableLookup):
                    entries.append((member, ("**", *lookup_expression(row))))
            if isinstance(row, LiteralFields):
                entries.append((member, (string_literal(member.name), ": ", _field(match, member, row))))
        elif match.operation.old.whole is not None and member.slot == match.operation.old.whole.slot:
            value = whole_slot(context, point, member, dialect, moved_fields, tables)
            entries.append((member, (string_literal(member.name), ": ", *value)))
        elif not member.optional and not any(old.slot == member.slot for old in match.operation.old.members):
            return None
    if isinstance(row, TableLookup):
        tables.add(point.site.path, row)
        tables.bindings.update(dict.fromkeys(row.edits))
    return entries


def _cached_configured_fields(
    context: PlanContext, match: Match, point: RebuildPoint, member: LayoutMember, tables: TableUses
) -> LiteralFields | TableLookup | None:
    """The fields that the configuration has for the member's slot at this place; None if they can't be
    written there."""
    key = (point.site, member.slot, frozenset(point.frames.items()))
    if key not in tables.fields:
        tables.fields[key] = _configured_fields(context, match, point, member)
    return tables.fields[key]


def _configured_fields(
    context: PlanContext, match: Match, point: RebuildPoint, member: LayoutMember
) -> LiteralFields | TableLookup | None:
    users = [context.matches[number] for number in sorted(point.frames)]
    table = table_of(context, match, member)
    for user in users:
        require_configured_keys(context, user, member.slot, table)
    fields = fields_at(context, users, member.slot, table, point.frames, point.site)
    if isinstance(fields, TableLookup) and any(edit.span.start < edit.span.end for edit in fields.edits):
        return None  # statements would have to move
    return fields or move_key_into_lookup(context, users, member.slot, table, point.frames, point.site)


def _field(match: Match, member: LayoutMember, row: LiteralFields) -> str:
    """The literal of the member's field in a row of the table."""
    value = row.fields.get(member.field or "")
    if value is None:
        raise RefusalError(
            match.request.site, "not-configured", f"its entry in the configuration has no {member.field}"
        )
    return string_literal(value)


def _write_body(
    context: PlanContext,
    match: Match,
    point: RebuildPoint,
    old: Layout,
    entries: list[tuple[LayoutMember, CodeTemplate]],
    tables: TableUses,
) -> list[PendingEdit]:
    tree = context.tree(point.site)
    bytes_wanted = context.client(match.request).body() is Role.DATA
    if old.members:
        return _extend_body(context, match, point, entries, ").encode()" if bytes_wanted else ")", tables)
    if point.operand is None:
        call = cst.ensure_type(context.node(point.site), cst.Call)
        written = object_display(tree, argument_start(tree, call), [parts for _, parts in entries])
        if bytes_wanted and point.site == match.request.site:
            encoded = (
                f"{point.keyword}={require_json_name(context, point.site, tables.imports)}.dumps(",
                *written,
                ").encode()",
            )
            return insert_with_header(context, match, encoded, string_literal("application/json"))
        return [insert_argument(context, point.site, (f"{point.keyword}=", *written))]
    span = context.outer_span(point.site)
    if point.chosen is not None:
        inner = context.outer_span(point.chosen)
        span = Span(tree.path, inner.start - len("**"), inner.end)
    written = object_display(tree, span.start, [parts for _, parts in entries])
    if point.chosen is not None:
        return [PendingEdit(span, (f"{point.keyword}=", *written))]
    if point.spread is not None:
        return [
            PendingEdit(
                span, ("{**", context.code(point.site), f", {string_literal(point.spread)}: ", *written, "}")
            )
        ]
    if point.text:
        end = ").encode()" if bytes_wanted else ")"
        header_edits = (
            default_content_type(context, match, string_literal("application/json"))
            if is_empty_json_object(context, point.site)
            else []
        )
        return [
            PendingEdit(
                span, (f"{require_json_name(context, point.site, tables.imports)}.dumps(", *written, end)
            ),
            *header_edits,
        ]
    return [PendingEdit(span, written)]


def _extend_body(
    context: PlanContext,
    match: Match,
    point: RebuildPoint,
    entries: list[tuple[LayoutMember, CodeTemplate]],
    encoded: str,
    tables: TableUses,
) -> list[PendingEdit]:
    """Rename members of the old body and add the new ones. `encoded` ends the expression of a body that is
    text."""
    if point.operand is None:
        raise RefusalError(match.request.site, "no-body", "the request has no body")
    tree = context.tree(point.site)
    edits: list[PendingEdit] = []
    records = records_of(context, point.operand.value)
    for member in match.operation.old.members:
        new = match.operation.new.request_member(member.slot)
        if new is not None and new.name != member.name:
            edits.extend(_rename(context, records, member.name, new.name))
    added = [parts for _, parts in entries]
    if not added:
        return edits
    match context.node(point.site):
        case cst.Dict([*_, last]):
            end = tree.outer_span(last.value).end
            delimiter = separator(tree, tree.span(last).start)
            entry = tuple(part for parts in added for part in (delimiter, *parts))
            return [*edits, PendingEdit(Span(tree.path, end, end), entry)]
        case cst.Call(cst.Name("dict")):
            arguments = [(f"{member.name}=", *parts[2:]) for member, parts in entries]
            return [*edits, *(insert_argument(context, point.site, argument) for argument in arguments)]
    span = context.outer_span(point.site)
    module = require_json_name(context, point.site, tables.imports) if point.text else ""
    if point.text and edits:
        raise RefusalError(point.site, "body", "the body is JSON text, and one of its keys is renamed")
    text: list[str | Span]
    text = (
        [f"{module}.dumps({{**", decoding_call(context, point.site, tables.imports), span, ")"]
        if point.text
        else ["{**", span]
    )
    for parts in added:
        text.extend((", ", *parts))
    return [*edits, PendingEdit(span, (*text, "}", encoded if point.text else ""))]


def _rename(context: PlanContext, records: list[DictObject], old: str, new: str) -> list[PendingEdit]:
    edits: list[PendingEdit] = []
    for record in records:
        for entry in record.entries.get(old, ()):
            node = context.node(entry.key) if entry.key else None
            if not isinstance(node, cst.SimpleString) or entry.key is None:
                raise RefusalError(entry.holder, "key", f"the key {old!r} isn't a literal here")
            edits.append(PendingEdit(context.span(entry.key), (string_literal(new),)))
    return edits

"""A field that another request of the conversation has."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.config.scaffold import value_to_add
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.edits.body.added_parameter import pass_as_parameter
from kognitos_migrate.edits.body.moved_fields import MovedField, MovedFields
from kognitos_migrate.edits.body.rebuild_points import rebuild_points
from kognitos_migrate.edits.body.reply_flow import is_of_same_run, may_send_value_of, sends_value_of
from kognitos_migrate.edits.config_table_keys import require_configured_keys, table_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.table_lookup import (
    LiteralFields,
    TableLookup,
    TableUses,
    fields_at,
    has_default_field,
    lookup_expression,
    slot_expressions,
    slot_hole,
)
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import LayoutMember, Table
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.syntax.tree import Site


def add_owner_field(
    context: PlanContext, match: Match, matches: list[Match], moved_fields: MovedFields, tables: TableUses
) -> None:
    """Add the value of each member that is looked up by a slot which this request lacks. Raises RefusalError
    if the value isn't known."""
    has = {part.slot for part in match.operation.old.path}
    for member in match.operation.new.members:
        if member.table is not None and member.slot not in has:
            owner = _OwnerField(context, matches, member, tables)
            moved_fields.expressions[member.slot] = owner.of(match, moved_fields)


class _OwnerField(Struct, frozen=True):
    """A member looked up for requests whose replies are sent on by start requests, which have the slot."""

    context: PlanContext
    matches: list[Match]
    member: LayoutMember
    tables: TableUses

    def of(self, match: Match, moved_fields: MovedFields) -> MovedField:
        """The field to add to a request. Raises RefusalError if it isn't known."""
        table = table_of(self.context, match, self.member)
        rows = self.context.settings.tables.get(table.setting, {})
        field = self.member.field or ""
        site = match.request.site
        same_call = [
            candidate
            for candidate in self.matches
            if candidate.request.site == site and candidate.operation.id == match.operation.id
        ]
        starts = self.starts(same_call)
        for start in starts:
            require_configured_keys(self.context, start, self.member.slot, table)
        everyone = {row[field] for row in rows.values()}
        strays = self._possible_starts(same_call, starts)
        owners = [*starts, *strays] or self._requests_with_slot(match)
        only = self.common_field(owners, table) or (next(iter(everyone)) if len(everyone) == 1 else None)
        is_setting = any(has_default_field(self.context, owner, self.member.slot) for owner in owners)
        if only is not None and (everyone == {only} or not is_setting):
            if everyone != {only}:
                moved_fields.notes.extend(self._notes_on_callers(match, starts))
            return MovedField((string_literal(only),))
        is_stored = bool(strays) or any(
            not is_of_same_run(self.context, *way) for way in self._sent_replies(same_call, starts)
        )
        template = None if is_stored else self._field_in_reach(match, starts, table, moved_fields)
        if template is not None:
            return MovedField(template)
        if only is not None:
            moved_fields.notes.append(
                f"the {field} is that of the {table.key} in the code: settings with another one need another"
            )
            return MovedField((string_literal(only),))
        moved_field = None if is_stored else self._as_parameter(match, table, moved_fields)
        if moved_field is not None:
            return moved_field
        setting = self.context.settings.values.get(self.member.setting or "")
        if setting:
            return MovedField((string_literal(setting),))
        message = f"the code here doesn't show which {field} the file is for"
        if is_stored:
            message = f"the file id may be stored, and sent again for another {field}"
        raise RefusalError(
            site, "owner-unknown", message, owner_help(self.context, match, self.member, table)
        )

    def _notes_on_callers(self, match: Match, starts: list[Match]) -> Iterator[str]:
        """A note on a public function that sends the upload, if the start's key is a parameter of another
        one: code outside may start other processes through them."""
        frames = self.context.facts.stack(match.request.frame)
        name = next(filter(None, (_public_function(self.context, frame.id) for frame in frames)), None)
        are_parameters = (_is_parameter_of_public(self.context, start, self.member.slot) for start in starts)
        if name is not None and any(are_parameters):
            field = self.member.field or ""
            whose = f"{name}() sends the {field} of this project's processes"
            yield f"{whose}: callers outside it that start others need another one"

    def starts(self, sources: list[Match]) -> list[Match]:
        """The requests that have the slot and send a value from a reply to one of these."""
        return [
            start
            for start in self.matches
            if _has_path_slot(start, self.member.slot)
            and any(sends_value_of(self.context, source, start) for source in sources)
        ]

    def _possible_starts(self, sources: list[Match], starts: list[Match]) -> list[Match]:
        """The other requests that have the slot and may send a value from a reply to one of these through
        code that isn't analysed."""
        return [
            start
            for start in self._requests_with_slot(sources[0])
            if start not in starts
            and any(may_send_value_of(self.context, source, start) for source in sources)
        ]

    def _sent_replies(self, sources: list[Match], starts: list[Match]) -> Iterator[tuple[Request, Request]]:
        """Pairs of a request and the start that sends its reply."""
        for start in starts:
            for source in sources:
                if sends_value_of(self.context, source, start):
                    yield source.request, start.request

    def _requests_with_slot(self, match: Match) -> list[Match]:
        """All requests of the program that have the slot. A reply whose receiver isn't known goes to one of
        these."""
        return [
            candidate
            for candidate in self.context.matches.values()
            if candidate.operation.api == match.operation.api
            and candidate.request.stub is None
            and _has_path_slot(candidate, self.member.slot)
        ]

    def common_field(self, starts: list[Match], table: Table) -> str | None:
        """The field, if it is known and equal for all of these requests."""
        rows = self.context.settings.tables.get(table.setting, {})
        keys = {key for start in starts for key in start.keys(self.member.slot)}
        fields = {rows[key][self.member.field or ""] for key in keys if key is not None and key in rows}
        return next(iter(fields)) if keys and keys <= rows.keys() and len(fields) == 1 else None

    def _field_in_reach(
        self, match: Match, starts: list[Match], table: Table, moved_fields: MovedFields
    ) -> CodeTemplate | None:
        """The field looked up by the key, if the key can be written at the upload."""
        for place in rebuild_points(self.context, match) if starts else ():
            uploads = [self.context.matches[number] for number in place.frames]
            starts_by_frame = [
                (place.frames[upload.request.id], own_starts)
                for upload in uploads
                if (own_starts := self.starts([upload]))
            ]
            detached = [upload for upload in uploads if not self._is_sent_by_start(upload)]
            if detached and not self._have_same_keys(detached, starts):
                continue
            edits: list[PendingEdit] = []
            templates = {
                self._table_field(
                    own_starts, table, {start.request.id: frame for start in own_starts}, place.site, edits
                )
                for frame, own_starts in starts_by_frame
            }
            template = next(iter(templates)) if len(templates) == 1 else None
            if template is not None:
                moved_fields.edits.extend(dict.fromkeys(edits))
                if detached:
                    moved_fields.notes.extend(self._notes_on_key(detached))
                return template
        return None

    def _is_sent_by_start(self, upload: Match) -> bool:
        """Whether some start sends the file of an upload, so that the file has an owner."""
        return upload.request.stub is not None or bool(self.starts([upload]))

    def _have_same_keys(self, detached: list[Match], starts: list[Match]) -> bool:
        """Whether only callers out of sight send these uploads' files on, and all starts of the program get
        their keys where `starts` get theirs."""
        slot = self.member.slot
        sites = {_key_site(start, path, slot) for start in starts for path in start.paths}
        return None not in sites and all(
            self.context.read_frame(upload.request.frame).caller is None
            and all(
                _key_site(start, path, slot) in sites
                for start in self._requests_with_slot(upload)
                for path in start.paths
            )
            for upload in detached
        )

    def _notes_on_key(self, detached: list[Match]) -> Iterator[str]:
        """A note on a public function that sends a file for callers out of sight."""
        frames = [self.context.facts.stack(upload.request.frame) for upload in detached]
        stacks = [frame.id for stack in frames for frame in stack]
        name = next(filter(None, (_public_function(self.context, number) for number in stacks)), None)
        if name is not None:
            field = self.member.field or ""
            whose = f"{name}() sends the {field} of the process that the code here starts"
            yield f"{whose}: callers outside this project that start others need another one"

    def _table_field(
        self, starts: list[Match], table: Table, frames: dict[int, int], at: Site, edits: list[PendingEdit]
    ) -> CodeTemplate | None:
        fields = fields_at(self.context, starts, self.member.slot, table, frames, at)
        if isinstance(fields, TableLookup):
            self.tables.add(at.path, fields)
            edits.extend(fields.edits)
            return (*lookup_expression(fields), f"[{string_literal(self.member.field or '')}]")
        return (
            (string_literal(fields.fields[self.member.field or ""]),)
            if isinstance(fields, LiteralFields)
            else None
        )

    def _as_parameter(self, match: Match, table: Table, moved_fields: MovedFields) -> MovedField | None:
        """The field as a parameter of the function that sends the upload, if its callers know the field."""
        edits: list[PendingEdit] = []

        def value_at(at: Site, frames: Mapping[int, int]) -> CodeTemplate | None:
            starts = {number: self.starts([self.context.matches[number]]) for number in frames}
            if not all(starts.values()):
                return None
            all_starts = [start for own_starts in starts.values() for start in own_starts]
            only = self.common_field(all_starts, table)
            if only is not None:
                return (string_literal(only),)
            frame_by_request = {
                start.request.id: frames[number]
                for number, own_starts in starts.items()
                for start in own_starts
            }
            return self._table_field(all_starts, table, frame_by_request, at, edits)

        for place in rebuild_points(self.context, match):
            if match.request.id not in place.frames:
                continue
            parameter_edits = pass_as_parameter(self.context, self.member.name, place.frames, value_at)
            if parameter_edits is not None:
                moved_fields.edits.extend((*parameter_edits, *edits))
                return MovedField((self.member.name,), frame=place.frames[match.request.id])
        return None


def _public_function(context: PlanContext, number: int) -> str | None:
    """The name of a frame's function, if code outside of the project may call it."""
    function = context.read_frame(number).function
    definition = context.node(function) if function is not None else None
    if function is None or not isinstance(definition, cst.FunctionDef):
        return None
    return definition.name.value if is_public(context.tree(function), definition) else None


def _is_parameter_of_public(context: PlanContext, start: Match, slot: str) -> bool:
    """Whether a start's key is an argument of a public function."""
    for path in start.paths:
        hole = slot_hole(start, path, slot)
        for operand in slot_expressions(context, start, path, slot) if hole is not None else ():
            frame, node = context.read_frame(operand.frame), context.node(operand.site)
            if isinstance(node, cst.Name) and node.value in context.parameters(frame):
                if _public_function(context, operand.frame) is not None:
                    return True
    return False


def _key_site(start: Match, path: PathMatch, slot: str) -> Site | None:
    """The expression of a start's key. None for a literal in the URL."""
    hole = slot_hole(start, path, slot)
    return hole.site if hole is not None else None


def _has_path_slot(match: Match, slot: str) -> bool:
    return any(part.slot == slot for part in match.operation.old.path)


_MOST_VALUES, _MOST_KEYS = 5, 3
"""The limits on configured values, and on the keys of each, in the help of a finding."""


def owner_help(context: PlanContext, match: Match, member: LayoutMember, table: Table) -> str | None:
    """The configuration to add, with the values of the configured rows of `table`, and what to do if it isn't
    the same for all requests of the match."""
    if not member.setting:
        return None
    keys_by_value: dict[str, list[str]] = {}
    for key, row in context.settings.tables.get(table.setting, {}).items():
        keys_by_value.setdefault(row[member.field or ""], []).append(row.get("name") or key)
    lines = [
        f"# {value} for {', '.join(keys[:_MOST_KEYS])}{', …' if len(keys) > _MOST_KEYS else ''}"
        for value, keys in list(keys_by_value.items())[:_MOST_VALUES]
    ]
    more = [f"# and {len(keys_by_value) - _MOST_VALUES} more"] if len(keys_by_value) > _MOST_VALUES else []
    lines = [value_to_add(context.settings, member.setting), *lines, *more]
    if len(keys_by_value) > 1:
        frame = context.read_frame(match.request.frame)
        function = context.node(frame.function) if frame.function is not None else None
        target = f" to {function.name.value}()" if isinstance(function, cst.FunctionDef) else ""
        several = f"if not, pass the {table.key}{target}, and start the run there"
        lines.append(f"# correct if all files uploaded here are for one {member.field}; {several}")
    return "\n".join(lines)

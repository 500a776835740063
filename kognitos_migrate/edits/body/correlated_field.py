"""A field that another request of the conversation has, passed on as a parameter."""

from collections.abc import Callable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.moved_fields import MovedField, MovedFields
from kognitos_migrate.edits.body.owner_help import owner_help
from kognitos_migrate.edits.body.rebuild_points import rebuild_points
from kognitos_migrate.edits.body.reply_flow import feeds, is_of_same_run, may_feed
from kognitos_migrate.edits.config_table_keys import require_configured_keys, table_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.structural_edits import insert_argument
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
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import named_parameters, positional_parameters
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.syntax.roles import is_keyword
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, Value

ValueByFrame = Callable[[Site, Mapping[int, int]], CodeTemplate | None]
"""Returns the value's expression at a site, for requests in these frames. None if it can't be written
there."""

_DEPTH = 4
"""The number of functions that a value is passed down through."""


def pass_as_parameter(
    context: PlanContext, name: str, frames: Mapping[int, int], value_at: ValueByFrame, depth: int = 0
) -> list[PendingEdit] | None:
    """The pending edits that add the parameter `name` to the function of these frames (by request), and to
    the functions around it as far as necessary. None if not all calls of one of these functions are known."""
    functions = {context.frame(frame).function for frame in frames.values()}
    function = next(iter(functions))
    if len(functions) != 1 or function is None or depth > _DEPTH:
        return None
    calls: dict[Site, dict[int, int]] = {}
    for request, number in frames.items():
        frame = context.frame(number)
        if frame.call is None or frame.caller is None:
            return None
        calls.setdefault(frame.call, {})[request] = frame.caller
    parameter = _parameter(context, function, name)
    if parameter is None or _calls_of(context, function) != set(calls):
        return None
    edits = [parameter]
    for call, callers in calls.items():
        value = value_at(call, callers)
        if value is None:
            caller_edits = pass_as_parameter(context, name, callers, value_at, depth + 1)
            if caller_edits is None:
                return None
            edits.extend(caller_edits)
        edits.append(insert_argument(context, call, (f"{name}=", *(value or (name,)))))
    return edits


def _calls_of(context: PlanContext, function: Site) -> set[Site] | None:
    """The calls of a function. None if the function is also used as a value, or if one of the calls may run
    another function."""
    calls: set[Site] = set()
    for (site, _), value in context.facts.values.items():
        choices = [_function(choice) for choice in alternatives(value)]
        if function not in choices:
            continue
        tree = context.tree(site)
        node = tree.node(site)
        parent = tree.parent(node)
        if not isinstance(parent, cst.Call) or parent.func is not node:
            return None
        if any(_function(choice) != function for choice in context.alternatives_at(site)):
            return None
        calls.add(tree.site(parent))
    return calls


def _function(value: Value) -> Site | None:
    if isinstance(value, Bound):
        return _function(value.function)
    return value.site if isinstance(value, Function | Class) else None


def _parameter(context: PlanContext, function: Site, name: str) -> PendingEdit | None:
    """The pending edit that adds a parameter after a function's own ones. None if the name occurs in the
    function, or if its calls may come from other code."""
    tree = context.tree(function)
    definition = tree.node(function)
    if not isinstance(definition, cst.FunctionDef) or not _is_called_as_written(definition):
        return None
    if any(
        node.value == name
        for node in tree.descendants_of_kind(definition, cst.Name)
        if not is_keyword(tree, node)
    ):
        return None
    signature = definition.params
    starred = isinstance(signature.star_arg, cst.Param | cst.ParamStar)
    by_name = not starred and any(param.default is not None for param in positional_parameters(definition))
    typed = f"{name}: str" if _is_annotated(definition) else name
    text = f"*, {typed}" if by_name else typed
    parts = (signature.posonly_ind, *signature.params, signature.star_arg, *signature.kwonly_params)
    ends = [part for part in parts if isinstance(part, cst.Param | cst.ParamSlash)]
    if ends:
        end = _end(tree, ends[-1])
        return PendingEdit(Span(tree.path, end, end), (f", {text}",))
    start = tree.utf8_text.index(b"(", tree.span(definition.name).end) + 1
    return PendingEdit(
        Span(tree.path, start, start), (text, ", " if signature.star_kwarg is not None else "")
    )


def _is_annotated(definition: cst.FunctionDef) -> bool:
    """Whether a function has annotations. An added parameter is then annotated `str`."""
    return definition.returns is not None or any(
        param.annotation is not None for param in named_parameters(definition)
    )


def _is_called_as_written(definition: cst.FunctionDef) -> bool:
    """Whether a function is called as written: it is no dunder method, and is decorated by nothing but
    `staticmethod` and `classmethod`."""
    names = [getattr(decorator.decorator, "value", None) for decorator in definition.decorators]
    dunder = definition.name.value.startswith("__")
    return not dunder and all(name in ("staticmethod", "classmethod") for name in names)


def _end(tree: Tree, parameter: cst.Param | cst.ParamSlash) -> int:
    """The offset at which a parameter (or the slash) ends, without its comma, in bytes."""
    if isinstance(parameter, cst.ParamSlash):
        return tree.span(parameter).start + 1
    if parameter.default is not None:
        return tree.outer_span(parameter.default).end
    if parameter.annotation is not None:
        return tree.outer_span(parameter.annotation.annotation).end
    return tree.span(parameter.name).end


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
        strays = self._strays(same_call, starts)
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
            and any(feeds(self.context, source, start) for source in sources)
        ]

    def _strays(self, sources: list[Match], starts: list[Match]) -> list[Match]:
        """The other requests that have the slot and may send a value from a reply to one of these through
        code that isn't analysed."""
        return [
            start
            for start in self._requests_with_slot(sources[0])
            if start not in starts and any(may_feed(self.context, source, start) for source in sources)
        ]

    def _sent_replies(self, sources: list[Match], starts: list[Match]) -> Iterator[tuple[Request, Request]]:
        """Pairs of a request and the start that sends its reply."""
        for start in starts:
            for source in sources:
                if feeds(self.context, source, start):
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
            if not all(map(self._is_attached, place.frames)):
                continue
            frames = {start.request.id: frame for start in starts for frame in place.frames.values()}
            edits: list[PendingEdit] = []
            if (template := self._table_field(starts, table, frames, place.site, edits)) is not None:
                moved_fields.edits.extend(edits)
                return template
        return None

    def _is_attached(self, number: int) -> bool:
        """Whether some start sends the file of an upload, so that the file has an owner."""
        match = self.context.matches[number]
        return match.request.stub is not None or bool(self.starts([match]))

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
    function = context.frame(number).function
    definition = context.node(function) if function is not None else None
    if function is None or not isinstance(definition, cst.FunctionDef):
        return None
    return definition.name.value if is_public(context.tree(function), definition) else None


def _is_parameter_of_public(context: PlanContext, start: Match, slot: str) -> bool:
    """Whether a start's key is an argument of a public function."""
    for path in start.paths:
        hole = slot_hole(start, path, slot)
        for operand in slot_expressions(context, start, path, slot) if hole is not None else ():
            frame, node = context.frame(operand.frame), context.node(operand.site)
            if isinstance(node, cst.Name) and node.value in context.parameters(frame):
                if _public_function(context, operand.frame) is not None:
                    return True
    return False


def _has_path_slot(match: Match, slot: str) -> bool:
    return any(part.slot == slot for part in match.operation.old.path)

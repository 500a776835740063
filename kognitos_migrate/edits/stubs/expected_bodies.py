"""Converts the request bodies that tests expect to the new layout."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.list_values import entry_comprehension, entry_list
from kognitos_migrate.edits.body.moved_fields import MovedFields
from kognitos_migrate.edits.body.rebuild_points import find_entries
from kognitos_migrate.edits.code_layout import object_display
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.item_removals import item_span
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.structural_edits import remove_item
from kognitos_migrate.edits.stubs.asserted_parameters import asserted_parameters, texts_of
from kognitos_migrate.edits.stubs.expected_rows import ExpectedRow
from kognitos_migrate.edits.table_lookup import TableLookup, lookup_expression
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Encoding, LayoutMember, Role, View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.shapes import variable_name
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, HeapObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Json, Reply, Text, Value


class ExpectedBodies(Struct, frozen=True):
    """The bodies that a stub expects, or that assertions compare with the ones it recorded.

    `sent` are the requests that it answers, `moved_fields` is by request id, and `stubs` are all stubs of the
    conversation."""

    context: PlanContext
    stub: Match
    sent: Sequence[Match]
    moved_fields: Mapping[int, MovedFields]
    row: ExpectedRow
    stubs: Sequence[Match] = ()

    @property
    def members(self) -> list[LayoutMember]:
        """The members of the new body in the chosen dialect."""
        dialect = self.context.dialect(self.stub.operation)
        return [member for member in self.stub.operation.new.members if member.when in (None, dialect)]

    @property
    def whole_body_member(self) -> LayoutMember | None:
        """The member of the new body that contains the whole old body; None if there is none."""
        whole = self.stub.operation.old.whole
        return next(
            (member for member in self.members if whole is not None and member.slot == whole.slot), None
        )

    def refusal(self, site: Site, message: str) -> RefusalError:
        """A refusal at a site in the test."""
        return RefusalError(site, "stub", message, "write the expected request as a literal here")

    def body(self, operand: Operand) -> Iterator[PendingEdit]:
        """Pending edits for an expected body. Raises RefusalError if its new values aren't known."""
        inner = next((choice for choice in alternatives(operand.value) if isinstance(choice, Json)), None)
        if inner is not None:
            self._require_same_encoding(operand.site, inner)
            operand = self._value_in_text(Operand(inner.value, inner.site, inner.frame))
        if operand.value == NONE or not self.members:
            return
        if NONE in self.context.alternatives_at(operand.site):
            raise self.refusal(operand.site, "a request without a body is also compared with this")
        tree = self.context.tree(operand.site)
        node, whole = tree.node(operand.site), tree.outer_span(tree.node(operand.site))
        entries: list[CodeTemplate] = []
        moved: list[PendingEdit] = []
        row = self.row.of_body(operand.value)
        lookup = self._lookup(row, operand)
        if lookup is not None:
            entries.append(("**", *lookup_expression(lookup)))
        for member in self.members:
            is_of_row = lookup is not None and member.table == lookup.table.setting
            parts = self._member(member, row, operand, moved) if not is_of_row else None
            if parts is not None:
                entries.append((string_literal(member.name), ": ", *parts))
        if any(member.table is not None for member in self.members):
            self.context.state.compared_rows.add(operand.frame)
        if self.stub.operation.old.whole is None:
            old_entries: list[CodeTemplate] = [("**", whole)]
            if isinstance(node, cst.Dict) and node.elements:
                old_entries = [(item_span(tree, element, [element]),) for element in node.elements]
            entries = [*old_entries, *entries]
        yield from moved
        yield PendingEdit(whole, object_display(tree, whole.start, entries))

    def _value_in_text(self, operand: Operand) -> Operand:
        """The value of a text, where the test passes it to a function of its own that encodes it. Raises
        RefusalError if that isn't known."""
        outer = self.context.caller_argument(operand)
        while outer is not None:
            operand, outer = outer, self.context.caller_argument(outer)
        frame = self.context.read_frame(operand.frame)
        if variable_name(self.context.node(operand.site)) in frame.arguments:
            raise self.refusal(operand.site, "a function of the test encodes the expected body")
        return operand

    def _require_same_encoding(self, site: Site, expected: Json) -> None:
        """Raises RefusalError if the program encodes a sent body with other options than the expected one,
        such as sorted keys: then the texts of the new bodies may differ."""
        sent = [
            choice
            for match in self.sent
            for operand in match.request.value(Role.DATA)
            for choice in alternatives(operand.value)
            if isinstance(choice, Json)
        ]
        if any(self._encoding_options(choice) != self._encoding_options(expected) for choice in sent):
            raise self.refusal(site, "the program encodes the body with other options than this text")

    def _encoding_options(self, text: Json) -> frozenset[str]:
        """The source of the options of the call that encodes a JSON text."""
        tree = self.context.tree(text.site)
        call = tree.enclosing(tree.node(text.site), cst.Call)
        arguments = call.args if call is not None else ()
        return frozenset(tree.code(arg) for arg in arguments if tree.site(arg.value) != text.site)

    def _member(
        self, member: LayoutMember, row: ExpectedRow, operand: Operand, moved: list[PendingEdit]
    ) -> CodeTemplate | None:
        """The value of a member of the new body; None if the member is absent or unchanged."""
        old = self.stub.operation.old
        if old.whole is not None and member.slot == old.whole.slot:
            return self._whole_body(member, operand)
        old_member = old.request_member(member.slot)
        if old_member is not None:
            if old_member.name != member.name:
                raise self.refusal(operand.site, f"the key {old_member.name!r} is renamed")
            return None
        if any(candidate.slot == member.slot for candidate in old.query):
            return self._attachment_list(member, operand, moved)
        if member.table is not None:
            return (string_literal(row.value(member, operand.site)),)
        return None

    def _lookup(self, row: ExpectedRow, operand: Operand) -> TableLookup | None:
        """The lookup of the table's row for an expected body. None if its key is known, or the row can't be
        looked up there."""
        members = [member for member in self.members if member.table is not None]
        slots = {part.slot for part in self.stub.operation.old.path}
        first = next((member for member in members if member.slot in slots), None)
        if first is None or row.has_literals(members):
            return None
        lookup = row.lookup(first, operand)
        if lookup is not None:
            row.tables.add(operand.site.path, lookup)
        return lookup

    def is_row_known(self, place: Operand) -> bool:
        """Whether the rows of all tables from which members of the new body come can be written at the place
        of an expected body."""
        row = self.row.of_body(place.value)
        if row.has_literals(self.members):
            return True
        return all(
            row.lookup(member, place) is not None for member in self.members if member.table is not None
        )

    def have_one_row(self, stubs: Sequence[Match]) -> bool:
        """Whether stubs at different places don't name different rows of the table that the new body needs.
        One stub may name several, as a parametrized test does."""
        slots = {member.slot for member in self.members if member.table is not None}
        rows: dict[Site, set[str | None]] = {}
        for stub in stubs:
            rows.setdefault(stub.request.site, set()).update(key for slot in slots for key in stub.keys(slot))
        return len({frozenset(keys) for keys in rows.values()}) < 2

    def _whole_body(self, member: LayoutMember, operand: Operand) -> CodeTemplate:
        tree = self.context.tree(operand.site)
        node, span = tree.node(operand.site), tree.outer_span(tree.node(operand.site))
        if member.encoding(self.context.dialect(self.stub.operation)) is not Encoding.ENTRIES:
            return (span,)
        parts = entry_list(member.entry_keys, self.context, operand.site, self.moved_keys)
        if parts is not None:
            return parts
        return entry_comprehension(member.entry_keys, self.context, operand.site, (tree.span(node),), {})

    # Members that the old layout has in the query.

    @property
    def moved_keys(self) -> set[str]:
        """The keys of the old body that move."""
        additions = [
            self.moved_fields[match.request.id]
            for match in self.sent
            if match.request.id in self.moved_fields
        ]
        return {key for fields in additions for key in (*fields.moved_keys, *fields.removed_keys)}

    def _attachment_list(
        self, member: LayoutMember, operand: Operand, moved: list[PendingEdit]
    ) -> CodeTemplate | None:
        entries = [
            entry for key in self.moved_keys for entry in find_entries(self.context, operand.value, key)
        ]
        if entries:
            removal = remove_item(self.context, entries[0].holder) if len(entries) == 1 else None
            if removal is None or entries[0].holder.path != operand.site.path:
                raise self.refusal(operand.site, "the expected files aren't a literal here")
            moved.append(removal)
            return self._as_list_display(entries[0].operand)
        for query_operand in self.stub.request.value(Role.QUERY):
            for name in (query.name for query in self.stub.operation.old.query):
                for entry in find_entries(self.context, query_operand.value, name):
                    return self._as_list_display(entry.operand)
        asserted = self._asserted_files(operand)
        if asserted is not None:
            return self._as_list_display(asserted)
        attaching = self._attaching_sites(member)
        sent = [match for match in self.sent if not self._has_other_keys(match, operand)] or self.sent
        sites = {match.request.site for match in sent}
        if not sites & attaching:
            return None
        fields = [member.slot in self._additions(match).expressions for match in sent]
        if not sites <= attaching or (any(fields) and not self._is_without_moved_keys(operand)):
            raise self.refusal(operand.site, "the expected files aren't a literal here")
        return ("[]",)

    def _asserted_files(self, operand: Operand) -> Operand | None:
        """The value that the same test compares with the parameter of the query which moves into the body.
        None if there is none, or if it may differ from the one that is sent."""
        old = self.stub.operation.old
        parameters = {member.name for member in old.query}
        files = [
            value
            for stub in dict.fromkeys(
                stub.request.id for stub in (self.stub, *self.row.stubs_around(operand))
            )
            for value in asserted_parameters(self.context, stub, operand.frame, parameters)
            if value.site.path == operand.site.path
        ]
        sent = {
            text
            for match in self.sent
            for query_operand in match.request.value(Role.QUERY)
            for name in parameters
            for entry in find_entries(self.context, query_operand.value, name)
            for text in texts_of(self.context, entry.operand.value)
        }
        is_same = len(files) == 1 and {*texts_of(self.context, files[0].value)} == sent
        return files[0] if is_same and len(sent) == 1 and None not in sent else None

    def _attaching_sites(self, member: LayoutMember) -> set[Site]:
        """The calls that send the member in some context, as an empty list if it has no value."""
        return {
            match.request.site
            for match in self.context.matches.values()
            if member.slot in self._additions(match).expressions
        }

    def _is_without_moved_keys(self, operand: Operand) -> bool:
        """Whether an expected body surely has none of the keys that move."""
        records = [self.context.facts.heap.get(choice) for choice in alternatives(operand.value)]
        return bool(self.moved_keys) and all(
            isinstance(record, DictObject)
            and not (record.open or record.spreads or self.moved_keys & record.entries.keys())
            for record in records
        )

    def _has_other_keys(self, match: Match, operand: Operand) -> bool:
        """Whether the body of a request surely has a key that moves, which an expected body surely lacks."""
        fields = self._additions(match)
        bodies = [
            self.context.facts.heap.get(choice)
            for body in match.request.value(Role.JSON)
            for choice in alternatives(body.value)
        ]
        return (
            self._is_without_moved_keys(operand)
            and bool(bodies)
            and all(
                isinstance(body, DictObject)
                and any(body.has_surely(key) for key in (*fields.moved_keys, *fields.removed_keys))
                for body in bodies
            )
        )

    def _additions(self, match: Match) -> MovedFields:
        return self.moved_fields.get(match.request.id) or MovedFields()

    def _as_list_display(self, operand: Operand) -> CodeTemplate:
        span = self.context.outer_span(operand.site)
        lists = [
            isinstance(self.context.facts.heap.get(choice), SequenceObject)
            for choice in alternatives(operand.value)
        ]
        if all(lists):
            return (span,)
        if any(lists) or not all(isinstance(choice, Text) for choice in alternatives(operand.value)):
            raise self.refusal(operand.site, "the expected files can't be determined")
        return ("[", span, "]")

    # Reads of sent bodies.

    def key_read(
        self, owner: cst.BaseExpression, key: cst.BaseExpression, name: str, use: Use
    ) -> PendingEdit | None:
        """The new read of a fact from a sent body. `owner` is the expression of the body, in the file of the
        use."""
        tree = self.context.tree(use.site)
        if name in self.moved_keys:
            files = next(
                member for member in self.members if member.slot == self.stub.operation.old.query[0].slot
            )
            return PendingEdit(tree.outer_span(key), (string_literal(files.name),))
        return (
            self.facts_at(owner, tree.site(owner), use.frame) if self.whole_body_member is not None else None
        )

    def facts_at(self, owner: cst.BaseExpression, site: Site, frame: int) -> PendingEdit:
        """The facts inside the expression `owner` of a sent body, at its site. Raises RefusalError if it
        may be other data than a body, or an empty dict."""
        return self.facts_in_values(owner, site, [*alternatives(self.context.value(site, frame))])

    def facts_in_values(
        self, owner: cst.BaseExpression, site: Site, values: Collection[Value]
    ) -> PendingEdit:
        """The facts inside the expression `owner` of a sent body, at its site, which has one of the values.
        Raises RefusalError if one is neither a body nor an empty dict."""
        inner, span = self.whole_body_member, self.context.outer_span(site)
        assert inner is not None
        is_certain = self._are_bodies(site, [value for value in values if value != NONE])
        is_list = inner.encoding(self.context.dialect(self.stub.operation)) is Encoding.ENTRIES
        field = string_literal(inner.name)
        facts = f"[{field}]" if is_certain else f".get({field}, {'[]' if is_list else '{}'})"
        is_primary = owner.lpar or isinstance(owner, cst.Name | cst.Attribute | cst.Subscript | cst.Call)
        body = (span,) if is_primary else ("(", span, ")")
        if not is_list:
            whole = span if len(body) > 1 else Span(span.path, span.end, span.end)
            return PendingEdit(whole, (*body, facts) if len(body) > 1 else (facts,))
        name, value = string_literal(inner.entry_keys.name), string_literal(inner.entry_keys.value)
        return PendingEdit(span, (f"{{fact[{name}]: fact[{value}] for fact in ", *body, facts, "}"))

    def _are_bodies(self, site: Site, values: Collection[Value]) -> bool:
        """Whether all values are sent bodies, and none is an empty dict in place of one. Raises RefusalError
        if one is anything else."""
        others = [value for value in values if not self._is_body(value)]
        records = [self.context.facts.heap.get(other) for other in others]
        if len(others) == len(values) or not all(map(_is_empty_dict, records)):
            raise self.refusal(site, "this may be other data than the body of a request")
        return not others

    def _is_body(self, value: Value) -> bool:
        if not isinstance(value, Reply) or value.path != (View.JSON,):
            return False
        return self.context.facts.requests[value.request].stub is not None


def _is_empty_dict(record: HeapObject | None) -> bool:
    """Whether an object is a dict that never has an entry."""
    return isinstance(record, DictObject) and not (record.open or record.spreads or record.all_entries)

"""The table's rows that tests expect in new bodies: as literals, or looked up by the key of the old URL.

assert url == f"https://host/old/start/{key}"        "…/new/things"
assert body == {"size": 1}                           {**TABLE[key], "inputs": {"size": 1}}
"""

from collections.abc import Mapping, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.moved_fields import MovedFields
from kognitos_migrate.edits.config_table_keys import require_configured_keys, row_of, table_of
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.received_body_keys import may_send
from kognitos_migrate.edits.table_lookup import TableLookup, TableUses, fields_at
from kognitos_migrate.rulebook.model import LayoutMember
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import Value


class ExpectedRow(Struct, frozen=True):
    """The row of a table that a stub expects in the bodies of the requests `sent`.

    `moved_fields` is by request id, and `stubs` are all stubs of the conversation."""

    context: PlanContext
    stub: Match
    sent: Sequence[Match]
    moved_fields: Mapping[int, MovedFields]
    stubs: Sequence[Match]
    tables: TableUses
    is_of_body: bool = False
    """Whether `sent` are only some of the test's requests: those that may have the expected body. Then their
    keys come before the stub's own."""

    def of_body(self, body: Value) -> "ExpectedRow":
        """The row for those of the test's requests whose body may be equal to an expected one; for all
        of them if there is none."""
        sent = [match for match in self.sent if may_send(self.context, match, body)]
        return replace(self, sent=sent or self.sent, is_of_body=0 < len(sent) < len(self.sent))

    def value(self, member: LayoutMember, at: Site) -> str:
        """A field of the row for the only key that the stub or its test uses. Raises RefusalError if the key
        isn't known."""
        written = self._written_value(member)
        if written is not None:
            return written
        table = table_of(self.context, self.stub, member)
        matches = self._matches_with_key(member)
        if not matches:
            message = f"the {table.key} that is expected here can't be determined"
            raise RefusalError(at, "stub", message, "write the expected request as a literal here")
        for match in matches:
            require_configured_keys(self.context, match, member.slot, table)
        row = row_of(self.context, table, str(matches[0].keys(member.slot)[0]))
        if (member.field or "") not in row:
            message = f"its entry in the configuration has no {member.field}"
            raise RefusalError(at, "stub", message, "write the expected request as a literal here")
        return row[member.field or ""]

    def has_literals(self, members: Sequence[LayoutMember]) -> bool:
        """Whether the key of each of the members' tables is known."""
        of_tables = [member for member in members if member.table is not None]
        return all(self._written_value(member) or self._matches_with_key(member) for member in of_tables)

    def lookup(self, member: LayoutMember, place: Operand) -> TableLookup | None:
        """The lookup of the row at the place of an expected body, by the key in the URL that the test expects
        beside it. None if the test expects none, or if the key can't be written there."""
        table = table_of(self.context, self.stub, member)
        rows = self.context.settings.tables.get(table.setting, {})
        beside = [stub for stub in self.stubs_around(place) if stub.paths]
        for stubs in ([self.stub], beside):
            keys = {key for stub in stubs for key in stub.keys(member.slot)}
            for stub in stubs:
                require_configured_keys(self.context, stub, member.slot, table)
            frames = {stub.request.id: place.frame for stub in stubs}
            fields = fields_at(self.context, stubs, member.slot, table, frames, place.site) if keys else None
            if isinstance(fields, TableLookup) and not fields.edits and fields.moved is None:
                literals = frozenset(key for key in keys if key is not None)
                return replace(fields, keys=literals) if keys <= rows.keys() else fields
        return None

    def stubs_around(self, place: Operand) -> list[Match]:
        """The requests of the same operation that the code around an expected body expects. Empty if the test
        sends several, since the body may be that of another one."""
        if len(self.sent) != 1:
            return []
        return [
            stub
            for stub in self.stubs
            if (stub.operation.id, stub.request.frame) == (self.stub.operation.id, place.frame)
        ]

    def _written_value(self, member: LayoutMember) -> str | None:
        """The literal that all requests of the test send as a member. None if they send no literal, or if the
        stub's URL tells the key."""
        additions = (self.moved_fields.get(match.request.id) or MovedFields() for match in self.sent)
        fields = [fields.expressions.get(member.slot) for fields in additions]
        texts = {field.parts for field in fields if field is not None}
        own = self._matches_with_key(member) == [self.stub]
        only = next(iter(texts)) if len(texts) == 1 and not own else None
        if only is not None and len(only) == 1 and isinstance(only[0], str) and only[0].startswith('"'):
            return only[0].strip('"')
        return None

    def _matches_with_key(self, member: LayoutMember) -> list[Match]:
        """The stub if its URL has a single key for the table's row, or else the test's requests if all of
        them have the same one; the other way round for a body that only some of them send. Empty if the key
        isn't known."""
        stub_and_sent = [self.stub], [*self.sent]
        for matches in stub_and_sent[::-1] if self.is_of_body else stub_and_sent:
            keys = {key for match in matches for key in match.keys(member.slot)}
            if len(keys) == 1 and None not in keys:
                return matches
        return []

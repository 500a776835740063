"""Compares a slot whose value comes from a configured table, with lookups as terms."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from kognitos_migrate.rulebook.model import FallbackLookup, LayoutMember
from kognitos_migrate.structs import Struct
from kognitos_migrate.validate.dict_contents import records_of
from kognitos_migrate.validate.divergence import Divergence
from kognitos_migrate.validate.sent_values import path_terms, records_within, sent_records
from kognitos_migrate.validate.slot_comparison import SlotComparison
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, is_text, literal_term, text_value
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand


class Lookup(Struct, frozen=True):
    """A lookup in the configured table `setting`, by the keys that `is_key` accepts. None accepts any key."""

    builder: TermBuilder
    setting: str
    unlisted: FallbackLookup | None
    is_key: Callable[[Term], bool] | None = None

    def is_field(self, term: Term, field: str) -> bool:
        """Whether a term is a field of a row that is looked up."""
        is_item = term.kind is TermKind.ITEM and len(term.operands) == 2
        return is_item and term.operands[1] == literal_term(field) and self.is_row(term.operands[0])

    def is_row(self, term: Term) -> bool:
        """Whether a term is a row that is looked up, or the one that a function returns for other keys."""
        if term.kind is TermKind.ITEM and term.operands[0].kind is TermKind.TABLE:
            return term.operands[0].detail == self.setting and self._has_key(term.operands[1])
        if term.kind is not TermKind.MERGE:
            return False
        rows = [part() for part in self.builder.alternative_definitions.get(term, ())]
        listed = [row for row in rows if self.is_row(row)]
        return bool(listed) and all(row in listed or self._is_unlisted(row) for row in rows)

    def _has_key(self, term: Term) -> bool:
        return self.is_key is None or self.is_key(term)

    def _is_unlisted(self, term: Term) -> bool:
        """Whether a dict is the row of a key that the table lacks: the key in its field, and constants."""
        if term.kind is not TermKind.DISPLAY or self.unlisted is None:
            return False
        entries = {part.operands[0]: part.operands[1] for part in term.operands if len(part.operands) == 2}
        key = entries.pop(literal_term(self.unlisted.field), None)
        if key is None or len(entries) + 1 != len(term.operands):
            return False
        is_key = self._has_key(_without_str(key)) or self._is_unlisted_key(key)
        return is_key and all(value.kind is TermKind.LITERAL for value in entries.values())

    def _is_unlisted_key(self, key: Term) -> bool:
        """Whether a key is a constant, as narrowed by the test for the table, and no field of a row."""
        rows = self.builder.program.settings.tables.get(self.setting, {}).values()
        fields = {literal_term(value) for row in rows for value in row.values()}
        return key.kind in (TermKind.LITERAL, TermKind.SYMBOL) and key not in fields


def _without_str(term: Term) -> Term:
    """The argument of a call of `str`. Any other term is returned unchanged."""
    is_call = term.kind is TermKind.CALL and len(term.operands) == 2
    is_str = is_call and term.operands[0] == Term(TermKind.SYMBOL, "builtins.str")
    return term.operands[1] if is_str else term


class TableSlot(SlotComparison):
    """The comparison of a slot that the new version fills with fields of a table row."""

    def divergences_of_row(self, member: LayoutMember, sent: Sequence[DictObject]) -> Iterator[Divergence]:
        """The divergences of a member that comes from a table row.

        A row for a key outside the table contains the key, and is left out.
        """
        unlisted = self._unlisted_rule(member)
        keys = path_terms(self._before, self._old, member.slot)
        listed: list[DictEntry] = []
        if not any(self._may_have_entry(record, member, keys) for record in sent) and self._is_in_every_row(
            member
        ):
            yield self._differs(f"{member.name} is missing")
        for record in (part for whole in sent for part in self._records_without_lookup(member, whole, keys)):
            entries = record.entries.get(member.name, [])
            own = record.entries.get(unlisted.field, []) if unlisted is not None and entries else []
            terms = [self._after.argument_term(entry.operand) for entry in own]
            is_unlisted = any(self._comparer.are_equal(key, other) for key in keys for other in terms)
            if not is_unlisted or record in sent:
                listed += entries
        yield from self._row_divergences(member, listed)

    def _may_have_entry(self, record: DictObject, member: LayoutMember, keys: Sequence[Term]) -> bool:
        """Whether a dict has, or may have, the entry of a member, also from a row that is looked up."""
        parts = list(records_within(self._after, record))
        return any(
            member.name in part.entries
            or part.open
            or any(self._is_looked_up(member, spread, keys) for spread in part.spreads)
            for part in parts
        )

    def _is_looked_up(self, member: LayoutMember, operand: Operand, keys: Sequence[Term]) -> bool:
        """Whether a value is the row of one of the keys. It may be any row if the interpreter has joined the
        rows."""
        term = self._after.of(operand)
        return any(self.lookup(member, partial(self._comparer.are_equal, key)).is_row(term) for key in keys)

    def _is_in_every_row(self, member: LayoutMember) -> bool:
        """Whether every row of the table has the field."""
        rows = self._before.program.settings.tables.get(member.table or "", {}).values()
        return all((member.field or "") in row for row in rows)

    def _unlisted_rule(self, member: LayoutMember) -> FallbackLookup | None:
        return self._before.program.api(self._old.operation).tables[member.table or ""].unlisted

    def _is_looked_up_field(self, member: LayoutMember, key: Term, term: Term) -> bool:
        """Whether a term is a field of the key's row. A text that no version knows as a key is itself a field
        of its row, beside constants: the configuration says so, or it can't be a key, in a test."""
        field = member.field or ""
        if self.lookup(member, partial(self._comparer.are_equal, key)).is_field(term, field):
            return True
        table = self._before.program.api(self._old.operation).tables[member.table or ""]
        facts = self._before.program.facts
        is_of_test = any(frame.path in facts.tests for frame in facts.stack(self._old.request.frame))
        if table.unlisted is None or not is_text(key):
            return False
        is_dummy = is_of_test and table.fault(text_value(key)) is not None
        if not is_dummy and text_value(key) not in self._before.program.settings.unlisted.get(
            table.setting, ()
        ):
            return False
        return term == key if field == table.unlisted.field else term.kind is TermKind.LITERAL

    def lookup(self, member: LayoutMember, is_key: Callable[[Term], bool] | None = None) -> Lookup:
        """The lookup in the table of a member."""
        return Lookup(self._after, member.table or "", self._unlisted_rule(member), is_key)

    def _records_without_lookup(
        self, member: LayoutMember, record: DictObject, keys: Sequence[Term]
    ) -> Iterator[DictObject]:
        """A dict and the dicts merged into it, without rows that are looked up by one of the keys."""
        yield record
        for spread in record.spreads:
            if self._is_looked_up(member, spread, keys):
                continue
            for inner in records_of(self._after, spread.value) or ():
                yield from self._records_without_lookup(member, inner, keys)

    def _row_divergences(self, member: LayoutMember, entries: Sequence[DictEntry]) -> Iterator[Divergence]:
        rows = self._before.program.settings.tables.get(member.table or "", {})
        field = member.field or ""
        keys = path_terms(self._before, self._old, member.slot)
        terms = [self._after.argument_term(entry.operand) for entry in entries]
        if not keys:
            row_values = {literal_term(row[field]) for row in rows.values() if field in row}
            if not all(term in row_values or self.lookup(member).is_field(term, field) for term in terms):
                yield self._not_compared(f"the value of {member.name}")
            return
        wanted = {
            literal_term(rows[text_value(key)].get(field))
            for key in keys
            if is_text(key) and text_value(key) in rows
        }
        is_one = len(keys) == 1 and len(sent_records(self._after, self._new) or ()) == 1
        if not is_one and wanted and wanted <= {*terms}:
            yield self._not_compared(f"the choice of {member.name} from several")
            return
        for key in keys:
            for term in terms:
                if is_text(key) and text_value(key) in rows and is_text(term):
                    value = rows[text_value(key)].get(field)
                    if value is not None and text_value(term) != value:
                        yield self._differs(f"{member.name} belongs to a different {member.slot}")
                elif not self._is_looked_up_field(member, key, term):
                    yield self._differs(f"{member.name} is not looked up by the {member.slot} of its path")

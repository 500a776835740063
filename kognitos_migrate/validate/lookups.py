"""Lookups in the configured tables, as terms."""

from collections.abc import Callable

from kognitos_migrate.rulebook.model import Unlisted
from kognitos_migrate.structs import Struct
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, literal
from kognitos_migrate.validate.trace import Tracer


class Lookup(Struct, frozen=True):
    """A lookup in the configured table `setting`, by the keys that `is_key` accepts. None accepts any key."""

    tracer: Tracer
    setting: str
    unlisted: Unlisted | None
    is_key: Callable[[Term], bool] | None = None

    def is_field(self, term: Term, field: str) -> bool:
        """Whether a term is a field of a row that is looked up."""
        is_item = term.kind is TermKind.ITEM and len(term.operands) == 2
        return is_item and term.operands[1] == literal(field) and self.is_row(term.operands[0])

    def is_row(self, term: Term) -> bool:
        """Whether a term is a row that is looked up, or the one that a function returns for other keys."""
        if term.kind is TermKind.ITEM and term.operands[0].kind is TermKind.TABLE:
            return term.operands[0].detail == self.setting and self._has_key(term.operands[1])
        if term.kind is not TermKind.MERGE:
            return False
        rows = [part() for part in self.tracer.merged.get(term, ())]
        listed = [row for row in rows if self.is_row(row)]
        return bool(listed) and all(row in listed or self._is_unlisted(row) for row in rows)

    def _has_key(self, term: Term) -> bool:
        return self.is_key is None or self.is_key(term)

    def _is_unlisted(self, term: Term) -> bool:
        """Whether a dict is the row of a key that the table lacks: the key in its field, and constants."""
        if term.kind is not TermKind.DISPLAY or self.unlisted is None:
            return False
        entries = {part.operands[0]: part.operands[1] for part in term.operands if len(part.operands) == 2}
        key = entries.pop(literal(self.unlisted.field), None)
        if key is None or len(entries) + 1 != len(term.operands):
            return False
        is_key = self._has_key(_without_str(key)) or self._is_unlisted_key(key)
        return is_key and all(value.kind is TermKind.LITERAL for value in entries.values())

    def _is_unlisted_key(self, key: Term) -> bool:
        """Whether a key is a constant, as narrowed by the test for the table, and no field of a row."""
        rows = self.tracer.program.settings.tables.get(self.setting, {}).values()
        fields = {literal(value) for row in rows for value in row.values()}
        return key.kind in (TermKind.LITERAL, TermKind.SYMBOL) and key not in fields


def _without_str(term: Term) -> Term:
    """The argument of a call of `str`. Any other term is returned unchanged."""
    is_call = term.kind is TermKind.CALL and len(term.operands) == 2
    is_str = is_call and term.operands[0] == Term(TermKind.SYMBOL, "builtins.str")
    return term.operands[1] if is_str else term

"""Lookups in the configured tables, as terms."""

from collections.abc import Callable

from kognitos_migrate.validate.terms import Term, TermKind, literal
from kognitos_migrate.validate.trace import Tracer


def is_lookup(tracer: Tracer, term: Term, is_key: Callable[[Term], bool] | None, field: str) -> bool:
    """Whether a term is a field of a table row that is looked up by a key. `is_key` None accepts any key."""
    if term.kind is not TermKind.ITEM or len(term.operands) != 2 or term.operands[1] != literal(field):
        return False
    return is_row(tracer, term.operands[0], is_key)


def is_row(tracer: Tracer, term: Term, is_key: Callable[[Term], bool] | None) -> bool:
    """Whether a term is a row that is looked up in a configured table."""
    if term.kind is TermKind.ITEM and term.operands[0].kind is TermKind.TABLE:
        return is_key is None or is_key(term.operands[1])
    if term.kind is TermKind.MERGE:
        rows = [part() for part in tracer.merged.get(term, ())]
        looked = [row for row in rows if row.kind is TermKind.ITEM]
        rest = [row for row in rows if row.kind is not TermKind.ITEM]
        return (
            bool(looked)
            and all(is_row(tracer, row, is_key) for row in looked)
            and all(row.kind is TermKind.DISPLAY for row in rest)
        )
    return False

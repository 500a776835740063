"""A request of the old version with its counterpart of the new one."""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.validate.dict_contents import contents_of, records_of
from kognitos_migrate.validate.divergence import Comparison, Divergence
from kognitos_migrate.validate.node_patterns import is_join_call
from kognitos_migrate.validate.sent_values import entries_of, piece_term, sent_records
from kognitos_migrate.validate.symbolic_terms import (
    Term,
    TermKind,
    is_text,
    literal_term,
    text_of,
    text_value,
)
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.validate.term_equality import Comparer
from kognitos_migrate.values.heap import Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Text, Value


class SlotComparison:
    """The base of comparisons of one slot in a request and its counterpart."""

    def __init__(self, comparer: Comparer, old: Match, new: Match) -> None:
        self._comparer, self._old, self._new = comparer, old, new
        self._before, self._after = comparer.before, comparer.after
        self._dialect = self._before.program.settings.dialect(old.operation.api)

    def _differs(self, what: str) -> Divergence:
        return Divergence(self._old.request.id, self._old.request.site, what)

    def _not_compared(self, what: str) -> Divergence:
        return Divergence(self._old.request.id, self._old.request.site, what, Comparison.NOT_COMPARED)

    def _all_same(self, before: Sequence[Term], after: Sequence[Term]) -> bool:
        return len(before) == len(after) and all(map(self._comparer.are_equal, before, after))

    def _gets_body_by_spread(self, builder: TermBuilder, match: Match) -> bool:
        """Whether a request's call gets its body through a `**` argument."""
        call = builder.program.trees[match.request.site.path].node(match.request.site)
        holders = [site for role in (Role.JSON, Role.DATA) for site in match.request.holders.get(role, ())]
        own = {id(arg) for arg in call.args} if isinstance(call, cst.Call) else set()
        return any(id(builder.program.trees[site.path].node(site)) not in own for site in holders)

    def _file_keys(self) -> list[str]:
        """The keys of the old body whose values the query names as files, also of a body that isn't known."""
        records = sent_records(self._before, self._old)
        own = contents_of(self._before, records or ())
        keys: list[str] = []
        for member in self._old.layout.query:
            for term, _ in self._query(member.name):
                if is_text(term) and (records is None or text_value(term) in own.entries):
                    keys.append(text_value(term))
        return keys

    def _query(self, name: str) -> Iterator[tuple[Term, Operand | None]]:
        """The possible values of a query parameter, with the expression if there is one."""
        for operand in self._old.request.value(Role.QUERY):
            for record in records_of(self._before, operand.value) or ():
                for entry in entries_of(self._before, record, name):
                    yield self._before.argument_term(entry.operand), entry.operand
            for pair in self._items_of(operand.value):
                items = self._items_of(pair.value)
                if len(items) == 2 and isinstance(key := items[0].value, Text) and key.literal == name:
                    yield self._before.argument_term(items[1]), items[1]
        for path in self._old.paths:
            text = text_of([self._query_piece(piece) for piece in path.url.query])
            parts = text.operands if text.kind is TermKind.TEXT else (text,)
            for number, part in enumerate(parts):
                if is_text(part) and f"{name}=" in text_value(part):
                    rest = text_value(part).split(f"{name}=")[1].split("&")[0]
                    following = parts[number + 1] if number + 1 < len(parts) else None
                    yield (literal_term(rest) if rest or following is None else following), None

    def _items_of(self, value: Value) -> list[Operand]:
        """The elements of a list or tuple of the original. Empty for any other value."""
        sequences = [
            self._before.facts.heap.objects[choice.id]
            for choice in alternatives(value)
            if isinstance(choice, Ref)
        ]
        return [
            item for sequence in sequences if isinstance(sequence, SequenceObject) for item in sequence.items
        ]

    def _query_piece(self, piece: UrlPiece) -> Term:
        builder = self._before
        for hole in piece.via:
            if is_join_call(builder.program.trees[hole.site.path].node(hole.site)):
                return builder.term_at(hole.site, hole.frame)
        return piece_term(builder, piece)

"""Compares the slots of a request of the old version with those of its counterpart of the new one."""

from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.rulebook.model import Encoding, LayoutMember
from kognitos_migrate.validate.dict_contents import Contents, contents_at, copied_operand, records_of
from kognitos_migrate.validate.divergence import Divergence
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.sent_values import (
    body_of,
    choices_of,
    encodings_of,
    entries_of,
    is_empty_list,
    may_be_encoded,
    path_terms,
    payload_entry,
    payload_of,
    records_within,
    sent_records,
    sides_of,
    unless_none,
    without_anchor,
)
from kognitos_migrate.validate.slot_comparison import SlotComparison
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, is_text, literal_term, text_value
from kognitos_migrate.validate.table_slot import TableSlot
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.validate.term_equality import OTHER_OMISSION, Comparer
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, NONE, Ref, Reply


class FileSlot(SlotComparison):
    """The comparison of a slot that a query parameter of the old version fills."""

    def divergences_of_list(self, member: LayoutMember, entries: Sequence[DictEntry]) -> Iterator[Divergence]:
        name = next(parameter.name for parameter in self._old.layout.query if parameter.slot == member.slot)
        query_values = [
            (term, operand)
            for term, operand in self._query(name)
            if term not in (literal_term(""), literal_term(None))
        ]
        if not query_values:
            body = [self._after.argument_term(entry.operand) for entry in entries]
            if any(term.kind is TermKind.CALL and term.operands[0].detail == "get" for term in body):
                yield self._not_compared(f"{member.name} in a body with unknown entries")
            elif not all(is_empty_list(self._after, entry.operand.value) for entry in entries):
                yield self._differs(f"{member.name} are sent, and the original sends none")
            return
        if not entries:
            yield self._differs(f"{member.name} are not sent")
            return
        before = [elements for term, operand in query_values for elements in self._lists(term, operand)]
        if not any(True for entry in entries for _ in self._choices(entry.operand)):
            yield self._differs(f"{member.name} are not sent")
        for entry in entries:
            guarded = [[term] for term, _ in query_values] if self._may_be_empty(entry.operand) else []
            for choice in self._choices(entry.operand):
                if any(self._same_list(elements, choice) for elements in (*before, *guarded)):
                    continue
                if self._gets_body_by_spread(self._before, self._old):
                    yield self._not_compared("a body in a dict of keyword arguments")
                elif self._elements_by_creation_site(
                    self._after, [entry.operand]
                ) == self._elements_by_creation_site(self._before, self._query_values()):
                    yield self._not_compared(
                        f"{member.name}: one of several lists that are created in one place"
                    )
                else:
                    yield self._differs(f"{member.name} have different values")
                return

    def _query_values(self) -> Iterator[Operand]:
        """The values in the old body that the query parameter names."""
        for key in self._file_keys():
            for record in sent_records(self._before, self._old) or ():
                for entry in entries_of(self._before, record, key):
                    yield entry.operand

    def _elements_by_creation_site(
        self, builder: TermBuilder, operands: Iterable[Operand]
    ) -> dict[object, list[Term]]:
        """The places that create the lists in the operands' values, with their elements."""
        elements_by_place: dict[object, list[Term]] = {}
        for choice in (choice for operand in operands for choice in alternatives(operand.value)):
            heap_object = builder.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(heap_object, SequenceObject):
                elements_by_place[choice] = []
            elif heap_object.items or heap_object.rest != NEVER:
                elements_by_place[builder.anchor(heap_object.site, heap_object.frame)] = [
                    builder.argument_term(item) for item in heap_object.items
                ]
        return elements_by_place

    def _lists(self, term: Term, operand: Operand | None) -> Iterator[list[Term]]:
        """The lists of values that a query parameter denotes, as terms or as expressions."""
        own = [body_term for body in body_of(self._old) for body_term in (self._before.argument_term(body),)]
        records = sent_records(self._before, self._old) or ()
        lists = (
            [entry for record in records for entry in entries_of(self._before, record, text_value(term))]
            if is_text(term)
            else []
        )
        is_key = is_text(term) and own and not text_value(term).strip("/").count("/")
        if lists or (is_key and not self._surely_lacks(text_value(term), records)):
            for entry in lists:
                yield self._elements(self._before, entry.operand)
                yield [self._before.argument_term(entry.operand)]
            for body in map(payload_of, (part for body_term in own for part in self._sides(body_term))):
                yield [Term(TermKind.ITEM, "", (body, term))]
                yield [Term(TermKind.CALL, "", (Term(TermKind.ATTRIBUTE, "get", (body,)), term))]
            return
        for side in sides_of(term):
            yield [side]
        written = self._before.syntactic_term(operand) if operand is not None else term
        if written.kind is TermKind.CALL and written.operands[0].detail == "join":
            yield [written.operands[1]]

    def _surely_lacks(self, key: str, records: Sequence[DictObject]) -> bool:
        """Whether the old body has no such key, so that a text in the query is a value and names no entry."""
        return bool(records) and all(record.is_closed and key not in record.entries for record in records)

    def _sides(self, body: Term) -> Iterator[Term]:
        """A body of the old version, and its alternatives. If it may be None, also its only other one."""
        yield body
        yield from sides_of(unless_none(self._before, body))

    def _choices(self, operand: Operand) -> Iterator[Term]:
        """The alternatives of an operand, without empty lists that only the result creates."""
        for term in choices_of(self._after, self._after.argument_term(operand)):
            if not _is_new_empty_list(term):
                yield term

    def _may_be_empty(self, operand: Operand) -> bool:
        """Whether the result itself sends an empty list where a conditional value is missing."""
        terms = choices_of(self._after, self._after.argument_term(operand))
        return any(map(_is_new_empty_list, terms))

    def _elements(self, builder: TermBuilder, operand: Operand) -> list[Term]:
        """The elements of a list. The list itself if its elements aren't known."""
        terms: list[Term] = []
        for choice in alternatives(operand.value):
            heap_object = builder.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(heap_object, SequenceObject) or heap_object.rest != NEVER:
                if choice != NONE:
                    return [builder.argument_term(operand)]
                continue
            terms += [builder.argument_term(item) for item in heap_object.items]
        return terms

    def _same_list(self, before: Sequence[Term], after: Term) -> bool:
        if (
            after.kind is TermKind.CALL
            and after.operands[0].detail == "builtins.list"
            and len(after.operands) == 2
        ):
            if self._same_list(before, after.operands[1]):
                return True
        entry = without_anchor(after)
        if any(self._all_same(before, [term]) for term in (payload_entry(entry), entry, after)):
            return True
        if after.kind is TermKind.OPERATION and after.detail == "ListComp":
            element = after.operands[0]
            if element.kind is TermKind.ELEMENT and element.operands[0].kind is TermKind.TUPLE:
                return self._all_same(before, element.operands[0].operands)
        return after.kind is TermKind.DISPLAY and self._all_same(before, after.operands)


def _is_new_empty_list(term: Term) -> bool:
    """Whether a term is an empty list that only the result creates."""
    is_list = term.kind is TermKind.DISPLAY and term.detail == "List" and not term.operands
    return is_list and term.anchor is not None and term.anchor[0].path.startswith(NEW)


def slot_divergences(comparer: Comparer, old: Match, new: Match) -> Iterator[Divergence]:
    """The divergences between the slots of a request and those of its counterpart."""
    yield from _Slots(comparer, old, new).divergences()


class _Slots(FileSlot, TableSlot):
    """The comparison of all slots of a request."""

    def divergences(self) -> Iterator[Divergence]:
        """The divergences of all slots."""
        for part in self._new.layout.path:
            if part.slot is not None:
                yield from self._path_divergences(part.slot)
        sent = sent_records(self._after, self._new)
        for member in self._new.layout.members:
            if member.when not in (None, self._dialect):
                continue
            entries = [
                entry for record in sent or () for entry in entries_of(self._after, record, member.name)
            ]
            if member.table is not None and sent is not None:
                yield from self.divergences_of_row(member, sent)
            else:
                yield from self._member_divergences(member, entries, sent)
        if self._old.layout.whole is not None:
            yield from self._unknown_entry_divergences(sent or ())

    def _unknown_entry_divergences(self, sent: Sequence[DictObject]) -> Iterator[Divergence]:
        """Divergences for entries of a body that the new layout lacks. Only if the old body was one slot."""
        names = {member.name for member in self._new.layout.members}
        lookups = [self.lookup(member) for member in self._new.layout.members if member.table is not None]
        for record in (part for body in sent for part in records_within(self._after, body)):
            for name in (key for key in record.entries if key not in names):
                yield self._differs(f"its body has {name!r}, which the new layout doesn't have")
            for spread in record.spreads:
                is_known = records_of(self._after, spread.value) is not None
                if not is_known and not any(lookup.is_row(self._after.of(spread)) for lookup in lookups):
                    yield self._differs("its body has unknown entries")

    def _path_divergences(self, slot: str) -> Iterator[Divergence]:
        before, after = path_terms(self._before, self._old, slot), path_terms(self._after, self._new, slot)
        if self._all_same(before, after) or self._all_same(
            [self._with_new_names(term) for term in before], after
        ):
            return
        yield self._differs(f"the {slot} in its path is a different one")

    def _with_new_names(self, term: Term) -> Term:
        """The term with the new version's field names for entries of the program's own dicts."""
        operands = [self._with_new_names(operand) for operand in term.operands]
        key = operands[1] if term.kind is TermKind.ITEM and len(operands) > 1 else None
        if key is not None and key.kind is TermKind.FIELD and not key.operands:
            operation, _, slot = key.detail.partition(".")
            member = self._before.program.rules.operation(operation).new.reply_member(slot)
            operands[1] = literal_term(member.name) if member is not None else key
        if term.kind is TermKind.ELEMENT:
            operands = [self._with_new_words(operand) for operand in operands]
        return Term(term.kind, term.detail, tuple(operands), term.anchor)

    def _with_new_words(self, segments: Term) -> Term:
        """A list of path segments with the new version's words for those of the old one."""
        words = [part.text for part in self._old.layout.path if part.text is not None]
        new = [part.text for part in self._new.layout.path if part.text is not None]
        spelling = dict(zip(map(literal_term, words), map(literal_term, new), strict=False))
        operands = tuple(spelling.get(segment, segment) for segment in segments.operands)
        return Term(segments.kind, segments.detail, operands, segments.anchor)

    def _member_divergences(
        self, member: LayoutMember, entries: Sequence[DictEntry], sent: Sequence[DictObject] | None
    ) -> Iterator[Divergence]:
        old = self._old.layout
        if sent is None:
            yield self._differs("its body has unknown entries")
        elif old.whole is not None and old.whole.slot == member.slot:
            yield from self._whole_value_divergences(member, entries)
        elif any(candidate.slot == member.slot for candidate in old.query):
            yield from self.divergences_of_list(member, entries)
        elif (old_member := old.request_member(member.slot)) is not None:
            if old_member.name != member.name or entries or not self._is_old_body_merged():
                yield from self._compare_renamed(old_member.name, entries)

    def _whole_value_divergences(
        self, member: LayoutMember, entries: Sequence[DictEntry]
    ) -> Iterator[Divergence]:
        if len(entries) != 1:
            if len(entries) > 1:
                yield self._not_compared(f"several possible values of {member.name}")
            else:
                yield self._differs(f"{member.name} is missing")
            return
        if encodings_of(self._before, self._old) != encodings_of(self._after, self._new):
            yield self._differs("its body has a different encoding")
        operand = entries[0].operand
        if member.encoding(self._dialect) is not Encoding.JSON_OBJECT and may_be_encoded(
            self._after, operand
        ):
            yield self._differs(f"{member.name} is JSON text in the body")
            return
        sent = sent_records(self._after, self._new) or []
        if any(record in sent for record in records_of(self._after, operand.value) or ()):
            yield self._not_compared("a body that contains itself")
            return
        keys = member.entry_keys if member.encoding(self._dialect) is Encoding.ENTRIES else None
        after = contents_at(self._after, operand, keys)
        before = [contents_at(self._before, body) for body in self._old_bodies()]
        for contents in before:
            for key in self._file_keys():
                contents.drop(key)
        if before and after.dropped - before[0].dropped and (before[0].rest or before[0].is_open):
            yield self._not_compared("the keys of its body that hold files")
            return
        if len(before) > 1:
            yield self._not_compared("a body with several possible values")
        elif not before:
            if after.entries or after.rest:
                yield self._differs(f"{member.name} are sent, and the original has no body")
        else:
            yield from self._content_divergences(
                member, before[0], after, copied_operand(self._after, operand, keys)
            )

    def _old_bodies(self) -> list[Operand]:
        """The old bodies, without None where the new body may be None, too."""
        bodies = body_of(self._old)
        if not any(NONE in alternatives(body.value) for body in body_of(self._new)):
            return bodies
        return [
            body._replace(value=join(*(choice for choice in alternatives(body.value) if choice != NONE)))
            for body in bodies
        ]

    def _content_divergences(
        self, member: LayoutMember, before: Contents, after: Contents, source: Operand
    ) -> Iterator[Divergence]:
        """The divergences between a body and its slot, whose dict is the value of `source`."""
        has_same_omissions = before.dropped <= after.dropped or not (after.rest or after.is_open)
        if has_same_omissions and after.is_opaque and self._is_decoded(before, after):
            return
        body = body_of(self._old)[0]
        is_same = has_same_omissions and self._comparer.are_equal(
            self._payload(self._before.argument_term(body)), payload_of(self._after.argument_term(source))
        )
        if is_same and (before.is_opaque or after.is_opaque):
            return
        difference = self._comparer.content_difference(before, after)
        if difference is None:
            return
        is_partly_known = bool(before.rest) or after.is_open
        has_same_keys = before.entries.keys() == after.entries.keys() and difference != OTHER_OMISSION
        if is_same and is_partly_known and has_same_keys:
            return
        if self._gets_body_by_spread(self._before, self._old):
            yield self._not_compared("a body in a dict of keyword arguments")
        elif any(isinstance(choice, Reply) for choice in alternatives(body.value)):
            yield self._not_compared("a body that may be a response")
        elif is_same and len(records_of(self._before, body.value) or ()) > 1:
            yield self._not_compared("a body that may be one of several dicts")
        else:
            yield self._differs(f"in {member.name}, {difference}")

    def _is_decoded(self, before: Contents, after: Contents) -> bool:
        """Whether a slot's value is the old body, possibly as JSON text."""
        old, new = before.rest, after.rest
        return len(old) == len(new) == 1 and self._comparer.are_equal(
            self._payload(old[0].term), payload_of(new[0].term)
        )

    def _payload(self, body: Term) -> Term:
        """The value that a body of the old version encodes, unless it is None."""
        return payload_of(unless_none(self._before, body))

    def _is_old_body_merged(self) -> bool:
        """Whether the new body merges the old one, which may be JSON text."""
        old = [self._payload(self._before.argument_term(body)) for body in body_of(self._old)]
        return len(old) == 1 and any(
            self._comparer.are_equal(old[0], payload_of(self._after.of(spread)))
            for record in sent_records(self._after, self._new) or ()
            for spread in record.spreads
        )

    def _compare_renamed(self, name: str, entries: Sequence[DictEntry]) -> Iterator[Divergence]:
        records = sent_records(self._before, self._old)
        if records is None:
            yield self._differs("its old body has unknown entries")
            return
        before = [
            self._before.argument_term(entry.operand)
            for record in records
            for entry in entries_of(self._before, record, name)
        ]
        after = [self._after.argument_term(entry.operand) for entry in entries]
        if not self._all_same(before, after):
            yield self._differs(f"{name} has a different value")

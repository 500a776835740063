"""Compares the list of values that a query parameter of the old version named."""

from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.rulebook.model import LayoutMember
from kognitos_migrate.validate.divergence import Divergence
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.request_pair import RequestPair
from kognitos_migrate.validate.sent_values import (
    body_of,
    choices_of,
    entries_of,
    is_empty_list,
    payload_of,
    sent_records,
    sides_of,
    without_anchor,
)
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, is_text, literal, text_value
from kognitos_migrate.validate.trace import Tracer
from kognitos_migrate.values.heap import DictEntry, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Ref


class FileSlot(RequestPair):
    """The comparison of a slot that a query parameter of the old version fills."""

    def divergences_of_list(self, member: LayoutMember, entries: Sequence[DictEntry]) -> Iterator[Divergence]:
        name = next(parameter.name for parameter in self._old.layout.query if parameter.slot == member.slot)
        query_values = [
            (term, operand) for term, operand in self._query(name) if term not in (literal(""), literal(None))
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
            for choice in self._choices(entry.operand):
                if any(self._same_list(elements, choice) for elements in before):
                    continue
                if self._is_merged_in(self._before, self._old):
                    yield self._not_compared("a body in a dict of keyword arguments")
                elif self._made_at(self._after, [entry.operand]) == self._made_at(
                    self._before, self._query_values()
                ):
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

    def _made_at(self, tracer: Tracer, operands: Iterable[Operand]) -> dict[object, list[Term]]:
        """The places that create the lists in the operands' values, with their elements."""
        elements_by_place: dict[object, list[Term]] = {}
        for choice in (choice for operand in operands for choice in alternatives(operand.value)):
            heap_object = tracer.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(heap_object, SequenceObject):
                elements_by_place[choice] = []
            elif heap_object.items or heap_object.rest != NEVER:
                elements_by_place[tracer.anchor(heap_object.site, heap_object.frame)] = [
                    tracer.argument_term(item) for item in heap_object.items
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
        if lists or (is_text(term) and own and not text_value(term).strip("/").count("/")):
            for entry in lists:
                yield self._elements(self._before, entry.operand)
                yield [self._before.argument_term(entry.operand)]
            for body in (payload_of(part) for body_term in own for part in (body_term, *sides_of(body_term))):
                yield [Term(TermKind.ITEM, "", (body, term))]
                yield [Term(TermKind.CALL, "", (Term(TermKind.ATTRIBUTE, "get", (body,)), term))]
            return
        for side in sides_of(term):
            yield [side]
        written = self._before.written_term(operand) if operand is not None else term
        if written.kind is TermKind.CALL and written.operands[0].detail == "join":
            yield [written.operands[1]]

    def _choices(self, operand: Operand) -> Iterator[Term]:
        """The alternatives of an operand, without empty lists that only the result creates."""
        for term in choices_of(self._after, self._after.argument_term(operand)):
            is_list = term.kind is TermKind.DISPLAY and term.detail == "List" and not term.operands
            if not (is_list and term.anchor is not None and term.anchor[0].path.startswith(NEW)):
                yield term

    def _elements(self, tracer: Tracer, operand: Operand) -> list[Term]:
        """The elements of a list. The list itself if its elements aren't known."""
        terms: list[Term] = []
        for choice in alternatives(operand.value):
            heap_object = tracer.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(heap_object, SequenceObject) or heap_object.rest != NEVER:
                if choice != NONE:
                    return [tracer.argument_term(operand)]
                continue
            terms += [tracer.argument_term(item) for item in heap_object.items]
        return terms

    def _same_list(self, before: Sequence[Term], after: Term) -> bool:
        if (
            after.kind is TermKind.CALL
            and after.operands[0].detail == "builtins.list"
            and len(after.operands) == 2
        ):
            if self._same_list(before, after.operands[1]):
                return True
        if self._all_same(before, [without_anchor(after)]) or self._all_same(before, [after]):
            return True
        if after.kind is TermKind.OPERATION and after.detail == "ListComp":
            element = after.operands[0]
            if element.kind is TermKind.ELEMENT and element.operands[0].kind is TermKind.TUPLE:
                return self._all_same(before, element.operands[0].operands)
        return after.kind is TermKind.DISPLAY and self._all_same(before, after.operands)

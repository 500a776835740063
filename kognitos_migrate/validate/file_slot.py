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
from kognitos_migrate.validate.terms import Term, TermKind, is_text, literal, text_value
from kognitos_migrate.validate.trace import Tracer
from kognitos_migrate.values.heap import DictEntry, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Ref


class FileSlot(RequestPair):
    """The comparison of a slot that a query parameter of the old version fills."""

    def divergences_of_list(self, member: LayoutMember, entries: Sequence[DictEntry]) -> Iterator[Divergence]:
        name = next(one.name for one in self._old.layout.query if one.slot == member.slot)
        said = [
            (term, given) for term, given in self._query(name) if term not in (literal(""), literal(None))
        ]
        if not said:
            body = [self._after.passed(entry.given) for entry in entries]
            if any(term.kind is TermKind.CALL and term.operands[0].detail == "get" for term in body):
                yield self._skipped(f"{member.name} that a body may have whose entries aren't known")
            elif not all(is_empty_list(self._after, entry.given.value) for entry in entries):
                yield self._differs(f"{member.name} are sent, and there were none")
            return
        if not entries:
            yield self._differs(f"{member.name} are not sent")
            return
        before = [one for term, given in said for one in self._lists(term, given)]
        if not any(True for entry in entries for _ in self._choices(entry.given)):
            yield self._differs(f"{member.name} are not sent")
        for entry in entries:
            for choice in self._choices(entry.given):
                if any(self._same_list(one, choice) for one in before):
                    continue
                if self._is_merged_in(self._before, self._old):
                    yield self._skipped("a body that comes in a dict of arguments")
                elif self._made_at(self._after, [entry.given]) == self._made_at(
                    self._before, self._given_lists()
                ):
                    yield self._skipped(f"{member.name}: which list of those made in one place")
                else:
                    yield self._differs(f"{member.name} are other values")
                return

    def _given_lists(self) -> Iterator[Operand]:
        """The values in the old body that the query parameter names."""
        for key in self._file_keys():
            for record in sent_records(self._before, self._old) or ():
                for entry in entries_of(self._before, record, key):
                    yield entry.given

    def _made_at(self, tracer: Tracer, given: Iterable[Operand]) -> dict[object, list[Term]]:
        """The places that create the lists in the operands' values, with their elements."""
        found: dict[object, list[Term]] = {}
        for choice in (choice for one in given for choice in alternatives(one.value)):
            thing = tracer.facts.heap.things[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(thing, SequenceObject):
                found[choice] = []
            elif thing.items or thing.rest != NEVER:
                found[tracer.anchor(thing.site, thing.frame)] = [tracer.passed(item) for item in thing.items]
        return found

    def _lists(self, term: Term, given: Operand | None) -> Iterator[list[Term]]:
        """The lists of values that a query parameter denotes, as terms or as expressions."""
        own = [one for body in body_of(self._old) for one in (self._before.passed(body),)]
        records = sent_records(self._before, self._old) or ()
        lists = (
            [one for record in records for one in entries_of(self._before, record, text_value(term))]
            if is_text(term)
            else []
        )
        if lists or (is_text(term) and own and not text_value(term).strip("/").count("/")):
            for one in lists:
                yield self._elements(self._before, one.given)
                yield [self._before.passed(one.given)]
            for body in (payload_of(part) for one in own for part in (one, *sides_of(one))):
                yield [Term(TermKind.ITEM, "", (body, term))]
                yield [Term(TermKind.CALL, "", (Term(TermKind.ATTRIBUTE, "get", (body,)), term))]
            return
        for side in sides_of(term):
            yield [side]
        written = self._before.written(given) if given is not None else term
        if written.kind is TermKind.CALL and written.operands[0].detail == "join":
            yield [written.operands[1]]

    def _choices(self, given: Operand) -> Iterator[Term]:
        """The alternatives of an operand, without empty lists that only the result creates."""
        for term in choices_of(self._after, self._after.passed(given)):
            is_list = term.kind is TermKind.DISPLAY and term.detail == "List" and not term.operands
            if not (is_list and term.anchor is not None and term.anchor[0].path.startswith(NEW)):
                yield term

    def _elements(self, tracer: Tracer, given: Operand) -> list[Term]:
        """The elements of a list. The list itself if its elements aren't known."""
        found: list[Term] = []
        for choice in alternatives(given.value):
            thing = tracer.facts.heap.things[choice.id] if isinstance(choice, Ref) else None
            if not isinstance(thing, SequenceObject) or thing.rest != NEVER:
                if choice != NONE:
                    return [tracer.passed(given)]
                continue
            found += [tracer.passed(item) for item in thing.items]
        return found

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

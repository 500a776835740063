"""Differences between terms that no edit of requests and replies accounts for."""

import builtins
from collections.abc import Iterator, Sequence
from functools import cached_property

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.validate.access_paths import Lazy
from kognitos_migrate.validate.bindings import PART
from kognitos_migrate.validate.dict_contents import is_empty_text
from kognitos_migrate.validate.encoded_entries import (
    decoded_text,
    gathered_list,
    have_other_entries,
    is_encoded_object,
)
from kognitos_migrate.validate.node_patterns import DECODED, WordTest, have_other_keys, is_read_of_operand
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.spellings import Spellings
from kognitos_migrate.validate.symbolic_terms import Anchor, Term, TermKind, is_text, literal_term, text_value
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.validate.term_equality import Comparer
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Json, Ref, Value

_OF_REPLIES = (TermKind.REPLY, TermKind.FIELD)


class Differences:
    """Decides whether two terms certainly denote different values.

    The old and new spellings of an address, a field or a word are not different. The contents of requests are
    compared slot by slot, and not here. If the two terms derive a value from a reply in different ways, only
    the fields of the replies are compared.
    """

    def __init__(
        self, comparer: Comparer, spellings: Spellings, old: Sequence[Match], new: Sequence[Match]
    ) -> None:
        self._comparer, self._old, self._new = comparer, old, new
        self._spellings = spellings
        self._results: dict[tuple[Term, Term], bool] = {}

    def differ(self, before: Term, after: Term) -> bool:
        """Whether two terms denote different values."""
        pair = (before, after)
        if pair not in self._results:
            self._results[pair] = False  # of merged definitions that contain each other
            self._results[pair] = self._differ(before, after)
        return self._results[pair]

    def _differ(self, before: Term, after: Term) -> bool:
        if before == after:
            return self._merges_differ(before)
        if _is_added_call(after) and any(not self.differ(before, part) for part in after.operands[1:]):
            return False  # an adapter puts a part of a reply back into the old form
        if _tested_value(before) == _tested_value(after):
            return False
        if _is_untraced(before) or _is_untraced(after) or self._is_respelled(before, after):
            return False
        if before.anchor in self._sent[0] or after.anchor in self._sent[1]:
            return False
        if self._is_of_reply(before) or self._is_of_reply(after):
            return self._replies_differ(before, after)
        text, entries = decoded_text(before), gathered_list(after)
        if text is not None and entries is not None:
            if is_encoded_object(text):
                return have_other_entries(text, entries, self._spellings.entry_keys, self.differ)
            return self.differ(text, entries) or self._substitutes_differ(text, entries)
        tests = WordTest.of(before), WordTest.of(after)
        if tests[0] is not None and tests[1] is not None:
            return self._tests_differ(tests[0], tests[1])
        is_alike = (before.kind, before.detail, before.anchor) == (after.kind, after.detail, after.anchor)
        return not is_alike or self._operands_differ(before, after)

    def _operands_differ(self, before: Term, after: Term) -> bool:
        left, right = before.operands, after.operands
        if len(left) != len(right):
            return True
        if before.detail == "DictElement" and left[0] != right[0] and self._is_respelled(left[0], right[0]):
            return False
        return any(map(self.differ, left, right))

    def _substitutes_differ(self, before: Term, after: Term) -> bool:
        """Whether a dict that replaces a reply has a list of other entries than its JSON text."""
        if before.detail == "DictElement" and self._is_respelled(before.operands[0], after.operands[0]):
            keys = self._spellings.entry_keys
            text, entries = before.operands[1], after.operands[1]
            return is_encoded_object(text) and have_other_entries(text, entries, keys, self.differ)
        pairs = zip(before.operands, after.operands, strict=False)
        return any(self._substitutes_differ(left, right) for left, right in pairs)

    def _merges_differ(self, term: Term) -> bool:
        """Whether equal terms have parts that are merged from different definitions."""
        for part in term.parts():
            left = self._comparer.before.alternative_definitions.get(part, ())
            right = self._comparer.after.alternative_definitions.get(part, ())
            if len(left) == len(right) and any(map(self._lazy_terms_differ, left, right)):
                return not self._all_have_counterparts(left, right)
        return False

    def _lazy_terms_differ(self, before: Lazy, after: Lazy) -> bool:
        return self.differ(before(), after())

    def _all_have_counterparts(self, left: Sequence[Lazy], right: Sequence[Lazy]) -> bool:
        """Whether each new definition is one of the old ones, or each old one is one of the new ones."""
        news = (any(not self._lazy_terms_differ(old, new) for old in left) for new in right)
        olds = (any(not self._lazy_terms_differ(old, new) for new in right) for old in left)
        return all(news) or all(olds)

    def _is_of_reply(self, term: Term) -> bool:
        """Whether a value is derived from a reply."""
        return any(
            part.kind in _OF_REPLIES
            or (part.kind is TermKind.OPERATION and part.detail == DECODED)
            or (part.kind is TermKind.CALL and part.anchor is not None and part.anchor[0] in self._senders)
            for part in term.parts()
        )

    def _replies_differ(self, before: Term, after: Term) -> bool:
        """Whether two values of replies are of different fields."""
        tests = WordTest.of(before), WordTest.of(after)
        if tests[0] is not None and tests[1] is not None:
            return self._tests_differ(tests[0], tests[1])
        is_alike = (before.kind, before.detail, before.anchor) == (after.kind, after.detail, after.anchor)
        if is_alike and self._is_sent_to_double(before):
            return self.differ(before.operands[0], after.operands[0])
        if is_alike and len(before.operands) == len(after.operands) and before.detail != "Comparison":
            return self._operands_differ(before, after)
        if have_other_keys(before, after):
            return True
        left, right = self._slot(before), self._slot(after)
        if left is None or right is None:
            return (left is not None and _is_from_elsewhere(after)) or (
                right is not None and _is_from_elsewhere(before)
            )
        return left != right

    def _is_sent_to_double(self, term: Term) -> bool:
        """Whether a value is the result of a double of a test, which receives a request. The contents of
        requests are compared slot by slot."""
        if term.kind is not TermKind.CALL or term.anchor is None or term.anchor[0] not in self._senders:
            return False
        facts = self._comparer.before.facts
        return any(frame.path in facts.tests for frame in facts.stack(term.anchor[1]))

    def _slot(self, term: Term) -> str | None:
        """The field of a reply that contains a value, as `operation.slot`. None for any other value."""
        while is_read_of_operand(term) or (term.kind is TermKind.OPERATION and term.detail == DECODED):
            term = term.operands[0]
        if term.kind is TermKind.FIELD:
            return term.detail
        steps = term.detail.split(" ")
        name = f"{steps[0]}.{steps[2]}" if term.kind is TermKind.REPLY and len(steps) > 2 else ""
        return name if self._spellings.is_slot(name) else None

    def _tests_differ(self, before: "WordTest", after: "WordTest") -> bool:
        """Whether tests of a value for equality or membership accept different words."""
        if before.is_negated != after.is_negated or self.differ(before.subject, after.subject):
            return True
        if before.words == after.words:
            return False
        words = {new for old in before.words for new in self._spellings.words.get(old, {old})}
        return words != after.words and not self._are_all_respelled(before.words, after.words)

    def _are_all_respelled(self, before: set[Term], after: set[Term]) -> bool:
        """Whether each word is the new spelling of another one."""
        return all(
            any(old == new or (old, new) in self._spellings.names for old in before) for new in after
        ) and all(any(old == new or (old, new) in self._spellings.names for new in after) for old in before)

    def _is_respelled(self, before: Term, after: Term) -> bool:
        """Whether a constant is the new spelling of an address, a word or a field."""
        if self._spellings.is_respelling(before, after):
            return True
        if before.kind is TermKind.FIELD and not before.operands:
            return self._spellings.is_name(before.detail, after)
        if before.kind is after.kind is TermKind.SYMBOL:
            return all(term.detail.startswith(_STATUS) for term in (before, after))
        if before.kind is after.kind is TermKind.ATTRIBUTE:
            names = literal_term(before.detail), literal_term(after.detail)
            return names in self._spellings.names and not self._operands_differ(before, after)
        if is_empty_text(before) and after.kind is TermKind.DISPLAY and not after.operands:
            return True
        left, right = _written_text(before), _written_text(after)
        return left is not None and right is not None and self._spellings.differ_in_addresses(left, right)

    @cached_property
    def _senders(self) -> set[Site]:
        """The calls of the original that send requests, in some activation."""
        return {request.site for request in self._comparer.before.facts.requests}

    @cached_property
    def _sent(self) -> tuple[set[Anchor], set[Anchor]]:
        """The places that create the objects in requests, in the original and the result."""
        return set(_sent_by(self._comparer.before, self._old)), set(_sent_by(self._comparer.after, self._new))


_STATUS = "http.HTTPStatus."


def _is_added_call(term: Term) -> bool:
    """Whether a value is the result of a function that only the result has, or of a call in one."""
    if term.kind is not TermKind.CALL or not term.operands:
        return False
    function = term.operands[0].anchor if term.operands[0].kind is TermKind.FUNCTION else None
    is_new = function is not None and function[0].path.startswith(NEW)
    return is_new or (term.anchor is not None and term.anchor[1] < 0)


def _tested_value(term: Term) -> Term:
    """The value that an expression negates, or compares with None. Any other term is returned unchanged."""
    if term.kind is not TermKind.OPERATION or len(term.operands) != 2:
        return term
    first, second = term.operands
    if term.detail == "UnaryOperation" and first.detail == "Not":
        return _tested_value(second)
    is_null = term.detail == "Comparison" and second.operands[1:] == (literal_term(None),)
    return first if is_null else term


_BUILTINS = "builtins."


def _is_untraced(term: Term) -> bool:
    """Whether a value isn't known, or only by its place in code that the edits replace."""
    if term.kind is TermKind.OPERATION and term.detail.startswith(PART):
        return True
    if term.kind is TermKind.SYMBOL and term.detail.startswith(_BUILTINS):
        return not hasattr(builtins, term.detail.removeprefix(_BUILTINS))  # a name that nothing binds
    return term.kind in (TermKind.OPAQUE, TermKind.MERGE, TermKind.FUNCTION, TermKind.PARAMETER)


def _is_from_elsewhere(term: Term) -> bool:
    """Whether a value is computed from constants and results of libraries alone."""
    is_computed = all(part.kind in _COMPUTED and not _is_untraced(part) for part in term.parts())
    return is_computed and term != literal_term(None)


_COMPUTED = (TermKind.LITERAL, TermKind.SYMBOL, TermKind.TEXT, TermKind.CALL, TermKind.OPERATION)


def _written_text(term: Term) -> str | None:
    """A text with a null character in place of each hole. None for any other value."""
    if term.kind is TermKind.TEXT:
        return "".join(text_value(part) if is_text(part) else "\0" for part in term.operands)
    return text_value(term) if is_text(term) else None


def _sent_by(builder: TermBuilder, matches: Sequence[Match]) -> Iterator[Anchor]:
    """The places that create the dicts and lists in requests."""
    for match in matches:
        for role in _CONTENTS:
            for operand in match.request.value(role):
                yield from _creation_sites(builder, operand.value)


_CONTENTS = (Role.JSON, Role.DATA, Role.QUERY, Role.HEADERS, Role.FILES)


def _creation_sites(builder: TermBuilder, value: Value) -> Iterator[Anchor]:
    """The places that create the objects that a value may be, or that it encodes."""
    for choice in alternatives(value):
        if isinstance(choice, Json):
            yield from _creation_sites(builder, choice.value)
        heap_object = builder.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
        if isinstance(heap_object, DictObject | SequenceObject):
            yield builder.anchor(heap_object.site, heap_object.frame)

"""Compares terms and contents of objects between an original and its result."""

from collections.abc import Sequence

from kognitos_migrate.validate.contents import Contents, MergedTerm
from kognitos_migrate.validate.reply_positions import Lazy
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, literal
from kognitos_migrate.validate.trace import Tracer
from kognitos_migrate.validate.word_tests import WordTest

OTHER_REST = "other data is merged into it"
OTHER_OMISSION = "the omitted keys differ"


class Comparer:
    """Compares values of the original with those of the result.

    Merged definitions are assumed equal until a difference is found.
    """

    def __init__(self, before: Tracer, after: Tracer) -> None:
        self.before, self.after = before, after
        self._equal: set[Term] = set()

    def are_equal(self, before: Term, after: Term) -> bool:
        """Whether two terms denote one value."""
        if before != after and not self._are_alike(before, after):
            return False
        return all(self._same_parts(part) for part in before.parts())

    def _are_alike(self, before: Term, after: Term) -> bool:
        """Whether two terms differ only in the words that they compare fields of replies with, where the
        words mean the same."""
        if before == after:
            return True
        tests = WordTest.of(before), WordTest.of(after)
        if tests[0] is not None and tests[1] is not None and tests[0].subject == tests[1].subject:
            words = self._new_words(tests[0])
            return words == tests[1].words and tests[0].is_negated == tests[1].is_negated
        return (
            (before.kind, before.detail, before.anchor) == (after.kind, after.detail, after.anchor)
            and len(before.operands) == len(after.operands)
            and all(map(self._are_alike, before.operands, after.operands))
        )

    def _new_words(self, test: WordTest) -> set[Term] | None:
        """The new words for those that a test compares a field of a reply with. None if it has others."""
        if test.subject.kind is not TermKind.FIELD or not test.subject.operands:
            return None
        program = self.before.program
        operation, _, slot = test.subject.detail.partition(".")
        member = program.rules.operation(operation).old.reply_member(slot)
        vocabulary = program.settings.vocabularies.get(member.vocabulary or "") if member else None
        words = {literal(old): new for old, new in (vocabulary or {}).items()}
        if not test.words <= words.keys():
            return None
        return {literal(new) for old in test.words for new in words[old]}

    def _same_parts(self, term: Term) -> bool:
        if term in self._equal:
            return True
        left, right = self.before.merged.get(term), self.after.merged.get(term)
        if left is None or right is None:
            return True
        assumed = set(self._equal)
        self._equal.add(term)
        if self._all_same(left, right):
            return True
        self._equal = assumed
        return False

    def _all_same(self, left: Sequence[Lazy], right: Sequence[Lazy]) -> bool:
        if len(left) != len(right):
            return False
        pairs = [(before_term(), after_term()) for before_term, after_term in zip(left, right, strict=True)]
        return all(
            self.are_equal(before_term, after_term) or self._stand_in(before_term, after_term)
            for before_term, after_term in pairs
        )

    def _stand_in(self, before: Term, after: Term) -> bool:
        """Whether two dicts that replace a reply have equal values under the names of its fields."""
        is_dict = before.kind is after.kind is TermKind.DISPLAY and before.detail == after.detail == "Dict"
        if not is_dict or before.anchor != after.anchor or len(before.operands) != len(after.operands):
            return False
        pairs = [
            (left.operands, right.operands)
            for left, right in zip(before.operands, after.operands, strict=True)
        ]
        return all(
            len(left) == len(right) == 2
            and self._same_field(left[0], right[0])
            and self.are_equal(left[1], right[1])
            for left, right in pairs
        )

    def _same_field(self, before: Term, after: Term) -> bool:
        """Whether two texts name the same slot in the old and new reply of an operation."""
        if before == after:
            return True
        for operation in self.before.program.rules.operations:
            old = [member for member in operation.old.reply if literal(member.name) == before]
            new = [member for member in operation.new.reply if literal(member.name) == after]
            if old and new and old[0].slot == new[0].slot:
                return True
        return False

    def same_contents(self, before: Contents, after: Contents) -> str | None:
        """The first difference between the entries of two dicts. None if they are equal."""
        for key in dict.fromkeys((*before.entries, *after.entries)):
            left, right = before.entries.get(key, []), after.entries.get(key, [])
            if not left or not right:
                return f"{key!r} is {'added' if not left else 'omitted'}"
            if len(left) != len(right):
                return f"{key!r} has different values"
            for left_term, right_term in zip(left, right, strict=True):
                if not self.are_equal(left_term.term, right_term.term):
                    return f"{key!r} has a different value"
                if left_term.is_optional != right_term.is_optional:
                    return f"{key!r} is present under a different condition"
        rest = list(dict.fromkeys(before.rest)), list(dict.fromkeys(after.rest))
        if len(rest[0]) != len(rest[1]) or not all(map(self._are_merged_alike, *rest)):
            return OTHER_REST
        if before.is_open != after.is_open:
            return "the added keys differ"
        if any(key in before.entries for key in after.dropped - before.dropped):
            return OTHER_OMISSION
        if (after.rest or after.is_open) and before.dropped - after.dropped:
            return OTHER_OMISSION
        return None

    def _are_merged_alike(self, before: MergedTerm, after: MergedTerm) -> bool:
        return before.overridden == after.overridden and self.are_equal(before.term, after.term)

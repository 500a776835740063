"""Equality of terms: whether the original and the result compute the same value."""

from collections.abc import Sequence

from kognitos_migrate.validate.access_paths import Lazy
from kognitos_migrate.validate.dict_contents import Contents, MergedTerm
from kognitos_migrate.validate.node_patterns import WordTest
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, literal_term
from kognitos_migrate.validate.term_builder import TermBuilder

OTHER_REST = "other data is merged into it"
OTHER_OMISSION = "the omitted keys differ"


class Comparer:
    """Compares values of the original with those of the result.

    Merged definitions are assumed equal until a difference is found.
    """

    def __init__(self, before: TermBuilder, after: TermBuilder) -> None:
        self.before, self.after = before, after
        self._equal: set[Term] = set()
        self._same_choices: dict[tuple[Term, Term], bool] = {}

    def are_equal(self, before: Term, after: Term) -> bool:
        """Whether two terms denote one value."""
        if before != after and not self._have_same_structure(before, after):
            return False
        return self._same_parts(before)

    def _have_same_structure(self, before: Term, after: Term) -> bool:
        """Whether two terms differ only in the other entries of a dict, and in the words that they compare
        fields of replies with, where the words mean the same."""
        if before == after:
            return True
        if before in self.before.entry_terms and after in self.after.entry_terms:
            is_same_key = before.detail == after.detail and before.operands[1:] == after.operands[1:]
            return is_same_key and self._are_same_entries(before, after)
        tests = WordTest.of(before), WordTest.of(after)
        if tests[0] is not None and tests[1] is not None and tests[0].subject == tests[1].subject:
            words = self._new_words(tests[0])
            return words == tests[1].words and tests[0].is_negated == tests[1].is_negated
        return (
            (before.kind, before.detail, before.anchor) == (after.kind, after.detail, after.anchor)
            and len(before.operands) == len(after.operands)
            and all(map(self._have_same_structure, before.operands, after.operands))
        )

    def _new_words(self, test: WordTest) -> set[Term] | None:
        """The new words for those that a test compares a field of a reply with. None if it has others."""
        if test.subject.kind is not TermKind.FIELD or not test.subject.operands:
            return None
        program = self.before.program
        operation, _, slot = test.subject.detail.partition(".")
        member = program.rules.operation(operation).old.reply_member(slot)
        vocabulary = program.settings.vocabularies.get(member.vocabulary or "") if member else None
        words = {literal_term(old): new for old, new in (vocabulary or {}).items()}
        if not test.words <= words.keys():
            return None
        return {literal_term(new) for old in test.words for new in words[old]}

    def _same_parts(self, term: Term) -> bool:
        """Whether a term and its parts have equal definitions, except for the other entries of a dict."""
        if term in self.before.entry_terms and term in self.after.entry_terms:
            return self._are_same_entries(term, term)
        return self._same_definitions(term, term) and all(map(self._same_parts, term.operands))

    def _are_same_entries(self, before: Term, after: Term) -> bool:
        """Whether two entries, or attributes, of one of several objects have the same values."""
        owners = before.operands[0], after.operands[0]
        return self._same_definitions(before, after) and self._have_same_choice(*owners)

    def _have_same_choice(self, before: Term, after: Term) -> bool:
        """Whether two terms choose the same one of several dicts or instances, whatever else it contains."""
        pair = (before, after)
        if pair not in self._same_choices:
            self._same_choices[pair] = True  # of merged definitions that contain each other
            self._same_choices[pair] = self._compare_choices(before, after)
        return self._same_choices[pair]

    def _compare_choices(self, before: Term, after: Term) -> bool:
        if (before.kind, before.anchor) != (after.kind, after.anchor):
            return False
        if before.kind is TermKind.DISPLAY:
            return True
        is_item = before.kind is TermKind.ITEM
        if is_item and not self.are_equal(before.operands[1], after.operands[1]):
            return False
        owners = 1 if is_item else None
        left = self.before.alternative_definitions.get(before, ())
        right = self.after.alternative_definitions.get(after, ())
        return (
            before.detail == after.detail
            and len(before.operands) == len(after.operands)
            and len(left) == len(right)
            and all(map(self._have_same_choice, before.operands[:owners], after.operands[:owners]))
            and all(
                self._have_same_choice(*(term() for term in pair)) for pair in zip(left, right, strict=True)
            )
        )

    def _same_definitions(self, before: Term, after: Term) -> bool:
        if before in self._equal:
            return True
        left = self.before.alternative_definitions.get(before)
        right = self.after.alternative_definitions.get(after)
        if left is None or right is None:
            return True
        assumed = set(self._equal)
        self._equal.add(before)
        if self._all_same(left, right):
            return True
        self._equal = assumed
        self._same_choices.clear()  # some may follow from the assumption
        return False

    def _all_same(self, left: Sequence[Lazy], right: Sequence[Lazy]) -> bool:
        if len(left) != len(right):
            return False
        pairs = [(before_term(), after_term()) for before_term, after_term in zip(left, right, strict=True)]
        return all(self.are_equal(*pair) or self._are_equal_substitutes(*pair) for pair in pairs)

    def _are_equal_substitutes(self, before: Term, after: Term) -> bool:
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
            old = [member for member in operation.old.reply if literal_term(member.name) == before]
            new = [member for member in operation.new.reply if literal_term(member.name) == after]
            if old and new and old[0].slot == new[0].slot:
                return True
        return False

    def content_difference(self, before: Contents, after: Contents) -> str | None:
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
        if len(rest[0]) != len(rest[1]) or not all(map(self._have_equal_merges, *rest)):
            return OTHER_REST
        if before.is_open != after.is_open:
            return "the added keys differ"
        if any(key in before.entries for key in after.dropped - before.dropped):
            return OTHER_OMISSION
        if (after.rest or after.is_open) and before.dropped - after.dropped:
            return OTHER_OMISSION
        return None

    def _have_equal_merges(self, before: MergedTerm, after: MergedTerm) -> bool:
        return before.overridden == after.overridden and self.are_equal(before.term, after.term)

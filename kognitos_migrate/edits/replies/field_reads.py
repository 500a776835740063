"""Reads of one reply field, with the guards and handlers around them."""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_renames import fabricated_fields, rename_reads, substituted_texts
from kognitos_migrate.edits.replies.keyword_unpacking import FieldFill
from kognitos_migrate.interpret.narrowing import Fields, field_facts_of
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import LayoutMember
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import FieldFact, Reply, Text, Value


class ReplySlot(Struct, frozen=True):
    """A reply's field in both layouts."""

    match: Match
    old: LayoutMember
    new: LayoutMember


class FieldRewrite(Struct):
    """The reads of one field that are rewritten, and the uses of their values."""

    slot: ReplySlot
    reads: list[Use] = field(default_factory=list)
    fills: list[Use] = field(default_factory=list)
    """Reads that fill a parameter, as in `f(**reply)`."""
    uses: list[Use] = field(default_factory=list)
    raising: set[Site] = field(default_factory=set)
    """The reads whose error contains the old name, which the program sees."""


class FieldRewrites(Struct, frozen=True):
    """The fields that are read from the replies of a conversation, in the order in which they are met.
    `widened` are the slots whose reads the upload rewrites."""

    context: PlanContext
    widened: set[str]
    rewrites: dict[tuple[str, str], FieldRewrite] = field(default_factory=dict)

    def of(self, slot: ReplySlot) -> FieldRewrite:
        """The rewrite of a slot; an empty one at first."""
        return self.rewrites.setdefault((slot.match.operation.id, slot.old.name), FieldRewrite(slot))


def slot_of(match: Match, name: str) -> ReplySlot | None:
    """The field's slot; None for a field that the old layout doesn't document. Raises RefusalError if the new
    reply has no such slot."""
    old, new = match.operation.reply_pair(name)
    if old is None:
        return None
    if new is None:
        raise RefusalError(
            match.request.site, "field-gone", f"the new response has no equivalent of {name!r}"
        )
    return ReplySlot(match, old, new)


class SlotReads(Struct, dict=True):
    """The reads of one slot, and all uses of their values."""

    context: PlanContext
    match: Match
    old: LayoutMember
    new: LayoutMember
    reads: list[Use]
    uses: list[Use]
    helpers: Helpers
    filled: FieldFill
    raising: Collection[Site] = frozenset()
    """The reads whose error contains the old name, which the program sees."""

    def renames(self) -> list[PendingEdit]:
        """Pending edits that read the field by its new name."""
        return [*self.key_renames(), *(self.required_read_edit(site) for site in sorted(self.raising))]

    def key_renames(self) -> list[PendingEdit]:
        """Pending edits of the keys, where no helper reads the field."""
        renamed = [read for read in self.reads if read.site not in self.raising]
        return rename_reads(self.context, self.old, self.new, renamed, self.reads)

    def required_read_edit(self, site: Site, *outer: str) -> PendingEdit:
        """The pending edit that reads the field by a helper, which raises the error of the old name if the
        reply lacks it, in calls of `outer`."""
        tree, node = self.context.tree(site), self.context.node(site)
        assert isinstance(node, cst.Subscript)
        calls = "(".join((*outer, self.helpers.add_required_read(site.path, self.old, self.new)))
        reply, end = tree.outer_span(node.value), ")" * len(outer)
        if reply == tree.span(node.value):
            return PendingEdit(tree.span(node), (f"{calls}(", reply, f"){end}"))
        return PendingEdit(tree.span(node), (calls, reply, end))

    @cached_property
    def fabricated_values(self) -> frozenset[Value]:
        """The field's values in canned replies of tests and in substitutes, which change with these."""
        texts = substituted_texts(self.context, self.old, self.new, self.reads)
        return fabricated_fields(self.context, self.old, self.reads) | texts


class GuardedReads(SlotReads):
    """The reads of a slot that is present only if the run is done."""

    def is_shown_present(self, site: Site, frame: int) -> bool:
        """Whether tests have shown that the reply of an expression contains the field: another field has the
        word with which it is present."""
        fields = self._field_facts(site, frame)
        return bool(self.old.present) and all(
            self._means(name, fields.get(name, FieldFact()).words, word) for name, word in self.old.present
        )

    def is_never_null(self, site: Site, frame: int) -> bool:
        """Whether tests have shown that the field isn't null in the reply of an expression: it is present or
        missing."""
        fields = self._field_facts(site, frame)
        return bool(self.old.present) and all(
            self._is_settled(name, fields.get(name, FieldFact()), word) for name, word in self.old.present
        )

    def _is_settled(self, name: str, fact: FieldFact, word: str) -> bool:
        """Whether a field of the reply has a word with which the field of the slot is present or missing."""
        words = fact.words or (fact.excluded and self._meanings(name).keys() - fact.excluded)
        ends = [word, *(other for field, other in self.old.missing if field == name)]
        return bool(words) and all(
            any(self._means(name, frozenset((text,)), end) for end in ends) for text in words
        )

    def shows_present(self, tests: Collection[Use]) -> bool:
        """Whether comparisons with words, all of one reply, show that it contains the field."""
        words: dict[str, set[str]] = {}
        for test in tests:
            if isinstance(test.value, Reply) and test.other is not None:
                literals = [
                    choice.literal or "" for choice in alternatives(test.other) if isinstance(choice, Text)
                ]
                words.setdefault(str(test.value.path[-1]), set()).update(literals)
        return bool(self.old.present) and all(
            self._means(name, frozenset(words.get(name, ())), word) for name, word in self.old.present
        )

    def is_after_presence_test(self, read: Use) -> bool:
        """Whether a read follows a test which shows that the field is present."""
        fact = self._field_facts(read.site, read.frame).get(self.old.name, FieldFact())
        return fact.is_present or self.is_shown_present(read.site, read.frame)

    def _field_facts(self, site: Site, frame: int) -> Fields:
        return field_facts_of(self.context.facts, self.context.tree(site), self.context.node(site), frame)

    def _means(self, name: str, words: frozenset[str], word: str) -> bool:
        """Whether each of the words has only new meanings that `word` has, too."""
        meanings = self._meanings(name)
        wanted = set(meanings.get(word, ()))
        return bool(words) and all(meanings.get(other) and set(meanings[other]) <= wanted for other in words)

    def _meanings(self, name: str) -> Mapping[str, Collection[str]]:
        """The new words for each old word of a field of the reply."""
        field = self.match.operation.old.reply_field(name)
        vocabulary = (field.vocabulary if field is not None else None) or ""
        return self.context.settings.vocabularies.get(vocabulary, {})

    def tests(self, read: Use) -> Iterator[Use]:
        """The comparisons of the fields that show whether the reply of a read contains the field."""
        names, requests = {name for name, _ in self.old.present}, requests_of([read])
        for request in requests:
            for other in self.context.uses.get(request, ()):
                is_test = isinstance(other.value, Reply) and other.value.path[-1] in names
                if is_test and other.kind in (UseKind.COMPARE, UseKind.MATCH):
                    yield other

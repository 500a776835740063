"""Words of a vocabulary: the literals they are compared with, edited together or mapped back."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import libcst as cst

from kognitos_migrate.edits.compared_values import TESTS, contained_literals, contained_values
from kognitos_migrate.edits.context import HARMLESS, PlanContext, requests_of
from kognitos_migrate.edits.literals import needs_no_escape, string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit, wrap_in_call
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError
from kognitos_migrate.edits.replies.field_reads import SlotReads
from kognitos_migrate.edits.replies.field_renames import (
    exclusive_reads,
    fabricated_fields,
    is_always_empty,
    is_field,
    substituted_words,
)
from kognitos_migrate.edits.table_lookup import missing_words
from kognitos_migrate.interpret.state.facts import AccessKind, Use, UseKind
from kognitos_migrate.interpret.state.use_details import ENUM, FIELD_TYPE
from kognitos_migrate.rulebook.model import LayoutMember
from kognitos_migrate.syntax.functions import named_parameters
from kognitos_migrate.syntax.shapes import index_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Const, Lit, Ref, Reply, Text, Unknown, Value


def unmapped_words(context: PlanContext, old: LayoutMember, uses: Iterable[Use]) -> Mapping[str, Site]:
    """The words that a field is compared with and that neither the rules nor the configuration contain, each
    with its first site."""
    first_sites: dict[str, Site] = {}
    for word, use in compared_words(context, uses):
        if not is_known_word(context, old, word) and word not in _possible_texts(context, use):
            first_sites.setdefault(word, use.site)
    return first_sites


def compared_words(context: PlanContext, uses: Iterable[Use]) -> Iterator[tuple[str, Use]]:
    """The words that a field is compared with, each with the comparison, or with the lookup in an Enum or
    a `Literal`, which fails for any other word."""
    for use in uses:
        if (use.kind in TESTS or use.detail in (ENUM, FIELD_TYPE)) and use.other is not None:
            searched = searched_texts(use)
            for lit in contained_literals(context, use.other):
                if lit.text not in searched:
                    yield lit.text, use


def is_known_word(context: PlanContext, old: LayoutMember, word: str) -> bool:
    """Whether the rules or the configuration contain a word of a field, also one of the programs alone."""
    vocabulary = old.vocabulary or ""
    words, own = context.settings.vocabularies.get(vocabulary, {}), context.settings.own_words.get(vocabulary)
    return word in words or word in (own or ())


def searched_texts(use: Use) -> frozenset[str]:
    """The texts that are searched for a word, as in `state in "failed cancelled"`. They are no words
    themselves."""
    if use.kind is not UseKind.COMPARE or use.detail not in ("In", "NotIn") or use.other is None:
        return frozenset()
    choices = alternatives(use.other)
    return frozenset(
        choice.literal for choice in choices if isinstance(choice, Text) and choice.literal is not None
    )


def _possible_texts(context: PlanContext, use: Use) -> frozenset[str]:
    """The texts of the program that the tested expression may have instead of the word."""
    choices = (choice for choice in context.alternatives_at(use.operand))
    return frozenset(
        choice.literal for choice in choices if isinstance(choice, Text) and choice.literal is not None
    )


_MEMBERSHIP = {"Equal": "in", "NotEqual": "not in"}
"""By the comparison with one word: the operator for several words."""


class WordReads(SlotReads):
    """The reads of one slot that contains a word, and all uses of their values."""

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Old words and the new words with the same meaning."""
        return dict(self.context.settings.vocabularies.get(self.old.vocabulary or "", {}))

    @property
    def program_words(self) -> frozenset[str]:
        """Words of the program that the old version never sends. They stay as they are."""
        return self.context.settings.own_words.get(self.old.vocabulary or "", frozenset())

    def edits(self) -> list[PendingEdit]:
        """Pending edits of the literals, or of the reads if the literals can't be edited. Raises RefusalError
        if a word has no meaning in the new vocabulary."""
        self._require_known()
        edited = self._edit_literals()
        if edited is not None:
            self.filled.fill_each(self.match, self.new.name)
            return [*edited, *self.renames()]
        return self._restore_word()

    def _require_known(self) -> None:
        unknown = unmapped_words(self.context, self.old, self.uses)
        if unknown:
            raise missing_words(self.context, self.old, next(iter(unknown.values())), list(unknown))

    def _has_literal_keys_only(self, other: Value | None) -> bool:
        """Whether a dict that is read with the word as key has literal keys only."""
        heap_objects = self.context.facts.heap.objects_of(other or UNKNOWN)
        return bool(heap_objects) and all(
            isinstance(heap_object, DictObject)
            and heap_object.entries
            and not heap_object.open
            and not heap_object.spreads
            for heap_object in heap_objects
        )

    def _edit_literals(self) -> list[PendingEdit] | None:
        """Edit the literals; None if one of them can't be edited."""
        edits: list[PendingEdit] = []
        for use in self.uses:
            if use.kind in HARMLESS:
                continue
            if (
                use.kind not in TESTS
                or self._may_be_other_value(use)
                or (use.kind is UseKind.KEY and not self._has_literal_keys_only(use.other))
            ):
                return None
            if use.kind is UseKind.COMPARE and use.detail not in ("Equal", "NotEqual", "In", "NotIn"):
                return None
            if self._is_containing_object(use) or not searched_texts(use) <= {*self.words}:
                return None
            if not self._is_container_of_word_only(use):
                return None
            for value in contained_values(self.context, use.other):
                if not isinstance(value, Text | Const) or (isinstance(value, Text) and value.literal is None):
                    return None
            for lit in contained_literals(self.context, use.other):
                edit = self._edit_literal(use, lit)
                if edit is None:
                    return None
                edits.extend(edit)
        if any(self._default_is_word(read) for read in self.reads):
            return None
        return [*edits, *self._edit_substitutes()]

    def _edit_substitutes(self) -> Iterator[PendingEdit]:
        """Pending edits of the words in dicts of the program that are read instead of the reply. Tests accept
        each new word of an old one."""
        for literal in self._substitute_words.values():
            node = self.context.node(literal.site) if literal.site is not None else None
            if literal.text in self.words and literal.site and isinstance(node, cst.SimpleString):
                word = string_literal(self.words[literal.text][0], node.quote[:1])
                yield PendingEdit(self.context.span(literal.site), (word,))

    @cached_property
    def _substitute_words(self) -> dict[Text, Lit]:
        return substituted_words(self.context, self.old, self.reads)

    @cached_property
    def fabricated_values(self) -> frozenset[Value]:
        """The words in canned replies of tests and in substitutes, which are rewritten with these."""
        return frozenset((*fabricated_fields(self.context, self.old, self.reads), *self._substitute_words))

    def _may_be_other_value(self, use: Use) -> bool:
        """Whether the tested expression may have values other than this slot's word."""
        for value in self.context.values_at(use.operand):
            for choice in alternatives(value):
                if isinstance(choice, Reply):
                    own = is_field(self.context, self.match, self.old, choice)
                    if not own and not is_always_empty(self.context, choice):
                        return True
                elif choice in self.fabricated_values:
                    continue
                elif isinstance(choice, Text) and (choice.literal is None or self._is_word(choice.literal)):
                    return True
                elif isinstance(choice, Unknown) and choice.source:
                    return True
        return False

    def _is_container_of_word_only(self, use: Use) -> bool:
        """Whether the containers in which a word is looked up are asked for words of this slot only."""
        refs = [choice for choice in alternatives(use.other or UNKNOWN) if isinstance(choice, Ref)]
        key = index_of(self.context.node(use.site))  # the operand of such a use is the container
        place = self.context.tree(use.site).site(key) if key is not None else use.operand
        if refs and any(isinstance(choice, Unknown) for choice in self.context.alternatives_at(place)):
            return False
        return all(
            self._is_accessed_for_word(ref, site) for ref in refs for site in self.context.aliases_of(ref)
        )

    def _is_accessed_for_word(self, ref: Ref, site: Site) -> bool:
        """Whether the accesses to a container at an expression look up words of this slot, or no texts."""
        tests = {use.site for use in self.uses if use.kind in TESTS}
        accesses = self.context.facts.accesses.get(ref, {}).get(site, ())
        if not accesses and site != self.context.facts.heap[ref].site:
            return False
        return all(
            access.place in tests
            or access.kind in (AccessKind.FLOW, AccessKind.LOG, AccessKind.TRUTH, AccessKind.WALK)
            for access in accesses
        )

    def _is_containing_object(self, use: Use) -> bool:
        """Whether the tested value is an object that contains the word."""
        return any(
            isinstance(self.context.facts.heap.get(choice), Instance)
            for value in (*self.context.values_at(use.operand), use.other or UNKNOWN)
            for choice in alternatives(value)
        )

    def _edit_literal(self, use: Use, lit: Lit) -> list[PendingEdit] | None:
        if lit.text in self.program_words or lit.text not in self.words:
            return []  # a word of the program, or a text that substitutes for the word
        site = lit.site
        node = self.context.node(site) if site is not None else None
        if site is None or not isinstance(node, cst.SimpleString) or site in self._arguments_of_public:
            return None
        if not self._is_compared_here_only(site):
            return None
        words = self.words[lit.text]
        if not all(map(needs_no_escape, words)) and self._is_formatted(site):
            return None
        means = [string_literal(word, node.quote[:1]) for word in words]
        span = self.context.span(site)
        if len(means) == 1:
            return [PendingEdit(span, (means[0],))]
        tree = self.context.tree(site)
        match tree.parent(node):
            case cst.Element() if use.detail in ("In", "NotIn"):
                return [PendingEdit(span, (", ".join(means),))]
            case cst.ComparisonTarget(operator) if use.kind is UseKind.COMPARE and use.detail in _MEMBERSHIP:
                edits = [PendingEdit(tree.span(operator), (_MEMBERSHIP[use.detail],))]
                return [*edits, PendingEdit(span, (f"({', '.join(means)})",))]
            case cst.MatchValue():
                return [PendingEdit(span, (" | ".join(means),))]
        return None

    @cached_property
    def _arguments_of_public(self) -> frozenset[Site]:
        """The literals that public functions take as arguments, or by default. Callers out of sight pass old
        words there."""
        facts, public = self.context.facts, self.context.facts.public_functions
        frames = (frame for frame in facts.frames if frame.function in public)
        values = [operand.value for frame in frames for operand in frame.arguments.values()]
        for function in public:
            tree = self.context.tree(function)
            for parameter in named_parameters(tree.node(function)):
                if parameter.default is not None:
                    values.extend(self.context.values_at(tree.site(parameter.default)))
        literals = (lit for value in values for lit in contained_literals(self.context, value))
        return frozenset(lit.site for lit in literals if lit.site is not None)

    def _is_formatted(self, site: Site) -> bool:
        """Whether a site is inside an f-string, where Python before 3.12 allows no backslash."""
        tree = self.context.tree(site)
        return tree.enclosing(tree.node(site), cst.FormattedString) is not None

    def _is_compared_here_only(self, site: Site) -> bool:
        """Whether a literal is compared only with words of this slot, counting all evaluations of a
        comparison together: a loop's variable may have no word at first."""
        met_at: dict[tuple[Site, int], list[Value]] = {}
        for use in self.context.literal_uses.get(site, []):
            if use.kind in (UseKind.LOG, UseKind.KEY):
                continue
            if use.kind is not UseKind.COMPARE or use.other is None:
                return False
            met_at.setdefault((use.site, use.frame), []).extend(alternatives(use.other))
        return all(map(self._is_compared_with_slot, met_at.values()))

    def _is_compared_with_slot(self, others: list[Value]) -> bool:
        """Whether a literal is compared with a word of this slot, or with values that are no words."""
        tested = any(
            other in self.fabricated_values or (isinstance(other, Reply) and self._is_own_field(other))
            for other in others
        )
        return tested or all(map(self._is_outside_vocabulary, others))

    def _is_own_field(self, reply: Reply) -> bool:
        return bool(reply.path) and is_field(self.context, self.match, self.old, reply)

    def _is_outside_vocabulary(self, value: Value) -> bool:
        """Whether a value is no word of either vocabulary, so that a comparison with it has the same
        result."""
        if isinstance(value, Const) or (isinstance(value, Reply) and is_always_empty(self.context, value)):
            return True
        if not isinstance(value, Text) or value.literal is None:
            return False
        return not self._is_word(value.literal)

    def _is_word(self, text: str) -> bool:
        """Whether a text is a word of either vocabulary. A program's own text may be a new word by chance."""
        return text in self.words or any(text in means for means in self.words.values())

    def _default_is_word(self, read: Use) -> bool:
        """Whether a read with a default (`get("state", "running")`) may be a text of the program that is a
        word of either vocabulary."""
        return any(
            self._is_word(choice.literal)
            for choice in self._defaults(read)
            if choice.literal is not None and choice not in self.fabricated_values
        )

    def _defaults(self, read: Use) -> Iterator[Text]:
        """The texts of the program that a read may evaluate to instead of the word."""
        for value in self.context.values_at(read.site):
            yield from (choice for choice in alternatives(value) if isinstance(choice, Text))

    def _restore_word(self) -> list[PendingEdit]:
        """Convert the new word back to the old one where the field is read."""
        self._require_not_new()
        self._require_old_defaults()
        self.context.state.restored_words.add((self.match.operation.id, self.old.name))
        edits = self.key_renames()
        vocabulary = self.context.api(self.match.operation).vocabularies[self.old.vocabulary or ""]
        for site in exclusive_reads(self.context, self.match, self.old, self.reads, "word-escapes"):
            node = self.context.node(site)
            if not isinstance(node, cst.Subscript | cst.Attribute | cst.Call):
                raise ReplyEscapesError(
                    requests_of(self.reads),
                    site,
                    "word-escapes",
                    "a pattern binds the word, and later code uses it",
                )
            name = self.helpers.add_word_function(site.path, vocabulary, dict(self.words))
            if site in self.raising:
                edits.append(self.required_read_edit(site, name))
                continue
            edits.append(wrap_in_call(self.context.tree(site), node, name))
        for use in self.filled.uses:
            path = self.filled.fills.path_of_read(use)
            name = self.helpers.add_word_function(path, vocabulary, dict(self.words))
            self.filled.fills.add(self.match, use, self.new.name, f"{name}(", ")")
        return edits

    def _require_not_new(self) -> None:
        """Raises RefusalError if the reply is also read by the field's new name, so that old and new words
        would mix."""
        for request in sorted(requests_of(self.reads)) if self.new.name != self.old.name else ():
            for use in self.context.uses.get(request, ()):
                choices = (
                    alternatives(use.other) if use.kind is UseKind.READ and use.other is not None else ()
                )
                if any(isinstance(choice, Text) and choice.literal == self.new.name for choice in choices):
                    what = f"the code also tests for {self.new.name!r}, which only the new response has"
                    raise RefusalError(use.site, "field-asked", what)

    def _require_old_defaults(self) -> None:
        """Raises RefusalError if the default of a read is a new word: its conversion would change it."""
        new = {word for means in self.words.values() for word in means} - self.words.keys()
        for read in self.reads:
            for default in self._defaults(read):
                if default.literal in new:
                    what = f"the default {default.literal!r} is also a word of the new version"
                    raise RefusalError(read.site, "field-asked", what)

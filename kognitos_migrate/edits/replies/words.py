"""Words of a vocabulary: the literals that a word meets are edited together, or the word is put back
where it is read."""

import libcst as cst

from kognitos_migrate.edits.draft import Draft, wrapped
from kognitos_migrate.edits.literal import is_plain, quoted
from kognitos_migrate.edits.lookup import unknown_words
from kognitos_migrate.edits.replies.fields import is_field, is_nothing, read_alone
from kognitos_migrate.edits.replies.met import TESTS, compared, met, texts_searched, unknown_of
from kognitos_migrate.edits.replies.slot_reads import SlotReads
from kognitos_migrate.edits.scene import HARMLESS, Escapes, Refused, requests_of
from kognitos_migrate.interpret.state.events import Use, UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import UNKNOWN, Const, Lit, Ref, Reply, Text, Unknown, Value
from kognitos_migrate.values.heap import Instance, Record
from kognitos_migrate.values.join import alternatives


class Words(SlotReads):
    """The reads of one slot that holds a word, and all that is done with it."""

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Old words and the new words that mean them."""
        return dict(self.scene.settings.vocabularies.get(self.old.vocabulary or "", {}))

    @property
    def own(self) -> frozenset[str]:
        """Words of the program that the old version does not say: they stay as they are."""
        return self.scene.settings.own_words.get(self.old.vocabulary or "", frozenset())

    def drafts(self) -> list[Draft]:
        """The drafts. Raises Refused where a word has no meaning in the new vocabulary."""
        self._require_known()
        edited = self._literals()
        if edited is not None:
            self.filled.give(self.match, self.new.name)
            return [*edited, *self.renames()]
        return self._put_back()

    def _require_known(self) -> None:
        unknown = unknown_of(self.scene, self.old, self.uses)
        if unknown:
            raise unknown_words(self.scene, self.old, next(iter(unknown.values())), list(unknown))

    def _closed(self, other: Value | None) -> bool:
        """Whether a dict that is asked with the word has its keys written out, and no others."""
        things = [
            self.scene.facts.heap[choice]
            for choice in alternatives(other or UNKNOWN)
            if isinstance(choice, Ref)
        ]
        return bool(things) and all(
            isinstance(thing, Record) and thing.entries and not thing.open and not thing.spreads
            for thing in things
        )

    def _literals(self) -> list[Draft] | None:
        """Edit the literals; None where one is out of reach."""
        drafts: list[Draft] = []
        for use in self.uses:
            if use.kind in HARMLESS:
                continue
            if (
                use.kind not in TESTS
                or self._mixed(use)
                or (use.kind is UseKind.KEY and not self._closed(use.other))
            ):
                return None
            if use.kind is UseKind.COMPARE and use.detail not in ("Equal", "NotEqual", "In", "NotIn"):
                return None
            if self._object(use) or not texts_searched(use) <= {*self.words}:
                return None
            for value in compared(self.scene, use.other):
                if not isinstance(value, Text | Const) or (isinstance(value, Text) and value.literal is None):
                    return None
            for lit in met(self.scene, use.other):
                draft = self._literal(use, lit)
                if draft is None:
                    return None
                drafts.extend(draft)
        if any(self._default_is_word(read) for read in self.reads):
            return None
        return drafts

    def _mixed(self, use: Use) -> bool:
        """Whether the tested expression may hold something other than this slot's word."""
        for value in self.scene.everywhere(use.operand):
            for choice in alternatives(value):
                if isinstance(choice, Reply):
                    own = is_field(self.scene, self.match, self.old, choice)
                    if not own and not is_nothing(self.scene, choice):
                        return True
                elif choice in self.made_up:
                    continue
                elif isinstance(choice, Text) and (choice.literal is None or choice.literal in self.words):
                    return True
                elif isinstance(choice, Unknown) and choice.source:
                    return True
        return False

    def _object(self, use: Use) -> bool:
        """Whether it is an object with the word in it that is tested."""
        return any(
            isinstance(choice, Ref) and isinstance(self.scene.facts.heap[choice], Instance)
            for value in (*self.scene.everywhere(use.operand), use.other or UNKNOWN)
            for choice in alternatives(value)
        )

    def _literal(self, use: Use, lit: Lit) -> list[Draft] | None:
        if lit.text in self.own or lit.text not in self.words:
            return []  # the program's, too, is what stands in the word's place
        site = lit.site
        node = self.scene.node(site) if site is not None else None
        if site is None or not isinstance(node, cst.SimpleString) or not self._only_here(site):
            return None
        words = self.words[lit.text]
        if not all(map(is_plain, words)) and self._is_formatted(site):
            return None
        means = [quoted(word, node.quote[:1]) for word in words]
        span = self.scene.span(site)
        if len(means) == 1:
            return [Draft(span, (means[0],))]
        tree = self.scene.tree(site)
        parent = tree.parent(node)
        if isinstance(parent, cst.Element) and use.detail in ("In", "NotIn"):
            return [Draft(span, (", ".join(means),))]
        if isinstance(parent, cst.ComparisonTarget) and use.kind is UseKind.COMPARE:
            operator = {"Equal": "in", "NotEqual": "not in"}.get(use.detail)
            if operator is not None:
                operators = tree.span(parent.operator)
                return [Draft(operators, (operator,)), Draft(span, (f"({', '.join(means)})",))]
        if isinstance(parent, cst.MatchValue):
            return [Draft(span, (" | ".join(means),))]
        return None

    def _is_formatted(self, site: Site) -> bool:
        """Whether a place lies in a formatted string, where Python before 3.12 takes no backslash."""
        tree = self.scene.tree(site)
        return any(isinstance(one, cst.FormattedString) for one in tree.ancestors(tree.node(site)))

    def _only_here(self, site: Site) -> bool:
        """Whether a literal meets nothing but words of this slot, at each place in the end: what a loop tests
        may not be there when it begins."""
        met_at: dict[tuple[Site, int], list[Value]] = {}
        for use in self.scene.literal_uses.get(site, []):
            if use.kind in (UseKind.LOG, UseKind.KEY):
                continue
            if use.kind is not UseKind.COMPARE or use.other is None:
                return False
            met_at.setdefault((use.site, use.frame), []).extend(alternatives(use.other))
        return all(map(self._meets_own, met_at.values()))

    def _meets_own(self, others: list[Value]) -> bool:
        """Whether a word of this slot is among what a literal is compared with, or no word at all."""
        tested = any(one in self.made_up or (isinstance(one, Reply) and self._is_own(one)) for one in others)
        return tested or all(map(self._other_word, others))

    def _is_own(self, reply: Reply) -> bool:
        return bool(reply.path) and is_field(self.scene, self.match, self.old, reply)

    def _other_word(self, value: Value) -> bool:
        """Whether a value is no word of either vocabulary: a comparison with it comes out as before."""
        if isinstance(value, Const) or (isinstance(value, Reply) and is_nothing(self.scene, value)):
            return True
        if not isinstance(value, Text) or value.literal is None:
            return False
        return value.literal not in {*self.words, *(new for means in self.words.values() for new in means)}

    def _default_is_word(self, read: Use) -> bool:
        """Whether a read with a default (`get("state", "running")`) may give an old word of its own."""
        for value in self.scene.everywhere(read.site):
            for choice in alternatives(value):
                if isinstance(choice, Text) and choice.literal in self.words and choice not in self.made_up:
                    return True
        return False

    def _put_back(self) -> list[Draft]:
        """Put the old word back where the field is read."""
        self._require_not_new()
        drafts = self.renames()
        vocabulary = self.scene.api(self.match.operation).vocabularies[self.old.vocabulary or ""]
        for site in read_alone(self.scene, self.match, self.old, self.reads, "word-escapes"):
            node = self.scene.node(site)
            if not isinstance(node, cst.Subscript | cst.Attribute | cst.Call):
                raise Escapes(
                    requests_of(self.reads),
                    site,
                    "word-escapes",
                    "the word is taken by a pattern and used beyond it",
                )
            name = self.helpers.word(site.path, vocabulary, dict(self.words))
            drafts.append(wrapped(self.scene.tree(site), node, name))
        for use in self.filled.uses:
            name = self.helpers.word(self.filled.fills.home(use), vocabulary, dict(self.words))
            self.filled.fills.add(self.match, use, self.new.name, f"{name}(", ")")
        return drafts

    def _require_not_new(self) -> None:
        """Where the field is asked for by its new name, too, the old word would stand beside the new one.
        Raises Refused."""
        for request in sorted(requests_of(self.reads)) if self.new.name != self.old.name else ():
            for use in self.scene.uses.get(request, ()):
                asked = alternatives(use.other) if use.kind is UseKind.READ and use.other is not None else ()
                if any(isinstance(one, Text) and one.literal == self.new.name for one in asked):
                    what = f"this reply is asked for {self.new.name!r}, too, which the new one has"
                    raise Refused(use.site, "field-asked", what)

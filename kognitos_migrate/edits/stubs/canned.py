"""Replies that the program itself makes up, in its tests: dicts, and JSON text, put into the new layout where
they are written."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.edits.arguments import insert_argument
from kognitos_migrate.edits.body.entries import entry_comprehension, entry_list
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.layout import separator
from kognitos_migrate.edits.literal import quoted, quoted_as
from kognitos_migrate.edits.lookup import unknown_words
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.edits.stubs.canned_json import (
    NO_OBJECT,
    entries_of,
    object_of,
    only_sent,
    python,
    relaid,
    sent_with,
)
from kognitos_migrate.edits.stubs.handed_on import read_besides
from kognitos_migrate.interpret.state.events import UseKind
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Encoding, EntryKeys, Member, Operation
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Json, Lit, Ref, Reply, Text, Unknown, Value
from kognitos_migrate.values.heap import Entry, Given, Record
from kognitos_migrate.values.join import alternatives

NO_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Canned(Struct, frozen=True):
    """Replies of an operation that are made up at `at`."""

    scene: Scene
    operation: Operation
    at: Site

    def body(self, given: Given) -> Iterator[Draft]:
        """The drafts for what may be a reply's JSON, or the JSON text of one. Raises Refused."""
        for choice in alternatives(given.value):
            if isinstance(choice, Json):
                yield from self.body(Given(choice.value, choice.site, choice.frame))
            elif isinstance(choice, Ref) and isinstance(record := self.scene.facts.heap[choice], Record):
                yield from self._record(choice, record)
            elif isinstance(choice, Text):
                yield from self._text(given.site, choice)
            elif choice != NONE:
                raise self._refused(given.site, "it is not known what is replied here")

    def _refused(self, site: Site, message: str) -> Refused:
        return Refused(site, "stub", message, "write the reply out where the stub is made")

    # Dicts.

    def _record(self, ref: Ref, record: Record) -> Iterator[Draft]:
        known = [member for member in self.operation.old.reply if member.name in record.entries]
        changing = {member.name for member in known if self._changes(member)}
        if changing:
            opaque = (member for member in known if member.encodings[None] is Encoding.OPAQUE)
            new_names = {member.name: self._new(member).name for member in opaque}
            yield from read_besides(self.scene, ref, changing, new_names)
        for spread in record.spreads:
            yield from self.body(spread)
        if record.open and not known:
            raise self._refused(record.site, "it is not known which fields are replied here")
        renamed: dict[str, str] = {}
        for member in known:
            new = self._new(member)
            if renamed.setdefault(new.name, member.name) != member.name:
                raise self._refused(record.site, f"two fields that are replied here become {new.name!r}")
            for entry in record.entries[member.name]:
                yield from self._key(entry, member.name, new.name)
                yield from self._value(member, entry.given)
        yield from self._lacking(record, known)

    def _new(self, old: Member) -> Member:
        new = self.operation.new.reply_member(old.slot)
        if new is None:
            raise self._refused(self.at, f"the new reply has nothing for {old.name!r}")
        return new

    def _changes(self, old: Member) -> bool:
        """Whether a field is another one in the new reply, or says something else."""
        return old.name != self._new(old).name or old.encodings[None] is not Encoding.OPAQUE

    def _key(self, entry: Entry, old: str, new: str) -> Iterator[Draft]:
        if old == new:
            return
        key = self.scene.node(entry.key) if entry.key is not None else None
        holder = self.scene.node(entry.holder)
        if entry.key is not None and isinstance(key, cst.SimpleString):
            yield Draft(self.scene.span(entry.key), (f"{key.prefix}{key.quote}{new}{key.quote}",))
        elif isinstance(holder, cst.Arg) and holder.keyword is not None:
            tree = self.scene.tree(entry.holder)
            yield Draft(tree.span(holder.keyword), (new,))
        else:
            raise self._refused(entry.holder, f"the key {old!r} is not written out here")

    def _value(self, old: Member, given: Given) -> Iterator[Draft]:
        encoding, new = old.encodings[None], self._new(old).encodings[None]
        for choice in alternatives(given.value):
            if encoding is Encoding.WORD:
                yield from self._word(old, given.site, choice)
            elif encoding is Encoding.JSON_OBJECT and new is Encoding.ENTRIES:
                yield from self._outputs(self._new(old).entry_keys, given.site, choice)
            elif encoding is not new:
                raise self._refused(given.site, f"{old.name!r} can't be written anew here")
            elif isinstance(choice, Text) and choice.literal is not None:
                anew = sent_with(self.scene, self.operation, old, choice.literal)
                if anew != choice.literal:
                    yield self._literal_draft(given.site, choice, anew)

    def _lacking(self, record: Record, known: list[Member]) -> Iterator[Draft]:
        """The fields that only the new reply has, as far as an operation sends them: none, in a made-up
        reply."""
        for name in only_sent(self.scene, self.operation) if known else ():
            if name not in record.entries:
                yield self._added(record, name)

    def _added(self, record: Record, name: str) -> Draft:
        tree = self.scene.tree(record.site)
        node = tree.node(record.site)
        if isinstance(node, cst.Dict) and node.elements:
            end = tree.outer_span(node.elements[-1].value).end
            apart = separator(tree, tree.span(node.elements[-1]).start)
            return Draft(Span(tree.path, end, end), (apart, f"{quoted(name)}: {{}}"), rank=1)
        if isinstance(node, cst.Call):
            return insert_argument(self.scene, record.site, (f"{name}={{}}",))
        raise self._refused(record.site, f"{name!r} can't be added here")

    # Values.

    def _word(self, old: Member, site: Site, choice: Value) -> Iterator[Draft]:
        words: Mapping[str, tuple[str, ...]] = self.scene.settings.vocabularies.get(old.vocabulary or "", {})
        if choice == NONE:
            return
        word = choice.literal if isinstance(choice, Text) else None
        if word is None:
            raise self._refused(site, f"it is not known which {old.name} is replied here")
        if word not in words:
            raise unknown_words(self.scene, old, site, [word])
        yield self._literal_draft(site, choice, words[word][0], words)
        yield from self._compared(choice, words)

    def _compared(self, choice: Value, words: Mapping[str, tuple[str, ...]]) -> Iterator[Draft]:
        """The words of tests that a word is compared with before it is replied."""
        site = choice.parts[0].site if isinstance(choice, Text) and isinstance(choice.parts[0], Lit) else None
        for use in self.scene.literal_uses.get(site, []) if site is not None else ():
            compared = use.kind is UseKind.COMPARE and use.site.path in self.scene.facts.tests
            for other in alternatives(use.other) if compared and use.other else ():
                if isinstance(other, Text):
                    yield self._literal_draft(use.site, other, words[other.literal or ""][0], words)

    def _literal_draft(
        self, site: Site, choice: Value, word: str, words: Mapping[str, tuple[str, ...]] = NO_WORDS
    ) -> Draft:
        """The text anew, where it is written; it may be compared with one of `words`."""
        part = choice.parts[0] if isinstance(choice, Text) and len(choice.parts) == 1 else None
        node = self.scene.node(part.site) if isinstance(part, Lit) and part.site is not None else None
        if not isinstance(part, Lit) or part.site is None or not isinstance(node, cst.SimpleString):
            raise self._refused(site, "the word that is replied is not written out here")
        for use in self.scene.literal_uses.get(part.site, []):
            met = list(alternatives(use.other)) if use.other is not None else []
            known = all(
                self._is_reply(one) or (isinstance(one, Text) and one.literal in words) for one in met
            )
            if use.kind is UseKind.COMPARE and not known:
                raise self._refused(use.site, "the word that is replied is compared with something else here")
        return Draft(self.scene.span(part.site), (quoted_as(node, word),))

    def _is_reply(self, value: Value) -> bool:
        return isinstance(value, Reply) and value.request in self.scene.matches

    def _outputs(self, entry: EntryKeys, site: Site, choice: Value) -> Iterator[Draft]:
        """JSON text of an object as entries."""
        if choice == NONE:
            return
        if isinstance(choice, Json):
            tree = self.scene.tree(choice.site)
            node, call = tree.node(choice.site), tree.enclosing(tree.node(choice.site), cst.Call)
            parts = entry_list(entry, self.scene, choice.site)
            if parts is None and not all(
                isinstance(one, Ref | Unknown) for one in alternatives(choice.value)
            ):
                raise self._refused(choice.site, "what is replied here is no object")
            parts = parts or entry_comprehension(entry, self.scene, choice.site, (tree.outer_span(node),), {})
            assert call is not None
            yield Draft(tree.outer_span(call), parts)
        elif isinstance(choice, Text) and choice.literal is not None:
            yield self._decoded(entry, site, choice)
        else:
            raise self._refused(site, "it is not known what is replied here")

    def _decoded(self, entry: EntryKeys, site: Site, choice: Text) -> Draft:
        """A literal that is JSON text, as the entries that it says."""
        part = choice.parts[0] if len(choice.parts) == 1 else None
        node = self.scene.node(part.site) if isinstance(part, Lit) and part.site is not None else None
        if not isinstance(part, Lit) or part.site is None or not isinstance(node, cst.SimpleString):
            raise self._refused(site, "the text that is replied is not written out here")
        if not choice.literal:
            return Draft(self.scene.span(part.site), ("None",))
        said = object_of(str(choice.literal))
        if said is None:
            raise self._refused(site, NO_OBJECT)
        return Draft(self.scene.span(part.site), (python(entries_of(entry, said)),))

    # JSON text of a whole reply.

    def _text(self, site: Site, choice: Text) -> Iterator[Draft]:
        part = choice.parts[0] if len(choice.parts) == 1 else None
        if choice.literal is None:
            raise self._refused(site, "the text that is replied here is put together from pieces")
        if isinstance(part, Lit) and part.site is not None:
            yield from self._literal(part.site, choice.literal)
        elif object_of(choice.literal) is not None:
            raise self._refused(site, "the text that is replied is not written out here")

    def _literal(self, site: Site, text: str) -> Iterator[Draft]:
        said = object_of(text)
        new = relaid(self.scene, self.operation, said, site) if said is not None else None
        if new is None or new == said:
            return
        node = self.scene.node(site)
        written = json.dumps(new)
        if not isinstance(node, cst.SimpleString) or "\\" in written or node.quote in written:
            raise self._refused(site, "the text that is replied can't be written anew here")
        yield Draft(self.scene.span(site), (f"{node.prefix}{node.quote}{written}{node.quote}",))

"""Converts canned replies of tests to the new layout."""

import json
from collections.abc import Container, Iterator, Mapping
from types import MappingProxyType

import libcst as cst

from kognitos_migrate.conversations.stub_matching import canned_field_names
from kognitos_migrate.edits.body.list_values import entry_comprehension, entry_list
from kognitos_migrate.edits.code_layout import separator
from kognitos_migrate.edits.compared_values import compared_values, contained_values
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.filled_calls import takes_missing_field
from kognitos_migrate.edits.literals import literal_in_style, string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.structural_edits import insert_argument
from kognitos_migrate.edits.stubs.coinciding_fields import removal_of_member, unread_members
from kognitos_migrate.edits.stubs.composed_answers import decode_composed_answer
from kognitos_migrate.edits.stubs.json_objects import object_entries, object_of, python_source
from kognitos_migrate.edits.stubs.listed_keys import require_keys_unlisted
from kognitos_migrate.edits.stubs.shared_replies import is_reply_of_other
from kognitos_migrate.edits.stubs.unchanged_words import translated_word
from kognitos_migrate.edits.stubs.unreached_responses import rename_other_reads
from kognitos_migrate.edits.table_lookup import new_word
from kognitos_migrate.interpret.function_definitions import parameters_of
from kognitos_migrate.interpret.state.canned_replies import CannedReply
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.rulebook.model import Encoding, EntryKeys, LayoutMember, Operation
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Json, Lit, Ref, Reply, Text, Unknown, Value
from kognitos_migrate.values.texts import only_part

NO_OBJECT = "the stub's response text isn't a JSON object"


def convert_reply(
    context: PlanContext, operation: Operation, reply: dict[str, object], at: Site
) -> dict[str, object]:
    """A reply's JSON in the new layout, with the fields that the old one doesn't document unchanged. Raises
    RefusalError, with the site `at`, if the new reply lacks a field."""
    new_reply: dict[str, object] = {}
    for name, value in reply.items():
        old, new = operation.reply_pair(name)
        if old is not None and (new is None or new.name in new_reply):
            raise RefusalError(at, "stub", f"the new response has no equivalent of {name!r}")
        new_name = new.name if new is not None else name
        new_reply[new_name] = _convert_value(context, operation, (old, new), value, at)
    if not any(operation.old.reply_field(name) is not None for name in reply):
        return new_reply
    require_filled_fields(context, operation, reply, at)
    return {**new_reply, **{name: {} for name in form_field_names(context, operation)}}


def _convert_value(
    context: PlanContext,
    operation: Operation,
    members: tuple[LayoutMember | None, LayoutMember | None],
    value: object,
    at: Site,
) -> object:
    old, new = members
    if old is None or new is None or not isinstance(value, str):
        return value
    if old.encodings[None] is Encoding.WORD:
        return new_word(context, old, at, value)
    if old.encodings[None] is Encoding.JSON_OBJECT and new.entry is not None:
        inner = object_of(value)
        if inner is None:
            raise RefusalError(at, "stub", NO_OBJECT)
        return object_entries(new.entry, inner)
    return new_opaque_value(context, operation, old, value)


def form_field_names(context: PlanContext, operation: Operation) -> list[str]:
    """The names of the fields that only the new reply has and that another operation sends as form fields."""
    old = {member.slot for member in operation.old.reply}
    sent = {
        other.new.form.fields.slot
        for other in context.rules.operations
        if other.new.form is not None and other.new.form.fields.operation == operation.id
    }
    return [member.name for member in operation.new.reply if member.slot in sent - old]


def require_filled_fields(
    context: PlanContext, operation: Operation, reply: Container[str], at: Site
) -> None:
    """Raises RefusalError if a test's reply lacks a field that fills a parameter of the program, which the
    new reply never leaves out."""
    for match in context.matches.values():
        uses = context.uses.get(match.request.id, ()) if match.operation.id == operation.id else ()
        for use in uses:
            name = use.other.literal if use.kind is UseKind.FILL and isinstance(use.other, Text) else None
            old, new = operation.reply_pair(name or "")
            if old is None or new is None or old.name in reply or new.encodings[None] is Encoding.ENTRIES:
                continue
            if not takes_missing_field(context, match, use):
                message = f"the stub's response lacks {old.name!r}, and the new one always has {new.name!r}"
                raise RefusalError(at, "stub", message)


def new_opaque_value(context: PlanContext, operation: Operation, old: LayoutMember, value: str) -> str:
    """The new value of an opaque field. It is the old one unless the field contains the method of another
    operation's request."""
    for other in context.rules.operations:
        target = other.old.target
        if other.old.method_slot == old.slot and target is not None and target.operation == operation.id:
            return other.new.method if value == other.old.method else value
    return value


def text_site(value: Value) -> Site | None:
    """The expression of a text: its only literal, or the expression that is encoded as JSON."""
    if isinstance(value, Json):
        return value.site
    part = only_part(value)
    return part.site if isinstance(part, Lit) else None


NO_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class CannedReplyRewrite(Struct, frozen=True):
    """The edits that give a canned reply of a test the new layout. `at` is where the test creates it, and
    `replies` are all those of the same stub, which change with it."""

    context: PlanContext
    operation: Operation
    at: Site
    replies: frozenset[Value] = frozenset()

    def body(self, operand: Operand) -> Iterator[PendingEdit]:
        """Pending edits for a reply's JSON, as a dict or as text. Raises RefusalError if the reply isn't
        written out."""
        for choice in alternatives(operand.value):
            if isinstance(choice, Json):
                yield from self.body(Operand(choice.value, choice.site, choice.frame))
            elif isinstance(choice, Ref) and isinstance(
                record := self.context.facts.heap[choice], DictObject
            ):
                yield from self._record(choice, record)
                self._require_filled_fields(choice, record)
            elif isinstance(choice, Text):
                yield from self._text(operand.site, choice)
            elif choice != NONE:
                raise self._refusal(operand.site, "the stub's response can't be determined")

    def _refusal(self, site: Site, message: str) -> RefusalError:
        return RefusalError(
            site, "stub", message, "write the response as a literal where the stub is created"
        )

    # Dicts.

    def _record(self, ref: Ref, record: DictObject) -> Iterator[PendingEdit]:
        old_members = [member for member in self.operation.old.reply if member.name in record.entries]
        if old_members and is_reply_of_other(self.context, record):
            raise self._refusal(record.site, "a stub of another service returns this response, too")
        unread = unread_members(self.context, self.operation, old_members)
        for member in unread:
            yield from removal_of_member(self.context, self.operation, ref, member)
        old_members = [member for member in old_members if member not in unread]
        changing = {
            member.name: self._new(member).name for member in old_members if self._is_changed_field(member)
        }
        if changing:
            opaque = {member.name for member in old_members if member.encodings[None] is Encoding.OPAQUE}
            replies = self.replies | {ref}
            require_keys_unlisted(self.context, ref, changing, replies)
            yield from rename_other_reads(self.context, ref, changing, opaque & changing.keys(), replies)
        for spread in record.spreads:
            yield from self._spread(spread)
        if record.open and not old_members:
            raise self._refusal(record.site, "the fields of the stub's response can't be determined")
        renamed: dict[str, str] = {}
        for member in old_members:
            new = self._new(member)
            if renamed.setdefault(new.name, member.name) != member.name:
                raise self._refusal(record.site, f"two fields of the stub's response become {new.name!r}")
            for entry in record.entries[member.name]:
                yield from self._key(entry, member.name, new.name)
                yield from self.value(member, entry.operand)
        yield from self._add_form_fields(record, old_members)

    def _spread(self, operand: Operand) -> Iterator[PendingEdit]:
        for choice in alternatives(operand.value):
            record = self.context.facts.heap.get(choice)
            if isinstance(choice, Ref) and isinstance(record, DictObject):
                yield from self._record(choice, record)
            elif choice != NONE:
                raise self._refusal(operand.site, "the stub's response can't be determined")

    def _new(self, old: LayoutMember) -> LayoutMember:
        new = self.operation.new.reply_member(old.slot)
        if new is None:
            raise self._refusal(self.at, f"the new response has no equivalent of {old.name!r}")
        return new

    def _is_changed_field(self, old: LayoutMember) -> bool:
        """Whether a field has another name or another encoding in the new reply."""
        return old.name != self._new(old).name or old.encodings[None] is not Encoding.OPAQUE

    def _key(self, entry: DictEntry, old: str, new: str) -> Iterator[PendingEdit]:
        if old == new:
            return
        tree = self.context.tree(entry.holder)
        match (
            self.context.node(entry.key) if entry.key is not None else None,
            self.context.node(entry.holder),
        ):
            case cst.SimpleString() as key, _ if entry.key is not None:
                yield PendingEdit(self.context.span(entry.key), (literal_in_style(key, new),))
            case _, cst.Arg(keyword=cst.Name() as keyword) as argument:
                if new in self._other_arguments(tree, argument):
                    raise self._refusal(entry.holder, f"{new!r} is another argument of this call")
                yield PendingEdit(tree.span(keyword), (new,))
            case _, value if (named := argument_of(tree, value)) and named.keyword == old:
                yield from self._key(replace(entry, holder=tree.site(named.arg)), old, new)
            case _:
                raise self._refusal(entry.holder, f"the key {old!r} isn't a literal here")

    def _other_arguments(self, tree: Tree, argument: cst.Arg) -> Iterator[str]:
        """The keywords of the call with an argument, and the parameters of the functions that it calls."""
        call = tree.parent(argument)
        for other in call.args if isinstance(call, cst.Call) else ():
            if other.keyword is not None:
                yield other.keyword.value
        for callee in self.context.callees(tree.site(call)) if call is not None else ():
            definition = self.context.node(callee)
            if isinstance(definition, cst.FunctionDef | cst.Lambda):
                yield from (parameter.name.value for parameter in parameters_of(definition))

    def value(self, old: LayoutMember, operand: Operand) -> Iterator[PendingEdit]:
        """Pending edits of a field's value. Raises RefusalError if it isn't written out."""
        encoding, new = old.encodings[None], self._new(old).encodings[None]
        if encoding is Encoding.JSON_OBJECT and new is Encoding.ENTRIES:
            decoded = decode_composed_answer(self.context, self._new(old).entry_keys, operand.site)
            if decoded:
                yield from decoded
                return
        choices = [*alternatives(operand.value), *self._texts_elsewhere(old, operand)]
        if encoding is Encoding.WORD and (
            edit := translated_word(self.context, self.operation, old, operand.site, choices)
        ):
            yield edit
            return
        for choice in choices:
            if encoding is Encoding.WORD:
                yield from self.word(old, operand.site, choice)
            elif encoding is Encoding.JSON_OBJECT and new is Encoding.ENTRIES:
                yield from self.entry_edits(old, operand.site, choice)
            elif encoding is not new:
                raise self._refusal(operand.site, f"{old.name!r} can't be rewritten here")
            elif isinstance(choice, Text) and choice.literal is not None:
                new_value = new_opaque_value(self.context, self.operation, old, choice.literal)
                if new_value != choice.literal:
                    yield self.literal_edit(operand.site, choice, new_value)

    def _texts_elsewhere(self, old: LayoutMember, operand: Operand) -> Iterator[Value]:
        """The literals of a field in other activations, for which the reply's builder changes, too."""
        words = self.context.settings.vocabularies.get(old.vocabulary or "", {})
        is_json = old.encodings[None] is Encoding.JSON_OBJECT
        own = {*alternatives(operand.value)}
        for choice in dict.fromkeys(self.context.alternatives_at(operand.site)):
            text = choice.literal if isinstance(choice, Text) and choice not in own else None
            if text is not None and (object_of(text) if is_json else text in words):
                yield choice

    def _add_form_fields(self, record: DictObject, old_members: list[LayoutMember]) -> Iterator[PendingEdit]:
        """Add the fields that only the new reply has and an operation sends, as empty dicts."""
        for name in form_field_names(self.context, self.operation) if old_members else ():
            if name not in record.entries:
                yield self._add_empty_dict(record, name)

    def _require_filled_fields(self, ref: Ref, record: DictObject) -> None:
        names = canned_field_names(self.context.facts, CannedReply([Operand(ref, record.site, record.frame)]))
        if not record.open and any(member.name in names for member in self.operation.old.reply):
            require_filled_fields(self.context, self.operation, names, record.site)

    def _add_empty_dict(self, record: DictObject, name: str) -> PendingEdit:
        tree = self.context.tree(record.site)
        node = tree.node(record.site)
        if isinstance(node, cst.Dict) and node.elements:
            end = tree.outer_span(node.elements[-1].value).end
            delimiter = separator(tree, tree.span(node.elements[-1]).start)
            return PendingEdit(
                Span(tree.path, end, end), (delimiter, f"{string_literal(name)}: {{}}"), rank=1
            )
        if isinstance(node, cst.Call):
            return insert_argument(self.context, record.site, (f"{name}={{}}",))
        raise self._refusal(record.site, f"{name!r} can't be added to the stub's response")

    # Values.

    def word(self, old: LayoutMember, site: Site, choice: Value) -> Iterator[PendingEdit]:
        """The word of a field as one of the new vocabulary. Raises RefusalError if it isn't a literal."""
        word = choice.literal if isinstance(choice, Text) else None
        if word is None and choice != NONE:
            raise self._refusal(site, f"the {old.name} of the stub's response can't be determined")
        new = new_word(self.context, old, site, word) if word is not None else None
        if new == word or new is None:
            return
        yield self.literal_edit(site, choice, new, self.context.settings.vocabularies[old.vocabulary or ""])
        for part in choice.parts if isinstance(choice, Text) else ():
            if part.site is not None:
                self.context.state.canned_words[part.site] = (self.operation.id, old.name)

    def literal_edit(
        self, site: Site, choice: Value, word: str, words: Mapping[str, tuple[str, ...]] = NO_WORDS
    ) -> PendingEdit:
        """The pending edit of a literal. The old text may be compared with one of `words`."""
        part = only_part(choice)
        node = self.context.node(part.site) if isinstance(part, Lit) and part.site is not None else None
        if not isinstance(part, Lit) or part.site is None or not isinstance(node, cst.SimpleString):
            raise self._refusal(site, "the word in the stub's response isn't a literal here")
        for use in self.context.literal_uses.get(part.site, []):
            is_expected = all(
                self._is_reply(other) or (isinstance(other, Text) and other.literal in words)
                for compared in compared_values(self.context, use)
                for other in contained_values(self.context, compared)
            )
            if use.kind is UseKind.COMPARE and not is_expected:
                raise self._refusal(
                    use.site, "the literal in the stub's response is also compared with other data here"
                )
        return PendingEdit(self.context.span(part.site), (literal_in_style(node, word),))

    def _is_reply(self, value: Value) -> bool:
        return isinstance(value, Reply) and value.request in self.context.matches

    def entry_edits(self, old: LayoutMember, site: Site, choice: Value) -> Iterator[PendingEdit]:
        """Pending edits that turn the JSON text of an object into a list of entries. Raises RefusalError if
        it isn't written out."""
        entry = self._new(old).entry_keys
        written = text_site(choice)
        if written is not None:
            self.context.state.canned_answers[written] = (self.operation.id, old.name)
        if choice == NONE:
            return
        if isinstance(choice, Json):
            tree = self.context.tree(choice.site)
            node, call = tree.node(choice.site), tree.enclosing(tree.node(choice.site), cst.Call)
            parts = entry_list(entry, self.context, choice.site)
            if parts is None and not all(
                isinstance(alternative, Ref | Unknown) for alternative in alternatives(choice.value)
            ):
                raise self._refusal(choice.site, "the stub's response isn't a dict")
            parts = parts or entry_comprehension(
                entry, self.context, choice.site, (tree.outer_span(node),), {}
            )
            assert call is not None
            yield PendingEdit(tree.outer_span(call), parts)
        elif isinstance(choice, Text) and choice.literal is not None:
            yield self._decode_entries(entry, site, choice)
        else:
            raise self._refusal(site, "the stub's response can't be determined")

    def _decode_entries(self, entry: EntryKeys, site: Site, choice: Text) -> PendingEdit:
        """A literal with JSON text as the list of its entries."""
        part = choice.parts[0] if len(choice.parts) == 1 else None
        node = self.context.node(part.site) if isinstance(part, Lit) and part.site is not None else None
        if not isinstance(part, Lit) or part.site is None or not isinstance(node, cst.SimpleString):
            raise self._refusal(site, "the stub's response text isn't a literal here")
        if not choice.literal:
            return PendingEdit(self.context.span(part.site), ("None",))
        data = object_of(str(choice.literal))
        if data is None:
            raise self._refusal(site, NO_OBJECT)
        return PendingEdit(self.context.span(part.site), (python_source(object_entries(entry, data)),))

    # JSON text of a whole reply.

    def _text(self, site: Site, choice: Text) -> Iterator[PendingEdit]:
        part = choice.parts[0] if len(choice.parts) == 1 else None
        if choice.literal is None:
            raise self._refusal(site, "the stub's response text is built from parts")
        if isinstance(part, Lit) and part.site is not None:
            yield from self._literal(part.site, choice.literal)
        elif object_of(choice.literal) is not None:
            raise self._refusal(site, "the stub's response text isn't a literal here")

    def _literal(self, site: Site, text: str) -> Iterator[PendingEdit]:
        data = object_of(text)
        new = convert_reply(self.context, self.operation, data, site) if data is not None else None
        if new is None or new == data:
            return
        node = self.context.node(site)
        written = json.dumps(new)
        if not isinstance(node, cst.SimpleString) or "\\" in written or node.quote in written:
            raise self._refusal(site, "the stub's response text can't be rewritten here")
        yield PendingEdit(self.context.span(site), (f"{node.prefix}{node.quote}{written}{node.quote}",))

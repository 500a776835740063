"""Access paths in replies, configured tables and slot names, in the values of a program."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import ValueSources
from kognitos_migrate.rulebook.model import Operation, View
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.node_patterns import (
    subscripted_key,
)
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.symbolic_terms import Anchor, Term, TermKind, is_text, literal_term, text_value
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Decoding,
    Json,
    Ref,
    Reply,
    Text,
    Value,
)

Lazy = Callable[[], Term]
_DECODED = 3
"""The number of steps to a field's decoded text: the view of the response, the field, the decoding."""


class ReplyAccessPaths:
    """The access paths in replies that the values of one program have.

    `site_of` and `frame_of` map sites and frames to those of the original.
    """

    def __init__(
        self,
        program: ProgramFacts,
        matches: Mapping[int, Match],
        site_of: Callable[[Site], Site],
        frame_of: Callable[[int], int],
    ) -> None:
        """Prepare the lookup. `matches` are the program's calls of the API by request id."""
        self.program, self.facts, self.matches = program, program.facts, matches
        self.sources = program.memoize(ValueSources)
        self._site_of, self._frame_of = site_of, frame_of
        self._terms: dict[tuple[Site, int], Term] = {}
        self._sizes: dict[int, tuple[int, Term]] = {}
        """By id of a term: the number of its parts, and the term itself, so that no other one gets its id."""
        self._active: set[tuple[Site, int]] = set()
        self._others: set[Ref] = set()
        """The dicts that are known not to be tables."""
        self.alternative_definitions: dict[Term, list[Lazy]] = {}
        """The further definitions of a term's value. They are traced on demand, since they may contain the
        term."""
        self.entry_terms: set[Term] = set()
        """The terms of dict items whose definitions are all known, so that other items make no difference."""

    def anchor(self, site: Site, frame: int) -> Anchor:
        """The anchor of a place, mapped to the original."""
        return self._site_of(site), self._frame_of(frame)

    def origin(self, site: Site) -> Site:
        """The original's site for a site of this program. A site with the prefix `NEW` if there is none."""
        return self._site_of(site)

    def frame_origin(self, frame: int) -> int:
        """The original's frame for a frame of this program. A negative number if there is none."""
        return self._frame_of(frame)

    def _tree(self, path: str) -> Tree:
        return self.program.trees[path]

    def value(self, site: Site, frame: int) -> Value:
        """The value that the interpreter recorded for an expression. NEVER if there is none."""
        return self.facts.values.get((site, frame), NEVER)

    @cached_property
    def _requests(self) -> set[tuple[Site, int]]:
        return {(request.site, request.frame) for request in self.facts.requests}

    def drop_definitions(self) -> None:
        """Drop the alternative definitions, which refer to the builder."""
        self.alternative_definitions.clear()
        self.entry_terms.clear()

    def _with_definitions(self, term: Term, definitions: list[Lazy]) -> Term:
        self.alternative_definitions.setdefault(term, definitions)
        return term

    def _reply(self, value: Value) -> str | None:
        """The access path in replies of one operation that a value has. None if it has none or several."""
        access_paths: set[str] = set()
        for choice in alternatives(value):
            if isinstance(choice, Ref):
                entries = self._made_of_entries(choice) or self._copied_reply_path(choice)
                if entries is None:
                    return None
                access_paths.add(entries)
            match = self.matches.get(choice.request) if isinstance(choice, Reply) else None
            if not isinstance(choice, Reply) or match is None:
                continue
            path = [step.value if isinstance(step, Enum) else f"{step!r}" for step in choice.path]
            if choice.path[:1] == (View.JSON,) and len(choice.path) > 1:
                member = match.layout.reply_field(str(choice.path[1]))
                path[1] = member.slot if member is not None else path[1]
            access_paths.add(" ".join((match.operation.id, *path)))
        return access_paths.pop() if len(access_paths) == 1 else None

    def is_part_of_decoded(self, value: Value) -> bool:
        """Whether a value is inside of a field's decoded text, or of a field's entries. The two versions have
        different access paths for it."""
        choices = [choice for choice in alternatives(value) if isinstance(choice, Reply)]
        return bool(choices) and all(
            choice.path[:1] == (View.JSON,)
            and len(choice.path) > _DECODED
            and choice.path[_DECODED - 1] in (Decoding.LOADS, Decoding.ANY)
            for choice in choices
        )

    def encoded_reply(self, value: Value) -> str | None:
        """The access path of the field that a JSON text, if it isn't None, contains again. None for any other
        value."""
        texts = [choice for choice in alternatives(value) if choice != NONE]
        access_paths = {self._reply(text.value) if isinstance(text, Json) else None for text in texts}
        only = access_paths.pop() if len(access_paths) == 1 else None
        suffix = f" {Decoding.LOADS.value}"
        return only.removesuffix(suffix) if only is not None and only.endswith(suffix) else None

    def is_decoded(self, value: Value) -> bool:
        """Whether a value may be a dict built from a reply's list of entries."""
        refs = [choice for choice in alternatives(value) if isinstance(choice, Ref)]
        return any(self._made_of_entries(ref) is not None for ref in refs)

    def _copied_reply_path(self, ref: Ref) -> str | None:
        """The access path of the reply that a dict of the result alone copies, or whose fields it contains.

        None for any other dict.
        """
        record = self.facts.heap.objects[ref.id]
        if not isinstance(record, DictObject) or not self._site_of(record.site).path.startswith(NEW):
            return None
        access_paths = {self._reply(spread.value) for spread in record.spreads} | {
            self._reply(Reply(choice.request, choice.path[:1]))
            for entry in record.all_entries
            for choice in alternatives(entry.operand.value)
            if isinstance(choice, Reply)
        }
        return access_paths.pop() if len(access_paths) == 1 else None

    def _made_of_entries(self, ref: Ref) -> str | None:
        """The access path of the entries that a dict is built from, marked as decoded. None for any other
        dict."""
        record = self.facts.heap.objects[ref.id]
        if not isinstance(record, DictObject):
            return None
        tree = self._tree(record.site.path)
        node = tree.node(record.site)
        if not isinstance(node, cst.DictComp) or not self._is_of_entries(tree, node, record.frame):
            return None
        access_path = self._reply(self.value(tree.site(node.for_in.iter), record.frame))
        return f"{access_path} {Decoding.LOADS.value}" if access_path is not None else None

    def _is_of_entries(self, tree: Tree, node: cst.DictComp, frame: int) -> bool:
        """Whether a comprehension builds a dict from a reply's list of entries."""
        walked, target = node.for_in.iter, node.for_in.target
        if not isinstance(target, cst.Name) or node.for_in.ifs:
            return False
        item_keys = [subscripted_key(part, target.value) for part in (node.key, node.value)]
        for choice in alternatives(self.value(tree.site(walked), frame)):
            match = self.matches.get(choice.request) if isinstance(choice, Reply) else None
            if match is None or not isinstance(choice, Reply) or len(choice.path) != 2:
                continue
            member = match.operation.new.reply_field(str(choice.path[1]))
            keys = member.entry if member is not None else None
            if keys is not None and item_keys == [keys.name, keys.value]:
                return True
        return False

    def _has_entry_keys(self, node: cst.DictComp) -> bool:
        """Whether a comprehension builds a dict from a list of entries, as a rule lays them out."""
        target = node.for_in.target
        if not isinstance(target, cst.Name) or node.for_in.ifs or node.for_in.inner_for_in is not None:
            return False
        item_keys = (subscripted_key(node.key, target.value), subscripted_key(node.value, target.value))
        return item_keys in self.program.rules.entry_keys()

    def _table(self, value: Value) -> Term | None:
        """The term of a dict that contains rows of a configured table. None for any other value."""
        if not isinstance(value, Ref) or value in self._others:
            return None
        heap_object = self.facts.heap.objects[value.id]
        for setting, rows in self.program.settings.tables.items():
            if isinstance(heap_object, DictObject) and self._matches_rows(heap_object, rows):
                return Term(TermKind.TABLE, setting)
        self._others.add(value)
        return None

    def _matches_rows(self, table: DictObject, rows: Mapping[str, Mapping[str, str]]) -> bool:
        if not table.entries or not table.is_closed or table.has_removals:
            return False
        for key, entries in table.entries.items():
            choices = [choice for entry in entries for choice in alternatives(entry.operand.value)]
            row = (
                self.facts.heap.objects[choices[0].id]
                if len(choices) == 1 and isinstance(choices[0], Ref)
                else None
            )
            if key not in rows or not isinstance(row, DictObject) or not row.is_closed or row.has_removals:
                return False
            for name in row.entries:
                value = row.get(name)
                if (
                    not isinstance(value, Text)
                    or value.literal is None
                    or value.literal != rows[key].get(name)
                ):
                    return False
        return True

    def slot_key(self, owner: Value, name: str) -> Term | None:
        """The slot that a name denotes in a reply's JSON. None if `owner` is no reply with that field."""
        for choice in alternatives(owner):
            if isinstance(choice, Reply) and choice.path == (View.JSON,):
                match = self.matches.get(choice.request)
                if match is None:
                    continue
                member = match.layout.reply_field(name) or match.operation.old.reply_field(name)
                if member is not None:
                    return Term(TermKind.FIELD, f"{match.operation.id}.{member.slot}")
        return None

    def _merged_key(self, value: Value, key: Term) -> Term | None:
        """The slot stored under a field's name in one of the program's own dicts. None if it isn't unique."""
        slots: set[Term] = set()
        for operation, slot in self._stored_slots(value):
            members = (*operation.old.reply, *operation.new.reply)
            if any(key == literal_term(member.name) and member.slot == slot for member in members):
                slots.add(Term(TermKind.FIELD, f"{operation.id}.{slot}"))
        return slots.pop() if len(slots) == 1 else None

    def _stored_slots(self, value: Value) -> Iterator[tuple[Operation, str]]:
        """The slots of replies that a value contains, as they came or as JSON text that is encoded again."""
        for choice in alternatives(value):
            match choice:
                case Reply(request, (View.JSON, name)) if request in self.matches:
                    key = self.slot_key(Reply(request, (View.JSON,)), str(name))
                    if key is not None:
                        yield self.matches[request].operation, key.detail.partition(".")[2]
                case Json():
                    operation, *steps = (self.encoded_reply(choice) or "").split(" ")
                    if len(steps) == 2 and steps[0] == View.JSON.value:
                        yield self.program.rules.operation(operation), steps[1]

    def _spread_key(self, tree: Tree, node: cst.Subscript, key: Term, frame: int) -> Term | None:
        """The slot that a key denotes in a dict that a reply was merged into."""
        if not is_text(key):
            return None
        for choice in alternatives(self.value(tree.site(node.value), frame)):
            record = self.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            for part in self.facts.heap.with_merged_dicts(record) if isinstance(record, DictObject) else ():
                for spread in part.spreads:
                    slot = self.slot_key(spread.value, text_value(key))
                    if slot is not None:
                        return slot
        return None

    def _field_key(self, tree: Tree, owner: cst.CSTNode, key: cst.CSTNode | None, frame: int) -> Term | None:
        """The slot that a key of a reply's JSON denotes."""
        if key is None:
            return None
        names = [
            choice.literal
            for choice in alternatives(self.value(tree.site(key), frame))
            if isinstance(choice, Text)
        ]
        if len(names) != 1 or names[0] is None:
            return None
        return self.slot_key(self.value(tree.site(owner), frame), names[0])

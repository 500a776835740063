"""Checks that a transform exists for each difference between the two layouts of an operation."""

import re
from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.api_schema import LayoutShape, MemberShape, OperationFile
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.layout_checks import Version, layout_members, request_members
from kognitos_migrate.rulebook.model import Encoding
from kognitos_migrate.rulebook.read import YamlSource
from kognitos_migrate.structs import Struct

_SEGMENT = re.compile(r"/([^/]+)")
_NESTED = re.compile(r"[./\[\]]")
_REPLIES = {(Encoding.JSON_OBJECT, Encoding.ENTRIES)}
"""Pairs of different encodings, old and new, that can be translated in replies."""
_FACTS = (Encoding.OBJECT, Encoding.ENTRIES)
"""Encodings in which an old body that is an object can become a member of the new one."""


class _LayoutPair(Struct, frozen=True):
    """An operation's document and its two layouts."""

    document: Document
    old: LayoutShape
    new: LayoutShape

    def fault(self, key: Key, message: str, expected: str) -> Fault:
        return self.document.fault(key, message, expected)

    @property
    def old_members(self) -> Mapping[str, MemberShape]:
        """The members of the old body, by slot."""
        return (
            {}
            if self.old.body is None
            else {member.slot: member for member in self.old.body.members.values()}
        )

    @property
    def path_slots(self) -> list[str]:
        """The slots of the old path."""
        return re.findall(r"\{(\w+)\}", self.old.path or "")


def transform_faults(source: YamlSource[OperationFile]) -> Iterator[Fault]:
    """The faults for all differences between an operation's layouts that no transform covers."""
    rule = _LayoutPair(source.document, source.file.old, source.file.new)
    yield from _address_faults(rule)
    yield from _path_faults(rule)
    yield from _query_faults(rule)
    yield from _body_faults(rule)
    yield from _lookup_faults(rule)
    yield from _reply_faults(rule)
    yield from _member_faults(rule)


def _address_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """The method and the target must stay the same, except that raw bytes can become a form."""
    old, new = rule.old, rule.new
    is_transfer = old.raw is not None and new.form is not None and old.target is not None
    if (old.target is None) != (new.target is None):
        key = ("new", "path" if old.target is not None else "target")
        yield rule.fault(
            key, "the request goes elsewhere than the old one", "expected a path in both, or a target"
        )
    elif old.target is not None and new.target is not None:
        if (old.target.operation, old.target.slot) != (new.target.operation, new.target.slot):
            yield rule.fault(
                ("new", "target"), "is another slot than the old one", "expected the same in both"
            )
        if not is_transfer and (old.raw is not None or new.form is not None):
            yield rule.fault(("new",), "no such transfer is written", "expected raw: in old and form: in new")
    if old.method != new.method and not is_transfer:
        wrong = f"a {old.method} can't become a {new.method}"
        yield rule.fault(("new", "method"), wrong, f"expected {old.method}")
    for name in ("method_slot", "headers_slot"):
        if getattr(new, name) is not None:
            yield rule.fault(("new", name), "is not written", "expected it in the old layout only")
    if old.form is not None:
        yield rule.fault(("old", "form"), "an old form is not rewritten", "expected raw:, or body:")
    if new.raw is not None:
        yield rule.fault(("new", "raw"), "raw bytes are not written", "expected form:, or body:")
    if new.form is not None and new.target is not None and new.form.fields.operation != new.target.operation:
        place = ("new", "form", "fields", "operation")
        yield rule.fault(place, "is another reply than the target's", f"expected {new.target.operation}")


def _path_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """The new path must result from the old one by replacing and removing fixed segments."""
    if rule.old.path is None or rule.new.path is None:
        return
    segments = rewritten_path(_SEGMENT.findall(rule.old.path), _SEGMENT.findall(rule.new.path))
    if segments != _SEGMENT.findall(rule.new.path):
        became = "".join(f"/{part}" for part in segments)
        wrong = f"{rule.old.path} can't become it: replacing and taking out segments gives {became}"
        expected = "expected no more fixed segments than in the old path, and slots in the same places"
        yield rule.fault(("new", "path"), wrong, expected)


def rewritten_path(old: list[str], new: list[str]) -> list[str]:
    """The segments of the old path with its fixed ones replaced by those of the new path, in order.

    Slots and fixed segments that have no place in the new path are removed.

        >>> rewritten_path(["v1", "run", "{run}"], ["v2", "{run}", "state"])
        ['v2', 'state', '{run}']
    """
    words = iter([segment for segment in new if not segment.startswith("{")])
    kept_slots = [segment if segment in new else None for segment in old if segment.startswith("{")]
    slots = iter(kept_slots)
    segments = [next(slots) if segment.startswith("{") else next(words, None) for segment in old]
    return [segment for segment in segments if segment is not None]


def _query_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """One old query parameter can become a list in the body. The new request can have no query."""
    for name in rule.new.query:
        yield rule.fault(("new", "query", name), "a new query is not written", "expected it in the body")
    for number, (name, member) in enumerate(rule.old.query.items()):
        key: Key = ("old", "query", name)
        if number:
            yield rule.fault(key, "a second parameter is not rewritten", "expected at most one")
        if member.encoding is not Encoding.KEY_OR_VALUE:
            yield rule.fault(
                (*key, "as"), _not_rewritten(member), f"expected as: {Encoding.KEY_OR_VALUE.value}"
            )
    query_slots = {member.slot for member in rule.old.query.values()}
    for place, member in _body(rule.new):
        if member.slot in query_slots and member.encoding is not Encoding.LIST:
            wrong = f"a parameter of the query can't become {_encoding_text(member)}"
            yield rule.fault((*place, "as"), wrong, f"expected as: {Encoding.LIST.value}")


def _body_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """An old body can become one member of the new one, or its members can be renamed."""
    old, new = rule.old.body, rule.new.body
    if old is not None and old.whole is not None and old.whole.encoding is not Encoding.OBJECT:
        expected = f"expected as: {Encoding.OBJECT.value}"
        yield rule.fault(("old", "body", "whole", "as"), _not_rewritten(old.whole), expected)
    if new is not None and new.whole is not None:
        same = old is not None and old.whole is not None and old.whole.slot == new.whole.slot
        if not same or new.whole.encoding is not Encoding.OBJECT:
            expected = "expected members, or the unchanged old body"
            yield rule.fault(("new", "body", "whole"), "a body can't be built from this", expected)
    for key, member in _body(rule.new):
        yield from _request_member_faults(rule, key, member)


def _request_member_faults(rule: _LayoutPair, key: Key, member: MemberShape) -> Iterator[Fault]:
    """A member of the new body must have the old member's content, in an encoding that can be written."""
    old_body = rule.old.body.whole if rule.old.body is not None else None
    old_member = rule.old_members.get(member.slot)
    encodings = set(member.encoding.values()) if isinstance(member.encoding, dict) else {member.encoding}
    if Encoding.WORD in encodings:
        yield rule.fault((*key, "as"), "words are not translated in requests", "expected another encoding")
    elif member.table is not None:
        if encodings != {Encoding.OPAQUE}:
            yield rule.fault(
                (*key, "as"), "a value that is looked up is opaque", "expected none in addition to table:"
            )
    elif old_body is not None and old_body.slot == member.slot:
        if not encodings <= set(_FACTS):
            encoding_names = " or ".join(encoding.value for encoding in _FACTS)
            yield rule.fault(
                (*key, "as"),
                f"an object can't become {_encoding_text(member)}",
                f"expected as: {encoding_names}",
            )
    elif old_member is not None:
        if member.encoding != old_member.encoding or member.entry != old_member.entry:
            wrong = f"{_encoding_text(old_member)} can't become {_encoding_text(member)} in a body"
            yield rule.fault((*key, "as"), wrong, "expected the same in both layouts")
    elif member.slot in rule.path_slots:
        expected = "expected a table: and its field:"
        yield rule.fault(key, f"the slot {member.slot} of the path can only be looked up", expected)


def _lookup_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """Only one slot of the path can be looked up.

    Each field of its entry must be a member with the field's name.
    """
    first: str | None = None
    for key, member in _body(rule.new):
        if member.table is None or member.slot not in rule.path_slots:
            continue
        first = first or member.slot
        if member.slot != first:
            yield rule.fault(
                (*key, "slot"), "a second slot is not looked up", f"expected {first}, or no lookup"
            )
        if member.field is not None and key[-1] != member.field:
            wrong = f"the field {member.field} would be written under its own name"
            yield rule.fault(key, wrong, f"expected the member {member.field}")


def _reply_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """A reply's member can be renamed, its words translated, and its JSON text turned into entries."""
    old = {member.slot: (name, member) for name, member in reversed(rule.old.reply.items())}
    names_by_slot: dict[str, str] = {}
    for name, member in rule.new.reply.items():
        key = ("new", "reply", name)
        other = names_by_slot.setdefault(member.slot, name)
        if other != name:
            yield rule.fault((*key, "slot"), f"{member.slot} is in {other}, too", "expected each slot once")
    for name, member in rule.new.reply.items():
        before = old.get(member.slot)
        if before is None or names_by_slot[member.slot] != name:
            continue
        key, pair = ("new", "reply", name), (before[1].encoding, member.encoding)
        if isinstance(pair[0], dict) or isinstance(pair[1], dict):
            continue
        if pair[0] is not pair[1] and pair not in _REPLIES:
            wrong = f"{_encoding_text(before[1])} can't become {_encoding_text(member)} in a reply"
            yield rule.fault((*key, "as"), wrong, "expected the same, or json-object and entries")
        elif pair[0] is pair[1] is Encoding.ENTRIES and before[1].entry != member.entry:
            yield rule.fault((*key, "entry"), "entries can't get other keys", "expected the old ones")


def _member_faults(rule: _LayoutPair) -> Iterator[Fault]:
    """Members must be at the top level, and only members of the new body can differ by dialect."""
    versions: tuple[tuple[Version, LayoutShape], ...] = (("old", rule.old), ("new", rule.new))
    for version, layout in versions:
        for key, member in layout_members(layout, version):
            if _NESTED.search(str(key[-1])):
                expected = "expected the name of a member of the outermost object"
                yield rule.fault(key, "a nested member is not followed", expected)
            if member.encoding is Encoding.KEY_OR_VALUE and key[:2] != ("old", "query"):
                yield rule.fault((*key, "as"), _not_rewritten(member), "expected it in the old query only")
            if key[:2] == ("new", "body"):
                continue
            if member.when is not None:
                yield rule.fault((*key, "when"), "dialects differ in the new body only", "expected none here")
            if isinstance(member.encoding, dict):
                yield rule.fault(
                    (*key, "as"), "dialects differ in the new body only", "expected one encoding"
                )


def _body(layout: LayoutShape) -> Iterator[tuple[Key, MemberShape]]:
    """The members of a new body, with their keys in the document."""
    if layout.body is not None:
        for name, member in layout.body.members.items():
            yield ("new", "body", "members", name), member


def _encoding_text(member: MemberShape) -> str:
    """The encoding of a member, in words."""
    if isinstance(member.encoding, dict):
        return " or ".join(sorted({encoding.value for encoding in member.encoding.values()}))
    return member.encoding.value


def _not_rewritten(member: MemberShape) -> str:
    return f"{_encoding_text(member)} is not rewritten here"


_Slot = tuple[Key, str]
"""A slot's key in the document, and its name."""


def slot_faults(source: YamlSource[OperationFile]) -> Iterator[Fault]:
    """The faults of slots that one layout has and the other needs and lacks."""
    document, old, new = source.document, source.file.old, source.file.new
    yield from _lost_slot_faults(document, _request_slots(old, "old"), _request_slots(new, "new"), "request")
    yield from _lost_slot_faults(document, _reply_slots(old, "old"), _reply_slots(new, "new"), "reply")
    yield from _unfilled_slot_faults(document, old, new)
    yield from _vocabulary_faults(document, old, new)


def _lost_slot_faults(
    document: Document, old: Sequence[_Slot], new: Sequence[_Slot], part: str
) -> Iterator[Fault]:
    """The slots of the old layout that have no place in the new one."""
    names = sorted({slot for _, slot in new})
    for key, slot in old:
        if slot not in names:
            yield document.fault(
                key, f"the slot {slot} has no place in the new {part}", suggestion(slot, names)
            )


def _unfilled_slot_faults(document: Document, old: LayoutShape, new: LayoutShape) -> Iterator[Fault]:
    """The slots of the new request that neither the old request nor the configuration fills."""
    names = sorted({slot for _, slot in _request_slots(old, "old")})
    optional = {
        (*key, "slot")
        for key, member in request_members(new, "new")
        if member.optional or member.table or member.setting
    }
    for key, slot in _request_slots(new, "new"):
        if slot not in names and key not in optional:
            yield document.fault(key, f"the old request has no slot {slot}", suggestion(slot, names))


def _vocabulary_faults(document: Document, old: LayoutShape, new: LayoutShape) -> Iterator[Fault]:
    """The slots that have different vocabularies in the two layouts."""
    for old_members, new_members in (
        (_members(old, "old", "request"), _members(new, "new", "request")),
        (_members(old, "old", "reply"), _members(new, "new", "reply")),
    ):
        words = {member.slot: member.vocabulary for member in old_members.values()}
        for key, member in new_members.items():
            if member.vocabulary != words.get(member.slot, member.vocabulary):
                wrong = f"the old layout has {words[member.slot] or 'no vocabulary'} for {member.slot}"
                yield document.fault((*key, "vocabulary"), wrong, "expected the same in both layouts")


def _members(layout: LayoutShape, version: Version, part: str) -> dict[Key, MemberShape]:
    if part == "request":
        return dict(request_members(layout, version))
    return {(version, "reply", name): member for name, member in layout.reply.items()}


def _request_slots(layout: LayoutShape, version: Version) -> Sequence[_Slot]:
    """The slots of a request, with their keys, except those that come from another operation's reply."""
    slots: list[_Slot] = [((*key, "slot"), member.slot) for key, member in request_members(layout, version)]
    slots += [((version, "path"), slot) for slot in re.findall(r"\{(\w+)\}", layout.path or "")]
    if layout.raw is not None:
        slots.append(((version, "raw", "slot"), layout.raw.slot))
    if layout.form is not None:
        slots.append(((version, "form", "file", "slot"), layout.form.file.slot))
    return slots


def _reply_slots(layout: LayoutShape, version: Version) -> Sequence[_Slot]:
    """The slots of a reply, with their keys."""
    return [((version, "reply", name, "slot"), member.slot) for name, member in layout.reply.items()]

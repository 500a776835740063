"""Whether the two layouts of an operation say the same."""

import re
from collections.abc import Iterator, Sequence

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.check_layouts import Version, asked_members
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.read import Source
from kognitos_migrate.rulebook.schema import LayoutShape, MemberShape, OperationFile

_Slot = tuple[Key, str]
"""A slot, and the place that names it."""


def slot_faults(source: Source[OperationFile]) -> Iterator[Fault]:
    """Slots that one layout has and the other lacks, where it would need them."""
    document, old, new = source.document, source.file.old, source.file.new
    yield from _lost(document, _asked_slots(old, "old"), _asked_slots(new, "new"), "request")
    yield from _lost(document, _answered_slots(old, "old"), _answered_slots(new, "new"), "reply")
    yield from _unsaid(document, old, new)
    yield from _other_words(document, old, new)


def _lost(document: Document, old: Sequence[_Slot], new: Sequence[_Slot], part: str) -> Iterator[Fault]:
    """What the old layout says and the new one has no place for."""
    kept = sorted({slot for _, slot in new})
    for key, slot in old:
        if slot not in kept:
            yield document.fault(
                key, f"the slot {slot} has no place in the new {part}", suggestion(slot, kept)
            )


def _unsaid(document: Document, old: LayoutShape, new: LayoutShape) -> Iterator[Fault]:
    """What the new request wants and nobody says: neither the old one, nor the configuration."""
    said = sorted({slot for _, slot in _asked_slots(old, "old")})
    given = {
        (*key, "slot")
        for key, member in asked_members(new, "new")
        if member.optional or member.table or member.setting
    }
    for key, slot in _asked_slots(new, "new"):
        if slot not in said and key not in given:
            yield document.fault(key, f"the old request has no slot {slot}", suggestion(slot, said))


def _other_words(document: Document, old: LayoutShape, new: LayoutShape) -> Iterator[Fault]:
    """A slot that is a word of one vocabulary here and not there."""
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
        return dict(asked_members(layout, version))
    return {(version, "reply", name): member for name, member in layout.reply.items()}


def _asked_slots(layout: LayoutShape, version: Version) -> Sequence[_Slot]:
    """What a request says, and where: all but what another operation's reply says for it."""
    slots: list[_Slot] = [((*key, "slot"), member.slot) for key, member in asked_members(layout, version)]
    slots += [((version, "path"), slot) for slot in re.findall(r"\{(\w+)\}", layout.path or "")]
    if layout.raw is not None:
        slots.append(((version, "raw", "slot"), layout.raw.slot))
    if layout.form is not None:
        slots.append(((version, "form", "file", "slot"), layout.form.file.slot))
    return slots


def _answered_slots(layout: LayoutShape, version: Version) -> Sequence[_Slot]:
    """What a reply says, and where."""
    return [((version, "reply", name, "slot"), member.slot) for name, member in layout.reply.items()]

"""What is read of the replies of a conversation, field by field."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import Use
from kognitos_migrate.record import Struct, field
from kognitos_migrate.rulebook.model import Member


class Slot(Struct, frozen=True):
    """A reply's field in both layouts."""

    match: Match
    old: Member
    new: Member


class Reading(Struct):
    """How the reads of one field are rewritten: the drafts, and the uses that decide on them."""

    slot: Slot
    reads: list[Use] = field(default_factory=list)
    fills: list[Use] = field(default_factory=list)
    """Reads for a parameter, in `f(**reply)`."""
    uses: list[Use] = field(default_factory=list)


class Readings(Struct, frozen=True):
    """The fields that are read of the replies of a conversation, as they are found. `widened` are slots whose
    reads are somebody else's."""

    scene: Scene
    widened: set[str]
    found: dict[tuple[str, str], Reading] = field(default_factory=dict)

    def of(self, slot: Slot) -> Reading:
        """What is read of a slot."""
        return self.found.setdefault((slot.match.operation.id, slot.old.name), Reading(slot))


def slot_of(match: Match, name: str) -> Slot | None:
    """The field's slot; None for a field that the old layout does not document."""
    old = match.operation.old.reply_slot(name)
    if old is None:
        return None
    new = match.operation.new.reply_member(old.slot)
    if new is None:
        raise Refused(match.request.site, "field-gone", f"the new reply has nothing for {name!r}")
    return Slot(match, old, new)

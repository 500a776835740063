"""The reads of one field of a reply, with all that is needed to edit them and what is done with them."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.fields import rename_reads
from kognitos_migrate.edits.fills import Filling
from kognitos_migrate.edits.helpers import Helpers
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.events import Use
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Member


class SlotReads(Struct):
    """The reads of one slot, and all that is done with it."""

    scene: Scene
    match: Match
    old: Member
    new: Member
    reads: list[Use]
    uses: list[Use]
    helpers: Helpers
    filled: Filling

    def renames(self) -> list[Draft]:
        """The drafts that read the field by its new name."""
        return rename_reads(self.scene, self.old, self.new, self.reads)

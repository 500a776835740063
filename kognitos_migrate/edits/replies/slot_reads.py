"""The reads of one field of a reply, with all that is needed to edit them and what is done with them."""

from functools import cached_property

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.helpers import Helpers
from kognitos_migrate.edits.replies.fields import made_up, rename_reads
from kognitos_migrate.edits.replies.fills import Filling
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Use
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Member
from kognitos_migrate.values.base import Value


class SlotReads(Struct, dict=True):
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

    @cached_property
    def made_up(self) -> frozenset[Value]:
        """What is read in the field's place of replies that tests make up: it is written anew with them."""
        return made_up(self.scene, self.old, self.reads)

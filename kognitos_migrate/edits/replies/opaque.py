"""Values of a reply that nobody may look into, since the new version has others."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.replies.methods import Tested, method_of
from kognitos_migrate.edits.replies.readings import Slot, slot_of
from kognitos_migrate.edits.scene import HARMLESS, Refused, Scene
from kognitos_migrate.interpret.events import ORDERED, Use, UseKind
from kognitos_migrate.rulebook.model import Encoding
from kognitos_migrate.values.base import Reply

_LOOKS = (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY, UseKind.CONTAINS, UseKind.METHOD)


def require_still_opaque(scene: Scene, match: Match, use: Use, reply: Reply) -> list[Draft]:
    """The same for a field of a reply that has its old shape again."""
    slot = slot_of(match, str(reply.path[1])) if len(reply.path) == 2 else None
    return require_opaque(scene, match, use, slot) if slot is not None else []


def require_opaque(scene: Scene, match: Match, use: Use, slot: Slot) -> list[Draft]:
    """The drafts where an opaque value is tested that will be another one. Raises Refused where it is looked
    into, or where what is sent to it can't be followed."""
    if slot.old.encodings[None] is not Encoding.OPAQUE:
        return []
    takers = [
        one
        for one in scene.rules.operations
        if one.old.target and one.old.target.operation == match.operation.id
    ]
    if any(one.old.target is not None and one.old.target.slot == slot.old.slot for one in takers):
        users = {one.id for one in scene.facts.requests if (one.site, one.frame) == (use.site, use.frame)}
        sent = use.kind is UseKind.REQUEST and all(
            number in scene.matches and scene.matches[number].operation in takers for number in users
        )
        shaped = use.kind is UseKind.METHOD and use.detail in (
            "startswith",
            "endswith",
            "strip",
            "lstrip",
            "rstrip",
        )
        if shaped:
            return []
        if not sent and use.kind not in (*HARMLESS, UseKind.KEY, UseKind.COMPARE):
            raise Refused(use.site, "not-followed", f"what is sent to {slot.old.name!r} can't be followed")
    taker = method_of(takers, slot.old.slot)
    if taker is not None and use.kind in _LOOKS:
        return Tested(scene, slot.old.name, taker.old.method, taker.new.method).drafts(use)
    looked_into = use.kind is UseKind.METHOD and use.detail not in ("a slice", ORDERED)
    if looked_into or use.kind is UseKind.CONTAINS:
        raise Refused(
            use.site, "looked-into", f"{slot.old.name!r} is looked into here, and it will be an opaque id"
        )
    return []

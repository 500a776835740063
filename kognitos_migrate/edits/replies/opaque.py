"""Values of a reply that nobody may look into, since the new version has others."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.replies.readings import Slot, slot_of
from kognitos_migrate.edits.scene import HARMLESS, Refused, Scene
from kognitos_migrate.interpret.events import ORDERED, Use, UseKind
from kognitos_migrate.rulebook.model import Encoding
from kognitos_migrate.values.base import Reply


def require_still_opaque(scene: Scene, match: Match, use: Use, reply: Reply) -> None:
    slot = slot_of(match, str(reply.path[1])) if len(reply.path) == 2 else None
    if slot is not None:
        require_opaque(scene, match, use, slot)


def require_opaque(scene: Scene, match: Match, use: Use, slot: Slot) -> None:
    """Refuse where an opaque value is looked into, or where what is sent to it can't be followed."""
    if slot.old.encodings[None] is not Encoding.OPAQUE:
        return
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
            return
        if not sent and use.kind not in (*HARMLESS, UseKind.KEY, UseKind.COMPARE):
            raise Refused(use.site, "not-followed", f"what is sent to {slot.old.name!r} can't be followed")
    if any(one.old.method_slot == slot.old.slot and one.old.method != one.new.method for one in takers):
        if use.kind in (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY, UseKind.CONTAINS, UseKind.METHOD):
            raise Refused(
                use.site, "method", f"{slot.old.name!r} is looked at here, and it will be another one"
            )
    looked_into = use.kind is UseKind.METHOD and use.detail not in ("a slice", ORDERED)
    if looked_into or use.kind is UseKind.CONTAINS:
        raise Refused(
            use.site, "looked-into", f"{slot.old.name!r} is looked into here, and it will be an opaque id"
        )

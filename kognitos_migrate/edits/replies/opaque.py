"""Values of a reply that nobody may look into, since the new version has others."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.replies.methods import Tested, method_of
from kognitos_migrate.edits.replies.readings import Slot, slot_of
from kognitos_migrate.edits.scene import HARMLESS, Refused, Scene
from kognitos_migrate.interpret.state.events import ORDERED, PARTS, SLICED, TYPE, Use, UseKind
from kognitos_migrate.rulebook.model import Encoding, Role
from kognitos_migrate.syntax.literals import literal_text
from kognitos_migrate.values.base import Hole, Reply, Text, Value
from kognitos_migrate.values.join import alternatives

_LOOKS = (UseKind.COMPARE, UseKind.MATCH, UseKind.KEY, UseKind.CONTAINS, UseKind.METHOD)
_TAKING_APART = ("re.", "fnmatch.", "os.path.", "posixpath.", "ntpath.", "pathlib.Pure", "urllib.parse.")
"""What the names of functions begin with that ask a text how it is made."""
_STRIPS = ("strip", "lstrip", "rstrip")


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
        if sent or shaped or use.detail == PARTS:
            return []
        if use.kind not in (*HARMLESS, UseKind.KEY, UseKind.COMPARE):
            raise Refused(use.site, "not-followed", f"what is sent to {slot.old.name!r} can't be followed")
    taker = method_of(takers, slot.old.slot)
    if taker is not None and use.kind in _LOOKS:
        return Tested(scene, slot.old.name, taker.old.method, taker.new.method).drafts(use)
    headers = use.kind is UseKind.READ and any(one.old.headers_slot == slot.old.slot for one in takers)
    if headers or _is_looked_into(scene, use):
        raise Refused(
            use.site, "looked-into", f"{slot.old.name!r} is looked into here, and it will be an opaque id"
        )
    return []


def _is_looked_into(scene: Scene, use: Use) -> bool:
    """Whether what is done with a value goes by how it is made. To show the beginning of it does not."""
    match use.kind:
        case UseKind.METHOD:
            if use.detail == SLICED:
                return _is_compared(scene, use)
            return use.detail not in (ORDERED, TYPE) and not _strips_nothing(scene, use)
        case UseKind.COMPARE:
            return use.detail.startswith(("Less", "Greater")) and _is_written_out(use.other)
        case UseKind.ESCAPE:
            asked = use.detail == PARTS or use.detail.startswith(_TAKING_APART)
            return asked and use.value in alternatives(scene.value(use.operand, use.frame))
        case UseKind.REQUEST:
            return _is_address(scene, use)
        case _:
            return use.kind is UseKind.CONTAINS


def _strips_nothing(scene: Scene, use: Use) -> bool:
    """Whether only space or slashes are taken off the ends, where an address and an id have none."""
    node = scene.node(use.site)
    said = [arg.value for arg in node.args] if isinstance(node, cst.Call) else []
    return use.detail in _STRIPS and all(
        isinstance(one, cst.SimpleString) and not str(literal_text(one)).strip(" /") for one in said
    )


def _is_compared(scene: Scene, use: Use) -> bool:
    parent = scene.tree(use.site).parent(scene.node(use.site))
    return isinstance(parent, cst.Comparison | cst.ComparisonTarget)


def _is_written_out(other: Value | None) -> bool:
    return other is not None and any(
        isinstance(choice, Text) and choice.literal is not None for choice in alternatives(other)
    )


def _is_address(scene: Scene, use: Use) -> bool:
    """Whether a request is sent to the value itself, as if it were a URL."""
    return any(
        _begins(choice, use.value)
        for request in scene.facts.requests
        if (request.site, request.frame) == (use.site, use.frame)
        for given in request.value(Role.URL)
        for choice in alternatives(given.value)
    )


def _begins(text: Value, value: Value) -> bool:
    """Whether a text is a value, or has it in front."""
    if not isinstance(text, Text):
        return text == value
    first = text.parts[0] if text.parts else None
    return isinstance(first, Hole) and any(_begins(one, value) for one in alternatives(first.value))

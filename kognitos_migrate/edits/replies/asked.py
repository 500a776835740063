"""A reply is asked for a field that it may not have: that of another operation, or of the other version."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.replies.readings import Slot
from kognitos_migrate.edits.scene import Escapes, Refused, Scene
from kognitos_migrate.interpret.state.events import Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import NEVER, Reply, Text
from kognitos_migrate.values.join import alternatives


def require_no_other(scene: Scene, match: Match, use: Use, name: str) -> None:
    """A reply is asked for a field that only another operation has; the new one may have it by its new
    name."""
    for other in scene.matches.values():
        if other.operation.id != match.operation.id and other.operation.old.reply_slot(name) is not None:
            if any(theirs.site == use.site for theirs in scene.uses.get(other.request.id, ())):
                raise Escapes(
                    (match.request.id,),
                    use.site,
                    "field-asked",
                    f"this reply is asked for {name!r}, which only another one has; the new one may have it",
                )


def require_not_new(scene: Scene, match: Match, use: Use, name: str) -> None:
    """A reply is asked for a field that it never had; the new one has it. Beside a field that becomes it, the
    two may stand for each other."""
    new = match.operation.new
    if not new.replies(name):
        return
    member = new.reply_slot(name)
    same = {one.name for one in match.operation.old.reply if member is not None and one.slot == member.slot}
    around = _whole_expression(scene, use)
    for other in scene.uses.get(match.request.id, ()):
        asked = {choice.literal for choice in alternatives(other.other or NEVER) if isinstance(choice, Text)}
        if asked & same and _whole_expression(scene, other) is around:
            return
    what = f"this reply is asked for {name!r}, which it never had; the new one has it"
    if member is not None and member.vocabulary is not None:
        raise Refused(use.site, "field-asked", what)
    raise Escapes((match.request.id,), use.site, "field-asked", what)


_CHOOSING = (cst.BooleanOperation, cst.IfExp, cst.Call, cst.Arg, cst.Comparison, cst.ComparisonTarget)


def _whole_expression(scene: Scene, use: Use) -> cst.CSTNode:
    """The expression around a read, as far as it chooses between values."""
    tree = scene.tree(use.site)
    found = tree.node(use.site)
    for above in tree.ancestors(found):
        if not isinstance(above, _CHOOSING):
            break
        found = above
    return found


def require_told_apart(scene: Scene, match: Match, use: Use, slot: Slot) -> None:
    """A reply that may be that of another operation is told by a field that only this one's has: the new
    replies may both have it."""
    held = [
        choice
        for choice in alternatives(scene.value(use.operand, use.frame))
        if isinstance(choice, Reply) and choice.path == (View.JSON,)
    ]
    others = [
        scene.matches[one.request].operation
        for one in held
        if one.request in scene.matches and scene.matches[one.request].operation.id != match.operation.id
    ]
    if any(other.old.reply_slot(slot.old.name) is None for other in others):
        raise Escapes(
            [one.request for one in held],
            use.site,
            "field-asked",
            f"replies are told apart by {slot.old.name!r} here; the new ones may all have {slot.new.name!r}",
        )


def is_tested(scene: Scene, match: Match, use: Use, name: str) -> bool:
    """Whether it is asked only together whether a reply has a field, and whether that is null: `name in reply
    and reply[name] is not None`, or the opposite."""
    tree = scene.tree(use.site)
    asked = tree.node(use.site)
    if not isinstance(asked, cst.Comparison) or len(asked.comparisons) != 1:
        return False
    is_there = isinstance(asked.comparisons[0].operator, cst.In)
    joint = cst.And if is_there else cst.Or
    for above in tree.ancestors(asked):
        if not isinstance(above, cst.BooleanOperation) or not isinstance(above.operator, joint):
            return False
        if above.left is asked:
            read = _read_for_null(above.right, is_there)
            return any(
                read is scene.node(one.site) and _names(one, name)
                for one in scene.uses.get(match.request.id, ())
                if one.kind is UseKind.READ and one.site.path == use.site.path
            )
        asked = above
    return False


def _read_for_null(test: cst.BaseExpression, is_there: bool) -> cst.CSTNode | None:
    """What a test asks whether it is null, or whether it is not."""
    match test:
        case cst.Comparison(left=read, comparisons=[cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]):
            return read if is_there else None
        case cst.Comparison(left=read, comparisons=[cst.ComparisonTarget(cst.Is(), cst.Name("None"))]):
            return None if is_there else read
        case cst.UnaryOperation(cst.Not(), read):
            return None if is_there else read
        case _:
            return test if is_there else None


def _names(use: Use, name: str) -> bool:
    return any(isinstance(one, Text) and one.literal == name for one in alternatives(use.other or NEVER))

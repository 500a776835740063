"""The keys of a reply that has its old shape again: the new version has one word for a field that was null
and for one that was missing, so the field is left out in both cases."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.helpers import Helpers
from kognitos_migrate.edits.replies.asked import is_tested
from kognitos_migrate.edits.replies.fills import Filling, Fills
from kognitos_migrate.edits.replies.guards import GuardedReads
from kognitos_migrate.edits.replies.propagation import escapes, stops
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.interpret.state.events import MERGED, Use, UseKind
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import Member, View
from kognitos_migrate.values.base import NEVER, Reply, Text
from kognitos_migrate.values.join import alternatives


def require_null_unseen(scene: Scene, match: Match, use: Use, helpers: Helpers) -> None:
    """Nothing depends on whether a field is null or missing, in code that is in sight. Raises Refused."""
    if not isinstance(use.value, Reply) or use.value.path != (View.JSON,):
        return
    for old in match.operation.old.reply:
        new = match.operation.new.reply_member(old.slot) if old.present else None
        if new is None or not _sees_absence(scene, match, use, old):
            continue
        reads = GuardedReads(scene, match, old, new, [], [], helpers, Filling(Fills(scene), []))
        if not reads.is_over(replace(use, site=use.operand)):
            message = f"{old.name!r} may be null or missing, and it matters here whether the reply has it"
            raise Refused(use.site, "absence", message)


def _sees_absence(scene: Scene, match: Match, use: Use, member: Member) -> bool:
    """Whether a use of a whole reply comes out otherwise if a field is missing than if it is null."""
    if use.kind is UseKind.ITERATE:
        return use.detail != MERGED
    if use.kind not in (UseKind.CONTAINS, UseKind.READ):
        return False
    names = {one.literal for one in alternatives(use.other or NEVER) if isinstance(one, Text)}
    if member.name not in names:
        return False
    is_get = _is_get(scene.node(use.site))
    if use.kind is UseKind.CONTAINS:
        return not is_tested(scene, match, use, member.name)
    return not is_get and not escapes(stops(scene, use.site, use.frame, KeyError))


def _is_get(node: cst.CSTNode) -> bool:
    """Whether a read gives None for what is missing, as for null."""
    func = node.func if isinstance(node, cst.Call) and len(node.args) == 1 else None
    return isinstance(func, cst.Attribute) and func.attr.value == "get"

"""The keys of an adapted reply. The new version has null for a field that was null or missing in the old one,
so the adapter omits the field in both cases."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import GuardedReads
from kognitos_migrate.edits.replies.keyword_unpacking import FieldFill, UnpackedCalls
from kognitos_migrate.edits.replies.presence_tests import is_null_test
from kognitos_migrate.edits.replies.propagation import catch_points, escapes
from kognitos_migrate.interpret.state.facts import MERGED, Use, UseKind
from kognitos_migrate.rulebook.model import LayoutMember, View
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Reply, Text


def require_null_unseen(context: PlanContext, match: Match, use: Use, helpers: Helpers) -> None:
    """Raises RefusalError if the program's result depends on whether a field is null or missing."""
    if not isinstance(use.value, Reply) or use.value.path != (View.JSON,):
        return
    for old in match.operation.old.reply:
        new = match.operation.new.reply_member(old.slot) if old.present else None
        if new is None or not _tests_presence(context, match, use, old):
            continue
        reads = GuardedReads(context, match, old, new, [], [], helpers, FieldFill(UnpackedCalls(context), []))
        if not reads.is_over(use.operand, use.frame):
            message = f"{old.name!r} may be null or missing, and the code here treats these cases differently"
            raise RefusalError(use.site, "absence", message)


def _tests_presence(context: PlanContext, match: Match, use: Use, member: LayoutMember) -> bool:
    """Whether a use of a whole reply has different results for a missing field and a null one."""
    if use.kind is UseKind.ITERATE:
        return use.detail != MERGED
    if use.kind not in (UseKind.CONTAINS, UseKind.READ):
        return False
    names = {choice.literal for choice in alternatives(use.other or NEVER) if isinstance(choice, Text)}
    if member.name not in names:
        return False
    is_get = _is_get(context.node(use.site))
    if use.kind is UseKind.CONTAINS:
        return not is_null_test(context, match, use, member.name)
    return not is_get and not escapes(catch_points(context, use.site, use.frame, KeyError))


def _is_get(node: cst.CSTNode) -> bool:
    """Whether a read returns None for a missing field, as for a null one."""
    func = node.func if isinstance(node, cst.Call) and len(node.args) == 1 else None
    return isinstance(func, cst.Attribute) and func.attr.value == "get"

"""The literals of statuses that functions of tests pass on to stubs.

def stub_upload(mock, status=200):            becomes    def stub_upload(mock, status=204):
    mock.put(URL, status_code=status)
"""

import libcst as cst

from kognitos_migrate.conversations.stub_matching import status_numbers
from kognitos_migrate.conversations.value_sources import ValueSources
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.syntax.scopes import Scopes, Variables
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Operand

_STEPS = 6
"""The parameters and variables on the way from a literal to the stub that are followed."""


def migrate_written_status(context: PlanContext, operand: Operand, old: int, new: int) -> PendingEdit:
    """The pending edit of the literal that a status is. Raises RefusalError if it isn't in sight, or if it is
    also the status of other responses."""
    literal = _literal_of(context, operand)
    if literal is None:
        message = f"the status code changes from {old} to {new}, and it isn't a literal here"
        raise RefusalError(operand.site, "stub", message)
    if literal != operand.site and not _is_for_status(context, operand.site, literal, (old, new)):
        message = f"the status {old} is also that of other responses"
        raise RefusalError(literal, "stub", message, "return each response where the test looks at its URL")
    return PendingEdit(context.span(literal), (str(new),))


def _literal_of(context: PlanContext, operand: Operand) -> Site | None:
    """The integer that a status is, passed by parameters and variables that nothing else reads."""
    sources = context.memoize(ValueSources)
    current: Operand | None = operand
    for _ in range(_STEPS):
        if current is None or current.site.path not in context.facts.tests:
            return None
        tree, node = context.tree(current.site), context.node(current.site)
        if isinstance(node, cst.Integer):
            return current.site
        if not isinstance(node, cst.Name) or not _is_only_read(tree, node):
            return None
        current = sources.supplied_operand(current.site, current.frame)
    return None


def _is_only_read(tree: Tree, name: cst.Name) -> bool:
    """Whether nothing else reads the variable that a name reads."""
    scopes = tree.memoize(Scopes)
    variable = scopes.variable(name)
    names = [node for node in tree.memoize(Variables).reads(name.value) if not scopes.is_binding(node)]
    return all(node is name for node in names if scopes.variable(node) == variable)


def _is_for_status(context: PlanContext, at: Site, literal: Site, change: tuple[int, int]) -> bool:
    """Whether all stubs whose status an expression is, by that literal, answer requests with this change."""
    for request in context.facts.requests:
        match = context.matches.get(request.id)
        is_changed = match is not None and (match.operation.old.status, match.operation.new.status) == change
        for canned in request.stub.replies.values() if request.stub is not None and not is_changed else ():
            own = [
                status
                for status in canned.status
                if status.site == at and change[0] in status_numbers(status)
            ]
            if any(_literal_of(context, status) in (None, literal) for status in own):
                return False
    return True

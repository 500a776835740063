"""Requests that a public function sends for its callers: another caller gets responses to its own requests.

def retry(function, *args):       # retry(session.get, url)
    return function(*args)
"""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.value_sources import ValueSources
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.replies.failed_requests import is_after_failure
from kognitos_migrate.edits.replies.status_codes import migrate_status
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import CALLERS
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.syntax.binding_sources import BindingKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.lattice import Reply


def may_escape(context: PlanContext, match: Match, use: Use) -> bool:
    """Whether code out of sight may get a decoded reply: only after a failure, or to a request of its own."""
    return is_after_failure(context, use) or is_sent_for_caller(context, match, use)


def is_sent_for_caller(context: PlanContext, match: Match, use: Use) -> bool:
    """Whether a reply escapes to callers that supply the request: the function that sends it, the whole URL
    and all else that changes. Code out of sight gets replies to requests of its own then, and finds the
    function unchanged."""
    request = match.request
    if use.kind is not UseKind.ESCAPE or use.detail != CALLERS or request.frame != use.frame or request.bases:
        return False
    call = context.call(request.site)
    urls = request.value(Role.URL)
    if (
        call is None
        or not urls
        or not _is_argument(context, context.tree(request.site).site(call.func), use.frame)
    ):
        return False
    is_collected = all(_is_collected(context, arg, request.frame) for arg in call.args if arg.star)
    return (
        is_collected
        and all(
            operand.frame != use.frame or _is_argument(context, operand.site, operand.frame)
            for role in Role
            for operand in request.value(role)
        )
        and all(
            _leaves_function(context, sent, other, use)
            for sent in context.matches.values()
            if context.is_within(sent.request.frame, use.frame)
            for other in context.uses.get(sent.request.id, ())
        )
    )


def _is_argument(context: PlanContext, site: Site, frame: int) -> bool:
    return context.caller_argument(Operand(context.value(site, frame), site, frame)) is not None


def _is_collected(context: PlanContext, arg: cst.Arg, frame: int) -> bool:
    """Whether a starred argument is a parameter that collects arguments, and nothing else."""
    node = arg.value
    if not isinstance(node, cst.Name):
        return False
    tree = context.trees[context.read_frame(frame).path]
    sources = list(context.memoize(ValueSources).of_name(tree, node, frame))
    return len(sources) == 1 and sources[0].kind is BindingKind.COLLECTED


def _leaves_function(context: PlanContext, match: Match, other: Use, escape: Use) -> bool:
    """Whether a use needs no edit of the function through which a reply escapes."""
    if not context.is_within(other.frame, escape.frame) or other.kind in HARMLESS:
        return True
    assert isinstance(other.value, Reply)
    path = other.value.path
    if path[:1] == (View.STATUS,):
        return not migrate_status(context, match, other)
    return path[:1] in ((View.OK,), (View.FAILED,)) or (
        other.kind is UseKind.ESCAPE and other.detail == CALLERS
    )

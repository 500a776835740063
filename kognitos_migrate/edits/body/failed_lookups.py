"""Lookups of keys that a table lacks: a request that takes its owner from such a row fails before the request
that fails in the old version.

ticket = announce(owner_of(key))     # fails in the new version
begin(key, ticket)                   # failed in the old one
"""

import libcst as cst

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import places_around
from kognitos_migrate.edits.evaluation_order import stack_of
from kognitos_migrate.edits.success_checks import checks_of, tests_outcome
from kognitos_migrate.interpret.state.facts import Request, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Reply


def fails_alike(context: PlanContext, first: Request, second: Request) -> bool:
    """Whether the program does the same if the first of two requests fails, so that the second isn't sent,
    and if the second one fails: both raise an error, which reaches the same handlers or none."""
    if not all(_raises(context, request) for request in (first, second)):
        return False
    return _handlers(context, first) == _handlers(context, second)


def _raises(context: PlanContext, request: Request) -> bool:
    """Whether a failure of a request surely raises an error: by the client, by a call that checks the
    response, or by the read of a field that an error's reply lacks."""
    if tests_outcome(context, request.id):
        return False
    if context.client(request).raises or checks_of(context, request.id):
        return True
    uses = [use for use in context.uses.get(request.id, []) if isinstance(use.value, Reply)]
    reads = [use for use in uses if use.kind is UseKind.READ]
    return bool(reads) and all(
        use.kind is UseKind.READ and isinstance(context.node(use.site), cst.Subscript)
        for use in uses
        if isinstance(use.value, Reply) and use.value.path in ((), (View.JSON,))
    )


def _handlers(context: PlanContext, request: Request) -> frozenset[Site]:
    """The handlers, and the decorators that call again, which an error of a request's failure may reach."""
    places = {(request.site, request.frame)}
    places |= {(check.site, check.frame) for check in checks_of(context, request.id)}
    places |= {(use.site, use.frame) for use in context.uses.get(request.id, []) if use.kind is UseKind.READ}
    return frozenset(
        point.site
        for site, frame in places
        for number, part in stack_of(context, site, frame).items()
        for point in places_around(context, part, number)
        if point.catches is not False or isinstance(context.node(point.site), cst.Decorator)
    )

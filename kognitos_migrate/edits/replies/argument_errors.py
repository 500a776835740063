"""Errors of a call that a reply fills, `Run(**reply)`.

An error reply fills it with other arguments: the call raises an error of its own, or takes its defaults. The
rewritten call reads the fields first, and raises a KeyError."""

from collections.abc import Collection

from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.error_propagation import (
    LibraryError,
    calls_distinguishing_errors,
    catch_points,
    errors_outside_handlers,
    escapes,
    handlers_distinguishing_errors,
)
from kognitos_migrate.edits.filled_calls import request_of, takes_missing_field, takes_only_fields
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.failed_requests import is_of_success
from kognitos_migrate.interpret.narrowing import field_facts_of
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.use_details import REQUIRED, VALIDATED

_ARGUMENT_ERRORS = (TypeError, LibraryError)
"""The errors of a call with other arguments than it takes: that of Python, and that of a library's model."""


def require_same_argument_error(context: PlanContext, fills: Collection[Use]) -> None:
    """Raises RefusalError if an error reply may reach the fills of one call, and the call raises no error for
    it, or an error that the program tells from that of a missing field."""
    if all(takes_missing_field(context, context.matches[request_of(fill)], fill) for fill in fills):
        return
    fills = [fill for fill in fills if not _is_of_success(context, fill)]
    for fill in fills:
        if all(other.detail not in (REQUIRED, VALIDATED) for other in fills):
            if not takes_only_fields(context, fill):
                raise _refusal(fill, "takes its defaults then")
        if any(_distinguishes_error(context, fill, error) for error in _ARGUMENT_ERRORS):
            raise _refusal(fill, "raises an error that the code tells from that of a missing field")


def _is_of_success(context: PlanContext, fill: Use) -> bool:
    """Whether a fill is reached only with the reply of a successful request: tests of its status or of its
    fields show it, or a call that raises an error for a failure."""
    match = context.matches[request_of(fill)]
    tree = context.tree(fill.operand)
    facts = field_facts_of(context.facts, tree, tree.node(fill.operand), fill.frame)
    is_read = any(
        match.operation.old.reply_field(name) is not None and (fact.words or fact.is_present)
        for name, fact in facts.items()
    )
    return is_read or is_of_success(context, fill)


def _distinguishes_error(context: PlanContext, fill: Use, error: type[Exception]) -> bool:
    """Whether the program tells an error of a call from a KeyError, or reads it."""
    old, new = (catch_points(context, fill.site, fill.frame, kind) for kind in (error, KeyError))
    if [(stop.site, stop.catches) for stop in old] != [(stop.site, stop.catches) for stop in new]:
        return True
    if any(stop.is_read for stop in old):
        return True
    tellers = errors_outside_handlers(context)
    if any(stop.catches is None for stop in old):
        tellers.extend(handlers_distinguishing_errors(context, (error, KeyError)))
    if escapes(old):
        tellers.extend(calls_distinguishing_errors(context, error, KeyError))
    return bool(tellers)


def _refusal(use: Use, message: str) -> RefusalError:
    return RefusalError(
        use.site,
        "error-reply",
        f"an error response may fill this call, which {message}",
        "call `raise_for_status()` before the response is used",
    )

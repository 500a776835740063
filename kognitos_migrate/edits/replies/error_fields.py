"""Fields of error replies. The new version has other fields; showing their text to users is allowed."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.failed_requests import is_after_failure, may_be_after_failure
from kognitos_migrate.edits.replies.field_reads import slot_of
from kognitos_migrate.edits.replies.status_codes import SHOWN
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import FIELDS, MERGED
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Decoding, Reply, Text

_ASKING = (UseKind.FILL, UseKind.CONTAINS)
_SHOWING = (*HARMLESS, UseKind.FORMAT)
_PARTS = ((View.JSON, Decoding.ANY), (View.JSON, Decoding.NAMES))
_WHOLE = (UseKind.ITERATE, UseKind.COMPARE, UseKind.METHOD, UseKind.KEY)


def require_no_error_field(context: PlanContext, match: Match, use: Use) -> None:
    """Raises RefusalError if the program depends on a field of an error reply and doesn't only show it, or if
    it observes the absence of a field that only the new version has."""
    assert isinstance(use.value, Reply)
    path, api = use.value.path, context.api(match.operation)
    if path == (View.JSON,):
        for name in _undocumented_names(match, use):
            filled = use.kind is UseKind.FILL and name in api.errors and is_after_failure(context, use)
            if filled or (name in api.new_errors and _observes_absence(context, use)):
                raise _refusal(use, f"the code tests an error response for {name!r} here")
    elif len(path) > 1 and path[0] is View.JSON and path[1] in api.errors:
        is_new, name = path[1] in api.new_errors, str(path[1])
        is_shown = use.kind in _SHOWING or (
            use.kind is UseKind.ESCAPE and (not is_new or use.detail in SHOWN)
        )
        if not is_shown and use.kind is not UseKind.READ and slot_of(match, name) is None:
            raise _refusal(use, f"the code depends on {name!r} of an error response here")


def require_no_error_layout(context: PlanContext, use: Use) -> None:
    """Raises RefusalError if the program depends on the field names of an error reply, or on its whole
    text."""
    assert isinstance(use.value, Reply)
    path = use.value.path
    is_whole = path in ((View.JSON,), (View.TEXT,)) and use.kind in _WHOLE
    is_part = path in _PARTS and use.kind not in (*HARMLESS, UseKind.ITERATE)
    if (is_part or (is_whole and use.detail not in (MERGED, FIELDS))) and may_be_after_failure(context, use):
        raise _refusal(use, "the code depends on the fields of an error response here")


def require_no_error_merge(context: PlanContext, use: Use) -> None:
    """Raises RefusalError if an error reply is merged into a dict. It has the new version's fields, also if
    the reply is adapted."""
    is_merged = use.kind is UseKind.ITERATE and use.detail == MERGED
    if is_merged and may_be_after_failure(context, use):
        raise _refusal(use, "an error response is merged into a dict here")


def _refusal(use: Use, message: str) -> RefusalError:
    return RefusalError(
        use.site,
        "error-reply",
        f"{message}; error responses differ between the versions",
        "use the status code, and only show the response's text to users",
    )


def _undocumented_names(match: Match, use: Use) -> Iterator[str]:
    """The names in a read of a reply that aren't fields of the operation."""
    for choice in alternatives(use.other or NEVER):
        name = choice.literal if isinstance(choice, Text) else None
        if name is not None and slot_of(match, name) is None:
            yield name


def _observes_absence(context: PlanContext, use: Use) -> bool:
    """Whether a field's absence is observed: it has a default, fills a parameter, or is tested for."""
    node = context.node(use.site)
    has_default = isinstance(node, cst.Call) and len(node.args) > 1
    return use.kind in _ASKING or (use.kind is UseKind.READ and has_default)

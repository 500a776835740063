"""Headers of responses, which may differ between versions."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.status_codes import SHOWN
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Reply

_WHOLE = (UseKind.READ, UseKind.ITERATE, UseKind.TRUTH, UseKind.NONE, UseKind.IDENTITY)
"""Uses of all headers that lead to single ones, or that don't depend on any."""
_TEXTS = (UseKind.LOG, UseKind.FORMAT, UseKind.TYPED)
"""Uses that only make a text of a header."""


def require_same_headers(context: PlanContext, match: Match, use: Use) -> None:
    """Raises RefusalError if the program depends on headers that may differ and doesn't only show them."""
    assert isinstance(use.value, Reply)
    path = use.value.path
    if path[:1] != (View.HEADERS,) or use.kind in _TEXTS:
        return
    same = context.api(match.operation).same_headers
    if len(path) > 1:
        names: list[object] = [path[1]]
    elif use.kind is UseKind.CONTAINS:
        names = [getattr(choice, "literal", None) for choice in alternatives(use.other or NEVER)]
    elif use.kind in _WHOLE or (use.kind is UseKind.ESCAPE and use.detail in SHOWN):
        return
    else:
        raise _refusal(use, "all headers of the response are used here")
    for name in names:
        if not isinstance(name, str):
            raise _refusal(use, "a header of the response is read here")
        if name.lower() not in same:
            raise _refusal(use, f"the response header {name!r} is read here")


def _refusal(use: Use, message: str) -> RefusalError:
    return RefusalError(use.site, "reply-escapes", f"{message}, and may differ in the new response")

"""Uses of a whole reply that can't be rewritten, in words."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import ReplyEscapesError
from kognitos_migrate.edits.replies.public_return_notes import help_for_application
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.use_details import HOOKS


def escape_of_whole_reply(context: PlanContext, match: Match, use: Use) -> ReplyEscapesError:
    """The refusal of a use of a whole reply, which an adapter may avoid."""
    reason, message = _obstacle(use)
    return ReplyEscapesError(
        (match.request.id,), use.site, reason, message, help_for_application(context, use)
    )


def _obstacle(use: Use) -> tuple[str, str]:
    """The reason and the message."""
    if use.kind is UseKind.ITERATE:
        return "reply-walked", "the code iterates over the response's fields, or unpacks them"
    if use.kind is UseKind.METHOD and use.detail == HOOKS:
        return "number-types", "the response is decoded with hooks or number types of the program's own"
    if use.kind is UseKind.METHOD:
        name = f"`{use.detail}`" if use.detail.replace(".", "_").isidentifier() else use.detail
        return "reply-escapes", f"{name} is applied to the whole response"
    description = {
        UseKind.REQUEST: "is sent in another request",
        UseKind.ESCAPE: f"is passed to {use.detail}",
        UseKind.DECODE: "is decoded again",
    }.get(use.kind, f"is used in an unsupported way ({use.kind.value})")
    return "reply-escapes", f"the whole response {description}"

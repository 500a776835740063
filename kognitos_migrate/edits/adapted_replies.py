"""Replies that are adapted: those that escape while edits are planned."""

from collections.abc import Callable, Iterable

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import (
    RefusalError,
    ReplyEscapesError,
    ReplyObjectEscapesError,
    require_no_escapes,
)
from kognitos_migrate.structs import Struct


class AdaptedReplies(Struct, frozen=True):
    """The replies that are adapted, by request: where the body is decoded, or as a whole response object."""

    decoded: frozenset[int] = frozenset()
    whole: frozenset[int] = frozenset()

    @property
    def requests(self) -> frozenset[int]:
        """All requests with an adapted reply."""
        return self.decoded | self.whole

    def with_escaping_replies(self, escapes: ReplyEscapesError) -> "AdaptedReplies":
        """These replies and those of `escapes`."""
        decoded, whole = self.decoded, self.whole
        for error in (escapes, *escapes.others):
            if isinstance(error, ReplyObjectEscapesError):
                decoded, whole = decoded - error.requests, whole | error.requests
            else:
                decoded |= error.requests - whole
        return AdaptedReplies(decoded, whole)


def edits_of_replies(
    matches: Iterable[Match],
    adapted: AdaptedReplies,
    plan: Callable[[Match, AdaptedReplies], Iterable[PendingEdit]],
) -> list[PendingEdit]:
    """The pending edits that `plan` returns for each match.

    Raises a ReplyEscapesError for all replies that escape. After an escape, the same match is planned again
    as it would be with adapters, and the others with it."""
    edits: list[PendingEdit] = []
    escapes: list[ReplyEscapesError] = []
    waiting = [*reversed(list(matches))]
    while waiting:
        try:
            edits.extend(plan(waiting[-1], adapted))
            waiting.pop()
        except ReplyEscapesError as error:
            escapes.append(error)
            wider = adapted.with_escaping_replies(error)
            if wider == adapted:
                break
            adapted = wider
        except RefusalError:
            if not escapes:
                raise
            break
    require_no_escapes(escapes)
    return edits

"""Exceptions of planning: a conversation can't be rewritten, or its replies escape."""

from collections.abc import Callable, Iterable

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class RefusalError(Exception):
    """A conversation can't be rewritten: the site that prevents it, a stable reason, a message, and a help
    text."""

    def __init__(self, site: Site, reason: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.site = site
        self.reason = reason
        self.message = message
        self.help = help


class UnseenKeyError(RefusalError):
    """The configuration has no keys, and those of the code aren't in it: they come from `source`."""

    def __init__(self, site: Site, reason: str, message: str, help: str, source: str) -> None:
        super().__init__(site, reason, message, help)
        self.source = source


class ReplyEscapesError(RefusalError):
    """The replies of `requests` escape to code that depends on their shape. An adapter could restore it."""

    def __init__(self, requests: Iterable[int], site: Site, reason: str, message: str) -> None:
        super().__init__(site, reason, message)
        self.requests = frozenset(requests)
        self.others: tuple[ReplyEscapesError, ...] = ()
        """Escapes of other replies, found after this one."""


class ReplyObjectEscapesError(ReplyEscapesError):
    """Response objects escape before their body is decoded, so the adapter has to rebuild the response."""


class AdaptedRequests(Struct, frozen=True):
    """The requests whose replies are adapted: where the body is decoded, or as a whole response object."""

    decoded: frozenset[int] = frozenset()
    whole: frozenset[int] = frozenset()

    @property
    def requests(self) -> frozenset[int]:
        """All adapted requests."""
        return self.decoded | self.whole

    def with_escapes(self, escapes: ReplyEscapesError) -> "AdaptedRequests":
        """These requests and those of `escapes`."""
        decoded, whole = self.decoded, self.whole
        for error in (escapes, *escapes.others):
            if isinstance(error, ReplyObjectEscapesError):
                decoded, whole = decoded - error.requests, whole | error.requests
            else:
                decoded |= error.requests - whole
        return AdaptedRequests(decoded, whole)


def require_no_escapes(escapes: Iterable[ReplyEscapesError]) -> None:
    """Raises the first of `escapes`, with the others, so that all are adapted at once."""
    all_escapes = tuple(escapes)
    if all_escapes:
        all_escapes[0].others = all_escapes[1:]
        raise all_escapes[0]


def edits_of_replies(
    matches: Iterable[Match],
    adapted: AdaptedRequests,
    plan: Callable[[Match, AdaptedRequests], Iterable[PendingEdit]],
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
            wider = adapted.with_escapes(error)
            if wider == adapted:
                break
            adapted = wider
        except RefusalError:
            if not escapes:
                raise
            break
    require_no_escapes(escapes)
    return edits

"""Exceptions of planning: a conversation can't be rewritten, or its replies escape."""

from collections.abc import Iterable

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


class ReplyEscapesError(RefusalError):
    """The replies of `requests` escape to code that depends on their shape. An adapter could restore it."""

    def __init__(self, requests: Iterable[int], site: Site, reason: str, message: str) -> None:
        super().__init__(site, reason, message)
        self.requests = frozenset(requests)


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
        if isinstance(escapes, ReplyObjectEscapesError):
            return AdaptedRequests(self.decoded - escapes.requests, self.whole | escapes.requests)
        return AdaptedRequests(self.decoded | (escapes.requests - self.whole), self.whole)

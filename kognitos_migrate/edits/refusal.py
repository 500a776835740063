"""Exceptions of planning: a conversation can't be rewritten, or its replies escape."""

from collections.abc import Iterable

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class RefusalError(Exception):
    """A conversation can't be rewritten: the place that holds it back, a stable reason, what to say."""

    def __init__(self, site: Site, reason: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.site = site
        self.reason = reason
        self.message = message
        self.help = help


class ReplyEscapesError(RefusalError):
    """The replies of `requests` go where their shape matters and nothing can be edited: they could be put
    back into their old shape."""

    def __init__(self, requests: Iterable[int], site: Site, reason: str, message: str) -> None:
        super().__init__(site, reason, message)
        self.requests = frozenset(requests)


class ReplyObjectEscapesError(ReplyEscapesError):
    """The same for the reply objects themselves, which are not decoded yet."""


class AdaptedRequests(Struct, frozen=True):
    """The requests whose replies have their old shape again: where they are decoded, or as a whole."""

    decoded: frozenset[int] = frozenset()
    whole: frozenset[int] = frozenset()

    @property
    def requests(self) -> frozenset[int]:
        """All of them."""
        return self.decoded | self.whole

    def wider(self, escapes: ReplyEscapesError) -> "AdaptedRequests":
        """These, and those of `escapes`."""
        if isinstance(escapes, ReplyObjectEscapesError):
            return AdaptedRequests(self.decoded - escapes.requests, self.whole | escapes.requests)
        return AdaptedRequests(self.decoded | (escapes.requests - self.whole), self.whole)

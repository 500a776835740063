"""Exceptions of planning: a conversation can't be rewritten, or its replies escape."""

from collections.abc import Iterable

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

    def __init__(
        self, requests: Iterable[int], site: Site, reason: str, message: str, help: str | None = None
    ) -> None:
        super().__init__(site, reason, message, help)
        self.requests = frozenset(requests)
        self.others: tuple[ReplyEscapesError, ...] = ()
        """Escapes of other replies, found after this one."""


class ReplyObjectEscapesError(ReplyEscapesError):
    """Response objects escape before their body is decoded, so the adapter has to rebuild the response."""


def require_no_escapes(escapes: Iterable[ReplyEscapesError]) -> None:
    """Raises the first of `escapes`, with the others, so that all are adapted at once."""
    all_escapes = tuple(escapes)
    if all_escapes:
        all_escapes[0].others = all_escapes[1:]
        raise all_escapes[0]

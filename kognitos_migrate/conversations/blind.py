"""Requests that may be calls of the old version, as far as is known, and that nothing shows to be some."""

from collections.abc import Collection, Iterator, Sequence

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match, goes_anywhere, method_fits
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.tree import Site


class Blind(Struct, frozen=True):
    """The place of a request of which nobody knows where it goes, and what is known of it."""

    site: Site
    what: str


def blind_requests(
    program: Program, unproven: Sequence[Conversation], told: Collection[Site]
) -> Iterator[Blind]:
    """The requests whose path is like one of the old version's, to nobody knows whom, and those whose URL
    isn't known at all. None of those of which a place was `told` of otherwise."""
    alike = {match.request.id for one in unproven for match in one.matches if _is_to_anybody(match, told)}
    found: dict[Site, str] = {}
    for request in program.facts.requests:
        if request.stub is not None or request.site in told:
            continue
        if request.id in alike:
            found.setdefault(request.site, "the path is like one of the API's, and the host isn't known")
        elif goes_anywhere(program, request) and _may_be_meant(request, program):
            found.setdefault(request.site, "the URL of this request isn't known")
    return (Blind(site, what) for site, what in found.items())


def _is_to_anybody(match: Match, told: Collection[Site]) -> bool:
    return any(
        (path.url.host is None or "*" in path.url.host) and not any(site in told for site in path.url.sites())
        for path in match.paths
    )


def _may_be_meant(request: Request, program: Program) -> bool:
    return any(method_fits(request.method, one.old.method) for one in program.rules.operations)

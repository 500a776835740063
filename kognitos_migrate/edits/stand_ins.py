"""Stand-ins: servers that a program may call in place of the API, as in development or for a stage."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.signs import Matches, are_sufficient, signs_of_use
from kognitos_migrate.edits.address_choices import AddressChoices
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.rulebook.model import Role


def require_stand_ins(context: PlanContext, matches: Sequence[Match]) -> None:
    """Raises RefusalError if another server isn't shown to speak the old version of the API, or if one run of
    the program may call it beside the API."""
    local = {site for match in matches for site in match.stand_ins}
    if not local:
        return
    index = Matches.of(context, matches)
    first = next(match for match in matches if match.stand_ins)
    is_own = any(request.stub is not None and request.stub.served for request in context.facts.requests)
    if is_own or not are_sufficient(
        sign for match in matches for sign in signs_of_use(context, match, index)
    ):
        message = f"this request may also go to {stand_in_address(first)}, which may be another service"
        raise RefusalError(first.stand_ins[0], "another-service", message)
    hosts = {
        piece.lit.site
        for match in matches
        for path in match.paths
        for piece in path.url.base
        if path.known_host and piece.lit is not None and piece.lit.site is not None
    }
    choices = AddressChoices(context, frozenset(local), frozenset(hosts - local))
    for match in matches:
        operands = [*match.request.value(Role.URL), *match.request.bases] if match.stand_ins else []
        for operand in operands:
            if not choices.is_made_once((operand.site, operand.frame)):
                message = f"one run may send this request to {stand_in_address(match)} and to the API"
                raise RefusalError(match.stand_ins[0], "another-service", message)


def notes_of_stand_ins(context: PlanContext, match: Match) -> Iterator[str]:
    """The note on the servers that a request may go to in place of the API."""
    if match.stand_ins:
        address, place = stand_in_address(match), context.place(match.stand_ins[0])
        new = context.api(match.operation).new
        yield f"{address} ({place}) can replace the API; the server there must answer as {new} does"


def stand_in_address(match: Match) -> str:
    """The address of the first server that may be called in place of the API."""
    own = (path.url for path in match.paths if not path.known_host)
    return next(url.base_text for url in own if any(piece.site in match.stand_ins for piece in url.base))

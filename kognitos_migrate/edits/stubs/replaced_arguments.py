"""The arguments of a double that the new version passes as before.

    def settle(http, claim):                    submit(http, claim) sends {"inputs": claim} from now on,
        return {"total": claim["total"]}        and settle(http, claim) is still called with the claim

A function in whose place a double is called passes its arguments on. If the request's body is rebuilt behind
it, the function, and the double, get the old one.
"""

from collections.abc import Iterator

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.stub_matching import requests_sent_by
from kognitos_migrate.conversations.url import urls
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.mocking.replaced_functions import parts_from
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.lattice import Reply

_BODY = (View.JSON, View.TEXT)


class ReplacedArguments(Struct, frozen=True):
    """The parts of a stub's request that a double gets in place of a function of the program."""

    context: PlanContext
    stub: Match

    def is_unchanged(self, received: Reply, site: Site) -> bool:
        """Whether a position in the received request is the same in the new version. Raises RefusalError at
        `site` if it is in some calls of the function only."""
        if not received.path:
            return all(self._is_part_unchanged(view, site) for view in (View.ADDRESS, *_BODY))
        return received.path[0] in (View.ADDRESS, *_BODY) and self._is_part_unchanged(received.path[0], site)

    def is_body_unchanged(self, site: Site) -> bool:
        """Whether the body that the double gets is the same in the new version. Raises RefusalError as
        `is_unchanged` does."""
        return self._is_part_unchanged(View.JSON, site)

    def _is_part_unchanged(self, view: View, site: Site) -> bool:
        outcomes = {
            _are_only_keys(match, frame) if view is View.ADDRESS else self._is_rebuilt_behind(match, frame)
            for match, frame in self._sent
        }
        if len(outcomes) > 1:
            message = "the function that this replaces gets another request in some of its calls only"
            raise RefusalError(site, "stub", message, "write the expected request as a literal here")
        return outcomes == {True}

    @property
    def _sent(self) -> Iterator[tuple[Match, Frame]]:
        """The requests of the operation that the plan changes and the replaced function sends, each with the
        function's frame."""
        function = self.stub.request.stub.function if self.stub.request.stub is not None else None
        if function is not None and self.stub.operation.new.form is None:
            operation, context = self.stub.operation, self.context
            same = [match for match in context.matches.values() if match.operation.id == operation.id]
            if operation.new.members:
                same = [match for match in same if match.request.id in context.state.rebuilt]
            yield from requests_sent_by(function, context.facts, same)

    def _is_rebuilt_behind(self, match: Match, frame: Frame) -> bool:
        """Whether the body is rebuilt in the replaced function, or in one that it calls."""
        place = self.context.state.rebuilt.get(match.request.id, match.request.frame)
        return any(outer.id == frame.id for outer in self.context.facts.stack(place))


def _are_only_keys(match: Match, frame: Frame) -> bool:
    """Whether the arguments that a function puts into the URL are only values of the path's last slot."""
    path = match.layout.path
    for argument in frame.arguments.values():
        for role, base in parts_from(match.request, argument):
            if role is not Role.URL:
                continue
            words = [segment.text for url in urls(base.value) for segment in url.segments] if base else []
            front = [part.text for part in path[:-1]]
            if not (path and path[-1].slot and front and words[-len(front) :] == front):
                return False
    return True

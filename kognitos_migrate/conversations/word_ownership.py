"""The services that a word of the API in a module may mean.

A module that wires several services together contains the words of all of them:

    bridge.py       kognitos, erp = Automation(conf["automation"]["url"]), Erp(conf["erp"]["url"])
    automation.py   class Automation:  # Kognitos

The word in `bridge.py` may mean either service, the one in `automation.py` only that of its own requests.
"""

import posixpath
from collections.abc import Hashable, Iterable, Iterator, Sequence

from kognitos_migrate.conversations.match import Match, sites_of_path
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import is_addressed, origins_of_request
from kognitos_migrate.conversations.signs import is_contradicted
from kognitos_migrate.discover.repository import is_named_for
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.structs import Struct


class _Wiring(Struct, frozen=True):
    """The modules that make the requests of a service, and those of all activations on the way to them."""

    makers: frozenset[str]
    callers: frozenset[str]


class WordOwnership:
    """Which services of a program a word of the API may mean, by the modules that make their requests."""

    def __init__(self, program: ProgramFacts, services: Sequence[Sequence[Match]]) -> None:
        self._program = program
        self._services = services

    def is_meant(self, number: int) -> bool:
        """Whether the word in some module can only mean the service with this number.

        A word in a module that makes the requests of the service may mean another one whose requests are
        made there. A word elsewhere belongs to a service that has one in such a module. It may mean all
        services that the module reaches, or any if it reaches none.
        """
        service = self._services[number]
        if not any(is_addressed(self._program, match) for match in service):
            return True
        rivals = [
            self._wiring(rival)
            for place, rival in enumerate(self._services)
            if place != number and self._is_rival(rival)
        ]
        others = list(self._other_callers(service))
        if not rivals and not others:
            return True
        own = self._wiring(service)
        named = self._modules_with_word(service, [own, *rivals] if rivals else [])
        if any(all(path not in rival.makers for rival in rivals) for path in named & own.makers):
            return True
        if any(not named.isdisjoint(rival.makers) for rival in rivals):
            return False
        reached = [*others, *(rival.callers for rival in rivals)]
        if any(all(path not in callers for callers in reached) for path in named & own.callers - own.makers):
            return True
        return not rivals and not named <= own.callers

    def _is_rival(self, service: Sequence[Match]) -> bool:
        """Whether a service has an address of its own, and may be the API's."""
        return any(is_addressed(self._program, match) for match in service) and not any(
            is_contradicted(self._program, match) for match in service
        )

    def _wiring(self, service: Iterable[Match]) -> _Wiring:
        makers = {site.path for match in service for site in (match.request.site, *sites_of_path(match))}
        callers = {path for match in service for path in self._callers(match.request)}
        return _Wiring(frozenset(makers), frozenset(makers | callers))

    def _callers(self, request: Request) -> Iterator[str]:
        number: int | None = request.frame
        while number is not None:
            frame = self._program.facts.frames[number]
            yield frame.path
            number = frame.caller

    def _other_callers(self, service: Sequence[Match]) -> Iterator[frozenset[str]]:
        """The modules on the way to each request whose address starts with another unknown value."""
        requests = {match.request.id: match.request for match in service}
        own = {origin for request in requests.values() for origin in self._origins(request)}
        for request in self._program.facts.requests:
            if request.id not in requests and request.stub is None:
                origins = set(self._origins(request))
                if origins and origins.isdisjoint(own):
                    yield frozenset(self._callers(request))

    def _origins(self, request: Request) -> Iterator[Hashable]:
        return origins_of_request(self._program, request)

    def _modules_with_word(self, service: Iterable[Match], wirings: Sequence[_Wiring]) -> frozenset[str]:
        """The modules whose text or path has a word of the API. The folders above the modules of all
        `wirings` don't count."""
        words = {word.lower() for match in service for word in self._program.api(match.operation).words}
        folders = [posixpath.dirname(posixpath.abspath(path)) for wiring in wirings for path in wiring.makers]
        shared = len(posixpath.commonpath(folders)) if folders else 0
        return frozenset(
            path
            for path, tree in self._program.trees.items()
            if any(word in tree.lower_case_text for word in words)
            or (
                is_named_for(path, words)
                and any(word in posixpath.abspath(path)[shared:].lower() for word in words)
            )
        )

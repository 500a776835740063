"""The meaning of a word of the API in a module: the services that it may stand for.

A module that wires several services together contains the words of all of them:

    bridge.py       kognitos, erp = Automation(conf["automation"]["url"]), Erp(conf["erp"]["url"])
    automation.py   class Automation:  # Kognitos

The word in `bridge.py` may mean either service, the one in `automation.py` only that of its own requests.
"""

import posixpath
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.conversations.match import Match, sites_of_path
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import identifies_service, origins_of_request
from kognitos_migrate.conversations.signs import is_contradicted
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.structs import Struct


class _ServiceModules(Struct, frozen=True):
    """The modules that make the requests of a service, and those of all activations that lead to them."""

    makers: frozenset[str]
    callers: frozenset[str]


class WordMeaning:
    """Which services of a program a word of the API may mean, by the modules that make their requests."""

    def __init__(self, program: ProgramFacts, services: Sequence[Sequence[Match]]) -> None:
        self._program = program
        self._services = services
        self._modules_by_words: dict[tuple[frozenset[str], int], frozenset[str]] = {}

    def means_only_service(self, number: int) -> bool:
        """Whether the word in some module can only mean the service with this number.

        A word in a module that makes the requests of the service may mean another one whose requests are
        made there. A word elsewhere belongs to a service that has one in such a module. It may mean all
        services that the module reaches, or any if it reaches none.
        """
        service = self._services[number]
        if not any(identifies_service(self._program, match) for match in service):
            return True
        has_rivals = bool(self._rivals.keys() - {number})
        others = self._other_callers(service)
        if not has_rivals and not others:
            return True
        own = self._modules_of_service(service)
        counted = self._rivals.get(number, _ServiceModules(frozenset(), frozenset()))
        makers = self._makers_of_rivals - Counter(counted.makers)
        callers = self._callers_of_rivals - Counter(counted.callers)
        named = self._modules_with_word(service, own if has_rivals else None)
        if not (named & own.makers) <= makers.keys():
            return True
        if not named.isdisjoint(makers):
            return False
        if not (named & own.callers - own.makers) <= {*callers, *others}:
            return True
        return not has_rivals and not named <= own.callers

    @cached_property
    def _rivals(self) -> Mapping[int, _ServiceModules]:
        """The modules of the services with an address of their own that may be the API's, by number."""
        return {
            number: self._modules_of_service(service)
            for number, service in enumerate(self._services)
            if any(identifies_service(self._program, match) for match in service)
            and not any(is_contradicted(self._program, match) for match in service)
        }

    @cached_property
    def _makers_of_rivals(self) -> Counter[str]:
        """How many rivals make requests in a module."""
        return Counter(path for rival in self._rivals.values() for path in rival.makers)

    @cached_property
    def _callers_of_rivals(self) -> Counter[str]:
        """How many rivals a module reaches."""
        return Counter(path for rival in self._rivals.values() for path in rival.callers)

    @cached_property
    def _callers_by_origins(self) -> Mapping[frozenset[Hashable], Mapping[int, frozenset[str]]]:
        """The modules that lead to each request, by the unknown values at the start of its address."""
        callers: dict[frozenset[Hashable], dict[int, frozenset[str]]] = {}
        for request in self._program.facts.requests:
            origins = frozenset(origins_of_request(self._program, request))
            if request.stub is None and origins:
                callers.setdefault(origins, {})[request.id] = frozenset(self._calling_modules(request))
        return callers

    def _modules_of_service(self, service: Iterable[Match]) -> _ServiceModules:
        makers = {site.path for match in service for site in (match.request.site, *sites_of_path(match))}
        callers = {path for match in service for path in self._calling_modules(match.request)}
        return _ServiceModules(frozenset(makers), frozenset(makers | callers))

    def _calling_modules(self, request: Request) -> Iterator[str]:
        number: int | None = request.frame
        while number is not None:
            frame = self._program.facts.frames[number]
            yield frame.path
            number = frame.caller

    def _other_callers(self, service: Sequence[Match]) -> frozenset[str]:
        """The modules that lead by calls to requests whose address starts with another unknown value."""
        requests = {match.request.id: match.request for match in service}
        own = {
            origin for request in requests.values() for origin in origins_of_request(self._program, request)
        }
        paths: set[str] = set()
        for origins, callers in self._callers_by_origins.items():
            if origins.isdisjoint(own):
                paths.update(*(callers[number] for number in callers.keys() - requests.keys()))
        return frozenset(paths)

    def _modules_with_word(self, service: Iterable[Match], own: _ServiceModules | None) -> frozenset[str]:
        """The modules whose text or path has a word of the API. The folders above the modules of the service
        and its rivals don't count; without `own`, all folders do."""
        words = frozenset(
            word.lower() for match in service for word in self._program.api(match.operation).words
        )
        makers = {*self._makers_of_rivals, *own.makers} if own is not None else set()
        folders = {posixpath.dirname(posixpath.abspath(path)) for path in makers}
        shared = len(posixpath.commonpath(folders)) if folders else 0
        if (words, shared) not in self._modules_by_words:
            self._modules_by_words[words, shared] = frozenset(self._paths_with_word(words, shared))
        return self._modules_by_words[words, shared]

    def _paths_with_word(self, words: Collection[str], shared: int) -> Iterator[str]:
        for path, tree in self._program.trees.items():
            if any(word in tree.lower_case_text for word in words) or (
                path_has_word(path, words)
                and any(word in posixpath.abspath(path)[shared:].lower() for word in words)
            ):
                yield path

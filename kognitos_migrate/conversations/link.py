"""Conversations: requests that values of one reply, or pieces of one source, tie together."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.interpret.events import Facts, UseKind
from kognitos_migrate.values.base import Reply


@dataclass(frozen=True, slots=True)
class Conversation:
    """Matches that are rewritten together or not at all."""

    matches: tuple[Match, ...]

    @property
    def requests(self) -> frozenset[int]:
        """The requests' numbers."""
        return frozenset(match.request.id for match in self.matches)


def link(matches: list[Match], facts: Facts, ties: Callable[[Match], Iterable[Hashable]]) -> list[Conversation]:
    """Group the matches. `ties` gives what a match shares with others (the literals it would edit)."""
    group = {match.request.id: match.request.id for match in matches}

    def root(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    def tie(one: int, other: int) -> None:
        if one in group and other in group:
            group[max(root(one), root(other))] = min(root(one), root(other))

    shared: dict[Hashable, int] = {}
    for match in matches:
        number = match.request.id
        for thing in (match.request.site, *ties(match)):
            tie(number, shared.setdefault(thing, number))
        for given in (given for values in match.request.given.values() for given in values):
            for reply in replies_in(given.value):
                tie(number, reply.request)
        for source in match.target:
            tie(number, source)
    sites = {match.request.site: match.request.id for match in matches}
    for use in facts.uses:
        if not isinstance(use.value, Reply):
            continue
        if use.kind is UseKind.REQUEST and use.site in sites:
            tie(use.value.request, sites[use.site])
        tie(use.value.request, shared.setdefault((use.kind, use.site), use.value.request))
    groups: dict[int, list[Match]] = {}
    for match in matches:
        groups.setdefault(root(match.request.id), []).append(match)
    return [Conversation(tuple(found)) for found in groups.values()]

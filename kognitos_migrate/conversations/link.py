"""Conversations: requests that values of one reply, or pieces of one source, tie together."""

from collections.abc import Callable, Hashable, Iterable, Iterator

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.conversations.signs import Sign
from kognitos_migrate.conversations.stubs import answered
from kognitos_migrate.interpret.state.events import Facts, UseKind
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.unions import Unions
from kognitos_migrate.values.base import NONE, Decoding, Reply
from kognitos_migrate.values.join import alternatives

_LETTING_OUT = (UseKind.ESCAPE, UseKind.KEY, UseKind.METHOD)
"""Uses after which nobody knows where a value is, or what was made of it."""


class Conversation(Struct, frozen=True):
    """Matches that are rewritten together or not at all."""

    matches: tuple[Match, ...]
    signs: tuple[Sign, ...] = ()
    """The signs that show a call of the API in it; none where nothing does."""

    @property
    def requests(self) -> frozenset[int]:
        """The requests' numbers."""
        return frozenset(match.request.id for match in self.matches)


def link(
    matches: list[Match], facts: Facts, ties: Callable[[Match], Iterable[Hashable]]
) -> list[Conversation]:
    """Group the matches. `ties` gives what a match shares with others (the literals it would edit)."""
    tied = Unions(match.request.id for match in matches)

    def tie(one: int, other: int) -> None:
        if one in tied and other in tied:
            tied.join(one, other)

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
    for match, other in _fed_out_of_sight(matches, facts):
        tie(match.request.id, other.request.id)
    for stub in (match for match in matches if match.request.stub is not None):
        for match in answered(stub, matches, facts):
            tie(stub.request.id, match.request.id)
    of_request: dict[int, list[Match]] = {}
    for match in matches:
        of_request.setdefault(match.request.id, []).append(match)
    groups = ([match for number in group for match in of_request[number]] for group in tied.groups())
    return [Conversation(tuple(group)) for group in groups]


class Ends(Struct, frozen=True):
    """What ties a conversation to those of programs that are not in sight, by slot."""

    gives: frozenset[str]
    """What its replies hold and it lets out of sight: it may be stored, or shown."""
    takes: frozenset[str]
    """What its requests are given and may come from anywhere."""


def _fed_out_of_sight(matches: list[Match], facts: Facts) -> Iterator[tuple[Match, Match]]:
    """Matches that are sent a value from anywhere, each with those whose replies hold it and are let out of
    sight. Those are tied together by the first that is sent it: the next needs one of them."""
    away = _AwayReplies(facts)
    givers: dict[str, list[Match]] = {}
    for match in matches:
        for slot in _open_slots(match):
            if slot in givers:
                yield from ((match, other) for other in givers[slot][:1])
                continue
            givers[slot] = [other for other in matches if away.hold(other, slot)]
            yield from ((match, other) for other in givers[slot])


def ends_of(conversations: Iterable[Conversation], facts: Facts) -> list[Ends]:
    """The ends of each of the conversations."""
    away = _AwayReplies(facts)
    return [
        Ends(
            frozenset(
                member.slot
                for match in one.matches
                for member in match.layout.reply
                if member.slot is not None and away.hold(match, member.slot)
            ),
            frozenset(slot for match in one.matches for slot in _open_slots(match)),
        )
        for one in conversations
    ]


def _open_slots(match: Match) -> Iterator[str]:
    """The slots of a request whose value may come from anywhere: a stored id, say."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.slot is not None and segment.text is None:
                values = [hole.value for piece in segment.pieces for hole in piece.via[-1:]]
                if not all(isinstance(choice, Reply) for value in values for choice in alternatives(value)):
                    yield part.slot
    if any(given.value != NONE for given in match.request.value(Role.QUERY)) or any(
        path.url.query for path in match.paths
    ):
        yield from (member.slot for member in match.layout.query)


class _AwayReplies:
    """What the program lets out of sight of replies, by request."""

    def __init__(self, facts: Facts) -> None:
        """What `facts` say of it."""
        self._replies: dict[int, list[Reply]] = {}
        for use in facts.uses:
            if use.kind in _LETTING_OUT and isinstance(use.value, Reply):
                self._replies.setdefault(use.value.request, []).append(use.value)

    def hold(self, match: Match, slot: str) -> bool:
        """Whether a request's reply holds the slot and is let out of sight, it alone or the whole reply."""
        if match.request.stub is not None or match.layout.reply_member(slot) is None:
            return False
        names = {one.name for one in match.layout.reply if one.slot == slot}
        return any(_holds(reply, names) for reply in self._replies.get(match.request.id, ()))


def _holds(reply: Reply, names: set[str]) -> bool:
    """Whether a position is one of these fields, or a whole that has them."""
    if not reply.path or reply.path[0] is View.TEXT:
        return True
    return reply.path[0] is View.JSON and (len(reply.path) == 1 or reply.path[1] in {*names, Decoding.ANY})

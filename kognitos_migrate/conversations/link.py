"""Links requests into conversations by the reply values and source text that they share."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property

from kognitos_migrate.conversations.flow_channels import FlowChannel, FlowChannels
from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.conversations.signs import Sign, proving_signs
from kognitos_migrate.conversations.stub_matching import answered_requests
from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.interpret.state.facts import Facts, Use, UseKind
from kognitos_migrate.interpret.state.use_details import CALLERS, PRINT, WALKERS
from kognitos_migrate.rulebook.model import Encoding, Role, View
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Decoding, Hole, Reply, Unknown

ESCAPING_USES = (UseKind.ESCAPE, UseKind.KEY, UseKind.METHOD)
"""Uses after which a value, or a value computed from it, is no longer tracked."""


class Conversation(Struct, frozen=True, dict=True):
    """Matches that are rewritten together or not at all."""

    matches: tuple[Match, ...]
    signs: tuple[Sign, ...] = ()
    """The signs that prove it to be of the API. Empty if it isn't proven."""
    passages: tuple["Passage", ...] = ()
    """The flows out of sight that link its requests."""

    @property
    def requests(self) -> frozenset[int]:
        """The ids of its requests."""
        return frozenset(match.request.id for match in self.matches)

    def proving_signs(self, request: int) -> list[Sign]:
        """The signs that prove one of the requests to be a call of the API."""
        return proving_signs(self._signs_by_request.get(request, ()), self.signs)

    @cached_property
    def _signs_by_request(self) -> Mapping[int, list[Sign]]:
        signs: dict[int, list[Sign]] = {}
        for sign in self.signs:
            signs.setdefault(sign.request, []).append(sign)
        return signs


class Passage(Struct, frozen=True):
    """A flow out of sight, from one request's reply to another request."""

    source: int
    taker: int
    channel: FlowChannel


def link(
    matches: list[Match], facts: Facts, ties: Callable[[Match], Iterable[Hashable]], channels: FlowChannels
) -> list[Conversation]:
    """Group the matches into conversations.

    `ties` returns what a match shares with others (the literals that it would edit), and `channels` are the
    channels of flows out of sight. Requests sent, or replies used, at the same place are linked.
    """
    return _group_matches(matches, facts, ties, channels, _request_sites(matches, facts))


def split_conversation(
    conversation: Conversation,
    facts: Facts,
    ties: Callable[[Match], Iterable[Hashable]],
    channels: FlowChannels,
) -> list[Conversation]:
    """The conversations that remain if shared places link nothing. A wrapper's request is then a function of
    its arguments."""
    parts = _group_matches(list(conversation.matches), facts, ties, channels, ())
    return [replace(part, signs=conversation.signs) for part in parts]


def _request_sites(matches: Iterable[Match], facts: Facts) -> Iterator[tuple[Hashable, int]]:
    """The places where requests are sent and where their replies are used, with the ids of the requests."""
    for match in matches:
        yield match.request.site, match.request.id
    for use in facts.uses:
        if isinstance(use.value, Reply):
            yield (use.kind, use.site), use.value.request


def _group_matches(  # noqa: C901  a loop for each kind of tie
    matches: list[Match],
    facts: Facts,
    ties: Callable[[Match], Iterable[Hashable]],
    channels: FlowChannels,
    places: Iterable[tuple[Hashable, int]],
) -> list[Conversation]:
    tied = DisjointSets(match.request.id for match in matches)

    def tie(first: int, second: int) -> None:
        if first in tied and second in tied:
            tied.join(first, second)

    shared: dict[Hashable, int] = {}
    for match in matches:
        number = match.request.id
        for key in ties(match):
            tie(number, shared.setdefault(key, number))
        for operand in (operand for values in match.request.operands.values() for operand in values):
            for reply in replies_in(operand.value):
                tie(number, reply.request)
        for source in match.target:
            tie(number, source)
        for setting in (*match.version_sources, *match.overridden):
            tie(number, shared.setdefault(("version", setting), number))
    sent: dict[tuple[Site, int], list[int]] = {}
    for match in matches:
        sent.setdefault((match.request.site, match.request.frame), []).append(match.request.id)
    for use in facts.uses:
        if use.kind is UseKind.REQUEST and isinstance(use.value, Reply):
            for number in sent.get((use.site, use.frame), ()):
                tie(use.value.request, number)
    for place, number in places:
        if number in tied:
            tie(number, shared.setdefault(place, number))
    passages = list(_passages(matches, facts, channels))
    for passage in passages:
        tie(passage.taker, passage.source)
    for stub in (match for match in matches if match.request.stub is not None):
        for match in answered_requests(stub, matches, facts):
            tie(stub.request.id, match.request.id)
    of_request: dict[int, list[Match]] = {}
    for match in matches:
        of_request.setdefault(match.request.id, []).append(match)
    of_giver: dict[int, list[Passage]] = {}
    for passage in passages:
        of_giver.setdefault(passage.source, []).append(passage)
    return [
        Conversation(
            tuple(match for number in group for match in of_request[number]),
            passages=tuple(passage for number in group for passage in of_giver.get(number, ())),
        )
        for group in tied.groups()
    ]


class FlowEnd(Struct, frozen=True):
    """A slot whose value leaves a conversation, or enters it, through a channel."""

    slot: str
    channel: FlowChannel
    is_carried_by_callers: bool = False
    """Whether only callers out of sight can carry the value: from a result of one function to an argument of
    another one."""


class ExternalFlows(Struct, frozen=True):
    """The flows that may link a conversation to those of other programs."""

    outgoing: frozenset[FlowEnd]
    """The slots of its replies that escape, for instance into storage or to callers."""
    incoming: frozenset[FlowEnd]
    """The slots of its requests whose values may come from outside."""


def _passages(matches: list[Match], facts: Facts, channels: FlowChannels) -> Iterator[Passage]:
    """The flows from replies that escape to requests whose values may come from outside.

    Each end is linked to the first request at the other end only, which is enough to group them.
    """
    away = _EscapingReplies(matches, facts, channels)
    takers: dict[FlowEnd, list[int]] = {}
    for match in matches:
        for end in _incoming_ends(match, facts, channels):
            takers.setdefault(end, []).append(match.request.id)
    for match in matches if takers else ():
        numbers: dict[int, FlowChannel] = {}
        for end in away.ends(match):
            for number in takers.get(end, ())[:1]:
                numbers.setdefault(number, end.channel)
                yield from (
                    Passage(match.request.id, other, end.channel) for other in takers[end] if other != number
                )
                takers[end] = [number]
        yield from (Passage(match.request.id, number, channel) for number, channel in numbers.items())


def external_flows_of(
    conversations: Iterable[Conversation], facts: Facts, channels: FlowChannels
) -> list[ExternalFlows]:
    """The external flows of each conversation."""
    conversations = list(conversations)
    matches = [match for conversation in conversations for match in conversation.matches]
    away = _EscapingReplies(matches, facts, channels)
    return [
        ExternalFlows(
            frozenset(end for match in conversation.matches for end in away.ends(match)),
            frozenset(
                end for match in conversation.matches for end in _incoming_ends(match, facts, channels)
            ),
        )
        for conversation in conversations
    ]


def _incoming_ends(match: Match, facts: Facts, flow_channels: FlowChannels) -> Iterator[FlowEnd]:
    """The slots of a request whose values may come from outside, with the channels.

    A slot that a parameter fills may get its value from callers out of sight, too.
    """
    for slot, modules in _passed_slots(match, facts):
        for channel in flow_channels.of_imports(modules):
            yield FlowEnd(slot, channel, is_carried_by_callers=True)
    for slot, holes in _open_slots(match):
        frames = [hole.frame for hole in holes]
        modules = flow_channels.modules(frames) if frames else flow_channels.modules([match.request.frame])
        sources = [
            flow_channels.variable(choice.source)
            for hole in holes
            for choice in alternatives(hole.value)
            if isinstance(choice, Unknown) and choice.public
        ]
        channels = dict.fromkeys(
            (*flow_channels.of_imports(modules), *flow_channels.out_of_storage(modules, frames), *sources)
        )
        yield from (FlowEnd(slot, channel) for channel in channels)


def _passed_slots(match: Match, facts: Facts) -> Iterator[tuple[str, frozenset[str]]]:
    """The slots of a request's path that arguments of calls in sight fill, with the functions' modules."""
    for slot, holes in _filled_slots(match):
        frames = [(facts.frames[hole.frame], hole.value) for hole in holes]
        yield (
            slot,
            frozenset(
                frame.path
                for frame, value in frames
                if any(operand.value == value for operand in frame.arguments.values())
            ),
        )


def _open_slots(match: Match) -> Iterator[tuple[str, list[Hole]]]:
    """The slots of a request whose values may come from outside, such as a stored id, with their holes."""
    for slot, holes in _filled_slots(match):
        if not all(isinstance(choice, Reply) for hole in holes for choice in alternatives(hole.value)):
            yield slot, holes
    if any(operand.value != NONE for operand in match.request.value(Role.QUERY)) or any(
        path.url.query for path in match.paths
    ):
        yield from ((member.slot, []) for member in match.layout.query if member.slot is not None)


def _filled_slots(match: Match) -> Iterator[tuple[str, list[Hole]]]:
    """The slots of a request's path that aren't written out, with their holes."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.slot is not None and segment.text is None:
                yield part.slot, [hole for piece in segment.pieces for hole in piece.via[-1:]]


class _EscapingReplies:
    """The escapes of replies, by request."""

    def __init__(self, matches: Iterable[Match], facts: Facts, channels: FlowChannels) -> None:
        self._channels = channels
        self._uses: dict[int, list[Use]] = {}
        sources = {match.request.id: match.target for match in matches}
        for use in facts.uses:
            if use.kind in ESCAPING_USES and isinstance(use.value, Reply):
                is_url = use.value.path[:1] == (View.ADDRESS,)
                for number in (use.value.request, *(sources.get(use.value.request, ()) if is_url else ())):
                    self._uses.setdefault(number, []).append(use)

    def ends(self, match: Match) -> Iterator[FlowEnd]:
        """The slots of a request's reply that escape, alone, with the whole reply or with an opaque field,
        with their channels. A URL may contain the id of what it leads to."""
        uses = self._uses.get(match.request.id, ()) if match.request.stub is None else ()
        slots = dict.fromkeys(member.slot for member in match.layout.reply if member.slot is not None)
        opaque = {
            member.name for member in match.layout.reply if member.encodings.get(None) is Encoding.OPAQUE
        }
        for slot in slots if uses else ():
            names = {member.name for member in match.layout.reply if member.slot == slot}
            escapes = [
                use
                for use in uses
                if isinstance(use.value, Reply)
                and (use.value.request != match.request.id or _contains_field(use.value, names | opaque))
            ]
            for stored in (False, True):
                frames = [use.frame for use in escapes if may_be_stored(use) is stored]
                if not frames:
                    continue
                modules = self._channels.modules(frames)
                storage = self._channels.into_storage(modules, _packages(escapes)) if stored else ()
                channels = dict.fromkeys((*self._channels.of_imports(modules), *storage))
                yield from (FlowEnd(slot, channel) for channel in channels)
            returned = [use.frame for use in escapes if use.detail == CALLERS]
            for channel in self._channels.of_imports(self._channels.modules(returned)) if returned else ():
                yield FlowEnd(slot, channel, is_carried_by_callers=True)


def may_be_stored(use: Use) -> bool:
    """Whether the code that a value escapes to may store it for another program. A print or a caller out of
    sight doesn't; a platform passes results of handlers to other handlers."""
    return use.detail not in (CALLERS, WALKERS, PRINT)


def _packages(uses: Iterable[Use]) -> frozenset[str] | None:
    """The packages whose functions receive the escaping values. None if methods of unknown objects do,
    too."""
    functions = {use.function for use in uses if may_be_stored(use)}
    return frozenset(name.partition(".")[0] for name in functions) if all(functions) else None


def _contains_field(reply: Reply, names: set[str]) -> bool:
    """Whether a reply position is one of these fields, or contains them."""
    if not reply.path or reply.path[0] is View.TEXT:
        return True
    return reply.path[0] is View.JSON and (len(reply.path) == 1 or reply.path[1] in {*names, Decoding.ANY})

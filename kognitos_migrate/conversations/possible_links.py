"""The conversations that an unresolved request may take part in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kognitos_migrate.conversations.flow_channels import FlowChannel, FlowChannels
from kognitos_migrate.conversations.link import (
    ESCAPING_USES,
    Conversation,
    ExternalFlows,
    FlowEnd,
    external_flows_of,
    may_be_stored,
)
from kognitos_migrate.conversations.match import replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import reaching_tests
from kognitos_migrate.conversations.unresolved_requests import DynamicSend
from kognitos_migrate.interpret.state.facts import Request, Use
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Lit, Reply, Text, Unknown, parts_of

_NO_ENDS = ExternalFlows(frozenset(), frozenset())


class UnresolvedSend(Struct, frozen=True):
    """A place that may send a request and can't be resolved, with its possible links to conversations."""

    send: DynamicSend
    ends: ExternalFlows
    """The flows between it and conversations."""
    replies: frozenset[int]
    """The ids of requests whose reply values flow to it."""
    texts: frozenset[Site]
    """The literals that flow to it."""
    requests: frozenset[int] = frozenset()
    """The ids of the requests that are sent there."""


class PossibleLink(Struct, frozen=True):
    """An unresolved request that may take part in a conversation."""

    send: DynamicSend
    channel: FlowChannel | None
    """The channel of a value between the two. None if something else links them."""


def unresolved_sends(
    sends: Iterable[DynamicSend], program: ProgramFacts, channels: FlowChannels
) -> list[UnresolvedSend]:
    """The sends with their possible links to conversations.

    A possible call has the flow ends of the operation that it fits. Any other place may receive and return
    any slot. A place in a test has no flows.
    """
    sends = list(sends)
    sites = {send.site for send in sends}
    uses: defaultdict[Site, list[Use]] = defaultdict(list)
    for use in program.facts.uses if sites else ():
        if use.site in sites:
            uses[use.site].append(use)
    requests: defaultdict[Site, list[Request]] = defaultdict(list)
    for request in program.facts.requests:
        requests[request.site].append(request)
    for send in sends:
        if send.match is not None and not requests[send.site]:  # the call of a helper that others share
            requests[send.site] = [send.match.request]
    return [
        UnresolvedSend(
            send,
            _external_flows(send, requests[send.site], uses[send.site], program, channels),
            frozenset(_reply_ids(requests[send.site], uses[send.site])),
            frozenset(_literals_flowing_to(requests[send.site], uses[send.site], program)),
            frozenset(request.id for request in requests[send.site]),
        )
        for send in sends
    ]


def first_link_to(
    unresolved: Iterable[UnresolvedSend],
    conversation: Conversation,
    ends: ExternalFlows,
    program: ProgramFacts,
) -> PossibleLink | None:
    """The first unresolved send that may take part in a conversation with these `ends`.

    It receives a value of a reply or gives one, shares the literal with the old version, is in a test that
    reaches the conversation, or is linked by a channel. Or nothing runs it, and it is in a module that takes
    part in the conversation. None if there is no such send.
    """
    tests = reaching_tests((match.request.frame for match in conversation.matches), program)
    versions = frozenset(_version_literals(conversation))
    received = frozenset(_reply_ids([match.request for match in conversation.matches], ()))
    stacks = (frame for match in conversation.matches for frame in program.facts.stack(match.request.frame))
    modules = {frame.path for frame in stacks}
    for other in unresolved:
        if other.send.is_unreached:
            if other.send.site.path in modules:
                return PossibleLink(other.send, None)
            continue
        is_tied = other.replies & conversation.requests or other.requests & received or other.texts & versions
        if is_tied or other.send.site.path in tests:
            return PossibleLink(other.send, None)
        meetings = (ends.outgoing & other.ends.incoming) | (ends.incoming & other.ends.outgoing)
        if meetings:
            first = min(meetings, key=lambda end: (end.channel.kind.value, end.channel.name))
            return PossibleLink(other.send, first.channel)
    return None


def _external_flows(
    send: DynamicSend,
    requests: Sequence[Request],
    uses: Sequence[Use],
    program: ProgramFacts,
    channels: FlowChannels,
) -> ExternalFlows:
    if send.site.path in program.facts.tests:
        return _NO_ENDS
    if send.match is not None and send.match.paths:
        (ends,) = external_flows_of([Conversation((send.match,))], program.facts, channels)
        return ends
    frames = [*(request.frame for request in requests), *(use.frame for use in uses)]
    modules = channels.modules(frames) | {send.site.path}
    imports, slots = channels.of_imports(modules), _slots(program.rules)
    outgoing = set(imports) if _has_escaping_reply(requests, program) else set()
    if outgoing and (requests or not uses or any(map(may_be_stored, uses))):
        outgoing.update(channels.into_storage(modules))
    variables = {channels.variable(source) for source in _setting_names(requests, uses, program)}
    incoming = {*imports, *channels.out_of_storage(modules, frames), *variables}
    return ExternalFlows(
        frozenset(FlowEnd(slot, channel) for slot in slots for channel in outgoing),
        frozenset(FlowEnd(slot, channel) for slot in slots for channel in incoming),
    )


def _setting_names(requests: Sequence[Request], uses: Sequence[Use], program: ProgramFacts) -> Iterator[str]:
    """The settings in the texts at a place."""
    urls = (url for request in requests for url in program.url_readings(request))
    pieces = (piece for url in urls for piece in url.pieces())
    texts = (use.value for use in uses if isinstance(use.value, Text))
    holes = [
        *(piece.via[-1] for piece in pieces if piece.lit is None),
        *(part for text in texts for part in parts_of(text) if isinstance(part, Hole)),
    ]
    for hole in holes:
        for choice in alternatives(hole.value):
            if isinstance(choice, Unknown) and choice.public:
                yield choice.source


def _has_escaping_reply(requests: Sequence[Request], program: ProgramFacts) -> bool:
    """Whether a value of a reply escapes. True if no request is seen at the place."""
    return not requests or any(
        use.kind in ESCAPING_USES for request in requests for use in program.uses.get(request.id, ())
    )


def _slots(rules: Rulebook) -> frozenset[str]:
    """The slots of replies that other requests have in their path or query."""
    layouts = [operation.old for operation in rules.operations]
    sent = {part.slot for layout in layouts for part in layout.path}
    sent.update(member.slot for layout in layouts for member in layout.query)
    replied = {member.slot for layout in layouts for member in layout.reply}
    return frozenset(slot for slot in sent & replied if slot is not None)


def _reply_ids(requests: Sequence[Request], uses: Sequence[Use]) -> Iterator[int]:
    """The ids of requests whose reply values flow to a place, or into a request sent there."""
    yield from (use.value.request for use in uses if isinstance(use.value, Reply))
    operands = (operand for request in requests for values in request.operands.values() for operand in values)
    yield from (reply.request for operand in operands for reply in replies_in(operand.value))


def _literals_flowing_to(
    requests: Sequence[Request], uses: Sequence[Use], program: ProgramFacts
) -> Iterator[Site]:
    """The literals of texts that flow to a place, and of the URLs of requests sent there."""
    texts = (use.value for use in uses if isinstance(use.value, Text))
    parts = (part for text in texts for part in text.parts if isinstance(part, Lit))
    yield from (part.site for part in parts if part.site is not None)
    for request in requests:
        for url in program.url_readings(request):
            yield from url.sites()


def _version_literals(conversation: Conversation) -> Iterator[Site]:
    """The literals that contain the old version in the URLs of a conversation."""
    for match in conversation.matches:
        for piece in (piece for path in match.paths for piece in path.url.pieces()):
            version = match.operation.old.path[0].text
            if piece.lit is not None and piece.site is not None and version in piece.lit.text.split("/"):
                yield piece.site

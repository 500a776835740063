"""Requests to the API, and hand-overs of its address, that can't be followed: what is sent there isn't
known."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.conversations.evidence import Appraisal, Certainty
from kognitos_migrate.conversations.handed import HandOver, handed_addresses, handed_paths
from kognitos_migrate.conversations.leftovers import names_old
from kognitos_migrate.conversations.link import Conversation, Ends
from kognitos_migrate.conversations.match import Match, may_fit, replies_in
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.signs import Sign
from kognitos_migrate.conversations.stubs import fields_of, outermost, tests_of
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Role, Rulebook
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Lit, Reply, Text


class Dynamic(Struct, frozen=True):
    """A place where something is sent to the API, nobody can say what."""

    site: Site
    what: str
    signs: tuple[Sign, ...] = ()
    """What speaks for a call of the API."""


def may_belong(one: Dynamic, conversation: Conversation, program: Program, ends: Ends) -> bool:
    """Whether a place that could not be followed may take part in a conversation: it is sent a value of one
    of its replies, shares the text with the old version in it, stands in a test that reaches the
    conversation, or in one of its modules where values go in and out of sight (by its `ends`)."""
    if any(match.request.site.path == one.site.path for match in conversation.matches) and is_open(
        ends, program.rules
    ):
        return True
    facts = program.facts
    if one.site.path in tests_of((match.request.frame for match in conversation.matches), facts):
        return True
    uses = [use for use in facts.uses if use.site == one.site]
    if any(isinstance(use.value, Reply) and use.value.request in conversation.requests for use in uses):
        return True
    if _is_sent_reply(one, conversation, program):
        return True
    texts = [use.value for use in uses if isinstance(use.value, Text)]
    sent = [request for request in facts.requests if request.site == one.site]
    built = [url for request in sent for url in program.readings(request)]
    shared = {part.site for text in texts for part in text.parts if isinstance(part, Lit)}
    shared |= {piece.site for url in built for piece in url.pieces() if piece.lit is not None}
    return any(
        piece.lit is not None
        and piece.site in shared
        and match.operation.old.path[0].text in piece.lit.text.split("/")
        for match in conversation.matches
        for path in match.paths
        for piece in path.url.pieces()
    )


def is_open(ends: Ends, rules: Rulebook) -> bool:
    """Whether a value that requests are sent goes out of sight, or comes from there."""
    layouts = [operation.old for operation in rules.operations]
    sent = {part.slot for layout in layouts for part in layout.path}
    sent.update(member.slot for layout in layouts for member in layout.query)
    return bool(ends.takes) or any(end.slot in sent for end in ends.gives)


def _is_sent_reply(one: Dynamic, conversation: Conversation, program: Program) -> bool:
    """Whether a request is sent a value of a reply of the conversation."""
    sent = [request for request in program.facts.requests if request.site == one.site]
    given = (given for request in sent for values in request.given.values() for given in values)
    return any(reply.request in conversation.requests for one in given for reply in replies_in(one.value))


def dynamic_sends(
    program: Program, understood: Sequence[Match], suspects: Sequence[Appraisal]
) -> list[Dynamic]:
    """The places, by request and by hand-over, in modules that name the old version (or build paths at
    run time), and those of the `suspects`. The requests that are `understood` are none."""
    rules, matched = program.rules, {match.request.id for match in understood}
    rest = [request for request in program.facts.requests if request.id not in matched]
    addresses = (
        one
        for one in handed_addresses(program)
        if one.signs or names_old(program.trees[one.site.path], rules)
    )
    handed = map(_of_hand_over, (*addresses, *handed_paths(program)))
    suspected = map(_of_suspect, suspects)
    found: dict[Site, Dynamic] = {}
    for one in (*_requests(program, rest, understood), *handed, *suspected):
        found.setdefault(one.site, one)
    return list(found.values())


def _requests(program: Program, rest: Sequence[Request], understood: Sequence[Match]) -> Iterator[Dynamic]:
    for request in rest:
        if request.stub is not None and _replies_as_before(request, program, understood):
            yield Dynamic(request.site, "a stub that replies as the old version does, its URL isn't known")
            continue
        if request.stub is None and may_fit(request, program):
            yield Dynamic(request.site, "a request to the API that may go to several paths")
            continue
        readings = program.readings(request)
        if any(_names_api(url, program) and _is_open(url, program.rules) for url in readings):
            yield Dynamic(request.site, "a request to the API whose path isn't known")


def _of_hand_over(one: HandOver) -> Dynamic:
    return Dynamic(one.site, "; ".join((one.text, *(sign.text for sign in one.signs))), one.signs)


def _of_suspect(suspect: Appraisal) -> Dynamic:
    site = suspect.match.request.site
    if suspect.certainty is Certainty.PROVEN:
        what = "a request to the API whose URL begins with what is set elsewhere"
        return Dynamic(site, what, suspect.signs)
    texts = dict.fromkeys(sign.text for sign in suspect.signs if sign.request == suspect.match.request.id)
    call = suspect.match.layout.call
    sent = f"a request like {call}" if suspect.match.paths else "a request"
    what = f"{sent} goes to a host that isn't known, and {'; '.join(texts)}"
    return Dynamic(site, what, suspect.signs)


def _replies_as_before(request: Request, program: Program, understood: Sequence[Match]) -> bool:
    """Whether a stub whose URL fits no operation may be the API's all the same: its test reaches the API, it
    replies the fields of an old reply, and its URL says nothing else."""
    assert request.stub is not None
    facts, rules = program.facts, program.rules
    fields = {member.name for operation in rules.operations for member in operation.old.reply}
    said = {name for canned in request.stub.replies.values() for name in fields_of(facts, canned)}
    test = outermost(facts, request.frame)
    return (
        bool(fields & said)
        and bool(request.value(Role.URL))
        and any(outermost(facts, match.request.frame) == test for match in understood)
        and not any(
            _is_new(url, rules) or (url.host is not None and not _names_api(url, program))
            for url in program.readings(request)
        )
    )


def _is_new(url: Url, rules: Rulebook) -> bool:
    first = url.segments[0].text if url.segments else None
    return any(first == api.new for api in rules.apis.values())


def _names_api(url: Url, program: Program) -> bool:
    host = (url.host or "").rstrip("*")
    return any(host in program.settings.hosts_of(api) for api in program.rules.apis.values())


def _is_open(url: Url, rules: Rulebook) -> bool:
    """Whether the part of the path that says what is called isn't known."""
    first = url.segments[0].text if url.segments else ""
    if first is not None and any(first == api.new for api in rules.apis.values()):
        return False
    return url.base[-1].text is None or any(segment.text is None for segment in url.segments[:2])

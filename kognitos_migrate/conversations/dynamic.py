"""Requests to the API, and hand-overs of its address, that can't be followed: what is sent there isn't
known."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.conversations.evidence import Appraisal, Certainty
from kognitos_migrate.conversations.handed import HandOver, handed_addresses, handed_paths
from kognitos_migrate.conversations.leftovers import names_old
from kognitos_migrate.conversations.match import Match, may_fit
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.signs import Sign
from kognitos_migrate.conversations.stubs import fields_of, outermost
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.conversations.wrappers import wrapped_calls
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Role, Rulebook
from kognitos_migrate.syntax.tree import Site


class Dynamic(Struct, frozen=True):
    """A place where something is sent to the API, nobody can say what."""

    site: Site
    what: str
    signs: tuple[Sign, ...] = ()
    """What speaks for a call of the API."""
    match: Match | None = None
    """The operation that a possible call fits."""


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
    requests = (*understood, *(suspect.match for suspect in suspects))
    wrapped = wrapped_calls(program, {match.request.site.path for match in requests})
    handed = map(_of_hand_over, (*addresses, *handed_paths(program), *wrapped))
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
        return Dynamic(site, what, suspect.signs, suspect.match)
    texts = dict.fromkeys(sign.text for sign in suspect.signs if sign.request == suspect.match.request.id)
    call = suspect.match.layout.call
    sent = f"a request like {call}" if suspect.match.paths else "a request"
    what = f"{sent} goes to a host that isn't known, and {'; '.join(texts)}"
    return Dynamic(site, what, suspect.signs, suspect.match)


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

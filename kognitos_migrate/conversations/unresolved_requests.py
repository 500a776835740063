"""Requests and calls that may reach the API and can't be resolved to an operation.

started = automation.begin(os.environ["PROCESS"])   # a library sends the request
run = automation.follow(started["old_id"])
if run["old_state"] == "old word":                  # fields and words of the old version only
    print(run["old_result"])
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.address_escapes import (
    AddressEscape,
    escaped_addresses,
    escaped_named_paths,
    escaped_paths,
    module_signs,
)
from kognitos_migrate.conversations.evidence import Appraisal, Certainty
from kognitos_migrate.conversations.forwarded_paths import is_forwarding
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match, has_unknown_url, may_call_old_version, method_fits
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.signs import Sign
from kognitos_migrate.conversations.stub_matching import canned_field_names, outermost_frame
from kognitos_migrate.conversations.supplied_bases import sources_of
from kognitos_migrate.conversations.unexplained_texts import names_old_version
from kognitos_migrate.conversations.unreached_code import UnreachedCode
from kognitos_migrate.conversations.untraced_requests import (
    untraced_requests,
)
from kognitos_migrate.conversations.unversioned_requests import new_calls_without_version
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.interpret.state.facts import Request, UseKind
from kognitos_migrate.rulebook.model import Api, Operation, Role, Rulebook, Signature
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Symbol, Text, Unknown

_LOOKS = (UseKind.COMPARE, UseKind.MATCH)


def wrapped_sending_calls(program: ProgramFacts, explained: Collection[str]) -> Iterator[AddressEscape]:
    """The modules in which a library may call two operations of the old version.

    A module qualifies if it reads fields of both operations' old replies, from different unknown values. The
    first operation's reply must contain a slot that the second one's path needs, and the module must compare
    with a word of the second one's reply. It calls a library, and is not in `explained`.
    """
    callers = {path for path, outside in program.facts.outside.items() if outside.libraries}
    for path in sorted(callers.intersection(program.trees) - {*explained} - program.facts.tests):
        for giver, taker in _linked_operation_pairs(program):
            signs = [
                sign for operation in (giver, taker) for sign in module_signs(program, path, (operation,))
            ]
            is_whole = {sign.operation for sign in signs} == {giver.id, taker.id}
            if (
                is_whole
                and _compares_word(program, path, taker)
                and _have_different_owners(program.trees[path], signs)
            ):
                call = f"{giver.old.call} and {taker.old.call}"
                yield AddressEscape(signs[0].site, f"a library may call {call} here", tuple(signs))
                break


def named_library_sending_calls(program: ProgramFacts, explained: Collection[str]) -> Iterator[AddressEscape]:
    """The modules that may call the old version through a library named for the API. They read, from a value
    of that library, a field that one old call returns and another one takes. Modules whose requests are
    `explained` are left out."""
    callers = {path for path, outside in program.facts.outside.items() if outside.libraries}
    for path in sorted(callers.intersection(program.trees) - {*explained} - program.facts.tests):
        for giver in {giver.id: giver for giver, _ in _linked_operation_pairs(program)}.values():
            words = [word.lower() for word in program.api(giver).words]
            for sign in module_signs(program, path, (giver,)):
                names = [name.lower() for name in _library_names(program, sign.site)]
                if any(word in name for word in words for name in names):
                    text = f"a library with the API's name may call {giver.old.call} here"
                    yield AddressEscape(sign.site, text, (sign,))


def _library_names(program: ProgramFacts, site: Site) -> Iterator[str]:
    """The names of the libraries that give the values which a field is read through."""
    tree = program.trees[site.path]
    node: cst.CSTNode = tree.node(site)
    while True:
        for value in program.values_at(tree.site(node)):
            for choice in alternatives(value):
                if isinstance(choice, Unknown):
                    yield choice.source
                elif isinstance(choice, Symbol):
                    yield choice.name
        if isinstance(node, cst.Call):
            node = node.func
        elif isinstance(node, cst.Attribute | cst.Subscript | cst.NamedExpr):
            node = node.value
        elif isinstance(node, cst.Await):
            node = node.expression
        else:
            return


def _linked_operation_pairs(program: ProgramFacts) -> Iterator[tuple[Operation, Operation]]:
    """The pairs of operations whose first one's reply gives a slot of the second one's path, by the
    signatures."""
    operations = {operation.id: operation for operation in program.rules.operations}
    for api in program.rules.apis.values():
        for signature in api.signatures:
            if signature.sends is not None and _sends_path_slot(operations[signature.operation], signature):
                yield operations[signature.sends.operation], operations[signature.operation]


def _sends_path_slot(operation: Operation, signature: Signature) -> bool:
    return signature.sends is not None and any(
        part.slot == signature.sends.slot for part in operation.old.path
    )


def _compares_word(program: ProgramFacts, path: str, operation: Operation) -> bool:
    """Whether a module compares a value with a word of an operation's old reply. True if the reply has no
    words."""
    names = {member.vocabulary for member in operation.old.reply if member.vocabulary is not None}
    words = {word for name in names for word in program.settings.vocabularies.get(name, ())}
    looks = (use for use in program.facts.uses if use.kind in _LOOKS and use.site.path == path)
    literals = {
        choice.literal for use in looks for choice in alternatives(use.value) if isinstance(choice, Text)
    }
    return not names or not words.isdisjoint(filter(None, literals))


def _have_different_owners(tree: Tree, signs: Sequence[Sign]) -> bool:
    """Whether the two operations' fields are read from differently written expressions."""
    subjects: dict[str, set[str]] = {}
    for sign in signs:
        subjects.setdefault(sign.operation, set()).add(_owner_source(tree, sign.site))
    return len(set.union(*subjects.values())) == sum(map(len, subjects.values()))


def _owner_source(tree: Tree, site: Site) -> str:
    """The source of the expression that a field is read from."""
    node = tree.node(site)
    while isinstance(node, cst.Call):
        node = node.func
    owner = node.value if isinstance(node, cst.Subscript | cst.Attribute) else node
    return tree.module.code_for_node(owner)


class DynamicSend(Struct, frozen=True):
    """A place that sends an unresolved request to the API."""

    site: Site
    description: str
    signs: tuple[Sign, ...] = ()
    """The evidence for a call of the API."""
    match: Match | None = None
    """The operation that a possible call fits."""
    help: str | None = None
    """The change that would let the request be followed."""
    is_unreached: bool = False
    """Whether no call in sight runs the place."""


def dynamic_sends(
    program: ProgramFacts,
    understood: Sequence[Match],
    suspects: Sequence[Appraisal],
    undocumented: Mapping[int, Api],
) -> list[DynamicSend]:
    """The unresolved requests, the calls that an address or path escapes to, and the `suspects`.

    Hand-overs of addresses count in modules that name the old version or read what only it replies. Requests
    that are `understood` are left out. `undocumented` has the API of each request, by id, that reaches its
    old version and is none of its calls.
    """
    rules, matched = program.rules, {match.request.id for match in understood}
    rest = [request for request in program.facts.requests if request.id not in matched]
    requests = (*understood, *(suspect.match for suspect in suspects))
    addresses = (
        escape
        for escape in escaped_addresses(program, sources_of(requests))
        if escape.signs or names_old_version(program.trees[escape.site.path], rules)
    )
    wrapped = wrapped_sending_calls(program, {match.request.site.path for match in requests})
    library_calls = named_library_sending_calls(program, {match.request.site.path for match in requests})
    escape_sends = map(_send_of_escape, (*addresses, *escaped_paths(program), *wrapped, *library_calls))
    shared = {site for match in understood for site in _sending_calls(program, match)} if suspects else set()
    suspect_sends = (
        _send_of_suspect(program, suspect, _unshared_call(program, suspect.match, shared))
        for suspect in suspects
    )
    unreached = (
        DynamicSend(site, f"'{name}' in code that no call in sight runs", help=_RUN, is_unreached=True)
        for site, name in UnreachedCode(
            program, tuple(match for match in requests if match.layout != match.operation.new)
        ).old_name_sites()
    )
    sends_by_site: dict[Site, DynamicSend] = {}
    unresolved = _unresolved_sends(program, rest, understood, undocumented)
    for send in (*unresolved, *escape_sends, *suspect_sends, *unreached):
        sends_by_site.setdefault(send.site, send)
    return list(sends_by_site.values())


def _unresolved_sends(
    program: ProgramFacts,
    rest: Sequence[Request],
    understood: Sequence[Match],
    undocumented: Mapping[int, Api],
) -> Iterator[DynamicSend]:
    """The unresolved requests among `rest`."""
    for request in rest:
        if request.stub is not None and _may_stub_api(request, program, understood):
            yield DynamicSend(request.site, "a stub with a v1 response, at a URL that can't be determined")
            continue
        if request.stub is None and may_call_old_version(request, program):
            yield DynamicSend(request.site, "a request to the API with several possible paths")
            continue
        if new_calls_without_version(program, [request]):
            continue
        readings = program.url_readings(request)
        unclear = [
            url
            for url in readings
            if program.has_api_host(url) and _has_unknown_operation(url, program.rules)
        ]
        if unclear and is_forwarding(program, request, unclear, understood):
            continue
        if unclear:
            if any(_has_many_values(piece) for url in readings for piece in url.pieces()):
                what = "a request to the API whose URL may have too many values"
                yield DynamicSend(request.site, what, help=_PASS_DIRECTLY)
            else:
                yield DynamicSend(request.site, "a request to the API with an unknown path")
            continue
        if (api := undocumented.get(request.id)) is not None:
            what = f"a request to {api.old} of the API that matches none of its documented calls"
            yield DynamicSend(request.site, what)
            continue
        for untraced in untraced_requests(program, request):
            what = f"a request to a URL that can't be determined, whose {untraced.sign.text}"
            yield DynamicSend(untraced.site, what, (untraced.sign,), help=_help_with_place(program, request))


def _help_with_place(program: ProgramFacts, request: Request) -> str:
    """Advice that names the place of a request."""
    sent_at = f"it is sent at {program.place(request.site)}"
    return f"{sent_at}; write its URL so that the path can be read, then run the tool again"


_RUN = "call it with arguments that lead there, for instance in a test, or remove it; then run the tool again"
_PASS_DIRECTLY = (
    "the values of many places meet in one object before they reach this URL, such as in a queue; pass this "
    "value in an argument, then run the tool again"
)


def _has_many_values(piece: UrlPiece) -> bool:
    """Whether a part of a URL had more values than the interpreter tracks, so that they were joined to an
    unknown one."""
    values = (choice for hole in piece.via for choice in alternatives(hole.value))
    return any(isinstance(value, Unknown) and value.many for value in values)


def _send_of_escape(escape: AddressEscape) -> DynamicSend:
    return DynamicSend(
        escape.site, "; ".join((escape.text, *(sign.text for sign in escape.signs))), escape.signs
    )


def _sending_calls(program: ProgramFacts, match: Match) -> Iterator[Site]:
    """The calls that send a request, from the inside out."""
    yield match.request.site
    for frame in program.facts.stack(match.request.frame):
        if frame.call is not None:
            yield frame.call


def _unshared_call(program: ProgramFacts, match: Match, shared: Collection[Site]) -> Site:
    """The innermost call that sends a request and is none of the `shared` ones."""
    return next((site for site in _sending_calls(program, match) if site not in shared), match.request.site)


def _send_of_suspect(program: ProgramFacts, suspect: Appraisal, site: Site) -> DynamicSend:
    """A possible call, which is reported at `site`."""
    if suspect.certainty is Certainty.PROVEN:
        what = "a request to the API with a base URL that is set elsewhere"
        return DynamicSend(
            site, what, suspect.signs, suspect.match, _help_to_move_version(program, suspect.match)
        )
    texts = dict.fromkeys(sign.text for sign in suspect.signs if sign.request == suspect.match.request.id)
    call = suspect.match.layout.call
    sent = f"a request like {call}" if suspect.match.paths else "a request"
    what = f"{sent} is sent to an unknown host, and {'; '.join(texts)}"
    return DynamicSend(site, what, suspect.signs, suspect.match)


def _help_to_move_version(program: ProgramFacts, match: Match) -> str | None:
    """The advice to write the version in the code, if the setting with the base URL may contain it."""
    version = program.api(match.operation).old
    word = next((part.text for part in match.layout.path if part.text not in (None, version)), None)
    if word is None:
        return None
    base = match.overridden[0] if match.overridden else "the base URL"
    where = f"in front of /{word}; then run the tool again"
    return f"if {base} ends with /{version}, move /{version} into the code, {where}"


def _may_stub_api(request: Request, program: ProgramFacts, understood: Sequence[Match]) -> bool:
    """Whether a stub with an unmatched URL may be of the API.

    Its test reaches the API, it replies with fields of an old reply, and its URL names neither the new
    version nor another host.
    """
    assert request.stub is not None
    facts, rules = program.facts, program.rules
    fields = {member.name for operation in rules.operations for member in operation.old.reply}
    stub_fields = {
        name for canned in request.stub.replies.values() for name in canned_field_names(facts, canned)
    }
    test = outermost_frame(facts, request.frame)
    return (
        bool(fields & stub_fields)
        and bool(request.value(Role.URL))
        and any(outermost_frame(facts, match.request.frame) == test for match in understood)
        and not any(
            _has_new_version(url, rules) or (url.host is not None and not program.has_api_host(url))
            for url in program.url_readings(request)
        )
    )


def _has_new_version(url: Url, rules: Rulebook) -> bool:
    first = url.segments[0].text if url.segments else None
    return any(first == api.new for api in rules.apis.values())


def _has_unknown_operation(url: Url, rules: Rulebook) -> bool:
    """Whether the segments of the path that identify the operation are unknown."""
    first = url.segments[0].text if url.segments else ""
    if first is not None and any(first == api.new for api in rules.apis.values()):
        return False
    return url.base[-1].text is None or any(segment.text is None for segment in url.segments[:2])


class UnresolvedRequest(Struct, frozen=True):
    """The place of an unresolved request, with a description."""

    site: Site
    description: str


def unresolved_requests(
    program: ProgramFacts, unproven: Sequence[Conversation], explained_sites: Collection[Site]
) -> Iterator[UnresolvedRequest]:
    """The requests with a path like the old version's and an unknown host, and those with an unknown URL.

    A request is left out if a finding or another entry covers one of its sites (`explained_sites`).
    """
    alike = {
        match.request.id
        for conversation in unproven
        for match in conversation.matches
        if _has_unknown_host(match, explained_sites)
    }
    messages: dict[Site, str] = {}
    for request in program.facts.requests:
        if request.stub is not None or request.site in explained_sites:
            continue
        if request.id in alike:
            messages.setdefault(request.site, "the path looks like one of the API's, and the host is unknown")
        elif has_unknown_url(program, request) and _has_api_method(request, program):
            messages.setdefault(request.site, "the URL of this request is unknown")
    for escape in escaped_named_paths(program):
        if escape.site not in explained_sites:
            messages.setdefault(escape.site, escape.text)
    return (UnresolvedRequest(site, what) for site, what in messages.items())


def _has_unknown_host(match: Match, explained_sites: Collection[Site]) -> bool:
    return any(
        (path.url.host is None or "*" in path.url.host)
        and not any(site in explained_sites for site in path.url.sites())
        for path in match.paths
    )


def _has_api_method(request: Request, program: ProgramFacts) -> bool:
    return any(method_fits(request.method, operation.old.method) for operation in program.rules.operations)

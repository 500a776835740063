"""Evidence that a request with a matching path is an API call, judged service by service."""

import re
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from enum import Enum

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match, add_matches_by_target, method_fits
from kognitos_migrate.conversations.path_fit import LaidOutOperation
from kognitos_migrate.conversations.path_settings import matches_of_path_settings
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import (
    group_by_service,
    has_fixed_address,
    has_prefix,
    is_api_unaddressed,
    needs_own_signs,
    origins_of_base,
    without_other_services,
)
from kognitos_migrate.conversations.signs import (
    Aspect,
    Matches,
    Sign,
    are_sufficient,
    gets_id_elsewhere,
    is_contradicted,
    reads_field_unknown_to_old,
    signs_of,
)
from kognitos_migrate.conversations.unversioned_requests import (
    assume_old_version,
    has_unknown_base,
    unversioned_matches,
)
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.conversations.word_meaning import WordMeaning
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Operation, Role, Rulebook, SignStrength
from kognitos_migrate.structs import Struct, replace


def unaddressed_matches(program: ProgramFacts, matched_ids: Collection[int]) -> Iterator[Match]:
    """Requests whose URL contains only words of a path, as a match of each operation that fits.

    Requests whose id is in `matched_ids` are left out.
    """
    for request in program.facts.requests:
        if request.id in matched_ids or request.stub is not None or not request.value(Role.URL):
            continue
        for operation in program.rules.operations:
            if _may_be_addressed(program, request, operation):
                yield Match(request, operation, operation.old, (), (), (), ())


def has_other_path_tail(url: Url, rules: Rulebook) -> bool:
    """Whether a path contains an operation's word, with more or fewer segments after it than any operation
    has."""
    texts = [segment.text for segment in url.segments]
    counts_by_word: dict[str, set[int]] = {}
    for operation in rules.operations:
        version = rules.apis[operation.api].old
        path = [part.text for part in operation.old.path if part.text != version]
        if path and path[0] is not None:
            counts_by_word.setdefault(path[0], set()).add(len(path) - 1)
    return any(
        text is not None
        and text in counts_by_word
        and all(
            rest > count or (rest < count and None not in texts[at:])
            for count in counts_by_word[text]
            for rest in (len(texts) - at - 1,)
        )
        for at, text in enumerate(texts)
    )


def _may_be_addressed(program: ProgramFacts, request: Request, operation: Operation) -> bool:
    """Whether a URL may be an operation's.

    A piece of it is unknown, and the known pieces are words of the operation's path, in any order, or a
    scheme in front.
    """
    if not operation.old.path or not method_fits(request.method, operation.old.method):
        return False
    texts = [piece.text for url in program.url_readings(request) for piece in url.pieces()]
    words = {part.text for part in operation.old.path}.union(_SCHEMES)
    url_words = (word for text in texts if text is not None for word in re.split("[/:]", text) if word)
    return (not texts or None in texts) and all(word in words for word in url_words)


_SCHEMES = ("http", "https")


class Certainty(Enum):
    """The degree to which signs prove that a request is a call of the API."""

    PROVEN = "proven"
    POSSIBLE = "possible"
    OPEN = "open"
    """Only the path resembles the API's."""
    OTHER = "other"
    """The replies of its service are read as those of another API."""


class Appraisal(Struct, frozen=True):
    """The certainty that a request is a call of the API, and the signs for it."""

    match: Match
    certainty: Certainty
    signs: tuple[Sign, ...]


class Evidence(Struct, frozen=True):
    """The appraisals of the requests of a program."""

    proven: tuple[Conversation, ...]
    unproven: tuple[Conversation, ...]
    suspects: tuple[Appraisal, ...]
    """Requests that become findings without a proven conversation. Their version isn't known, or they are
    possible calls."""
    unversioned: tuple[Match, ...]
    """Requests whose only resemblance is a path like the API's, without the version."""
    others: frozenset[int]
    """The ids of requests to a service that is shown to be another API."""


class _ServiceSigns(Struct, frozen=True):
    """The signs of each request to a service, by request id."""

    own: Mapping[int, tuple[Sign, ...]]
    hints: Mapping[int, tuple[Sign, ...]]
    """The own signs, and words of the API that may mean another service. They don't prove a call."""


def evidence_of(program: ProgramFacts, conversations: Sequence[Conversation]) -> Evidence:
    """The appraisal of a program's conversations, and of its requests without a visible version."""
    versioned = [match for conversation in conversations for match in conversation.matches]
    unversioned = unversioned_matches(program, versioned)
    unversioned += matches_of_path_settings(program, [*versioned, *unversioned])
    matches = Matches.of(program, [*versioned, *unversioned])
    appraisals: dict[int, Appraisal] = {}
    ids = {match.request.id for match in unversioned}
    groups = [conversation.matches for conversation in conversations]
    services = group_by_service(program, matches, groups)
    words = WordMeaning(program, services)
    for number, service in enumerate(services):
        hints = {match.request.id: signs_of(program, match, matches) for match in service}
        is_named = words.means_only_service(number)
        own = (
            hints
            if is_named
            else {match.request.id: signs_of(program, match, matches, is_named=False) for match in service}
        )
        for appraisal in _appraisals(program, service, matches, ids, _ServiceSigns(own, hints)):
            appraisals[appraisal.match.request.id] = appraisal
    certain = {number for number, appraisal in appraisals.items() if appraisal.certainty is Certainty.PROVEN}
    judged = [
        _with_signs(part, appraisals)
        for conversation in conversations
        for part in without_other_services(conversation, services, certain)
    ]
    proven = tuple(conversation for conversation in judged if conversation.signs)
    settled = {match.request.id for conversation in proven for match in conversation.matches}
    rest = [appraisal for number, appraisal in appraisals.items() if number not in settled]
    suspects = [
        appraisal for appraisal in rest if appraisal.certainty in (Certainty.PROVEN, Certainty.POSSIBLE)
    ]
    open_appraisals = [
        appraisal for appraisal in rest if appraisal.certainty in (Certainty.OPEN, Certainty.OTHER)
    ]
    return Evidence(
        proven,
        tuple(conversation for conversation in judged if not conversation.signs),
        (*suspects, *_appraise_unknown_addresses(program, matches)),
        tuple(
            appraisal.match
            for appraisal in open_appraisals
            if appraisal.match.request.id in ids and not _goes_to_other_service(program, appraisal)
        ),
        frozenset(
            appraisal.match.request.id
            for appraisal in open_appraisals
            if appraisal.certainty is Certainty.OTHER
        ),
    )


def calls_of_assumed_version(program: ProgramFacts, evidence: Evidence) -> list[Match]:
    """The proven calls whose version isn't in sight, as matches that assume it."""
    proven = (appraisal.match for appraisal in evidence.suspects if appraisal.certainty is Certainty.PROVEN)
    assumed = [assumed for match in proven if (assumed := assume_old_version(program, match)) is not None]
    others = set(_origins_of_others(program, {match.request.id for match in assumed}))
    assumed = [match for match in assumed if others.isdisjoint(_origins_at_base_end(program, match.request))]
    layouts = [
        LaidOutOperation.of(program, operation, operation.old) for operation in program.rules.operations
    ]
    return add_matches_by_target(program, layouts, assumed)


def _origins_of_others(program: ProgramFacts, calls: Collection[int]) -> Iterator[Hashable]:
    """The origins of the base URLs of all requests except `calls`. They depend on the version if the base
    URL contains it."""
    for request in program.facts.requests:
        if request.id not in calls and request.stub is None:
            yield from _origins_at_base_end(program, request)


def _origins_at_base_end(program: ProgramFacts, request: Request) -> Iterator[Hashable]:
    """The origins of the unknown values at the end of a request's base URL."""
    for url in program.url_readings(request):
        if has_unknown_base(url):
            yield from origins_of_base(program, url)


def _goes_to_other_service(program: ProgramFacts, appraisal: Appraisal) -> bool:
    """Whether an unversioned request is shown to go to another service."""
    return appraisal.certainty is Certainty.OTHER and needs_own_signs(program, appraisal.match)


def _with_signs(conversation: Conversation, appraisals: Mapping[int, Appraisal]) -> Conversation:
    """The conversation with the signs of its proven requests."""
    own_appraisals = [appraisals[match.request.id] for match in conversation.matches]
    signs = (
        sign
        for appraisal in own_appraisals
        if appraisal.certainty is Certainty.PROVEN
        for sign in appraisal.signs
    )
    return replace(conversation, signs=tuple(dict.fromkeys(signs)))


def _appraisals(
    program: ProgramFacts,
    service: Sequence[Match],
    matches: Matches,
    unversioned: set[int],
    service_signs: _ServiceSigns,
) -> Iterator[Appraisal]:
    """The appraisals of the requests to one service. A sign of one request counts for all requests that no
    use contradicts."""
    given_elsewhere = {match.request.id for match in service if gets_id_elsewhere(program, match, matches)}
    contradicted = given_elsewhere | {
        match.request.id for match in service if is_contradicted(program, match)
    }
    uncontradicted = [match.request.id for match in service if match.request.id not in contradicted]
    own = service_signs.own
    together = tuple(dict.fromkeys(sign for number in uncontradicted for sign in own[number]))
    hints = tuple(dict.fromkeys(sign for number in uncontradicted for sign in service_signs.hints[number]))
    doubtful = contradicted or any(reads_field_unknown_to_old(program, match) for match in service)
    disputed = bool(doubtful) and not any(
        sign.strength in (SignStrength.PROOF, SignStrength.STRONG) for sign in together
    )
    for match in service:
        number = match.request.id
        signs = own[number]
        if has_fixed_address(match):
            alike = () if number in contradicted else (*signs, *together)
            yield Appraisal(
                match, _certainty_at_fixed_address(program, match, alike), tuple(dict.fromkeys(alike))
            )
        elif are_sufficient(signs) and (number not in given_elsewhere or _has_request_sign(signs)):
            yield Appraisal(match, Certainty.PROVEN, signs)
        elif match.foreign:
            yield _appraisal_of_foreign(program, match, matches)
        elif number not in contradicted and are_sufficient(together):
            yield Appraisal(match, Certainty.PROVEN, together)
        elif has_prefix(match) and _is_suspicious(hints, is_unversioned=True):
            yield Appraisal(match, Certainty.OPEN, hints)
        elif (
            disputed
            or number in contradicted
            or (needs_own_signs(program, match) and not _has_named_setting(signs))
        ):
            yield Appraisal(match, Certainty.OTHER, ())
        elif match.request.stub is None and _is_suspicious(hints, is_unversioned=number in unversioned):
            yield Appraisal(match, Certainty.POSSIBLE, hints)
        else:
            yield Appraisal(match, Certainty.OPEN, ())


def _appraisal_of_foreign(program: ProgramFacts, match: Match, matches: Matches) -> Appraisal:
    """The appraisal of a request that may also go to a host outside of the API, such as a setting's default:
    a possible call if its own signs show it."""
    own = replace(match, foreign=False)
    signs = () if is_contradicted(program, own) else signs_of(program, own, matches)
    if any(has_unknown_base(path.url) for path in match.paths) and are_sufficient(signs):
        return Appraisal(match, Certainty.POSSIBLE, signs)
    return Appraisal(match, _certainty_at_fixed_address(program, match, signs), signs)


def _certainty_at_fixed_address(program: ProgramFacts, match: Match, signs: Sequence[Sign]) -> Certainty:
    """The certainty of a request to a fixed address that isn't the API's, by the signs of its service.

    The service is a gateway of the API only if the program names the API. Others have such calls, too.
    """
    if not are_sufficient(signs):
        return Certainty.OTHER
    return Certainty.POSSIBLE if is_api_unaddressed(program, match) else Certainty.OPEN


def _has_request_sign(signs: Sequence[Sign]) -> bool:
    """Whether something in a request itself, such as its header, is a sign of the API."""
    return any(sign.aspect is Aspect.REQUEST for sign in signs)


def _has_named_setting(signs: Sequence[Sign]) -> bool:
    """Whether the address comes from a setting with a name of the API. Its default doesn't matter."""
    return any(sign.aspect is Aspect.NAME and sign.strength is SignStrength.STRONG for sign in signs)


def _is_suspicious(signs: Sequence[Sign], *, is_unversioned: bool) -> bool:
    """Whether insufficient signs still make a finding.

    A path without the version is common, so it needs weak signs of two aspects.
    """
    if any(sign.strength in (SignStrength.PROOF, SignStrength.STRONG) for sign in signs):
        return True
    weak = {sign.aspect for sign in signs if sign.strength is SignStrength.WEAK}
    return len(weak) > 1 if is_unversioned else bool(weak)


def _appraise_unknown_addresses(program: ProgramFacts, matches: Matches) -> Iterator[Appraisal]:
    """Requests with an unknown URL that may be calls.

    They have a proof, or a strong sign in the reply. The strong sign needs a second one in the request, or
    one of another operation in the module.
    """
    strong: dict[str, list[tuple[Match, tuple[Sign, ...]]]] = {}
    for match in unaddressed_matches(program, matches.by_request):
        signs = signs_of(program, match, matches)
        if any(sign.strength is SignStrength.PROOF for sign in signs):
            yield Appraisal(match, Certainty.POSSIBLE, signs)
        elif any(sign.aspect is Aspect.REPLY and sign.strength is SignStrength.STRONG for sign in signs):
            strong.setdefault(match.request.site.path, []).append((match, signs))
    for pairs in strong.values():
        several = len({match.operation.id for match, _ in pairs}) > 1
        for match, signs in pairs:
            if several or any(sign.aspect is Aspect.REQUEST for sign in signs):
                yield Appraisal(match, Certainty.POSSIBLE, signs)

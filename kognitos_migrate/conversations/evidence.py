"""Whether requests that fit a path are calls of the API: path alone is never enough."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from kognitos_migrate.conversations.kin import kin_of
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.signs import (
    Aspect,
    Matches,
    Sign,
    is_contradicted,
    is_mixed,
    is_shown,
    signs_of,
)
from kognitos_migrate.conversations.unversioned import unaddressed_matches, unversioned_matches
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.rulebook.model import Weight


class Certainty(Enum):
    """How far signs show that a request is a call of the API."""

    PROVEN = "proven"
    POSSIBLE = "possible"
    OPEN = "open"
    """Nothing but the path is like the API's."""
    OTHER = "other"
    """The replies of its service are read as those of another API."""


class Appraisal(Struct, frozen=True):
    """How far a request is shown to be a call of the API, and the signs for it."""

    match: Match
    certainty: Certainty
    signs: tuple[Sign, ...]


class Evidence(Struct, frozen=True):
    """The appraisals of the requests of a program."""

    proven: tuple[Conversation, ...]
    unproven: tuple[Conversation, ...]
    suspects: tuple[Appraisal, ...]
    """Requests that are findings although no conversation is proven of them: the version isn't known, or they
    are possible calls."""
    unversioned: tuple[Match, ...]
    """Requests of which nothing is known but a path like the API's without the version."""
    others: frozenset[int]
    """The requests, by number, whose service is shown to be another API's."""


def evidence_of(program: Program, conversations: Sequence[Conversation]) -> Evidence:
    """Judge the conversations of a program, and its requests in whose URL no version is in sight."""
    versioned = [match for conversation in conversations for match in conversation.matches]
    unversioned = unversioned_matches(program, versioned)
    matches = Matches.of(program, [*versioned, *unversioned])
    appraisals: dict[int, Appraisal] = {}
    ids = {match.request.id for match in unversioned}
    for service in kin_of(program, matches, [conversation.matches for conversation in conversations]):
        for appraisal in _appraisals(program, service, matches, ids):
            appraisals[appraisal.match.request.id] = appraisal
    judged = [_with_signs(conversation, appraisals) for conversation in conversations]
    proven = tuple(conversation for conversation in judged if conversation.signs)
    settled = {match.request.id for conversation in proven for match in conversation.matches}
    rest = [appraisal for number, appraisal in appraisals.items() if number not in settled]
    suspects = [one for one in rest if one.certainty in (Certainty.PROVEN, Certainty.POSSIBLE)]
    open_ones = [one for one in rest if one.certainty in (Certainty.OPEN, Certainty.OTHER)]
    return Evidence(
        proven,
        tuple(conversation for conversation in judged if not conversation.signs),
        (*suspects, *_unaddressed(program, matches)),
        tuple(one.match for one in open_ones if one.match.request.id in ids),
        frozenset(one.match.request.id for one in open_ones if one.certainty is Certainty.OTHER),
    )


def is_named(signs: Sequence[Sign]) -> bool:
    """Whether a word of the API is near, and something that is done with a request supports it."""
    return {sign.aspect for sign in signs} > {Aspect.NAME}


def _with_signs(conversation: Conversation, appraisals: Mapping[int, Appraisal]) -> Conversation:
    """A conversation with the signs that show it, if one of its requests is proven."""
    found = [appraisals[match.request.id] for match in conversation.matches]
    signs = (
        sign for appraisal in found if appraisal.certainty is Certainty.PROVEN for sign in appraisal.signs
    )
    return replace(conversation, signs=tuple(dict.fromkeys(signs)))


def _appraisals(
    program: Program, service: Sequence[Match], matches: Matches, unversioned: set[int]
) -> Iterator[Appraisal]:
    """The appraisals of requests that go to one service: signs of one count for all that are used alike."""
    contradicted = {match.request.id for match in service if is_contradicted(program, match)}
    own = {match.request.id: signs_of(program, match, matches) for match in service}
    together = tuple(
        dict.fromkeys(
            sign
            for match in service
            if match.request.id not in contradicted
            for sign in own[match.request.id]
        )
    )
    doubtful = contradicted or any(is_mixed(program, match) for match in service)
    disputed = bool(doubtful) and not any(sign.weight in (Weight.PROOF, Weight.STRONG) for sign in together)
    for match in service:
        number = match.request.id
        signs = own[number]
        if is_shown(signs):
            yield Appraisal(match, Certainty.PROVEN, signs)
        elif number not in contradicted and is_shown(together):
            yield Appraisal(match, Certainty.PROVEN, together)
        elif disputed or number in contradicted:
            yield Appraisal(match, Certainty.OTHER, ())
        elif match.request.stub is None and _is_suspicious(together, number in unversioned):
            yield Appraisal(match, Certainty.POSSIBLE, together)
        else:
            yield Appraisal(match, Certainty.OPEN, ())


def _is_suspicious(signs: Sequence[Sign], is_unversioned: bool) -> bool:
    """Whether signs that show no call of the API are enough for a finding. Paths without a version are those
    of many services: one weak sign is not enough there."""
    if any(sign.weight in (Weight.PROOF, Weight.STRONG) for sign in signs):
        return True
    weak = {sign.aspect for sign in signs if sign.weight is Weight.WEAK}
    return len(weak) > 1 if is_unversioned else bool(weak)


def _unaddressed(program: Program, matches: Matches) -> Iterator[Appraisal]:
    """Requests of which no part of the URL is known: possible calls where they are given what proves one, or
    where a strong sign in their reply comes with a weak one in what they are sent, or with one of another
    operation in their module."""
    strong: dict[str, list[tuple[Match, tuple[Sign, ...]]]] = {}
    for match in unaddressed_matches(program, matches.by_request):
        signs = signs_of(program, match, matches)
        if any(sign.weight is Weight.PROOF for sign in signs):
            yield Appraisal(match, Certainty.POSSIBLE, signs)
        elif any(sign.aspect is Aspect.REPLY and sign.weight is Weight.STRONG for sign in signs):
            strong.setdefault(match.request.site.path, []).append((match, signs))
    for found in strong.values():
        several = len({match.operation.id for match, _ in found}) > 1
        for match, signs in found:
            if several or any(sign.aspect is Aspect.REQUEST for sign in signs):
                yield Appraisal(match, Certainty.POSSIBLE, signs)

"""Calls of the new version, and calls that neither version has."""

from collections.abc import Iterator
from enum import IntEnum

from kognitos_migrate.conversations.flow_channels import FlowChannels
from kognitos_migrate.conversations.link import link, split_conversation
from kognitos_migrate.conversations.match import Match, match_path, matches_of
from kognitos_migrate.conversations.path_fit import LaidOutOperation
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import group_by_service, identifies_service
from kognitos_migrate.conversations.signs import (
    Aspect,
    Matches,
    are_sufficient,
    signs_of,
)
from kognitos_migrate.conversations.unversioned_requests import has_unknown_base, new_calls_without_version
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.codes import OwnCode
from kognitos_migrate.rulebook.model import Operation, PathSegment, SignStrength
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Text


class HalfMigratedUse(Struct, frozen=True):
    """A half-migrated use: its code, call and site, the message, and what to write instead."""

    kind: OwnCode
    match: Match
    site: Site
    message: str
    help: str


class NewVersionCalls(Struct, frozen=True):
    """Requests to the new version, or to neither, that are identified as calls of the API."""

    right: tuple[Match, ...]
    """Requests that fit a new layout by path and method."""
    mixed: tuple[Match, ...]
    """Requests with the path of one version and the version segment of the other."""
    wrong_method: tuple[Match, ...]
    """Requests that fit a new layout by their path only."""
    unversioned: tuple[Match, ...] = ()
    """Requests that fit a new layout behind a base URL out of sight, which may contain the version."""

    @property
    def matches(self) -> tuple[Match, ...]:
        """All matches."""
        return (*self.right, *self.mixed, *self.wrong_method, *self.unversioned)


def new_version_calls(program: ProgramFacts, old: list[Match], channels: FlowChannels) -> NewVersionCalls:
    """The calls of the new version and those of neither. `old` are the calls of the old version.

    `channels` tie calls of one conversation together.
    """
    matched_ids = {match.request.id for match in old}
    new = [LaidOutOperation.of(program, operation, operation.new) for operation in program.rules.operations]
    right = _unambiguous_matches(matches_of(program, new), matched_ids)
    matched_ids |= {match.request.id for match in right}
    mixed = _unambiguous_matches(matches_of(program, list(_mixed_layouts(program))), matched_ids)
    matched_ids |= {match.request.id for match in mixed}
    wrong = [
        match
        for request in program.facts.requests
        if request.id not in matched_ids and (match := _match_by_path(program, request)) is not None
    ]
    matched_ids |= {match.request.id for match in wrong}
    rest = [
        request
        for request in program.facts.requests
        if request.stub is None and request.id not in matched_ids
    ]
    unversioned = [
        match
        for match in _unambiguous_matches(new_calls_without_version(program, rest), matched_ids)
        if all(has_unknown_base(path.url) for path in match.paths)
    ]
    identified = _identified_requests(program, [*right, *mixed, *wrong, *unversioned], old, channels)
    return NewVersionCalls(
        tuple(match for match in right if match.request.id in identified),
        tuple(match for match in mixed if match.request.id in identified),
        tuple(match for match in wrong if match.request.id in identified),
        tuple(match for match in unversioned if match.request.id in identified),
    )


def _unambiguous_matches(matches: list[Match], matched_ids: set[int]) -> list[Match]:
    """The matches of requests that have no other match and can't be another API's."""
    return [match for match in matches if match.request.id not in matched_ids and not match.foreign]


def _mixed_layouts(program: ProgramFacts) -> Iterator[LaidOutOperation]:
    """Old paths with the new version segment and the reverse, unless one of the versions has such a path."""
    real = {_shape(path) for path in _real_paths(program)}
    for operation in program.rules.operations:
        api = program.api(operation)
        for layout, own, other in (
            (operation.old, api.old, api.new),
            (operation.new, api.new, api.old),
        ):
            path = tuple(
                PathSegment(other, None) if part.text == own and number == 0 else part
                for number, part in enumerate(layout.path)
            )
            if path != layout.path and _shape(path) not in real:
                yield LaidOutOperation.of(program, operation, replace(layout, path=path, reply=()))


def _real_paths(program: ProgramFacts) -> Iterator[tuple[PathSegment, ...]]:
    for operation in program.rules.operations:
        yield from (operation.old.path, operation.new.path)
    for api in program.rules.apis.values():
        yield from (call.path for call in api.also)


def _shape(path: tuple[PathSegment, ...]) -> tuple[str | None, ...]:
    return tuple(part.text for part in path)


def _match_by_path(program: ProgramFacts, request: Request) -> Match | None:
    """The match with a new layout by path alone, for a request with a method of the old version.

    None if there is no match, or if the new version has such a call.
    """
    old = {operation.old.method for operation in program.rules.operations}
    methods = {
        choice.literal.upper() if isinstance(choice, Text) and choice.literal else None
        for choice in alternatives(request.method)
    }
    first_match: Match | None = None
    readings = program.url_readings(request) if methods != {None} else []
    for method in sorted(method for method in methods if method in old):
        for candidate in _with_method(program, method):
            match = match_path(request, readings, candidate)
            if match is None or match.foreign or len(methods) > 1:
                continue
            also = _undescribed_paths(program, candidate.operation, method)
            is_right = method == candidate.operation.new.method
            if is_right or any(_shape(path) == _shape(candidate.layout.path) for path in also):
                return None
            first_match = first_match or match
    return first_match


def _with_method(program: ProgramFacts, method: str) -> Iterator[LaidOutOperation]:
    for operation in program.rules.operations:
        if operation.new.path:
            yield LaidOutOperation.of(program, operation, replace(operation.new, method=method, reply=()))


def _undescribed_paths(
    program: ProgramFacts, operation: Operation, method: str
) -> Iterator[tuple[PathSegment, ...]]:
    for call in program.api(operation).also:
        if call.method == method:
            yield call.path


def _identified_requests(
    program: ProgramFacts, candidates: list[Match], old: list[Match], channels: FlowChannels
) -> frozenset[int]:
    """The ids of requests in conversations with at least one that is identified as a call of the API.

    Values that pass between them make a conversation here. Code that they share may serve several vendors.
    """
    if not candidates:
        return frozenset()
    matches = Matches.of(program, [*candidates, *old])
    conversations = link([*candidates, *old], program.facts, lambda _match: (), channels)
    services = group_by_service(program, matches, [conversation.matches for conversation in conversations])
    identified = _identified_in_services(program, services, matches)
    request_ids: set[int] = set()
    for conversation in conversations:
        for part in split_conversation(conversation, program.facts, lambda _match: (), channels):
            if not identified.isdisjoint(part.requests):
                request_ids |= part.requests
    return frozenset(request_ids)


class _NameEvidence(IntEnum):
    """How near the words of the API are to a request that has other signs, too."""

    NONE = 0
    IN_PROGRAM = 1
    IN_MODULE = 2
    IN_URL = 3
    """The source of its address is named for the API, or signs prove it without a name."""


def _identified_in_services(
    program: ProgramFacts, services: list[list[Match]], matches: Matches
) -> frozenset[int]:
    """The ids of requests that signs or names identify as calls of the API.

    A word of the API belongs to the requests that are nearest to it. If a program has such, the word says
    nothing about requests in other modules, and nothing about other addresses.
    """
    evidence = {
        match.request.id: _name_evidence(program, match, matches) for match in matches.by_request.values()
    }
    nearest = max(evidence.values())
    identified: set[int] = set()
    for service in services:
        is_nearest = any(evidence[match.request.id] is nearest for match in service)
        for match in service:
            own = evidence[match.request.id]
            is_named = own is _NameEvidence.IN_MODULE and (
                is_nearest or not identifies_service(program, match)
            )
            if own is not _NameEvidence.NONE and (own is nearest or is_named):
                identified.add(match.request.id)
    return frozenset(identified)


def _name_evidence(program: ProgramFacts, match: Match, matches: Matches) -> _NameEvidence:
    signs = signs_of(program, match, matches)
    if are_sufficient(signs):
        return _NameEvidence.IN_URL
    names = [sign for sign in signs if sign.aspect is Aspect.NAME]
    if not names or len(names) == len(signs):
        return _NameEvidence.NONE
    if any(sign.strength is SignStrength.STRONG for sign in names):
        return _NameEvidence.IN_URL
    return _NameEvidence.IN_MODULE if _is_named_in_module(program, match) else _NameEvidence.IN_PROGRAM


def _is_named_in_module(program: ProgramFacts, match: Match) -> bool:
    """Whether the module of a request, or its name, contains a word of the API."""
    path = match.request.site.path
    words = [word.lower() for word in program.api(match.operation).words]
    return path_has_word(path, words) or any(word in program.trees[path].lower_case_text for word in words)

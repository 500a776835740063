"""Analyses a program: interprets it, and classifies its requests."""

from collections.abc import Hashable, Iterable, Iterator, Mapping

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.evidence import Appraisal, calls_of_assumed_version, evidence_of
from kognitos_migrate.conversations.flow_channels import FlowChannels
from kognitos_migrate.conversations.link import Conversation, link
from kognitos_migrate.conversations.match import Match, match_requests
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.stub_matching import urlless_stubs
from kognitos_migrate.conversations.unexplained_texts import names_any_version
from kognitos_migrate.conversations.unreached_code import UnreachedCode
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.slice_surroundings import NO_SURROUNDINGS, SliceSurroundings
from kognitos_migrate.edits.url.path import propose_url
from kognitos_migrate.half_migrated.checks import half_migrated_uses
from kognitos_migrate.half_migrated.new_version_calls import (
    HalfMigratedUse,
    NewVersionCalls,
    new_version_calls,
)
from kognitos_migrate.interpret.dispatch import interpret
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.modules.definition_links import definition_links
from kognitos_migrate.rulebook.model import Api, Rulebook, SignStrength
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.tree import Tree

_ROUNDS_OF_UNREACHED_CODE = 3
"""How often a program is interpreted again because it has code that nothing runs: each time with more names
that code out of sight may set."""


class ProgramOutline(Struct, frozen=True):
    """A program's requests, matched with the layouts of both versions, before evidence is weighed."""

    context: PlanContext
    """Its matches are all that fit an old layout."""
    old_layout_matches: tuple[Match, ...]
    calls: NewVersionCalls
    faults: tuple[HalfMigratedUse, ...]
    channels: FlowChannels


class AnalyzedProgram(Struct, frozen=True):
    """A program's classified requests."""

    context: PlanContext
    """Its matches are the calls of the old version, proven to be for the API."""
    old_layout_matches: tuple[Match, ...]
    """All requests that fit an old layout, proven or not."""
    conversations: tuple[Conversation, ...]
    unproven: tuple[Conversation, ...]
    """The conversations without evidence that they are for the API."""
    suspects: tuple[Appraisal, ...]
    """Possible calls, and calls whose version isn't known."""
    unversioned: tuple[Match, ...]
    """Matches whose only resemblance is a path like the API's, without the version."""
    other_requests: frozenset[int]
    """The ids of requests that evidence shows to be for another API."""
    calls: NewVersionCalls
    """The calls of the new version, and those of neither."""
    faults: tuple[HalfMigratedUse, ...]
    channels: FlowChannels
    """The channels that may carry values between requests out of sight."""

    @property
    def matches(self) -> list[Match]:
        """The calls of the old version."""
        return [match for conversation in self.conversations for match in conversation.matches]


def analyze_program(
    trees: Mapping[str, Tree],
    rulebook: Rulebook,
    settings: Settings,
    files: ModuleFiles | None = None,
    surroundings: SliceSurroundings = NO_SURROUNDINGS,
) -> AnalyzedProgram:
    """Interpret the modules `trees` and classify their requests. `files` resolves their imports;
    `slice_surroundings` are not interpreted."""
    files = files or ModuleFiles(trees)
    is_relevant = any(_names_api(tree, rulebook, settings) for tree in trees.values())
    facts = _facts_of(trees if is_relevant else {}, rulebook, settings, files, surroundings)
    outlined = _outline(trees, facts, rulebook, settings, files, surroundings)
    for _ in range(_ROUNDS_OF_UNREACHED_CODE):
        settable = UnreachedCode(outlined.context, outlined.old_layout_matches).settable_names()
        if settable <= surroundings.settable:
            break
        surroundings = replace(surroundings, settable=surroundings.settable | settable)
        facts = _facts_of(trees, rulebook, settings, files, surroundings)
        outlined = _outline(trees, facts, rulebook, settings, files, surroundings)
    matches, facts = outlined.old_layout_matches, outlined.context.facts

    def link_matches(matches: Iterable[Match]) -> list[Conversation]:
        return link(
            [*matches], facts, lambda match: url_literal_ties(outlined.context, match), outlined.channels
        )

    evidence = evidence_of(outlined.context, link_matches(matches))
    if assumed := calls_of_assumed_version(outlined.context, evidence):
        assumed_ids = {match.request.id for match in assumed}
        evidence = evidence_of(
            outlined.context,
            link_matches([*(match for match in matches if match.request.id not in assumed_ids), *assumed]),
        )
    conversations = evidence.proven
    proven = {match.request.id: match for conversation in conversations for match in conversation.matches}
    context = PlanContext(
        trees,
        facts,
        rulebook,
        settings,
        matches=proven,
        files=files,
        surroundings=surroundings,
        indexes=outlined.context.indexes,
    )
    return AnalyzedProgram(
        context,
        matches,
        conversations,
        evidence.unproven,
        evidence.suspects,
        evidence.unversioned,
        evidence.others,
        outlined.calls,
        outlined.faults,
        outlined.channels,
    )


def outline_program(
    trees: Mapping[str, Tree],
    rulebook: Rulebook,
    settings: Settings,
    files: ModuleFiles,
    surroundings: SliceSurroundings,
) -> ProgramOutline:
    """Interpret the modules `trees` and match their requests with the layouts of both versions."""
    facts = _facts_of(trees, rulebook, settings, files, surroundings)
    return _outline(trees, facts, rulebook, settings, files, surroundings)


def _facts_of(
    trees: Mapping[str, Tree],
    rulebook: Rulebook,
    settings: Settings,
    files: ModuleFiles,
    surroundings: SliceSurroundings,
) -> Facts:
    watched = _watched_words(rulebook, settings)
    return interpret(
        trees,
        rulebook.clients,
        watched,
        files,
        rulebook.mocks,
        surroundings.unused,
        surroundings.settable,
    )


def _outline(
    trees: Mapping[str, Tree],
    facts: Facts,
    rulebook: Rulebook,
    settings: Settings,
    files: ModuleFiles,
    surroundings: SliceSurroundings,
) -> ProgramOutline:
    _note_data_files(facts, trees, files)
    program = ProgramFacts(trees, facts, rulebook, settings)
    matches = match_requests(program)
    matches = [*matches, *urlless_stubs(program, matches)]
    context = PlanContext(
        trees,
        facts,
        rulebook,
        settings,
        matches={match.request.id: match for match in matches},
        files=files,
        surroundings=surroundings,
        indexes=program.indexes,
    )
    channels = FlowChannels(
        program, files.links or definition_links({path: tree.utf8_text for path, tree in trees.items()})
    )
    calls = new_version_calls(program, matches, channels)
    return ProgramOutline(
        context,
        tuple(matches),
        calls,
        tuple(half_migrated_uses(context, calls, matches)),
        channels,
    )


def _note_data_files(facts: Facts, trees: Mapping[str, Tree], files: ModuleFiles) -> None:
    """Note the data files that tests read among the modules that these import."""
    data = {path for path in trees if is_data_file(path)}
    for user, targets in files.links.items() if data else ():
        if data & targets:
            facts.imports.setdefault(user, set()).update(data & targets)


def _names_api(tree: Tree, rulebook: Rulebook, settings: Settings) -> bool:
    """Whether a module may contain a call of the API. If no module does, the program isn't interpreted.

    It contains a host, a version, a configured key, a word of the API (also in its own name), or a field or
    parameter of a strong signature. An endpoint's word counts together with a header of the API.
    """
    hosts = [host for api in rulebook.apis.values() for host in settings.hosts_of(api)]
    if any(word in tree.text for word in (*hosts, *settings.keys)) or names_any_version(tree, rulebook):
        return True
    if any(word in tree.text for api in rulebook.apis.values() for word in _signature_words(api)):
        return True
    if any(f"{word}/" in tree.text for word in _endpoints(rulebook)):
        if any(
            header.lower() in tree.lower_case_text for api in rulebook.apis.values() for header in api.headers
        ):
            return True
    words = [word.lower() for api in rulebook.apis.values() for word in api.words]
    return any(word in tree.lower_case_text for word in words) or path_has_word(tree.path, words)


def _endpoints(rulebook: Rulebook) -> Iterator[str]:
    """The fixed words in the old versions' paths, without the versions."""
    versions = {api.old for api in rulebook.apis.values()}
    for operation in rulebook.operations:
        yield from (part.text for part in operation.old.path if part.text and part.text not in versions)


def _signature_words(api: Api) -> Iterator[str]:
    """The fields and parameters in signatures whose strength is proof or strong."""
    for signature in api.signatures:
        if signature.strength in (SignStrength.PROOF, SignStrength.STRONG):
            yield from signature.fields
            if signature.query is not None:
                yield signature.query


def _watched_words(rulebook: Rulebook, settings: Settings) -> Iterator[str]:
    for api in rulebook.apis.values():
        yield api.old
        yield from api.hosts
    yield from settings.hosts
    yield from {
        operation.old.method
        for operation in rulebook.operations
        if operation.old.method != operation.new.method
    }
    for words in settings.vocabularies.values():
        yield from words
    yield from {part.text for operation in rulebook.operations for part in operation.old.path if part.text}
    yield from {f"{member.name}=" for operation in rulebook.operations for member in operation.old.query}


def url_literal_ties(context: PlanContext, match: Match) -> Iterable[Hashable]:
    """The literals that a new URL of the request would edit."""
    if not match.paths:
        return
    try:
        proposal = propose_url(context, match)
    except RefusalError:
        return
    if proposal is not None:
        yield from (("edited", site) for site, _ in proposal.edits)

"""A planned program, and the findings and blind spots that result from it."""

from collections.abc import Collection, Iterator, Sequence

from kognitos_migrate.conversations.address_escapes import escaped_addresses
from kognitos_migrate.conversations.evidence import has_other_path_tail
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match, method_fits
from kognitos_migrate.conversations.possible_links import UnresolvedSend
from kognitos_migrate.conversations.supplied_bases import sources_of
from kognitos_migrate.conversations.unexplained_texts import UnexplainedText
from kognitos_migrate.conversations.unresolved_requests import DynamicSend, unresolved_requests
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.discover.signature import has_signature, path_words, signature_of_all
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.findings.config_keys import keys_missing, keys_used
from kognitos_migrate.findings.credentials import sent_credentials
from kognitos_migrate.findings.factories import PlannedConversation, adapted_calls, findings_of
from kognitos_migrate.findings.half_migrated_findings import (
    NewConversations,
    fault_findings,
    outdated_test_findings,
)
from kognitos_migrate.findings.key_notes import steps_of_keys, steps_of_unchecked_keys
from kognitos_migrate.findings.notes import (
    overrides_of,
    steps_of_persisted_ids,
)
from kognitos_migrate.findings.result import (
    OF_CONFIGURATION,
    Applicability,
    BlindSpot,
    DeployStep,
    Finding,
    Place,
    PlaceConverter,
    Result,
)
from kognitos_migrate.half_migrated.checks import calls_that_tests_reach
from kognitos_migrate.half_migrated.outdated_tests import tests_of_old_version
from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.plans import is_applied
from kognitos_migrate.run.program_analysis import AnalyzedProgram
from kognitos_migrate.run.verification import VerifiedChanges
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class PlannedProgram(Struct, frozen=True):
    """An analysed program with a plan or a refusal for each conversation. Its texts are unchanged."""

    program: AnalyzedProgram
    planned: list[PlannedConversation]
    unparsed: list[Finding]
    leftovers: list[UnexplainedText]
    mentions: list[UnexplainedText]
    """The texts that name the old version and are never sent."""
    dynamic: list[DynamicSend]
    unresolved_sends: list[UnresolvedSend]
    target_files: Collection[str]
    """The files that may be reported and changed."""
    sources: Sequence[SourceFile]

    @property
    def places(self) -> PlaceConverter:
        """The converter of spans in its files to rows and columns."""
        return PlaceConverter({source.path: source for source in self.sources})

    @property
    def credentials(self) -> tuple[Span, ...]:
        """The literals that its requests send in the API's key header."""
        matches = [*self.program.old_layout_matches, *self.program.calls.matches]
        return tuple(sorted(set(sent_credentials(self.program.context, matches))))


def result_of_program(
    planned_program: PlannedProgram, result: VerifiedChanges, level: Applicability
) -> Result:
    """The findings of a planned program.

    Its deployment steps are the settings that override values which fixes up to `level` would change.
    """
    program, context, places, targets = (
        planned_program.program,
        planned_program.program.context,
        planned_program.places,
        planned_program.target_files,
    )
    new = NewConversations.of(context, program.calls)
    all_findings = _findings(planned_program, result, new)
    around = [finding for finding in all_findings if finding.place.path not in targets]
    files_around = {
        place.path for finding in around for place in (finding.place, *(step.place for step in finding.trace))
    }
    calls_around = {
        finding.place
        for finding in around
        if finding.conversation is not None and any(step.place.path in targets for step in finding.trace)
    }
    findings = [finding for finding in all_findings if finding.place.path in targets]
    findings.sort(key=lambda finding: (finding.place, finding.code))
    matches = [match for match in program.matches if match.request.site.path in targets]
    return Result(
        findings=tuple(findings),
        remaining=tuple(findings),
        keys=keys_used(context, matches),
        missing=tuple(
            keys_missing(
                context, matches, _matches_without_configuration(planned_program, result.planned), places
            )
        ),
        migrated=tuple(
            call for call in new.migrated_calls(program.faults, places, context) if call.place.path in targets
        ),
        migrated_modules=tuple(sorted(new.migrated_modules(program.faults, context))),
        blind_spots=tuple(sorted(_blind_spots(planned_program))),
        literals_without_finding=tuple(sorted(set(_literals_without_finding(planned_program)))),
        settings_of_others=tuple(sorted(set(_settings_of_others(planned_program)))),
        files_around=tuple(sorted(files_around)),
        calls_around=tuple(sorted(calls_around)),
        credentials=planned_program.credentials,
        deployment=tuple(
            _deployment_steps(
                context, [planned for planned in result.planned if is_applied(planned, level)], places
            )
        ),
    )


def _findings(
    planned_program: PlannedProgram, changes: VerifiedChanges, new_conversations: NewConversations
) -> Sequence[Finding]:
    """All findings of a program, those in files that are only context included."""
    program, context, places = (
        planned_program.program,
        planned_program.program.context,
        planned_program.places,
    )
    findings = [
        *planned_program.unparsed,
        *findings_of(context, changes.planned, planned_program.leftovers, planned_program.dynamic, places),
        *fault_findings(context, program.faults, places, new_conversations.names),
        *adapted_calls(context, places),
    ]
    tests = tests_of_old_version(context, calls_that_tests_reach(context, program.calls), program.matches)
    return outdated_test_findings(findings, context, tests, places)


def _deployment_steps(
    context: PlanContext, planned: Sequence[PlannedConversation], places: PlaceConverter
) -> Iterator[DeployStep]:
    """The settings, tables and stored ids to check before the changes are deployed, in the order of place."""
    conversations = [planned_conversation.conversation for planned_conversation in planned]
    plans = [planned_conversation.outcome for planned_conversation in planned]
    unchecked = [key for plan in plans if isinstance(plan, Plan) for key in plan.unchecked_keys]
    steps = [
        *overrides_of(context, conversations, places),
        *steps_of_keys(context, conversations, places),
        *steps_of_persisted_ids(context, conversations, places),
        *steps_of_unchecked_keys(context, unchecked, places),
    ]
    yield from sorted(steps, key=lambda step: step.place)


def _blind_spots(planned_program: PlannedProgram) -> Iterator[BlindSpot]:
    """The unresolved requests in the files of a program that have no finding."""
    program, context, places = (
        planned_program.program,
        planned_program.program.context,
        planned_program.places,
    )
    calls = (*program.matches, *program.calls.matches)
    requests = (match.request for match in calls)
    explained_sites = {
        use.site for some in (requests, planned_program.dynamic, planned_program.leftovers) for use in some
    }
    open_conversations = (*program.unproven, *(Conversation((match,)) for match in program.unversioned))
    for unresolved in unresolved_requests(context, open_conversations, explained_sites):
        if unresolved.site.path in planned_program.target_files:
            yield BlindSpot(places.of(context.span(unresolved.site)), unresolved.description)
    for mention in planned_program.mentions:
        if mention.site.path in planned_program.target_files:
            use = "served" if mention.is_served else "compared, searched, shown or stored"
            text = f"{mention.description} is mentioned here, and only {use}"
            yield BlindSpot(places.of(context.span(mention.site)), text)
    for address in escaped_addresses(context, sources_of(calls)):
        if address.site.path in planned_program.target_files and address.site not in explained_sites:
            yield BlindSpot(places.of(context.span(address.site)), address.text)


def _literals_without_finding(planned_program: PlannedProgram) -> Iterator[Place]:
    """The literals in the URLs of requests that need no finding.

    These requests are resolved, or go to another API, or have a method or path that no call has. Empty if the
    program bears no signature: then no check needs them.
    """
    program, context, places = (
        planned_program.program,
        planned_program.program.context,
        planned_program.places,
    )
    texts = (tree.utf8_text for tree in context.trees.values())
    if not has_signature(texts, context.rules.memoize(signature_of_all)):
        return
    hosts = {host for api in context.rules.apis.values() for host in context.settings.hosts_of(api)}
    understood = {
        match.request.id for match in (*program.matches, *program.calls.matches)
    } | program.other_requests
    for request in context.facts.requests:
        for url in context.url_readings(request):
            is_foreign = url.host is not None and "*" not in url.host and url.host not in hosts
            is_other = is_foreign or request.id in understood or has_other_path_tail(url, context.rules)
            if is_other or not _may_be_sent(request, url, context.rules):
                yield from (places.of(context.span(site)) for site in url.sites())


def _settings_of_others(planned_program: PlannedProgram) -> Iterator[Place]:
    """The texts of settings files in URLs of requests that aren't calls of the API, and in none of a call."""
    program, context, places = (
        planned_program.program,
        planned_program.program.context,
        planned_program.places,
    )
    matches = [*program.old_layout_matches, *program.calls.matches]
    own = {match.request.id for match in (*matches, *(suspect.match for suspect in program.suspects))}
    sites: dict[bool, set[Site]] = {True: set(), False: set()}
    for request in context.facts.requests:
        for url in context.url_readings(request):
            sites[request.id in own].update(site for site in url.sites() if is_data_file(site.path))
    yield from (places.of(context.span(site)) for site in sites[False] - sites[True])


def _may_be_sent(request: Request, url: Url, rulebook: Rulebook) -> bool:
    """Whether the request's method fits an operation whose word is in the URL. True if the URL has no
    operation's word."""
    words = {segment.text.encode() for segment in url.segments if segment.text is not None}
    fitting = [
        operation
        for operation in rulebook.operations
        if (path := path_words(rulebook.apis[operation.api], operation)) and path.word in words
    ]
    return not fitting or any(method_fits(request.method, operation.old.method) for operation in fitting)


def _matches_without_configuration(
    planned_program: PlannedProgram, conversations: Sequence[PlannedConversation]
) -> Iterator[Match]:
    """The requests whose fix needs only more configuration, as far as is known."""
    for planned in conversations:
        if isinstance(planned.outcome, Refusal) and planned.outcome.reason in OF_CONFIGURATION:
            yield from (
                match
                for match in planned.conversation.matches
                if match.request.site.path in planned_program.target_files
            )

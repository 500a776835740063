"""The pipeline of one component: analyse, plan, report or fix. No input, no output."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.address_escapes import is_never_sent
from kognitos_migrate.conversations.link import Conversation, ExternalFlows, external_flows_of
from kognitos_migrate.conversations.literal_names import name_of_literal
from kognitos_migrate.conversations.possible_links import (
    UnresolvedSend,
    first_link_to,
    unresolved_sends,
)
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.supplied_bases import sources_of
from kognitos_migrate.conversations.unexplained_texts import (
    UnexplainedText,
    hidden_base_default,
    readable_texts,
    unexplained_texts,
)
from kognitos_migrate.conversations.unresolved_requests import DynamicSend, dynamic_sends
from kognitos_migrate.conversations.untraced_requests import undocumented_requests
from kognitos_migrate.discover.ignore_rules import matches_settings
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.plan_composition import compose_plans
from kognitos_migrate.edits.unread_urls import constant_names_of, modules_of, unread_url_edits
from kognitos_migrate.findings.factories import (
    PlannedConversation,
    syntax_error,
)
from kognitos_migrate.findings.result import (
    Applicability,
    Finding,
    PlaceConverter,
)
from kognitos_migrate.findings.suppressions import Suppressions
from kognitos_migrate.interpret.dispatch import modeled_packages
from kognitos_migrate.rulebook.codes import NOT_FOLLOWED
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.components import Component, ComponentOutcome, OpenConversation
from kognitos_migrate.run.finding_filter import Selection
from kognitos_migrate.run.plan_refusals import (
    refusal_of_link,
    refuse_generated,
    refuse_hidden_base_default,
    refuse_ignored,
    refuse_other_files,
    refuse_unresolved_imports,
    refuse_unwritable,
)
from kognitos_migrate.run.plans import is_applied, plans_of
from kognitos_migrate.run.program_analysis import AnalyzedProgram, analyze_program
from kognitos_migrate.run.program_result import PlannedProgram, result_of_program
from kognitos_migrate.run.verification import (
    VerifiedChanges,
    faults_by_place,
    verifiable_plans,
    verify_changes,
    verify_offers,
)
from kognitos_migrate.source.file import SourceFile, is_generated
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.module_resolution import ImportPath, ModuleFiles
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.syntax.tree import Site, Tree


def plan_program(
    component: Component, rulebook: Rulebook, settings: Settings, target_paths: Collection[str] | None = None
) -> PlannedProgram:
    """The facts of a component and the plans for its conversations.

    Sources outside `target_paths` (default: all) are context: they are neither reported nor changed.
    Raises NeedsFullParseError if a function body that was left out is needed.
    """
    sources = component.sources
    within = {source.path for source in sources} if target_paths is None else target_paths
    trees, unparsed = _parse(component, rulebook, settings)
    files = _module_files(component, trees, _import_path(sources, rulebook, settings), settings)
    program = analyze_program(trees, rulebook, settings, files, component.surroundings)
    context = program.context
    understood = [*program.matches, *program.calls.matches]
    reported = (*understood, *(suspect.match for suspect in program.suspects))
    undocumented = undocumented_requests(context, reported)
    dynamic = dynamic_sends(context, understood, program.suspects, undocumented)
    explained = program.other_requests | {match.request.id for match in reported} | undocumented.keys()
    version_settings = {source for match in reported for source in match.version_sources}
    texts = unexplained_texts(context, explained, sources_of(reported), version_settings)
    readable = {text.site for text in readable_texts(texts, context.facts, trees)}
    mentions, rest = _mentions_and_others(context, texts)
    sends = any(request.stub is None for request in context.facts.requests)
    may_be_read = frozenset(files.exported if sends and not unparsed else trees)
    rest = [replace(text, is_read=text.site in readable or text.site.path in may_be_read) for text in rest]
    untraced = _untraced_texts(program, (text for text in (*rest, *mentions) if text.site in readable))
    unresolved = unresolved_sends((*dynamic, *untraced), context, program.channels)
    others = {*trees} - {*within}
    generated = {source.path for source in sources if is_generated(source.text)}

    ends = {
        conversation.requests: own
        for conversation, own in zip(
            program.conversations,
            external_flows_of(program.conversations, context.facts, program.channels),
            strict=True,
        )
    }

    def planned_of(conversation: Conversation) -> PlannedConversation:
        own = ends.get(conversation.requests)
        if own is None:
            (own,) = external_flows_of([conversation], context.facts, program.channels)
        planned_conversation = refuse_hidden_base_default(
            _plan_conversation(context, conversation, unresolved, own),
            hidden_base_default(conversation, rest, context),
        )
        planned_conversation = refuse_unwritable(planned_conversation, component.sources)
        planned_conversation = refuse_unresolved_imports(
            context, refuse_generated(planned_conversation, generated)
        )
        return refuse_other_files(planned_conversation, others)  # last: more files would not help the others

    planned = list(plans_of(program, program.conversations, planned_of))
    file_places = PlaceConverter({source.path: source for source in sources})
    planned = refuse_ignored(context, planned, file_places)
    planned = _with_unread_urls(
        context, planned, _changeable_texts(context, rest, file_places, {*others, *generated})
    )
    return PlannedProgram(program, planned, unparsed, rest, mentions, dynamic, unresolved, within, sources)


def _module_files(
    component: Component, trees: Mapping[str, Tree], import_path: ImportPath, settings: Settings
) -> ModuleFiles:
    """The files to which imports of a component may lead."""
    sources = component.sources
    packages = (folder for source in sources for folder in source.packages)
    internal = {
        source.path
        for source in sources
        if matches_settings("applications", settings.applications, source.path, settings.root)
    }
    exported = (source.path for source in sources if source.is_exported and source.path not in internal)
    above = next((source.above for source in sources), ())
    outside = component.surroundings
    files = ModuleFiles(trees, above, packages, outside.taken_paths, component.links, import_path, exported)
    return files.with_texts(outside.texts_by_path).with_internal(internal)


def _import_path(sources: Iterable[SourceFile], rulebook: Rulebook, settings: Settings) -> ImportPath:
    roots = dict.fromkeys((*settings.src, *(root for source in sources for root in source.roots)))
    required = {name for source in sources for name in source.requirements}
    return ImportPath((*roots,), rulebook.memoize(modeled_packages) | required)


def _literals_in_matched_urls(program: AnalyzedProgram) -> Iterator[Site]:
    """The literals in the URLs of requests that fit an operation, including possible calls."""
    for match in (*program.old_layout_matches, *(suspect.match for suspect in program.suspects)):
        for path in match.paths:
            yield from path.url.sites()


def _mentions_and_others(
    context: ProgramFacts, texts: Iterable[UnexplainedText]
) -> tuple[list[UnexplainedText], list[UnexplainedText]]:
    """The texts that are no part of a URL that the program requests, and the others."""
    mentions: list[UnexplainedText] = []
    others: list[UnexplainedText] = []
    for text in texts:
        is_mention = text.is_served or is_never_sent(context, text.site)
        (mentions if is_mention else others).append(text)
    return mentions, others


def _untraced_texts(program: AnalyzedProgram, texts: Iterable[UnexplainedText]) -> Iterator[DynamicSend]:
    """The texts in tests, and those that name a path and are in no known URL, as possible requests."""
    built, tests = set(_literals_in_matched_urls(program)), program.context.facts.tests
    for text in texts:
        if text.site.path in tests or (text.names_path and text.site not in built):
            yield DynamicSend(text.site, f"{text.description} is mentioned here and couldn't be traced")


def findings_of_program(planned_program: PlannedProgram) -> ComponentOutcome:
    """The findings of a planned program. A finding is fixable only if its plan passes verification. Nothing
    is changed."""
    result = verifiable_plans(planned_program.program, planned_program.planned)
    return ComponentOutcome(
        result_of_program(planned_program, result, Applicability.UNSAFE),
        tuple(_open_conversations(planned_program, result.planned, Applicability.SAFE)),
    )


def apply_fixes(planned_program: PlannedProgram, level: Applicability) -> ComponentOutcome:
    """The findings of a planned program, its files fixed up to `level`, and the findings that remain."""
    result = verify_changes(planned_program.program, planned_program.planned, level)
    result = verify_offers(planned_program.program, result, level)
    whole = result_of_program(planned_program, result, level)
    remaining = tuple(_remaining(whole.findings, result, level))
    whole = replace(whole, changes=tuple(result.changes), remaining=remaining)
    return ComponentOutcome(whole, tuple(_open_conversations(planned_program, result.planned, level)))


def _open_conversations(
    planned_program: PlannedProgram, conversations: Sequence[PlannedConversation], level: Applicability
) -> Iterator[OpenConversation]:
    """The conversations and unresolved places that may continue in other programs."""
    program = planned_program.program
    proven = external_flows_of(
        (planned.conversation for planned in conversations), program.context.facts, program.channels
    )
    unproven = external_flows_of(program.unproven, program.context.facts, program.channels)
    open_conversations = [
        *(
            OpenConversation(ends, proven=True, fixed=is_applied(planned, level))
            for ends, planned in zip(proven, conversations, strict=True)
        ),
        *(OpenConversation(ends, proven=False, fixed=False) for ends in unproven),
        *(
            OpenConversation(send.ends, proven=False, fixed=False)
            for send in planned_program.unresolved_sends
        ),
    ]
    return (
        conversation
        for conversation in open_conversations
        if conversation.ends.outgoing or conversation.ends.incoming
    )


def _remaining(
    findings: Iterable[Finding], checked: VerifiedChanges, level: Applicability
) -> Iterator[Finding]:
    """The findings that remain after the changes. A half-migrated use may be complete now."""
    left = faults_by_place(checked.faults)
    for finding in findings:
        key = (finding.code, finding.place.path, finding.message)
        if finding.reason == "half-migrated":
            if left[key] > 0:
                left[key] -= 1
                yield finding
        elif not level.applies(finding.fix.applicability):
            yield finding


def _parse(
    component: Component, rulebook: Rulebook, settings: Settings
) -> tuple[dict[str, Tree], list[Finding]]:
    trees: dict[str, Tree] = {}
    unparsed: list[Finding] = []
    for source in component.sources:
        try:
            if source.fault is not None:
                fault = source.fault
                raise SourceSyntaxError(fault.message, fault.line or 1, fault.reason or "syntax-error")
            trees[source.path] = parse(source.path, source.text, component.elided_spans.get(source.path, ()))
        except SourceSyntaxError as error:
            mentions = _old_version_mentions(source.text, rulebook, settings)
            unparsed.append(syntax_error(source.path, source.text, error, mentions))
    return trees, unparsed


def _old_version_mentions(text: str, rulebook: Rulebook, settings: Settings) -> list[str]:
    """The hosts and path prefixes of the old version that a text contains. For texts that can't be parsed."""
    names: list[str] = []
    for api in rulebook.apis.values():
        names.extend(host for host in settings.hosts_of(api) if host in text)
    for operation in rulebook.operations:
        fixed = "/".join(part.text for part in operation.old.path if part.text)
        if fixed and f"{fixed}" in text:
            names.append(fixed)
    return names


def _plan_conversation(
    context: PlanContext, conversation: Conversation, unresolved: list[UnresolvedSend], ends: ExternalFlows
) -> PlannedConversation:
    link = first_link_to(unresolved, conversation, ends, context)
    if link is not None:
        return PlannedConversation(conversation, refusal_of_link(link, conversation), ())
    from kognitos_migrate.edits.planning import plan  # slow to import: only for calls of the old version

    outcome = plan(context, conversation)
    if isinstance(outcome, Refusal):
        return PlannedConversation(conversation, outcome, ())
    edits = [edit for file_edits in compose_plans(context, [outcome]).values() for edit in file_edits]
    return PlannedConversation(conversation, outcome, tuple(edits))


def _changeable_texts(
    context: ProgramFacts, texts: Iterable[UnexplainedText], places: PlaceConverter, fixed: Collection[str]
) -> list[UnexplainedText]:
    """The texts that nothing reads, in files that are not `fixed`, and whose finding the user doesn't
    ignore."""
    texts = [text for text in texts if not (text.is_read or text.site.path in fixed)]
    if not texts:
        return []
    selection = Selection(context.settings)
    sources = {path: tree.text for path, tree in context.trees.items()}
    suppressions = Suppressions.of(sources, context.rules, context.settings.today)
    code = NOT_FOLLOWED.code
    return [
        text
        for text in texts
        if not selection.is_ignored(code, text.site.path)
        and not suppressions.is_suppressed(code, places.of(context.span(text.site)))
    ]


def _with_unread_urls(
    context: PlanContext, conversations: list[PlannedConversation], texts: list[UnexplainedText]
) -> list[PlannedConversation]:
    """The plans, with edits of URLs that nothing reads.

    Such an edit joins a plan for calls in the same module, or for calls whose constant has the same name; an
    adapting one if there is one. It is made only if all these conversations are changed.
    """
    unread = unread_url_edits(context, texts)
    modules = [modules_of(planned.conversation) if unread else frozenset() for planned in conversations]
    constants = [
        constant_names_of(context, planned.conversation) if unread else frozenset()
        for planned in conversations
    ]
    plans = {
        at: planned.outcome for at, planned in enumerate(conversations) if isinstance(planned.outcome, Plan)
    }
    added: dict[int, list[PendingEdit]] = {}
    for site, edit in unread.items():
        name = name_of_literal(context.tree(site), site)
        numbers = [at for at, paths in enumerate(modules) if site.path in paths or name in constants[at]]
        if numbers and all(at in plans for at in numbers):
            last = max(numbers, key=lambda at: (plans[at].avoided_refusal is not None, at))
            added.setdefault(last, []).append(edit)
    return [
        _with_edits(context, planned, added[at]) if at in added else planned
        for at, planned in enumerate(conversations)
    ]


def _with_edits(
    context: PlanContext, planned: PlannedConversation, added: Iterable[PendingEdit]
) -> PlannedConversation:
    if not isinstance(planned.outcome, Plan):
        return planned
    outcome = replace(planned.outcome, edits=(*planned.outcome.edits, *added))
    edits = [edit for some in compose_plans(context, [outcome]).values() for edit in some]
    return PlannedConversation(planned.conversation, outcome, tuple(edits))

"""The pipeline of one component: analyse, plan, report or fix. No input, no output."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.link import Conversation, ExternalFlows, external_flows_of
from kognitos_migrate.conversations.participation import (
    Participation,
    UnresolvedPlace,
    participation,
    unresolved_places,
)
from kognitos_migrate.conversations.unexplained_texts import (
    UnexplainedText,
    readable_texts,
    unexplained_texts,
)
from kognitos_migrate.conversations.unresolved_requests import DynamicSend, dynamic_sends
from kognitos_migrate.edits.compose import compose_plans
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.external_importers import refusal_of_imports
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.plan import Plan, Refusal, plan
from kognitos_migrate.edits.unread_urls import modules_of, unread_url_edits
from kognitos_migrate.findings.factories import (
    PlannedConversation,
    syntax_error,
)
from kognitos_migrate.findings.finding import (
    Applicability,
    Finding,
    Places,
)
from kognitos_migrate.findings.notes import way_in_words
from kognitos_migrate.findings.suppressions import Suppressions
from kognitos_migrate.findings.trace import primary_call
from kognitos_migrate.rulebook.codes import NOT_FOLLOWED
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.components import Component, ComponentOutcome, OpenConversation
from kognitos_migrate.run.finding_filter import Selection
from kognitos_migrate.run.plans import (
    VerifiedChanges,
    faults_by_place,
    is_applied,
    plans_of,
    verifiable_plans,
    verify_changes,
)
from kognitos_migrate.run.program_analysis import AnalyzedProgram, analyze_program
from kognitos_migrate.run.program_result import PlannedProgram, result_of_program
from kognitos_migrate.source.file import is_generated
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.module_resolution import ModuleFiles
from kognitos_migrate.syntax.syntax_errors import SourceSyntaxError
from kognitos_migrate.syntax.tree import Site, Tree, parse


def plan_program(
    part: Component, rulebook: Rulebook, settings: Settings, given: Collection[str] | None = None
) -> PlannedProgram:
    """The facts of a component and the plans for its conversations.

    Sources that are not `given` (by path; default: all) are context: they are neither reported nor changed.
    Raises NeedsFullParseError if a function body that was left out is needed.
    """
    sources = part.sources
    within = {source.path for source in sources} if given is None else given
    trees, unparsed = _parse(part, rulebook, settings)
    packages = (folder for source in sources for folder in source.packages)
    exported = (source.path for source in sources if source.is_exported)
    above = next((source.above for source in sources), ())
    roots = [*settings.src, *{root: None for source in sources for root in source.roots}]
    files = ModuleFiles(trees, above, packages, part.apart.paths, part.links, roots, exported)
    seen = analyze_program(trees, rulebook, settings, files, part.apart)
    scene = seen.scene
    understood = [*seen.matches, *seen.calls.matches]
    dynamic = dynamic_sends(scene, understood, seen.suspects)
    elsewhere = [match for match in seen.every if match.request.id in seen.others]
    rest = unexplained_texts(scene, [*understood, *elsewhere])
    built = set(_built_of(seen))
    tests = scene.facts.tests
    readable = {one.site for one in readable_texts(rest, scene.facts, trees)}
    rest = [replace(one, is_read=one.site in readable or one.site.path in files.exported) for one in rest]
    texts = (
        DynamicSend(one.site, f"{one.what} is named here and not followed")
        for one in rest
        if one.site in readable and (one.site.path in tests or (one.names_path and one.site not in built))
    )
    places = unresolved_places((*dynamic, *texts), scene, seen.ways)
    others = {*trees} - {*within}
    generated = {source.path for source in sources if is_generated(source.text)}

    ends = {
        conversation.requests: own
        for conversation, own in zip(
            seen.conversations, external_flows_of(seen.conversations, scene.facts, seen.ways), strict=True
        )
    }

    def planned_of(conversation: Conversation) -> PlannedConversation:
        own = ends.get(conversation.requests)
        if own is None:
            (own,) = external_flows_of([conversation], scene.facts, seen.ways)
        one = _kept_within(_planned(scene, conversation, places, own), others)
        return _resolved(scene, _without_generated(one, generated))

    planned = list(plans_of(seen, seen.conversations, planned_of))
    file_places = Places({source.path: source for source in sources})
    planned = _selected(scene, planned, file_places)
    planned = _with_unread_urls(scene, planned, _changeable(scene, rest, file_places, {*others, *generated}))
    return PlannedProgram(seen, planned, unparsed, rest, dynamic, places, within, sources)


def _built_of(seen: AnalyzedProgram) -> Iterator[Site]:
    """The literals in the URLs of requests that fit an operation, including possible calls."""
    for match in (*seen.every, *(suspect.match for suspect in seen.suspects)):
        for path in match.paths:
            yield from path.url.sites()


def findings_of_program(survey: PlannedProgram) -> ComponentOutcome:
    """The findings of a planned program. A finding is fixable only if its plan passes verification. Nothing
    is changed."""
    result = verifiable_plans(survey.seen, survey.planned)
    return ComponentOutcome(
        result_of_program(survey, result, Applicability.UNSAFE),
        tuple(_loose(survey, result.planned, Applicability.SAFE)),
    )


def apply_fixes(survey: PlannedProgram, level: Applicability) -> ComponentOutcome:
    """The findings of a planned program, its files fixed up to `level`, and the findings that remain."""
    result = verify_changes(survey.seen, survey.planned, level)
    whole = result_of_program(survey, result, level)
    remaining = tuple(_remaining(whole.findings, result, level))
    whole = replace(whole, changes=tuple(result.changes), remaining=remaining)
    return ComponentOutcome(whole, tuple(_loose(survey, result.planned, level)))


def _loose(
    survey: PlannedProgram, planned: Sequence[PlannedConversation], level: Applicability
) -> Iterator[OpenConversation]:
    """The conversations and unresolved places that may continue in other programs."""
    seen = survey.seen
    proven = external_flows_of((one.conversation for one in planned), seen.scene.facts, seen.ways)
    unproven = external_flows_of(seen.unproven, seen.scene.facts, seen.ways)
    found = [
        *(
            OpenConversation(ends, proven=True, fixed=is_applied(one, level))
            for ends, one in zip(proven, planned, strict=True)
        ),
        *(OpenConversation(ends, proven=False, fixed=False) for ends in unproven),
        *(OpenConversation(place.ends, proven=False, fixed=False) for place in survey.unfollowed),
    ]
    return (one for one in found if one.ends.gives or one.ends.takes)


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


def _parse(part: Component, rulebook: Rulebook, settings: Settings) -> tuple[dict[str, Tree], list[Finding]]:
    trees: dict[str, Tree] = {}
    unparsed: list[Finding] = []
    for source in part.sources:
        try:
            if source.fault is not None:
                fault = source.fault
                raise SourceSyntaxError(fault.message, fault.line or 1, fault.reason or "syntax-error")
            trees[source.path] = parse(source.path, source.text, part.left_out.get(source.path, ()))
        except SourceSyntaxError as error:
            named = _named(source.text, rulebook, settings)
            unparsed.append(syntax_error(source.path, source.text, error, named))
    return trees, unparsed


def _named(text: str, rulebook: Rulebook, settings: Settings) -> list[str]:
    """The hosts and path prefixes of the old version that a text contains. For texts that can't be parsed."""
    found: list[str] = []
    for api in rulebook.apis.values():
        found.extend(host for host in settings.hosts_of(api) if host in text)
    for operation in rulebook.operations:
        fixed = "/".join(part.text for part in operation.old.path if part.text)
        if fixed and f"{fixed}" in text:
            found.append(fixed)
    return found


def _planned(
    scene: PlanContext, conversation: Conversation, places: list[UnresolvedPlace], ends: ExternalFlows
) -> PlannedConversation:
    part = participation(places, conversation, ends, scene)
    outcome = _held(part, conversation) if part is not None else plan(scene, conversation)
    if isinstance(outcome, Refusal):
        return PlannedConversation(conversation, outcome, ())
    edits = [edit for found in compose_plans(scene, [outcome]).values() for edit in found]
    return PlannedConversation(conversation, outcome, tuple(edits))


def _held(part: Participation, conversation: Conversation) -> Refusal:
    """The refusal of a conversation that an unresolved place may take part in."""
    place = part.dynamic
    is_near = any(match.request.site.path == place.site.path for match in conversation.matches)
    way = f": {way_in_words(part.way)}" if part.way is not None and not is_near else ""
    return Refusal(place.site, "too-dynamic", f"{place.what}, and it may belong to this{way}", None)


def _kept_within(one: PlannedConversation, others: Collection[str]) -> PlannedConversation:
    """The conversation, refused if its edits or requests reach `others`, files that are not given."""
    sites = [match.request.site for match in one.conversation.matches]
    reached = {*(site.path for site in sites), *(edit.span.path for edit in one.edits)}
    outside = sorted(reached.intersection(others))
    if isinstance(one.outcome, Refusal) or not outside:
        return one
    were = "was" if len(outside) == 1 else "were"
    refusal = Refusal(
        next((site for site in sites if site.path not in others), sites[0]),
        "not-given",
        f"it belongs with {', '.join(outside)}, which {were} not given",
        "give these files too, or the folder that holds them all",
    )
    return PlannedConversation(one.conversation, refusal, ())


def _without_generated(one: PlannedConversation, generated: Collection[str]) -> PlannedConversation:
    """The conversation, refused if it edits generated files."""
    touched = sorted({edit.span.path for edit in one.edits}.intersection(generated))
    if isinstance(one.outcome, Refusal) or not touched:
        return one
    sites = [match.request.site for match in one.conversation.matches]
    refusal = Refusal(
        next((site for site in sites if site.path in touched), sites[0]),
        "generated",
        f"{' and '.join(touched)} {'says' if len(touched) == 1 else 'say'} to be generated",
        "regenerate it for v2",
    )
    return PlannedConversation(one.conversation, refusal, ())


def _resolved(scene: PlanContext, one: PlannedConversation) -> PlannedConversation:
    """The conversation, refused if code that can't be resolved may import a name that it changes."""
    if isinstance(one.outcome, Refusal) or not scene.facts.unresolved:
        return one
    refusal = refusal_of_imports(scene, one.conversation, one.edits)
    return one if refusal is None else PlannedConversation(one.conversation, refusal, ())


def _changeable(
    scene: PlanContext, texts: Iterable[UnexplainedText], places: Places, fixed: Collection[str]
) -> list[UnexplainedText]:
    """The texts that nothing reads, in files that are not `fixed`, and whose finding the user doesn't
    ignore."""
    texts = [one for one in texts if not (one.is_read or one.site.path in fixed)]
    if not texts:
        return []
    selection = Selection(scene.settings)
    sources = {path: tree.text for path, tree in scene.trees.items()}
    silences = Suppressions.of(sources, scene.rules, scene.settings.today)
    code = NOT_FOLLOWED.code
    return [
        one
        for one in texts
        if selection.takes_code(code, one.site.path)
        and not silences.hold(code, places.of(scene.span(one.site)))
    ]


def _with_unread_urls(
    scene: PlanContext, planned: list[PlannedConversation], texts: list[UnexplainedText]
) -> list[PlannedConversation]:
    """The plans, with edits of URLs that nothing reads.

    Such an edit joins a plan for calls in the same module, an adapting one if there is one. It is made only
    if all conversations of the module are changed.
    """
    unread = unread_url_edits(scene, texts)
    modules = [modules_of(one.conversation) if unread else frozenset() for one in planned]
    plans = {at: one.outcome for at, one in enumerate(planned) if isinstance(one.outcome, Plan)}
    added: dict[int, list[PendingEdit]] = {}
    for site, edit in unread.items():
        numbers = [at for at, paths in enumerate(modules) if site.path in paths]
        if numbers and all(at in plans for at in numbers):
            last = max(numbers, key=lambda at: (plans[at].adapting is not None, at))
            added.setdefault(last, []).append(edit)
    return [_with_edits(scene, one, added[at]) if at in added else one for at, one in enumerate(planned)]


def _with_edits(
    scene: PlanContext, one: PlannedConversation, added: Iterable[PendingEdit]
) -> PlannedConversation:
    if not isinstance(one.outcome, Plan):
        return one
    outcome = replace(one.outcome, drafts=(*one.outcome.drafts, *added))
    edits = [edit for some in compose_plans(scene, [outcome]).values() for edit in some]
    return PlannedConversation(one.conversation, outcome, tuple(edits))


def _selected(
    scene: PlanContext, planned: list[PlannedConversation], places: Places
) -> list[PlannedConversation]:
    """The plans. A conversation with an ignored finding is refused."""
    selection = Selection(scene.settings)
    texts = {path: tree.text for path, tree in scene.trees.items()}
    silences = Suppressions.of(texts, scene.rules, scene.settings.today)
    if selection.takes_all and not silences.holding:
        return planned

    def kept(one: PlannedConversation) -> PlannedConversation:
        for match in one.conversation.matches if isinstance(one.outcome, Plan) else ():
            site = primary_call(scene, match)
            place, code = places.of(scene.span(site)), match.operation.code
            if not selection.takes_code(code, place.path) or silences.hold(code, place):
                refusal = Refusal(site, "ignored", "a finding of its conversation is ignored", None)
                return PlannedConversation(one.conversation, refusal, ())
        return one

    return [kept(one) for one in planned]

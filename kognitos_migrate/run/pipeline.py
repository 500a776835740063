"""One part of a program: sources in, findings and changed texts out. No input, no output, no settings but
those given."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.blind import blind_requests
from kognitos_migrate.conversations.dynamic import Dynamic, dynamic_sends
from kognitos_migrate.conversations.handed import handed_addresses
from kognitos_migrate.conversations.leftovers import Leftover, leftovers, readable
from kognitos_migrate.conversations.link import Conversation, Ends, ends_of
from kognitos_migrate.conversations.match import Match, method_fits
from kognitos_migrate.conversations.participation import Participation, Unfollowed, participation, unfollowed
from kognitos_migrate.conversations.unversioned import goes_on_otherwise
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.discover.signature import is_signed, path_words, ties_of
from kognitos_migrate.edits.composed import edits_of
from kognitos_migrate.edits.plan import Plan, Refusal, plan
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.edits.unresolved import refusal_of_imports
from kognitos_migrate.findings.adapted import adapted_calls
from kognitos_migrate.findings.classify import Planned, findings_of, syntax_error
from kognitos_migrate.findings.credentials import credentials_of
from kognitos_migrate.findings.finding import Applicability, BlindSpot, DeployStep, Finding, Place, Result
from kognitos_migrate.findings.halfway import fault_findings
from kognitos_migrate.findings.keys import keys_missing, keys_used
from kognitos_migrate.findings.migrated import NewConversations
from kognitos_migrate.findings.overrides import overrides_of
from kognitos_migrate.findings.passages import way_in_words
from kognitos_migrate.findings.places import Places
from kognitos_migrate.findings.primary import primary
from kognitos_migrate.findings.runtime_keys import steps_of_keys
from kognitos_migrate.findings.silences import Silences
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.changes import applies
from kognitos_migrate.run.parts.outcome import Loose, Outcome
from kognitos_migrate.run.parts.part import Part
from kognitos_migrate.run.planning import plans_of
from kognitos_migrate.run.seen import Seen, understand
from kognitos_migrate.run.selection import Selection
from kognitos_migrate.run.selfcheck import Checked, checked, faults_by_place, promised
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.generated import is_generated
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.files import Files
from kognitos_migrate.syntax.tree import Site, SourceSyntaxError, Tree, parse

_OF_CONFIGURATION = ("not-configured", "word-unknown")
"""The reasons that more of the configuration would do away with."""


class Survey(Struct, frozen=True):
    """A program that is understood, with what is planned for each of its conversations; nothing of it is
    changed yet."""

    seen: Seen
    planned: list[Planned]
    unparsed: list[Finding]
    leftovers: list[Leftover]
    dynamic: list[Dynamic]
    unfollowed: list[Unfollowed]
    within: Collection[str]
    """The files that are reported and changed."""
    sources: Sequence[SourceFile]

    @property
    def places(self) -> Places:
        """Rows and columns in its files."""
        return Places({source.path: source for source in self.sources})

    @property
    def credentials(self) -> tuple[Span, ...]:
        """The literals that its requests send in the API's key header."""
        matches = [*self.seen.every, *self.seen.calls.matches]
        return tuple(sorted(set(credentials_of(self.seen.scene, matches))))


def survey(
    part: Part, rulebook: Rulebook, settings: Settings, given: Collection[str] | None = None
) -> Survey:
    """What the sources of a part do, and what is planned for it.

    Of sources that are not `given` (by path; all are by default) nothing is reported or changed: they are
    there because the others belong with them. Raises GapError where more of the part has to be parsed.
    """
    sources = part.sources
    within = {source.path for source in sources} if given is None else given
    trees, unparsed = _parse(part, rulebook, settings)
    packages = (folder for source in sources for folder in source.packages)
    exported = (source.path for source in sources if source.is_exported)
    above = next((source.above for source in sources), ())
    roots = [*settings.src, *{root: None for source in sources for root in source.roots}]
    files = Files(trees, above, packages, part.apart.paths, part.links, roots, exported)
    seen = understand(trees, rulebook, settings, files, part.apart)
    scene = seen.scene
    understood = [*seen.matches, *seen.calls.matches]
    dynamic = dynamic_sends(scene, understood, seen.suspects)
    elsewhere = [match for match in seen.every if match.request.id in seen.others]
    rest = leftovers(scene, [*understood, *elsewhere])
    built = set(_built_of(seen))
    tests = scene.facts.tests
    named = [one for one in rest if one.site.path in tests or (one.names_path and one.site not in built)]
    texts = (
        Dynamic(one.site, f"{one.what} is named here and not followed")
        for one in readable(named, scene.facts, trees)
    )
    places = unfollowed((*dynamic, *texts), scene, seen.ways)
    others = {*trees} - {*within}
    generated = {source.path for source in sources if is_generated(source.text)}

    ends = {
        conversation.requests: own
        for conversation, own in zip(
            seen.conversations, ends_of(seen.conversations, scene.facts, seen.ways), strict=True
        )
    }

    def planned_of(conversation: Conversation) -> Planned:
        own = ends.get(conversation.requests)
        if own is None:
            (own,) = ends_of([conversation], scene.facts, seen.ways)
        one = _kept_within(_planned(scene, conversation, places, own), others)
        return _resolved(scene, _without_generated(one, generated))

    planned = list(plans_of(seen, seen.conversations, planned_of))
    planned = _selected(scene, planned, Places({source.path: source for source in sources}))
    return Survey(seen, planned, unparsed, rest, dynamic, places, within, sources)


def _built_of(seen: Seen) -> Iterator[Site]:
    """The literals in the URLs of requests that fit an operation, also of possible calls: their own values
    tie these to conversations."""
    for match in (*seen.every, *(suspect.match for suspect in seen.suspects)):
        for path in match.paths:
            yield from path.url.sites()


def found(survey: Survey) -> Outcome:
    """The findings of a survey, fixable only where a fix of it passes the self-check; nothing is changed."""
    result = promised(survey.seen, survey.planned)
    return Outcome(
        _result(survey, result, Applicability.UNSAFE),
        tuple(_loose(survey, result.planned, Applicability.SAFE)),
    )


def fixed(survey: Survey, level: Applicability) -> Outcome:
    """The findings of a survey, what fixing up to `level` makes of its files, and what remains."""
    result = checked(survey.seen, survey.planned, level)
    whole = _result(survey, result, level)
    remaining = tuple(_remaining(whole.findings, result, level))
    whole = replace(whole, changes=tuple(result.changes), remaining=remaining)
    return Outcome(whole, tuple(_loose(survey, result.planned, level)))


def _loose(survey: Survey, planned: Sequence[Planned], level: Applicability) -> Iterator[Loose]:
    """The conversations, and the places that can't be followed, that may go on in other programs."""
    seen = survey.seen
    proven = ends_of((one.conversation for one in planned), seen.scene.facts, seen.ways)
    unproven = ends_of(seen.unproven, seen.scene.facts, seen.ways)
    found = [
        *(Loose(ends, True, applies(one, level)) for ends, one in zip(proven, planned, strict=True)),
        *(Loose(ends, False, False) for ends in unproven),
        *(Loose(place.ends, False, False) for place in survey.unfollowed),
    ]
    return (one for one in found if one.ends.gives or one.ends.takes)


def _result(survey: Survey, result: Checked, level: Applicability) -> Result:
    """The findings of a survey; what fixes up to `level` would change can be overridden by settings."""
    seen, scene, places = survey.seen, survey.seen.scene, survey.places
    new = NewConversations.of(scene, seen.calls)
    findings = [
        *survey.unparsed,
        *findings_of(scene, result.planned, survey.leftovers, survey.dynamic, places),
        *fault_findings(scene, seen.faults, places, new.names),
        *adapted_calls(scene, places),
    ]
    around = {finding.place.path for finding in findings}.difference(survey.within)
    findings = [finding for finding in findings if finding.place.path in survey.within]
    findings.sort(key=lambda finding: (finding.place, finding.code))
    matches = [match for match in seen.matches if match.request.site.path in survey.within]
    return Result(
        findings=tuple(findings),
        remaining=tuple(findings),
        keys=keys_used(scene, matches),
        missing=tuple(keys_missing(scene, matches, _waiting(survey, result.planned), places)),
        migrated=tuple(
            one for one in new.migrated(seen.faults, places, scene) if one.place.path in survey.within
        ),
        blind_spots=tuple(sorted(_blind_spots(survey))),
        accounted=tuple(sorted(set(_accounted(survey)))),
        files_around=tuple(sorted(around)),
        credentials=survey.credentials,
        deployment=tuple(_deployment(scene, [one for one in result.planned if applies(one, level)], places)),
    )


def _deployment(scene: Scene, planned: Sequence[Planned], places: Places) -> Iterator[DeployStep]:
    """The settings and tables to look at before the changes are deployed, in the order of place."""
    conversations = [one.conversation for one in planned]
    steps = [*overrides_of(scene, conversations, places), *steps_of_keys(scene, conversations, places)]
    yield from sorted(steps, key=lambda step: step.place)


def _blind_spots(survey: Survey) -> Iterator[BlindSpot]:
    """The requests in the files of a survey of which nothing is known, and nothing is found."""
    seen, scene, places = survey.seen, survey.seen.scene, survey.places
    requests = (match.request for match in (*seen.matches, *seen.calls.matches))
    told = {one.site for some in (requests, survey.dynamic, survey.leftovers) for one in some}
    open_ones = (*seen.unproven, *(Conversation((match,)) for match in seen.unversioned))
    for one in blind_requests(scene, open_ones, told):
        if one.site.path in survey.within:
            yield BlindSpot(places.of(scene.span(one.site)), one.what)
    for address in handed_addresses(scene):
        if address.site.path in survey.within and address.site not in told:
            yield BlindSpot(places.of(scene.span(address.site)), address.text)


def _accounted(survey: Survey) -> Iterator[Place]:
    """The texts in the URLs of requests that are understood, go to a host that isn't the API's or are shown
    to be another API's, or have a method or a path that no call has; of a program that bears a signature:
    else nobody asks."""
    seen, scene, places = survey.seen, survey.seen.scene, survey.places
    ties = [tie for api in scene.rules.apis.values() for tie in ties_of(scene.rules, api)]
    if not is_signed([tree.text.encode("utf-8", "surrogatepass") for tree in scene.trees.values()], ties):
        return
    hosts = {host for api in scene.rules.apis.values() for host in scene.settings.hosts_of(api)}
    understood = {match.request.id for match in (*seen.matches, *seen.calls.matches)} | seen.others
    for request in scene.facts.requests:
        for url in scene.readings(request):
            is_foreign = url.host is not None and "*" not in url.host and url.host not in hosts
            is_other = is_foreign or request.id in understood or goes_on_otherwise(url, scene.rules)
            if is_other or not _may_be_sent(request, url, scene.rules):
                yield from (places.of(scene.span(site)) for site in url.sites())


def _may_be_sent(request: Request, url: Url, rulebook: Rulebook) -> bool:
    """Whether an operation whose word is in a URL has the request's method, or none has its word there."""
    words = {segment.text.encode() for segment in url.segments if segment.text is not None}
    fitting = [
        operation
        for operation in rulebook.operations
        if (path := path_words(rulebook.apis[operation.api], operation)) and path.word in words
    ]
    return not fitting or any(method_fits(request.method, one.old.method) for one in fitting)


def _waiting(survey: Survey, planned: Sequence[Planned]) -> Iterator[Match]:
    """The requests of which the configuration alone holds back the fix, as far as is known."""
    for one in planned:
        if isinstance(one.outcome, Refusal) and one.outcome.reason in _OF_CONFIGURATION:
            yield from (
                match for match in one.conversation.matches if match.request.site.path in survey.within
            )


def _remaining(findings: Iterable[Finding], checked: Checked, level: Applicability) -> Iterator[Finding]:
    """The findings that the changes leave: what was half-migrated may be whole now."""
    left = faults_by_place(checked.faults)
    for finding in findings:
        key = (finding.code, finding.place.path, finding.message)
        if finding.reason == "half-migrated":
            if left[key] > 0:
                left[key] -= 1
                yield finding
        elif not level.applies(finding.fix.applicability):
            yield finding


def _parse(part: Part, rulebook: Rulebook, settings: Settings) -> tuple[dict[str, Tree], list[Finding]]:
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
    """What a text that can't be parsed names of the old version."""
    found: list[str] = []
    for api in rulebook.apis.values():
        found.extend(host for host in settings.hosts_of(api) if host in text)
    for operation in rulebook.operations:
        fixed = "/".join(part.text for part in operation.old.path if part.text)
        if fixed and f"{fixed}" in text:
            found.append(fixed)
    return found


def _planned(scene: Scene, conversation: Conversation, places: list[Unfollowed], ends: Ends) -> Planned:
    part = participation(places, conversation, ends, scene)
    outcome = _held(part, conversation) if part is not None else plan(scene, conversation)
    if isinstance(outcome, Refusal):
        return Planned(conversation, outcome, ())
    edits = [edit for found in edits_of(scene, [outcome]).values() for edit in found]
    return Planned(conversation, outcome, tuple(edits))


def _held(part: Participation, conversation: Conversation) -> Refusal:
    """The refusal of a conversation that a place which can't be followed may take part in."""
    place = part.dynamic
    is_near = any(match.request.site.path == place.site.path for match in conversation.matches)
    way = f": {way_in_words(part.way)}" if part.way is not None and not is_near else ""
    return Refusal(place.site, "too-dynamic", f"{place.what}, and it may belong to this{way}", None)


def _kept_within(one: Planned, others: Collection[str]) -> Planned:
    """A conversation that would be changed in `others`, files that are not given, stays as it is."""
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
    return Planned(one.conversation, refusal, ())


def _without_generated(one: Planned, generated: Collection[str]) -> Planned:
    """A conversation that would be changed in files which a program writes stays as it is."""
    touched = sorted({edit.span.path for edit in one.edits}.intersection(generated))
    if isinstance(one.outcome, Refusal) or not touched:
        return one
    sites = [match.request.site for match in one.conversation.matches]
    refusal = Refusal(
        next((site for site in sites if site.path in touched), sites[0]),
        "generated",
        f"{' and '.join(touched)} {'says' if len(touched) == 1 else 'say'} to be generated",
        "generate it anew, for the new version",
    )
    return Planned(one.conversation, refusal, ())


def _resolved(scene: Scene, one: Planned) -> Planned:
    """A conversation stays as it is where code may import what would change, and can't be followed there."""
    if isinstance(one.outcome, Refusal) or not scene.facts.unresolved:
        return one
    refusal = refusal_of_imports(scene, one.conversation, one.edits)
    return one if refusal is None else Planned(one.conversation, refusal, ())


def _selected(scene: Scene, planned: list[Planned], places: Places) -> list[Planned]:
    """A conversation of which the user ignores a finding stays as it is."""
    selection = Selection(scene.settings)
    texts = {path: tree.text for path, tree in scene.trees.items()}
    silences = Silences.of(texts, scene.rules, scene.settings.today)
    if selection.takes_all and not silences.holding:
        return planned

    def kept(one: Planned) -> Planned:
        for match in one.conversation.matches if isinstance(one.outcome, Plan) else ():
            site = primary(scene, match)
            place, code = places.of(scene.span(site)), match.operation.code
            if not selection.takes_code(code, place.path) or silences.hold(code, place):
                refusal = Refusal(site, "ignored", "a finding of its conversation is ignored", None)
                return Planned(one.conversation, refusal, ())
        return one

    return [kept(one) for one in planned]

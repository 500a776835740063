"""The engine's one entry: sources in, findings and changed texts out. No input, no output, no settings
but those given."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.dynamic import Dynamic, dynamic_sends
from kognitos_migrate.conversations.evidence import evidence
from kognitos_migrate.conversations.leftovers import leftovers, names_old
from kognitos_migrate.conversations.link import Conversation, link
from kognitos_migrate.conversations.match import Match, match_requests
from kognitos_migrate.edits.composed import edits_of
from kognitos_migrate.edits.draft import OverlapError
from kognitos_migrate.edits.path import propose
from kognitos_migrate.edits.plan import Plan, Refusal, apply_edits, plan
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.findings.adapted import adapted_calls
from kognitos_migrate.findings.classify import Places, Planned, applicability, findings_of, syntax_error
from kognitos_migrate.findings.finding import Applicability, Change, Finding, Missing, Result
from kognitos_migrate.findings.silences import Silences
from kognitos_migrate.interpret.engine import interpret
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.selection import Selection
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.span import Edit
from kognitos_migrate.syntax.tree import SourceSyntaxError, Tree, parse

LEFT_BEHIND = (
    "the result would still call the old version; this is a bug of kognitos-migrate, please report it"
)
BUG = "the result would not be valid Python; this is a bug of kognitos-migrate, please report it"


def analyse(
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    level: Applicability = Applicability.SAFE,
) -> Result:
    """All that `sources` hold of the old version, and what fixing up to `level` makes of them."""
    trees, unparsed = _parse(sources, rulebook, settings)
    named = any(_names_api(tree, rulebook, settings) for tree in trees.values())
    facts = interpret(trees if named else {}, rulebook.clients, _watched(rulebook, settings))
    every = match_requests(facts, rulebook, settings.hosts)
    packages = frozenset(folder for source in sources for folder in source.packages)
    scene = Scene(facts, trees, rulebook, settings, {match.request.id: match for match in every}, packages)
    conversations = _proven(scene, link(every, facts, lambda match: _ties(scene, match)))
    matches = [match for conversation in conversations for match in conversation.matches]
    scene = Scene(facts, trees, rulebook, settings, {match.request.id: match for match in matches}, packages)
    dynamic = dynamic_sends(facts, trees, rulebook, matches, settings.hosts)
    rest = leftovers(facts, trees, rulebook, matches, settings.hosts, _keys(settings))
    unfollowed = [
        *dynamic,
        *(Dynamic(one.site, f"{one.what} is named here and not followed") for one in rest if one.names_path),
    ]
    planned = [_planned(scene, conversation, unfollowed) for conversation in conversations]
    places = Places({path: tree.text for path, tree in trees.items()})
    planned = _selected(scene, planned, places)
    planned, changes = _changes(scene, planned, level)
    if _left_behind(scene, every, planned, changes, level):
        planned, changes = [_taken_back(one, "bug", LEFT_BEHIND) for one in planned], []
    findings = [*unparsed, *findings_of(scene, planned, rest, dynamic, places), *adapted_calls(scene, places)]
    findings.sort(key=lambda finding: (finding.place, finding.code))
    return Result(
        findings=tuple(findings),
        changes=tuple(changes),
        remaining=tuple(finding for finding in findings if not level.applies(finding.fix.applicability)),
        keys=_used_keys(scene, matches),
        missing=tuple(_missing(scene, matches, places)),
        files=len(sources),
    )


def _names_api(tree: Tree, rulebook: Rulebook, settings: Settings) -> bool:
    """Whether a module names an API's host or its old version: else no request of it can be a call of
    the API."""
    hosts = [host for api in rulebook.apis.values() for host in (*api.hosts, *settings.hosts)]
    return names_old(tree, rulebook) or any(host in tree.text for host in hosts)


def _parse(
    sources: Sequence[SourceFile], rulebook: Rulebook, settings: Settings
) -> tuple[dict[str, Tree], list[Finding]]:
    trees: dict[str, Tree] = {}
    unparsed: list[Finding] = []
    for source in sources:
        try:
            trees[source.path] = parse(source.path, source.text)
        except SourceSyntaxError as error:
            named = _named(source.text, rulebook, settings)
            unparsed.append(syntax_error(source.path, source.text, error.message, error.line, named))
    return trees, unparsed


def _named(text: str, rulebook: Rulebook, settings: Settings) -> list[str]:
    """What a text that can't be parsed names of the old version."""
    found: list[str] = []
    for api in rulebook.apis.values():
        found.extend(host for host in (*api.hosts, *settings.hosts) if host in text)
    for operation in rulebook.operations:
        fixed = "/".join(part.text for part in operation.old.path if part.text)
        if fixed and f"{fixed}" in text:
            found.append(fixed)
    return found


def _watched(rulebook: Rulebook, settings: Settings) -> Iterator[str]:
    for api in rulebook.apis.values():
        yield api.old
        yield from api.hosts
    yield from settings.hosts
    yield from {one.old.method for one in rulebook.operations if one.old.method != one.new.method}
    for words in settings.vocabularies.values():
        yield from words


def _ties(scene: Scene, match: Match) -> Iterable[Hashable]:
    if not match.paths:
        return
    try:
        proposal = propose(scene, match)
    except Refused:
        return
    if proposal is not None:
        yield from (("edited", site) for site, _ in proposal.drafts)


def _keys(settings: Settings) -> frozenset[str]:
    return frozenset(key for rows in settings.tables.values() for key in rows)


def _proven(scene: Scene, conversations: list[Conversation]) -> list[Conversation]:
    """The conversations in which some request is shown to be a call of the API."""
    keys = _keys(scene.settings)
    return [
        conversation
        for conversation in conversations
        if any(
            evidence(
                match,
                scene.rules.apis[match.operation.api],
                keys,
                scene.facts,
                scene.uses.get(match.request.id, []),
                scene.trees,
            )
            for match in conversation.matches
        )
    ]


def _planned(scene: Scene, conversation: Conversation, dynamic: list[Dynamic]) -> Planned:
    paths = {match.request.site.path for match in conversation.matches}
    near = next((one for one in dynamic if one.site.path in paths), None)
    outcome: Plan | Refusal
    if near is not None:
        outcome = Refusal(near.site, "too-dynamic", f"{near.what}, and it may belong to this", None)
    else:
        outcome = plan(scene, conversation)
    if isinstance(outcome, Refusal):
        return Planned(conversation, outcome, ())
    edits = [edit for found in edits_of(scene, [outcome]).values() for edit in found]
    return Planned(conversation, outcome, tuple(edits))


def _selected(scene: Scene, planned: list[Planned], places: Places) -> list[Planned]:
    """A conversation of which the user ignores a finding stays as it is."""
    selection = Selection(scene.settings)
    texts = {path: tree.text for path, tree in scene.trees.items()}
    silences = Silences.of(texts, scene.rules, scene.settings.today)
    if selection.takes_all and not silences.holding:
        return planned
    return [
        one
        if all(
            selection.takes(finding) and not silences.over(finding)
            for finding in findings_of(scene, [one], [], [], places)
        )
        else _taken_back(one, "ignored", "one of the findings of its conversation is ignored")
        for one in planned
    ]


def _changes(
    scene: Scene, planned: list[Planned], level: Applicability
) -> tuple[list[Planned], list[Change]]:
    """The changed texts; a conversation whose edits break another's, or the syntax, is taken back."""
    accepted = [one for one in planned if _applies(one, level)]
    while True:
        plans = [one.outcome for one in accepted if isinstance(one.outcome, Plan)]
        try:
            edits = edits_of(scene, plans)
            changes = list(_applied(scene, edits))
            break
        except (OverlapError, SourceSyntaxError) as error:
            taken_back = accepted.pop()
            reason = "overlap" if isinstance(error, OverlapError) else "bug"
            message = "its edits meet those of another conversation" if reason == "overlap" else BUG
            planned = [_taken_back(one, reason, message) if one is taken_back else one for one in planned]
    return planned, changes


def _applies(one: Planned, level: Applicability) -> bool:
    return isinstance(one.outcome, Plan) and level.applies(applicability(one.outcome))


def _left_behind(
    scene: Scene, every: list[Match], planned: list[Planned], changes: list[Change], level: Applicability
) -> bool:
    """Whether the changed program still calls the old version where it was to be migrated: it is
    analysed again."""
    if not changes:
        return False
    trees = {**scene.trees, **{change.path: parse(change.path, change.after) for change in changes}}
    facts = interpret(trees, scene.rules.clients, _watched(scene.rules, scene.settings))
    again = match_requests(facts, scene.rules, scene.settings.hosts)
    accepted = {
        match.request.site for one in planned if _applies(one, level) for match in one.conversation.matches
    }
    kept = {match.request.site for match in every if match.paths} - accepted
    return len({match.request.site for match in again if match.paths}) > len(kept)


def _taken_back(one: Planned, reason: str, message: str) -> Planned:
    if isinstance(one.outcome, Refusal):
        return one
    return Planned(
        one.conversation, Refusal(one.conversation.matches[0].request.site, reason, message, None), ()
    )


def _applied(scene: Scene, edits: Mapping[str, list[Edit]]) -> Iterator[Change]:
    for path, found in edits.items():
        tree = scene.trees.get(path)
        after = apply_edits(tree or parse(path, ""), found)
        parse(path, after)
        if tree is None or after != tree.text:
            yield Change(path, tree.text if tree is not None else None, after)


def _used_keys(scene: Scene, matches: list[Match]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for match in matches:
        for table, key in _table_keys(match):
            if key is not None:
                found.setdefault(table, {})[key] = None
    return {table: tuple(keys) for table, keys in found.items()}


def _table_keys(match: Match) -> Iterator[tuple[str, str | None]]:
    for member in match.operation.new.members:
        if member.table is not None and any(part.slot == member.slot for part in match.operation.old.path):
            yield from ((member.table, key) for key in match.keys(member.slot))


def _missing(scene: Scene, matches: list[Match], places: Places) -> Iterator[Missing]:
    lacking: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        for table, key in dict.fromkeys(_table_keys(match)):
            if key is not None and key not in scene.settings.tables.get(table, {}):
                lacking.setdefault((table, key), []).append(match)
    for (table, key), found in lacking.items():
        where = dict.fromkeys(places.of(scene.span(match.request.site)) for match in found)
        yield Missing(table, key, tuple(where))

"""What a program does: it is interpreted, and its requests are told apart."""

from collections.abc import Hashable, Iterable, Iterator, Mapping

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.conversations.evidence import Appraisal, evidence_of
from kognitos_migrate.conversations.leftovers import names_version
from kognitos_migrate.conversations.link import Conversation, link
from kognitos_migrate.conversations.match import Match, match_requests
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.stubs import without_url
from kognitos_migrate.conversations.ways import Ways
from kognitos_migrate.discover.connected import links_of
from kognitos_migrate.edits.apart import NOTHING_APART, Apart
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.edits.url.path import propose
from kognitos_migrate.halfway.calls import Calls, calls
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.halfway.judge import faults
from kognitos_migrate.interpret.engine import interpret
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Api, Rulebook, Weight
from kognitos_migrate.syntax.files import Files
from kognitos_migrate.syntax.tree import Tree


class Outline(Struct, frozen=True):
    """A program's requests, told apart by the versions that they fit; whose they are is not judged."""

    scene: Scene
    """Its matches are all that fit an old layout."""
    every: tuple[Match, ...]
    calls: Calls
    faults: tuple[Fault, ...]
    ways: Ways


class Seen(Struct, frozen=True):
    """A program's requests, as far as they matter."""

    scene: Scene
    """Its matches are those with the old version that are shown to be calls of the API."""
    every: tuple[Match, ...]
    """All that fit an old layout, whether or not it is shown that they are meant for the API."""
    conversations: tuple[Conversation, ...]
    unproven: tuple[Conversation, ...]
    """Those in which nothing shows that they are meant for the API."""
    suspects: tuple[Appraisal, ...]
    """Possible calls, and those of which the version isn't known."""
    unversioned: tuple[Match, ...]
    """Those whose path is like the API's without the version, and nothing else of them is."""
    others: frozenset[int]
    """Those whose service is shown to be another API's, by number."""
    calls: Calls
    """Those of the new version, and those of neither."""
    faults: tuple[Fault, ...]
    ways: Ways
    """How values may get from one to another out of sight."""

    @property
    def matches(self) -> list[Match]:
        """The calls of the old version."""
        return [match for conversation in self.conversations for match in conversation.matches]


def understand(
    trees: Mapping[str, Tree],
    rulebook: Rulebook,
    settings: Settings,
    files: Files | None = None,
    apart: Apart = NOTHING_APART,
) -> Seen:
    """Interpret the modules `trees`, and tell their requests apart. `files` says where they are, `apart` what
    is there beside them."""
    files = files or Files(trees)
    outlined = outline(trees, rulebook, settings, files, apart)
    every, facts = outlined.every, outlined.scene.facts
    linked = link([*every], facts, lambda match: ties_of_texts(outlined.scene, match), outlined.ways)
    evidence = evidence_of(outlined.scene, linked)
    conversations = evidence.proven
    proven = {match.request.id: match for one in conversations for match in one.matches}
    scene = Scene(facts, trees, rulebook, settings, proven, files, apart)
    return Seen(
        scene,
        every,
        conversations,
        evidence.unproven,
        evidence.suspects,
        evidence.unversioned,
        evidence.others,
        outlined.calls,
        outlined.faults,
        outlined.ways,
    )


def outline(
    trees: Mapping[str, Tree], rulebook: Rulebook, settings: Settings, files: Files, apart: Apart
) -> Outline:
    """Interpret the modules `trees`, and tell the versions of their requests apart."""
    named = any(_names_api(tree, rulebook, settings) for tree in trees.values())
    watched = _watched(rulebook, settings)
    facts = interpret(trees if named else {}, rulebook.clients, watched, files, rulebook.mocks, apart.unused)
    program = Program(facts, trees, rulebook, settings)
    every = match_requests(program)
    every = [*every, *without_url(every, facts, rulebook.operations)]
    scene = Scene(
        facts, trees, rulebook, settings, {match.request.id: match for match in every}, files, apart
    )
    ways = Ways(program, files.links or links_of({path: _encoded(tree) for path, tree in trees.items()}))
    new = calls(program, every, ways)
    return Outline(scene, tuple(every), new, tuple(faults(scene, new, every)), ways)


def _encoded(tree: Tree) -> bytes:
    return tree.text.encode("utf-8", "surrogatepass")


def _names_api(tree: Tree, rulebook: Rulebook, settings: Settings) -> bool:
    """Whether a module names an API's host, one of its versions, what the configuration has a table of, or
    what only the old version has: else no request of it can be a call of the API."""
    hosts = [host for api in rulebook.apis.values() for host in settings.hosts_of(api)]
    if any(word in tree.text for word in (*hosts, *settings.keys)) or names_version(tree, rulebook):
        return True
    if any(word in tree.text for api in rulebook.apis.values() for word in _telling_words(api)):
        return True
    return any(word.lower() in tree.lowered for api in rulebook.apis.values() for word in api.words)


def _telling_words(api: Api) -> Iterator[str]:
    """The fields and parameters that signs of weight are about."""
    for signature in api.signatures:
        if signature.weight in (Weight.PROOF, Weight.STRONG):
            yield from signature.fields
            if signature.query is not None:
                yield signature.query


def _watched(rulebook: Rulebook, settings: Settings) -> Iterator[str]:
    for api in rulebook.apis.values():
        yield api.old
        yield from api.hosts
    yield from settings.hosts
    yield from {one.old.method for one in rulebook.operations if one.old.method != one.new.method}
    for words in settings.vocabularies.values():
        yield from words
    yield from {part.text for one in rulebook.operations for part in one.old.path if part.text}


def ties_of_texts(scene: Scene, match: Match) -> Iterable[Hashable]:
    """The literals that a new URL of a request would edit."""
    if not match.paths:
        return
    try:
        proposal = propose(scene, match)
    except Refused:
        return
    if proposal is not None:
        yield from (("edited", site) for site, _ in proposal.drafts)

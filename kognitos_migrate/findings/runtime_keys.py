"""Keys of tables that the program gets at run time: the new code looks them up where the old version's server
was asked. A key that the table lacks is sent as it is where the rules say how, else it is an error of the
program."""

from collections.abc import Iterable, Iterator, Mapping

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.finding import DeployStep, SettingKind
from kognitos_migrate.findings.inflight import UNFOLLOWED, source_of
from kognitos_migrate.findings.places import Places
from kognitos_migrate.findings.primary import primary
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import Table
from kognitos_migrate.values.base import Hole


class _RuntimeKey(Struct, frozen=True):
    """A request that looks up a key that is not written out, and where the key comes from."""

    match: Match
    table: Table
    version: str
    source: str


def notes_of_keys(scene: Scene, conversation: Conversation) -> Mapping[int, tuple[str, ...]]:
    """By request: the notes on the keys that it looks up at run time."""
    notes: dict[int, tuple[str, ...]] = {}
    for key in _runtime_keys(scene, conversation):
        note = (
            f"the {key.table.key} comes from {key.source}: {key.table.constant} must list each one; "
            f"one that it lacks {_effect(key.table)}"
        )
        number = key.match.request.id
        notes[number] = tuple(dict.fromkeys((*notes.get(number, ()), note)))
    return notes


def steps_of_keys(
    scene: Scene, conversations: Iterable[Conversation], places: Places
) -> Iterator[DeployStep]:
    """The tables to complete before deployment, by the source of their keys, each with its first request."""
    first: dict[tuple[str, str], DeployStep] = {}
    for conversation in conversations:
        for key in _runtime_keys(scene, conversation):
            place = places.of(scene.span(primary(scene, key.match)))
            written = f"each {key.table.key} from {key.source}"
            step = DeployStep(SettingKind.TABLE, key.table.constant, place, written, _effect(key.table))
            known = first.setdefault((step.name, written), step)
            first[step.name, written] = min(known, step, key=lambda step: step.place)
    yield from first.values()


def _runtime_keys(scene: Scene, conversation: Conversation) -> Iterator[_RuntimeKey]:
    for match in conversation.matches:
        if match.request.stub is not None:
            continue
        tables = {member.slot: member.table for member in match.operation.new.members if member.table}
        api = scene.api(match.operation)
        for path in match.paths:
            for part, segment in zip(match.operation.old.path, path.segments, strict=True):
                setting = tables.get(part.slot or "")
                if setting is None or segment.text is not None:
                    continue
                holes = [piece.via[-1] for piece in segment.pieces if piece.text is None and piece.via]
                yield _RuntimeKey(match, api.tables[setting], api.old, _source(scene, holes))


def _effect(table: Table) -> str:
    """The effect of a key that the table lacks."""
    return "is sent as it is, and answered with an error" if table.unlisted else "raises KeyError"


def _source(scene: Scene, holes: Iterable[Hole]) -> str:
    """The source of a key as the interpreter names it, else the expression that gives it."""
    for hole in holes:
        source = source_of(scene, hole)
        if source is not None and source != UNFOLLOWED:
            return source
        return f"`{' '.join(scene.code(hole.site).split())}`"
    return UNFOLLOWED

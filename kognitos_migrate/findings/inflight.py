"""Values of the old version that live longer than the program's run: they are kept somewhere, or come from
outside, and the new version does not know them."""

from collections.abc import Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.places import Places
from kognitos_migrate.interpret.state.events import BY_CALLERS, Use, UseKind
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Hole, Reply, Unknown
from kognitos_migrate.values.join import alternatives

UNFOLLOWED = "where this can't be followed"
_SHOWN = 3
"""How many places a note names."""

_KEEPERS = {
    "a database": ("execute", "executemany", "executescript", "add", "insert", "insert_one", "merge", "save"),
    "a file": ("dump", "write", "writelines", "write_text", "write_bytes", "writerow", "writerows", "to_csv"),
    "a queue": ("put", "put_nowait", "publish", "send_message", "enqueue", "delay", "apply_async", "lpush"),
    "a store": ("set", "setex", "hset", "put_item"),
}
_KEPT_BY = {name: where for where, names in _KEEPERS.items() for name in names}
_NOT_KEPT = ("print", "pprint", "echo", "secho", "format", "join")
_INSIDE = ("an index", "a slice", "an Enum", "a hook", "a decorator that can't be followed")


class _Flight(Struct, frozen=True):
    """A place where a value leaves the program's run, or enters it."""

    match: Match
    note: str
    site: Site
    how: str


def notes_in_flight(
    scene: Scene, conversation: Conversation, places: Places
) -> Mapping[int, tuple[str, ...]]:
    """What to say, by the request that it is said of: each note once for the conversation."""
    matches = conversation.matches
    flights = [flight for match in matches for flight in (*_kept(scene, match), *_from_outside(scene, match))]
    by_note: dict[str, list[_Flight]] = {}
    for flight in flights or [flight for match in matches for flight in _returned(scene, match)]:
        by_note.setdefault(flight.note, []).append(flight)
    found: dict[int, tuple[str, ...]] = {}
    for note, flights in by_note.items():
        number = flights[0].match.request.id
        found[number] = (*found.get(number, ()), f"{note} ({_listed(scene, flights, places)})")
    return found


def _listed(scene: Scene, flights: Iterable[_Flight], places: Places) -> str:
    said: dict[str, None] = {}
    for flight in flights:
        place = places.of(scene.span(flight.site))
        said[f"{flight.how}, {places.said(place).rpartition(':')[0]}"] = None
    more = f"; and in {len(said) - _SHOWN} more places" if len(said) > _SHOWN else ""
    return "; ".join(list(said)[:_SHOWN]) + more


def _kept(scene: Scene, match: Match) -> Iterator[_Flight]:
    """Where a value of the reply goes beyond the program's run."""
    for member in match.operation.old.reply:
        if member.note is None:
            continue
        position = Reply(match.request.id, (View.JSON, member.name))
        for use in scene.uses.get(match.request.id, []):
            where = _keeper(scene, use) if use.value == position and use.kind is UseKind.ESCAPE else None
            if where is not None:
                yield _Flight(match, member.note, use.site, f"{member.name!r} goes to {where}")


def _returned(scene: Scene, match: Match) -> Iterator[_Flight]:
    """Where a value of the reply goes to callers that are not in sight: they may keep it."""
    for member in match.operation.old.reply:
        position = Reply(match.request.id, (View.JSON, member.name))
        for use in scene.uses.get(match.request.id, []) if member.note is not None else ():
            if member.note is not None and use.value == position and use.detail in BY_CALLERS:
                yield _Flight(match, member.note, use.site, f"{member.name!r} goes to {use.detail}")


def _keeper(scene: Scene, use: Use) -> str | None:
    """What may keep a value that leaves the code that is followed; None where it is only shown."""
    if use.detail in (*_INSIDE, *BY_CALLERS):
        return None
    node = scene.node(use.site)
    if not isinstance(node, cst.Call):
        return "a store" if isinstance(node, cst.Subscript) else use.detail
    name = _called(node)
    if name in _NOT_KEPT:
        return None
    said = f"`{name}`, which is not followed" if name else "code that can't be followed"
    return _KEPT_BY.get(name, said)


def _called(node: cst.Call) -> str:
    called = node.func
    if isinstance(called, cst.Attribute):
        return called.attr.value
    return called.value if isinstance(called, cst.Name) else ""


def _from_outside(scene: Scene, match: Match) -> Iterator[_Flight]:
    """Where a slot of the path holds a value that the program did not get from a reply in sight."""
    notes = {
        member.slot: member.note
        for operation in scene.rules.operations
        if operation.api == match.operation.api
        for member in operation.old.reply
        if member.note is not None
    }
    for path in match.paths:
        for part, segment in zip(match.operation.old.path, path.segments, strict=True):
            note = notes.get(part.slot or "")
            if note is None:
                continue
            site = segment.pieces[0].site
            if segment.text is not None and site is not None:
                yield _Flight(match, note, site, f"{segment.text!r} stands in the code")
            for piece in segment.pieces:
                source = source_of(scene, piece.via[-1]) if piece.text is None else None
                if source is not None:
                    yield _Flight(match, note, piece.via[-1].site, f"one comes from {source}")


def source_of(scene: Scene, hole: Hole) -> str | None:
    """Where an unknown value comes from; None where it is what a reply in sight gave."""
    choices = list(alternatives(hole.value))
    unknown = [choice for choice in choices if isinstance(choice, Unknown)]
    if any(isinstance(choice, Reply) for choice in choices):
        unknown = [choice for choice in unknown if choice.public]
    if not unknown:
        return None
    node, frame = scene.node(hole.site), scene.facts.frames[hole.frame]
    if isinstance(node, cst.Name) and frame.call is None and node.value in scene.parameters(frame):
        function = scene.node(frame.function) if frame.function is not None else None
        name = f" `{function.name.value}`" if isinstance(function, cst.FunctionDef) else " this"
        return f"whoever calls{name}"
    return next((choice.source for choice in unknown if choice.source), UNFOLLOWED)

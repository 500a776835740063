"""The ways out of sight that tie requests of a conversation, as notes on these requests."""

from collections.abc import Mapping

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.ways import Way, WayKind
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.places import Places


def notes_of_passages(
    scene: Scene, conversation: Conversation, places: Places
) -> Mapping[int, tuple[str, ...]]:
    """By request: the note that names another one which must be changed with it, and the way between the two.

    Requests of one module need none: who has the one has the other.
    """
    requests = scene.facts.requests
    notes: dict[int, tuple[str, ...]] = {}
    for passage in conversation.passages:
        giver, taker = requests[passage.giver].site, requests[passage.taker].site
        if giver.path == taker.path:
            continue
        for number, other in ((passage.giver, taker), (passage.taker, giver)):
            place = places.said(places.of(scene.span(other))).rpartition(":")[0]
            note = f"it is changed together with {place} or not at all: {way_in_words(passage.way)}"
            notes.setdefault(number, (note,))
    return notes


def way_in_words(way: Way) -> str:
    """The way that a value may take between two places."""
    name = way.name
    match way.kind:
        case WayKind.IMPORT:
            return f"an id may get from one to the other through {name}"
        case WayKind.STORAGE:
            return f"an id may get from one to the other through {name!r}, which both name"
        case WayKind.TASK:
            return f"an id may get from one to the other through the task {name!r}"
        case WayKind.LIBRARY | WayKind.NAMED_LIBRARY:
            return f"an id may get from one to the other through the package {name!r}"

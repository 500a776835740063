"""Whether what a budget cut short has to do with a request."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.interpret.state.events import Frame
from kognitos_migrate.syntax.tree import Site


def is_reached(scene: Scene, match: Match, cut_short: Site) -> bool:
    """Whether a request is sent, or its reply used, by a function of which not all calls were seen, or in a
    module of which not all was."""
    if isinstance(scene.node(cut_short), cst.FunctionDef | cst.Lambda):
        return any(frame.function == cut_short for frame in _frames(scene, match))
    return any(frame.path == cut_short.path for frame in _frames(scene, match))


def _frames(scene: Scene, match: Match) -> Iterator[Frame]:
    """The frames in which a request is sent and its reply used, and those that called them."""
    frames = scene.facts.frames
    waiting = [match.request.frame, *(use.frame for use in scene.uses.get(match.request.id, ()))]
    seen: set[int] = set()
    for number in waiting:
        one: int | None = number
        while one is not None and one not in seen:
            seen.add(one)
            yield frames[one]
            one = frames[one].caller

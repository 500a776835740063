"""The call at which a match is shown."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.tree import Site


def primary(scene: Scene, match: Match) -> Site:
    """Where a match is shown: the innermost call that sends only this operation."""
    for site, _ in scene.calls(match.request):
        if scene.same_operation(scene.callers.get(site, set()), match):
            return site
    return match.request.site

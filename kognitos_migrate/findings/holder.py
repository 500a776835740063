"""Which request of a conversation it is that holds the conversation back."""

from collections.abc import Iterator

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.syntax.tree import Site


def holder_of(scene: Scene, conversation: Conversation, site: Site) -> Match | None:
    """The member to which the place `site` belongs: as one of its calls, of its arguments, of what is done
    with its reply. None where it belongs to several operations, or to none."""
    found = [match for match in conversation.matches if site in set(_sites(scene, match))]
    operations = {match.operation.id for match in found}
    return found[0] if len(operations) == 1 else None


def _sites(scene: Scene, match: Match) -> Iterator[Site]:
    for site, _ in scene.calls(match.request):
        yield site
    for values in match.request.given.values():
        yield from (given.site for given in values)
    for path in match.paths:
        yield from path.url.sites()
    for use in scene.uses.get(match.request.id, []):
        yield use.site
        yield use.operand

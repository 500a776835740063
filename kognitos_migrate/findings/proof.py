"""What shows that a request is meant for the API, or what lacks."""

from kognitos_migrate.conversations.evidence import evidence, lacking
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.scene import Scene


def proof(scene: Scene, match: Match) -> tuple[str, ...]:
    """What shows it in the request itself; empty where nothing does."""
    keys = frozenset(key for rows in scene.settings.tables.values() for key in rows)
    uses = scene.uses.get(match.request.id, [])
    return evidence(match, scene.rules.apis[match.operation.api], keys, scene.facts, uses, scene.trees)


def proof_within(scene: Scene, match: Match, conversation: Conversation) -> tuple[str, ...]:
    """What shows it in the request itself, or else in another of its conversation."""
    own = proof(scene, match)
    if own:
        return own
    for other in conversation.matches:
        if shown := proof(scene, other):
            return (f"it belongs with a call ({other.operation.code}) that is the API's", *shown)
    return ()


def lack(scene: Scene, match: Match) -> tuple[str, ...]:
    """What would have shown it, and is not there."""
    uses = scene.uses.get(match.request.id, [])
    return lacking(match, scene.rules.apis[match.operation.api], scene.facts, uses, scene.trees)

"""Values that one version gave and the other gets."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.places import body_entries, body_roles
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.halfway.values import positions
from kognitos_migrate.rulebook.codes import HALF_VALUE
from kognitos_migrate.rulebook.model import Member, View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Reply, Value


def crossings(scene: Scene, match: Match, others: Mapping[int, Match]) -> Iterator[Fault]:
    """The slots of `match` that hold what one of `others`, calls of the other version, has answered."""
    for slot, value, site in _slots(scene, match):
        for reply in positions(scene, value):
            source = others.get(reply.request)
            member = _member(source, reply) if source is not None else None
            if source is None or member is None or member.slot != slot:
                continue
            api = scene.api(match.operation)
            is_new = source.layout == source.operation.new
            gave, gets = (api.new, api.old) if is_new else (api.old, api.new)
            message = f"{member.name!r} of a reply of {gave} is given to {gets}, which does not know it"
            stale = match if is_new else source
            help_ = f"move the call of {api.old} as well: {stale.operation.new.call}"
            yield Fault(HALF_VALUE, match, site, message, help_)
            break


def _slots(scene: Scene, match: Match) -> Iterator[tuple[str, Value, Site]]:
    """The slots of a request, with what is in them, and where that is shown."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            for piece in segment.pieces if part.slot else ():
                if part.slot and piece.text is None:
                    yield part.slot, piece.via[-1].value, piece.via[-1].site
    for given in body_roles(match):
        for member in match.layout.members:
            for entry in body_entries(scene, given, member.name):
                yield member.slot, entry.given.value, entry.given.site


def _member(source: Match, reply: Reply) -> Member | None:
    if len(reply.path) != 2 or reply.path[0] is not View.JSON:
        return None
    return source.layout.reply_slot(str(reply.path[1]))

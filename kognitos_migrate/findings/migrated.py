"""What is on the new version already, conversation by conversation."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.conversations.link import link
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.ways import Ways
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.classify import new_call
from kognitos_migrate.findings.finding import Migrated
from kognitos_migrate.findings.places import Places
from kognitos_migrate.halfway.calls import Calls
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.record import Struct


class NewConversations(Struct, frozen=True):
    """The calls of the new version, and by request's number the conversation that each is part of."""

    matches: tuple[Match, ...]
    names: Mapping[int, str]

    @classmethod
    def of(cls, scene: Scene, calls: Calls) -> "NewConversations":
        """The conversations of `calls`: they hang together as those of the old version do."""
        linked = link(list(calls.matches), scene.facts, _written, Ways(scene, scene.files.links))
        names = {number: f"n{index}" for index, one in enumerate(linked, 1) for number in one.requests}
        return cls(calls.right, names)

    def migrated(self, faults: Iterable[Fault], places: Places, scene: Scene) -> Sequence[Migrated]:
        """The calls of the conversations in which nothing is half-migrated, in the order of place."""
        half = {self.names.get(fault.match.request.id) for fault in faults}
        whole = [match for match in self.matches if self.names[match.request.id] not in half]
        return sorted(dict.fromkeys(self._call(match, places, scene) for match in whole))

    def _call(self, match: Match, places: Places, scene: Scene) -> Migrated:
        operation = match.operation
        place = places.of(scene.span(match.request.site))
        name = self.names[match.request.id]
        return Migrated(place, operation.code, operation.name, new_call(operation), name)


def _written(match: Match) -> Iterator[Hashable]:
    """The literals in which a URL's fixed parts are written: requests that share one go together."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.text is not None:
                yield from (piece.lit.site for piece in segment.pieces if piece.lit and piece.lit.site)

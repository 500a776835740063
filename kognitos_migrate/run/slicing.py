"""Of a large part of a run, only what can matter is analysed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache

from kognitos_migrate.discover.channels import NO_CHANNELS, Channel, Channels
from kognitos_migrate.discover.connected import links_of
from kognitos_migrate.discover.idle import Between
from kognitos_migrate.discover.screen import Anchors, hints, screen, touches
from kognitos_migrate.discover.signature import bears, is_signed
from kognitos_migrate.discover.slices import Slice, Slicer, Statements
from kognitos_migrate.record import replace
from kognitos_migrate.run.parts.part import Part, encoded
from kognitos_migrate.run.pieces import Piece, Top, Uncut
from kognitos_migrate.run.pipeline import Survey

LARGE = 40_000
"""So many characters are too much to be analysed whole: some thirteen hundred lines."""
VERY_LARGE = 150_000
"""So many are too much also where anything may be asked for, and worth being analysed in pieces."""
PIECES = 8
"""So many pieces a part is split into: more than most machines have processors, and not so many that what all
of them use costs much."""
_ROUNDS = 4
"""How often a slice is made wider before the whole part is analysed."""


class Bodies(Enum):
    """Which functions in the files of a slice are parsed with their bodies."""

    ALL = "all"
    NEEDED = "needed"
    """Those that are run, or tell something of their module."""


class Slices:
    """A part of a run, and ever wider slices of it."""

    def __init__(self, part: Part, anchors: Anchors, bodies: Bodies = Bodies.NEEDED) -> None:
        """Of a part that is not large, there is only the whole, and if all bodies are asked for, of one that
        is not very large; `bodies` says what is parsed of a slice."""
        self.part = part
        self._bodies = bodies
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._channels = NO_CHANNELS
        self._rounds = 0 if part.size >= (LARGE if bodies is Bodies.NEEDED else VERY_LARGE) else _ROUNDS
        if self._rounds < _ROUNDS:
            texts = {source.path: encoded(source) for source in part.sources}
            has_signature = is_signed(texts.values(), anchors.ties, anchors.clients)
            self._seeds = [
                path
                for path, text in texts.items()
                if screen(text, anchors) or (has_signature and bears(text, anchors.ties))
            ]
            touched = cache(
                lambda text: touches(text, anchors) or (has_signature and bears(text, anchors.ties))
            )
            links = part.links or links_of(texts)
            self._slicer = Slicer(texts, links, touched, lambda text: hints(text, anchors))

    @property
    def size(self) -> int:
        """How much there is to analyse, in characters."""
        return self.part.size

    def first(self) -> Piece:
        """What is analysed first."""
        return self._slice()

    def pieces(self) -> Sequence[Uncut]:
        """The same in pieces, where it falls apart; else nothing."""
        if self._rounds >= _ROUNDS or self.size < VERY_LARGE or len(self.part.sources) < 2:
            return []
        whole = self._slicer.slice(self._seeds, {}, NO_CHANNELS)
        found = self._slicer.pieces(whole, PIECES) if whole is not None else []
        return [self._uncut(whole, users) for users in found] if whole is not None and found[1:] else []

    def _uncut(self, whole: Slice, users: Statements) -> Uncut:
        size = sum(len(source.text) for source in self.part.sources if source.path in users)
        return Uncut(size, lambda: self._piece(self._slicer.piece(whole, users), self._beside(users)))

    def _beside(self, users: Statements) -> frozenset[Channel]:
        """The channels from which a statement takes that is not in a piece."""
        within = {(file, one.start) for file, some in users.items() for one in some}
        return frozenset(
            one for one in Channel if not self._slicer.is_taken_within(Channels(frozenset((one,))), within)
        )

    def wider(self, current: Piece, survey: Survey) -> Piece | None:
        """A wider slice, where code outside of the current one uses what is changed, or what holds what
        replies say, or may get that without a name; None where there is no such code."""
        if current.part is self.part:
            return None
        shared = current.shared(survey)
        for file, name in shared:
            self._names[file].add(name)
        channels = current.channels(survey)
        self._channels |= channels
        more = bool(channels) and not self._slicer.is_taken_within(channels, current.mattering())
        wider = self._slice() if shared or more else current
        return None if wider.part == current.part else wider

    def _slice(self) -> Piece:
        if self._rounds >= _ROUNDS:
            return Piece(self.part, {})
        self._rounds += 1
        found = self._slicer.slice(self._seeds, self._names, self._channels)
        return self._piece(found) if found is not None else Piece(self.part, {})

    def _piece(self, found: Slice, beside: frozenset[Channel] = frozenset(Channel)) -> Piece:
        within = tuple(source for source in self.part.sources if source.path in found.files)
        left = {source.path: source.text for source in self.part.sources if source.path not in found.files}
        apart = self.part.apart.beside(left, found.unused)
        return Piece(
            replace(self.part, sources=within, apart=apart, left_out=self._left_out(found)),
            {source.path: self._tops(found, source.path) for source in within},
            beside,
        )

    def _left_out(self, found: Slice) -> Mapping[str, Sequence[Between]]:
        return self._slicer.idle(found) if self._bodies is Bodies.NEEDED else {}

    def _tops(self, found: Slice, file: str) -> tuple[Top, ...]:
        mattering = {one.start for some in (found.users, found.imports) for one in some.get(file, ())}
        return tuple(
            Top(one.start, one.end, one.names, one.start in mattering, one.is_import)
            for one in self._slicer.statements(file)
        )

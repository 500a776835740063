"""Of a large part of a run, only what can matter is analysed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kognitos_migrate.discover.connected import links_of
from kognitos_migrate.discover.screen import Anchors, screen, touches
from kognitos_migrate.discover.slices import Slicer
from kognitos_migrate.discover.statements import Statement
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.run.parts import Part, encoded
from kognitos_migrate.run.pipeline import Survey
from kognitos_migrate.source.span import Span

LARGE = 150_000
"""So many characters are too much to be analysed whole: some five thousand lines."""
_ROUNDS = 4
"""How often a slice is made wider before the whole part is analysed."""


class Slices:
    """A part of a run, and ever wider slices of it."""

    def __init__(self, part: Part, anchors: Anchors) -> None:
        """Of a part that is not large, there is only the whole."""
        self.part = part
        self._anchors = anchors
        self._users: Mapping[str, tuple[Statement, ...]] = {}
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._rounds = 0 if part.size >= LARGE else _ROUNDS
        if self._rounds < _ROUNDS:
            texts = {source.path: encoded(source) for source in part.sources}
            self._seeds = [path for path, text in texts.items() if screen(text, anchors)]
            self._slicer = Slicer(texts, part.links or links_of(texts), lambda text: touches(text, anchors))

    def first(self) -> Part:
        """What is analysed first."""
        return self._slice()

    def wider(self, current: Part, survey: Survey) -> Part | None:
        """A wider slice, where code outside of the current one uses what is changed, or what holds what
        replies say; None where there is no such code."""
        if current is self.part:
            return None
        for file, name in self._shared(survey):
            self._names[file].add(name)
        wider = self._slice()
        return None if wider == current else wider

    def _slice(self) -> Part:
        if self._rounds >= _ROUNDS:
            return self.part
        self._rounds += 1
        found = self._slicer.slice(self._seeds, self._names)
        if found is None:
            return self.part
        self._users = found.users
        within = tuple(source for source in self.part.sources if source.path in found.files)
        left = ((source.path, source.text) for source in self.part.sources if source.path not in found.files)
        return replace(self.part, sources=within, apart=self.part.apart.beside(left, found.unused))

    def _shared(self, survey: Survey) -> Iterator[tuple[str, str]]:
        """The definitions of a slice that code outside of it may not use unseen, by file and name: what holds
        replies, or definitions that matter, and what edits touch."""
        scene = survey.seen.scene
        for (file, name), held in scene.facts.holdings.items():
            if held.replies or any(self._matters(scene.span(site)) for site in held.definitions):
                yield file, name
        for one in survey.planned:
            for edit in one.edits if isinstance(one.outcome, Plan) else ():
                statement = (
                    self._slicer.at(edit.span.path, edit.span.start)
                    if edit.span.path in scene.trees
                    else None
                )
                if statement is not None and not statement.is_import:
                    yield from ((edit.span.path, name) for name in statement.names)

    def _matters(self, span: Span) -> bool:
        return any(one.start <= span.start < one.end for one in self._users.get(span.path, ()))

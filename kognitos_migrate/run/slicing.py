"""Of a large part of a run, only what can matter is analysed."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from kognitos_migrate.discover.connected import links_of
from kognitos_migrate.discover.screen import Anchors, screen, touches
from kognitos_migrate.discover.slices import Slicer
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.run.parts import Part, encoded
from kognitos_migrate.run.pipeline import Survey

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
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._rounds = 0 if part.size >= LARGE and len(part.sources) > 1 else _ROUNDS
        if self._rounds < _ROUNDS:
            texts = {source.path: encoded(source) for source in part.sources}
            self._seeds = [path for path, text in texts.items() if screen(text, anchors)]
            self._slicer = Slicer(texts, links_of(texts), lambda text: touches(text, anchors))

    def first(self) -> Part:
        """What is analysed first."""
        return self._slice()

    def wider(self, current: Part, survey: Survey) -> Part | None:
        """A wider slice, where code outside of the current one uses what is changed, or what holds what
        replies say; None where there is no such code."""
        if len(current.sources) == len(self.part.sources):
            return None
        for file, name in _shared(survey, self._slicer):
            self._names[file].add(name)
        wider = self._slice()
        return None if wider.paths == current.paths else wider

    def _slice(self) -> Part:
        files = self._files()
        if files is None or len(files) == len(self.part.sources):
            return self.part
        within = tuple(source for source in self.part.sources if source.path in files)
        left = ((source.path, source.text) for source in self.part.sources if source.path not in files)
        return replace(self.part, sources=within, apart=self.part.apart.beside(left))

    def _files(self) -> Collection[str] | None:
        if self._rounds >= _ROUNDS:
            return None
        self._rounds += 1
        return self._slicer.slice(self._seeds, self._names)


def _shared(survey: Survey, slicer: Slicer) -> Iterator[tuple[str, str]]:
    """The definitions of a slice that code outside of it may not use unseen, by file and name."""
    for file, names in survey.seen.scene.facts.holders.items():
        yield from ((file, name) for name in names)
    for one in survey.planned:
        for edit in one.edits if isinstance(one.outcome, Plan) else ():
            for statement in (
                slicer.statements(edit.span.path) if edit.span.path in survey.seen.scene.trees else ()
            ):
                if statement.start <= edit.span.start < statement.end and not statement.bindings:
                    yield from ((edit.span.path, name) for name in statement.names)

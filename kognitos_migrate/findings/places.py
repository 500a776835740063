"""Rows and columns of spans, by file."""

from collections.abc import Mapping

from kognitos_migrate.findings.finding import Place
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.locations import Locations
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import Span


class Places:
    """Rows and columns of spans, by file."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._sources = sources
        self._locations = Locations(sources)
        self._indexes: dict[str, LineIndex] = {}

    def of(self, span: Span) -> Place:
        """The place of a span."""
        if span.path not in self._indexes:
            self._indexes[span.path] = LineIndex(self._sources[span.path].text)
        located = self._indexes[span.path].place(span.path, span.start, span.end)
        return Place(*located)

    def said(self, place: Place) -> str:
        """A place in words: `file.py:12:5`, of a notebook with the cell."""
        return self._locations.said(place.path, place.row, place.column)

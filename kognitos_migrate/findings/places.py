"""Rows and columns of spans, by file."""

from collections.abc import Mapping

from kognitos_migrate.findings.finding import Place
from kognitos_migrate.source.position import LineIndex
from kognitos_migrate.source.span import Span


class Places:
    """Rows and columns of spans, by file."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._indexes: dict[str, LineIndex] = {}

    def of(self, span: Span) -> Place:
        """The place of a span."""
        if span.path not in self._indexes:
            self._indexes[span.path] = LineIndex(self._texts[span.path])
        located = self._indexes[span.path].place(span.path, span.start, span.end)
        return Place(*located)

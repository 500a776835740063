"""Source excerpts with line numbers and a marked range."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from kognitos_migrate.findings.result import Place
from kognitos_migrate.report.escape import plain
from kognitos_migrate.report.place_mapping import file_and_cell, into_cells
from kognitos_migrate.report.style import TextStyle
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.source.file import SourceFile

CONTEXT = 2
"""The lines shown before and after the marked one."""
WIDTH = 140
"""The columns of source. Of a longer line, a window around the mark is shown."""
TAB = "    "

_LINE_END = re.compile(r"\r\n|\r|\n")


class Excerpts:
    """Excerpts of the sources of a run."""

    def __init__(self, sources: Mapping[str, SourceFile]) -> None:
        self._sources = sources
        self._locations = DisplayLocations(sources)
        self._lines: dict[str, Sequence[str]] = {}

    def excerpt(self, place: Place, paint: TextStyle) -> str:
        """The lines around the start of `place`, with its range in the first line marked.

        Empty if there is no source or no such line.
        """
        place = into_cells(self._locations)(place)
        lines = self.lines(place.path)
        if not 1 <= place.row <= len(lines):
            return ""
        first, last = max(1, place.row - CONTEXT), min(len(lines), place.row + CONTEXT)
        while first < place.row and not lines[first - 1].strip():
            first += 1
        while last > place.row and not lines[last - 1].strip():
            last -= 1
        margin = len(str(last))
        window = _Window.around(lines[place.row - 1], place)
        drawn = [paint.frame(" " * margin + " |")]
        for row in range(first, last + 1):
            line = window.cut(lines[row - 1])
            drawn.append(f"{paint.frame(f'{row:>{margin}} |')} {line}".rstrip())
            if row == place.row:
                drawn.append(f"{paint.frame(' ' * margin + ' |')} {paint.bad(window.marks)}")
        drawn.append(paint.frame(" " * margin + " |"))
        return "\n".join(drawn)

    def margin(self, place: Place) -> int:
        """The width of the line numbers in the excerpt of `place`."""
        place = into_cells(self._locations)(place)
        return len(str(min(place.row + CONTEXT, max(len(self.lines(place.path)), place.row))))

    def lines(self, path: str) -> Sequence[str]:
        """The lines of a source, or of a cell (`notebook.ipynb:cell 3`), without line endings. Empty if there
        is no source."""
        if path not in self._lines:
            file, cell = file_and_cell(path)
            source, cells = self._sources.get(file), self._locations.cells(file)
            if cell is not None and cells is not None:
                self._lines[path] = _LINE_END.split(cells.code(cell))
            else:
                self._lines[path] = _LINE_END.split(source.original_text) if source else ()
        return self._lines[path]


class _Window:
    """The visible columns, and the marks below the marked line."""

    def __init__(self, start: int, marks: str) -> None:
        self.start = start
        self.marks = marks

    @classmethod
    def around(cls, line: str, place: Place) -> "_Window":
        """The window that shows `place`, which starts on `line`."""
        begin = place.column - 1
        end = place.end_column - 1 if place.end_row == place.row else len(line.rstrip())
        before, marked = line[:begin], line[begin : max(end, begin + 1)]
        offset = _width(_printable_text(before))
        length = max(1, _width(_printable_text(marked)))
        start = 0
        if offset + length > WIDTH:
            start = max(0, offset - WIDTH // 4)
        shift = 1 if start else 0
        room = WIDTH - (offset - start) - shift
        marks = " " * (offset - start + shift) + "^" * max(1, min(length, room))
        return cls(start, marks)

    def cut(self, line: str) -> str:
        """The characters of `line` in the window."""
        text = _printable_text(line.rstrip())
        if self.start:
            text = "…" + _from_column(text, self.start)
        if len(text) > WIDTH:
            text = text[: WIDTH - 1] + "…"
        return text


def _printable_text(text: str) -> str:
    return plain(text.replace("\t", TAB))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _from_column(text: str, column: int) -> str:
    """`text` from this column."""
    if text.isascii():
        return text[column:]
    columns = 0
    for index, character in enumerate(text):
        if columns >= column:
            return text[index:]
        columns += _columns(character)
    return ""

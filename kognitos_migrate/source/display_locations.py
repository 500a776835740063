"""Positions as users see them: rows and columns of a file, or of a notebook's cell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import Position

if TYPE_CHECKING:  # most runs see no notebook
    from kognitos_migrate.source.notebook.conversion import CellIndex, CellPlace, Notebook


class DisplayLocations:
    """Maps rows and columns of module texts to those of files and notebook cells."""

    def __init__(self, sources: Mapping[str, SourceFile] | None = None) -> None:
        """Map positions in `sources`, which are named by path. Positions in other files stay as they are."""
        self._sources = sources or {}
        self._indexes: dict[str, CellIndex | None] = {}

    def cells(self, path: str) -> "CellIndex | None":
        """The index of the notebook at `path`; None if the file isn't a notebook."""
        if path not in self._indexes:
            source = self._sources.get(path)
            notebook = source.notebook if source is not None else None
            self._indexes[path] = _cells(notebook, source.text) if source and notebook else None
        return self._indexes[path]

    def in_cell(self, path: str, row: int, column: int) -> "CellPlace | None":
        """The cell, row and column of a position; None if the file isn't a notebook."""
        cells = self.cells(path)
        return cells.place(row, column) if cells is not None else None

    def in_file(self, path: str, row: int, column: int) -> Position:
        """The row and column in the file on disk. For a notebook these are positions in its JSON."""
        cells = self.cells(path)
        return cells.in_json(row, column) if cells is not None else Position(row, column)

    def format(self, path: str, row: int, column: int) -> str:
        """A position in Ruff's format: `file.py:12:5`, or `notebook.ipynb:cell 3:2:5`."""
        place = self.in_cell(path, row, column)
        if place is None:
            return f"{path}:{row}:{column}"
        return f"{path}:cell {place.cell}:{place.row}:{place.column}"


def _cells(notebook: "Notebook", text: str) -> "CellIndex":
    from kognitos_migrate.source.notebook.conversion import CellIndex

    return CellIndex(notebook, text)

"""Positions as users see them: in a file, or in a cell of a notebook."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import Position

if TYPE_CHECKING:  # most runs see no notebook
    from kognitos_migrate.source.notebook.conversion import CellIndex, CellPlace, Notebook


class DisplayLocations:
    """Rows and columns of sources, given by those of their texts."""

    def __init__(self, sources: Mapping[str, SourceFile] | None = None) -> None:
        """Locations in `sources`, by path; of other files, rows and columns are what they are."""
        self._sources = sources or {}
        self._indexes: dict[str, CellIndex | None] = {}

    def cells(self, path: str) -> "CellIndex | None":
        """The cells of the notebook at `path`, None where it is none."""
        if path not in self._indexes:
            source = self._sources.get(path)
            notebook = source.notebook if source is not None else None
            self._indexes[path] = _cells(notebook, source.text) if source and notebook else None
        return self._indexes[path]

    def in_cell(self, path: str, row: int, column: int) -> "CellPlace | None":
        """The place in a notebook's cell, None where the file is no notebook."""
        cells = self.cells(path)
        return cells.place(row, column) if cells is not None else None

    def in_file(self, path: str, row: int, column: int) -> Position:
        """The row and column in the file itself: of a notebook, in its JSON."""
        cells = self.cells(path)
        return cells.in_json(row, column) if cells is not None else Position(row, column)

    def said(self, path: str, row: int, column: int) -> str:
        """`file.py:12:5`, or `notebook.ipynb:cell 3:2:5`, as Ruff says it."""
        found = self.in_cell(path, row, column)
        if found is None:
            return f"{path}:{row}:{column}"
        return f"{path}:cell {found.cell}:{found.row}:{found.column}"


def _cells(notebook: "Notebook", text: str) -> "CellIndex":
    from kognitos_migrate.source.notebook.conversion import CellIndex

    return CellIndex(notebook, text)

"""A notebook's cells of code as one module, in order, and back; and which cell a place in it is in.

A comment stands between two cells. What text comes to stand where is all that is known of a module that was
changed, so that any text which still has these comments can be put back.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from kognitos_migrate.source.cell import Cell
from kognitos_migrate.source.magics import behind_magic, kept, masked, unmasked, unmasked_beginning, whole
from kognitos_migrate.source.notebook import Notebook
from kognitos_migrate.source.position import Position, ends_of_lines

_CODE = re.compile(r"(?m)^[ \t]*[^\s#]")
_BLANK = re.compile(r"[ \t]*\r?\n")


class CellPlace(NamedTuple):
    """A place in a cell: the cell's number, and row and column in its code, all from 1."""

    cell: int
    row: int
    column: int


class LostCell(ValueError):
    """A text in which a cell has no place any more."""


def module_text(notebook: Notebook) -> str:
    """The module that the cells are."""
    return "".join(
        f"{_between(notebook, cell) if place else ''}{cell_text(notebook, cell)}\n"
        for place, cell in enumerate(notebook.cells)
    )


def cell_text(notebook: Notebook, cell: Cell) -> str:
    """What a cell is in the module."""
    if not cell.is_python:
        return whole(cell.code, notebook.mark)
    text = masked(cell.code, notebook.mark)
    return kept(text, cell.output, notebook.mark) if cell.output is not None else text


def json_text(notebook: Notebook, text: str) -> str:
    """The notebook's JSON where the module is `text`. Raises LostCell."""
    return notebook.with_codes([code for _, code in changed_cells(notebook, text)])


def changed_cells(notebook: Notebook, text: str) -> list[tuple[Cell, str]]:
    """The cells, and the code of each where the module is `text`. Raises LostCell.

    What stands in front of a cell magic goes behind it, or into the next cell where nothing else may stand
    in this one.
    """
    parts = re.split(rf"(?m)^# {notebook.mark}: cell \d+\n", text) if notebook.cells else []
    if len(parts) != len(notebook.cells):
        raise LostCell("two cells would become one")
    found: list[tuple[Cell, str]] = []
    carried = ""
    for cell, part in zip(notebook.cells, parts, strict=True):
        text = carried + part.removesuffix("\n")
        if text == cell_text(notebook, cell):
            found.append((cell, cell.code))
            continue
        code = unmasked(text, notebook.mark)
        carried = ""
        put = behind_magic(cell.code, code) if cell.is_python else None
        if put is None:
            carried, there, rest = code.partition(cell.code)
            if not there or rest.strip():
                raise LostCell(f"cell {cell.number} is not Python, and would be changed")
            carried = carried if _CODE.search(carried) else ""  # a comment would have no place here
        found.append((cell, cell.code if put is None else _with_ends_of(cell.code, put)))
    if carried:
        raise LostCell("there is no cell of Python to put text into")
    return found


class CellIndex:
    """Where the rows of one module's text are in the notebook."""

    def __init__(self, notebook: Notebook, text: str) -> None:
        """An index of `text`, the module of `notebook`, which may have been changed."""
        self._notebook = notebook
        self._text = text
        self._starts = [0, *ends_of_lines(text)]

    def place(self, row: int, column: int) -> CellPlace | None:
        """The place in a cell of a place in the module, None where there are no cells."""
        if not self._notebook.cells:
            return None
        cell, code = self._before(row, column)
        starts = [0, *ends_of_lines(code)]
        return CellPlace(cell.number, len(starts), len(code) - starts[-1] + 1)

    def in_json(self, row: int, column: int) -> Position:
        """The row and column in the JSON, of a module that wasn't changed."""
        if not self._notebook.cells:
            return Position(row, column)
        cell, code = self._before(row, column)
        offset = self._notebook.offset(cell, len(code))
        start = bisect_right(self._json_starts, offset)
        return Position(start, offset - self._json_starts[start - 1] + 1)

    def row_in_cell(self, number: int, row: int) -> int | None:
        """The row in the module of a row of the cell with this number, None where there is none."""
        cell = next((start for cell, _, start in self._bounds if cell.number == number), None)
        if cell is None or not 1 <= row <= 1 + len(ends_of_lines(self.code(number))):
            return None
        return bisect_right(self._starts, cell) + row - 1

    def row_in_json(self, row: int) -> int | None:
        """The row in the module of a row of the JSON, None where no code is written there."""
        rows = range(1, len(self._starts))
        return next((one for one in rows if self._is_code(one) and self.in_json(one, 1).row == row), None)

    def _is_code(self, row: int) -> bool:
        return not self._text.startswith(f"# {self._notebook.mark}: cell ", self._starts[row - 1])

    def code(self, number: int) -> str:
        """The code of the cell with this number."""
        return next((unmasked(text, self._notebook.mark) for cell, text in self._cells if cell == number), "")

    @cached_property
    def _cells(self) -> Sequence[tuple[int, str]]:
        """The cells' numbers and texts in the module."""
        ends = [*(begin for _, begin, _ in self._bounds[1:]), len(self._text)]
        return [
            (cell.number, self._text[start:end].removesuffix("\n"))
            for (cell, _, start), end in zip(self._bounds, ends, strict=True)
        ]

    @cached_property
    def _bounds(self) -> Sequence[tuple[Cell, int, int]]:
        """The cells, where what stands in front of each begins, and where it begins itself."""
        between = re.finditer(rf"(?m)^# {self._notebook.mark}: cell \d+\n", self._text)
        places = [(0, 0), *((found.start(), found.end()) for found in between)]
        return [(cell, *place) for cell, place in zip(self._notebook.cells, places, strict=False)]

    def _before(self, row: int, column: int) -> tuple[Cell, str]:
        """The cell of a place, and the cell's code up to there."""
        line = self._starts[min(row, len(self._starts)) - 1]
        offset = min(line + column - 1, len(self._text))
        cell, _, start = self._bounds[bisect_right([start for _, _, start in self._bounds], offset) - 1]
        return cell, unmasked_beginning(self._text[start : max(start, offset)], self._notebook.mark)

    @cached_property
    def _json_starts(self) -> Sequence[int]:
        return [0, *ends_of_lines(self._notebook.raw)]


def _between(notebook: Notebook, cell: Cell) -> str:
    return f"# {notebook.mark}: cell {cell.number}\n"


def _with_ends_of(old: str, new: str) -> str:
    """`new` without the blank lines at its ends that `old` has not."""
    while (blank := _BLANK.match(new)) and not old.startswith(blank[0]):
        new = new[blank.end() :]
    had = len(old) - len(old.rstrip("\r\n"))
    stripped = new.rstrip("\r\n")
    return stripped + (new[len(stripped) :] if had else "")

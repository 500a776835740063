"""Conversion between the JSON of a notebook and one Python module.

Only the strings of changed lines are written again; every other byte stays as it is.

A comment separates two cells in the module. A changed text that still has these comments can be turned back
into cells, without a record of the edits.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import NamedTuple

from kognitos_migrate.source.notebook.cell_source import (
    DECODER,
    Cell,
    CellSource,
    array_items,
    find_value,
    line_of,
    object_members,
    skip_comma,
    skip_space,
)
from kognitos_migrate.source.notebook.magics import (
    assign_last_value,
    mask_cell,
    mask_magics,
    move_behind_magic,
    unmask_magics,
    unmask_prefix,
)
from kognitos_migrate.source.positions import Position, line_ends
from kognitos_migrate.structs import Struct, replace

_MARK = "ipython_magic"
_PYTHON = ("python", "ipython", "pyspark")


class NotebookError(ValueError):
    """The text isn't a notebook. `line` is the line of the JSON at which that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class CellProperties(Struct, frozen=True):
    """Properties of cells, by number: `other` are cells that don't contain Python.

    `outputs` are the offsets of last expressions whose value is read as `_`.
    """

    other: frozenset[int]
    outputs: Mapping[int, int]


class Notebook(Struct, frozen=True, dict=True):
    """A notebook's JSON, and its code cells. A notebook in another language than Python has no cells."""

    raw: str
    cells: tuple[Cell, ...]

    @cached_property
    def magic_name(self) -> str:
        """A name that occurs nowhere in the code. Calls of it represent magics in the module."""
        ends = {end for cell in self.cells for end in re.findall(f"{_MARK}(_[0-9]*_|_?)", cell.code)}
        if not any(ends):
            return f"{_MARK}_" if ends else _MARK
        numbers = (f"_{number}_" for number in count())
        return _MARK + next(end for end in numbers if end not in ends)

    def with_properties(self, properties: CellProperties) -> "Notebook":
        """A copy with `properties` applied to the cells."""
        cells = (
            replace(
                cell,
                is_python=cell.is_python and cell.number not in properties.other,
                output=properties.outputs.get(cell.number, cell.output),
            )
            for cell in self.cells
        )
        return Notebook(self.raw, tuple(cells))

    def with_codes(self, codes: Sequence[str]) -> str:
        """The JSON with the code of each cell replaced by that of `codes`."""
        segments: list[str] = []
        position = 0
        for cell, code in zip(self.cells, codes, strict=True):
            if code != cell.code:
                segments += [self.raw[position : cell.start], CellSource(self.raw, cell).replace_code(code)]
                position = cell.end
        return "".join(segments) + self.raw[position:]

    def offset(self, cell: Cell, index: int) -> int:
        """The offset in the JSON of the character at `index` of a cell's code."""
        return CellSource(self.raw, cell).offset_in_json(index)


def read_notebook(raw: str) -> Notebook:
    """Parse the JSON of a notebook. Raises NotebookError if it isn't one.

    In nbformat 4, `cells` is a key of the document and code is `source`; in nbformat 3, cells are in
    worksheets and code is `input`. Code is a string, or a list of strings that are joined.
    """
    try:
        document = json.loads(raw)
    except json.JSONDecodeError as error:
        raise NotebookError(f"it isn't valid JSON: {error.msg}", error.lineno) from None
    except (RecursionError, ValueError) as error:
        raise NotebookError(f"it can't be parsed as JSON ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise NotebookError("it is not a notebook: expected an object with `cells`")
    if not _is_python(_language(document)):
        return Notebook(raw, ())
    try:
        return Notebook(raw, tuple(_code_cells(raw, document)))
    except (
        IndexError,
        TypeError,
        json.JSONDecodeError,
    ):  # `cells` occurs twice, and the offsets are those of the first
        raise NotebookError("it is not a notebook: it has a key twice") from None


def _code_cells(raw: str, document: Mapping[str, object]) -> Iterator[Cell]:
    number = 0
    for cells, start in _lists_of_cells(raw, document):
        if not isinstance(cells, list):
            raise NotebookError("it is not a notebook: `cells` is not a list", line_of(raw, start))
        at = skip_space(raw, start + 1)
        for cell in cells:
            number += 1
            if not isinstance(cell, dict):
                message = f"it is not a notebook: cell {number} is not an object"
                raise NotebookError(message, line_of(raw, at))
            spans, end = object_members(raw, at)
            if cell.get("cell_type") == "code":
                yield _code_cell(raw, cell, spans, at, number)
            at = skip_comma(raw, end)


def _lists_of_cells(raw: str, document: Mapping[str, object]) -> Iterator[tuple[object, int]]:
    """The lists of cells, unchecked, and their offsets."""
    top = skip_space(raw, 0)
    if "cells" in document:
        yield document["cells"], find_value(raw, top, "cells")
        return
    sheets = document.get("worksheets")
    if not isinstance(sheets, list):
        raise NotebookError("it is not a notebook: it has no `cells`")
    for sheet, (place, _) in zip(sheets, array_items(raw, find_value(raw, top, "worksheets")), strict=False):
        if isinstance(sheet, dict) and "cells" in sheet:
            yield sheet["cells"], find_value(raw, place, "cells")


def _code_cell(
    raw: str, cell: Mapping[str, object], spans: Mapping[str, tuple[int, int]], place: int, number: int
) -> Cell:
    key = "source" if "source" in cell else "input"
    value = cell.get(key)
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        message = f"it is not a notebook: the code of cell {number} is not text"
        raise NotebookError(message, line_of(raw, place))
    start, end = spans.get(key, (place, place))
    if DECODER.raw_decode(raw, start)[0] != value:
        raise NotebookError("it is not a notebook: it has a key twice", line_of(raw, place))
    language = cell.get("language") or _at(cell, "metadata", "vscode", "languageId")
    return Cell(number, "".join(lines), start, end, _is_python(language))


def _language(document: Mapping[str, object]) -> object:
    return _at(document, "metadata", "language_info", "name") or _at(
        document, "metadata", "kernelspec", "language"
    )


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_python(language: object) -> bool:
    """Whether a language is Python. A cell or notebook that declares none is."""
    return not isinstance(language, str) or language.lower().startswith(_PYTHON)


_CODE = re.compile(r"(?m)^[ \t]*[^\s#]")
_BLANK = re.compile(r"[ \t]*\r?\n")


class CellPlace(NamedTuple):
    """A position in a cell: the cell's number, and the row and column in its code, all from 1."""

    cell: int
    row: int
    column: int


class LostCellError(ValueError):
    """A changed module text can't be divided into the notebook's cells."""


def module_text(notebook: Notebook) -> str:
    """The Python module made of the notebook's cells."""
    return "".join(
        f"{_cell_separator(notebook, cell) if place else ''}{cell_text(notebook, cell)}\n"
        for place, cell in enumerate(notebook.cells)
    )


def cell_text(notebook: Notebook, cell: Cell) -> str:
    """The text of a cell in the module: its code, with magics replaced by calls."""
    if not cell.is_python:
        return mask_cell(cell.code, notebook.magic_name)
    text = mask_magics(cell.code, notebook.magic_name)
    return assign_last_value(text, cell.output, notebook.magic_name) if cell.output is not None else text


def notebook_json(notebook: Notebook, text: str) -> str:
    """The notebook's JSON if its module becomes `text`. Raises LostCellError."""
    return notebook.with_codes([code for _, code in changed_cells(notebook, text)])


def changed_cells(notebook: Notebook, text: str) -> list[tuple[Cell, str]]:
    """The cells and the code of each one if the module becomes `text`. Raises LostCellError.

    Text in front of a cell magic moves behind it, or into the next cell if the magic's body isn't Python.
    """
    parts = re.split(rf"(?m)^# {notebook.magic_name}: cell \d+\n", text) if notebook.cells else []
    if len(parts) != len(notebook.cells):
        raise LostCellError("two cells would become one")
    codes: list[tuple[Cell, str]] = []
    carried = ""
    for cell, part in zip(notebook.cells, parts, strict=True):
        text = carried + part.removesuffix("\n")
        if text == cell_text(notebook, cell):
            codes.append((cell, cell.code))
            continue
        code = unmask_magics(text, notebook.magic_name)
        carried = ""
        put = move_behind_magic(cell.code, code) if cell.is_python else None
        if put is None:
            carried, separator, rest = code.partition(cell.code)
            if not separator or rest.strip():
                raise LostCellError(f"cell {cell.number} is not Python, and would be changed")
            carried = carried if _CODE.search(carried) else ""  # a comment alone isn't moved
        codes.append((cell, cell.code if put is None else _with_ends_of(cell.code, put)))
    if carried:
        raise LostCellError("no Python cell can hold the moved code")
    return codes


class CellIndex:
    """Maps rows and columns of a notebook's module to those of its cells and its JSON."""

    def __init__(self, notebook: Notebook, text: str) -> None:
        """Index `text`, the module of `notebook`, which may have been changed."""
        self._notebook = notebook
        self._text = text
        self._starts = [0, *line_ends(text)]

    def place(self, row: int, column: int) -> CellPlace | None:
        """The cell, row and column of a position in the module; None if the notebook has no cells."""
        if not self._notebook.cells:
            return None
        cell, code = self._cell_and_code_before(row, column)
        starts = [0, *line_ends(code)]
        return CellPlace(cell.number, len(starts), len(code) - starts[-1] + 1)

    def in_json(self, row: int, column: int) -> Position:
        """The row and column in the JSON of a position in the module, which must be unchanged."""
        if not self._notebook.cells:
            return Position(row, column)
        cell, code = self._cell_and_code_before(row, column)
        offset = self._notebook.offset(cell, len(code))
        start = bisect_right(self._json_starts, offset)
        return Position(start, offset - self._json_starts[start - 1] + 1)

    def module_row_of_cell(self, number: int, row: int) -> int | None:
        """The row in the module of a row of the cell with this number; None if there is no such row."""
        cell = next((start for cell, _, start in self._bounds if cell.number == number), None)
        if cell is None or not 1 <= row <= 1 + len(line_ends(self.code(number))):
            return None
        return bisect_right(self._starts, cell) + row - 1

    def module_row_of_json(self, row: int) -> int | None:
        """The row in the module of a row of the JSON; None if that row has no code."""
        rows = range(1, len(self._starts))
        return next(
            (
                candidate
                for candidate in rows
                if self._is_code(candidate) and self.in_json(candidate, 1).row == row
            ),
            None,
        )

    def _is_code(self, row: int) -> bool:
        return not self._text.startswith(f"# {self._notebook.magic_name}: cell ", self._starts[row - 1])

    def code(self, number: int) -> str:
        """The code of the cell with this number; empty if there is none."""
        return next(
            (unmask_magics(text, self._notebook.magic_name) for cell, text in self._cells if cell == number),
            "",
        )

    @cached_property
    def _cells(self) -> Sequence[tuple[int, str]]:
        """The numbers of the cells and their texts in the module."""
        ends = [*(begin for _, begin, _ in self._bounds[1:]), len(self._text)]
        return [
            (cell.number, self._text[start:end].removesuffix("\n"))
            for (cell, _, start), end in zip(self._bounds, ends, strict=True)
        ]

    @cached_property
    def _bounds(self) -> Sequence[tuple[Cell, int, int]]:
        """The cells, each with the start of the comment in front of it and the start of its text."""
        markers = re.finditer(rf"(?m)^# {self._notebook.magic_name}: cell \d+\n", self._text)
        places = [(0, 0), *((match.start(), match.end()) for match in markers)]
        return [(cell, *place) for cell, place in zip(self._notebook.cells, places, strict=False)]

    def _cell_and_code_before(self, row: int, column: int) -> tuple[Cell, str]:
        """The cell that contains a position, and the cell's code up to there."""
        line = self._starts[min(row, len(self._starts)) - 1]
        offset = min(line + column - 1, len(self._text))
        cell, _, start = self._bounds[bisect_right([start for _, _, start in self._bounds], offset) - 1]
        return cell, unmask_prefix(self._text[start : max(start, offset)], self._notebook.magic_name)

    @cached_property
    def _json_starts(self) -> Sequence[int]:
        return [0, *line_ends(self._notebook.raw)]


def _cell_separator(notebook: Notebook, cell: Cell) -> str:
    return f"# {notebook.magic_name}: cell {cell.number}\n"


def _with_ends_of(old: str, new: str) -> str:
    """`new` with only those blank lines and line endings at its ends that `old` has, too."""
    while (blank := _BLANK.match(new)) and not old.startswith(blank[0]):
        new = new[blank.end() :]
    had = len(old) - len(old.rstrip("\r\n"))
    stripped = new.rstrip("\r\n")
    return stripped + (new[len(stripped) :] if had else "")

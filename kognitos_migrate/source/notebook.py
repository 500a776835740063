"""The JSON of a Jupyter notebook: where the code of its cells is written, and new code put in its place.

Only the strings of changed lines are written anew; all else stays byte for byte as it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.record import Struct, replace
from kognitos_migrate.source.cell import Cell, Written
from kognitos_migrate.source.jsonspans import (
    DECODER,
    after_space,
    following,
    items,
    line_of,
    members,
    start_of,
)

_PYTHON = ("python", "ipython", "pyspark")


class NotebookError(ValueError):
    """The text is not a notebook; `line` is where that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Kinds(Struct, frozen=True):
    """What cells are, by number: those that hold something else than Python, and those at whose end stands an
    expression whose value is kept, with its offset."""

    other: frozenset[int]
    outputs: Mapping[int, int]


class Notebook(Struct, frozen=True, dict=True):
    """A notebook's JSON, and its cells of code. There are none where its language isn't Python."""

    raw: str
    cells: tuple[Cell, ...]

    @cached_property
    def mark(self) -> str:
        """A name that stands nowhere in the code."""
        mark = "ipython_magic"
        while any(mark in cell.code for cell in self.cells):
            mark += "_"
        return mark

    def of_kinds(self, kinds: Kinds) -> "Notebook":
        """The same, where the cells are of these kinds."""
        cells = (
            replace(
                one,
                is_python=one.is_python and one.number not in kinds.other,
                output=kinds.outputs.get(one.number, one.output),
            )
            for one in self.cells
        )
        return Notebook(self.raw, tuple(cells))

    def with_codes(self, codes: Sequence[str]) -> str:
        """The JSON with other code in the cells, one for each."""
        parts: list[str] = []
        position = 0
        for cell, code in zip(self.cells, codes, strict=True):
            if code != cell.code:
                parts += [self.raw[position : cell.start], Written(self.raw, cell).rewritten(code)]
                position = cell.end
        return "".join(parts) + self.raw[position:]

    def offset(self, cell: Cell, index: int) -> int:
        """The offset in the JSON at which a character of a cell's code is written."""
        return Written(self.raw, cell).offset(index)


def read_notebook(raw: str) -> Notebook:
    """The notebook that is written as `raw`. Raises NotebookError.

    nbformat 4 has its cells at the top, and their code as `source`; nbformat 3 has worksheets, and `input`.
    Code is a string, or a list of strings that are joined.
    """
    try:
        document = json.loads(raw)
    except json.JSONDecodeError as error:
        raise NotebookError(f"it is not JSON: {error.msg}", error.lineno) from None
    except (RecursionError, ValueError) as error:
        raise NotebookError(f"it is not JSON that can be read ({type(error).__name__})") from None
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
    ):  # of two lists of cells, the first is not the one that counts
        raise NotebookError("it is not a notebook: it has a key twice") from None


def _code_cells(raw: str, document: Mapping[str, object]) -> Iterator[Cell]:
    number = 0
    for cells, start in _lists_of_cells(raw, document):
        if not isinstance(cells, list):
            raise NotebookError("it is not a notebook: `cells` is not a list", line_of(raw, start))
        at = after_space(raw, start + 1)
        for cell in cells:
            number += 1
            if not isinstance(cell, dict):
                message = f"it is not a notebook: cell {number} is not an object"
                raise NotebookError(message, line_of(raw, at))
            spans, end = members(raw, at)
            if cell.get("cell_type") == "code":
                yield _code_cell(raw, cell, spans, at, number)
            at = following(raw, end)


def _lists_of_cells(raw: str, document: Mapping[str, object]) -> Iterator[tuple[object, int]]:
    """The values that should be lists of cells, and where they stand."""
    top = after_space(raw, 0)
    if "cells" in document:
        yield document["cells"], start_of(raw, top, "cells")
        return
    sheets = document.get("worksheets")
    if not isinstance(sheets, list):
        raise NotebookError("it is not a notebook: it has no `cells`")
    for sheet, (place, _) in zip(sheets, items(raw, start_of(raw, top, "worksheets")), strict=False):
        if isinstance(sheet, dict) and "cells" in sheet:
            yield sheet["cells"], start_of(raw, place, "cells")


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
    said = cell.get("language") or _at(cell, "metadata", "vscode", "languageId")
    return Cell(number, "".join(lines), start, end, _is_python(said))


def _language(document: Mapping[str, object]) -> object:
    return _at(document, "metadata", "language_info", "name") or _at(
        document, "metadata", "kernelspec", "language"
    )


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_python(language: object) -> bool:
    """Whether a language is Python, as it is where none is said."""
    return not isinstance(language, str) or language.lower().startswith(_PYTHON)

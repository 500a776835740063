"""The JSON of a Jupyter notebook: where the code of its cells is written, and new code put in its place.

Only the strings of changed lines are written anew; all else stays byte for byte as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_UNIT = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.|[^\\]", re.DOTALL)
"""What one character of a text may be in a JSON string."""
_STRING_LINE = re.compile(r"(?:[^\\]|\\[^n])*(?:\\n|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PYTHON = ("python", "ipython", "pyspark")


class NotebookError(ValueError):
    """The text is not a notebook; `line` is where that shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of code: its number among all cells, from 1, and where the value that holds its code stands."""

    number: int
    code: str
    start: int
    end: int
    is_python: bool = True


@dataclass(frozen=True)
class Notebook:
    """A notebook's JSON, and its cells of code. There are none where its language isn't Python."""

    raw: str
    cells: tuple[Cell, ...]

    @cached_property
    def mark(self) -> str:
        """A name that stands nowhere in the notebook."""
        mark = "ipython_magic"
        while mark in self.raw:
            mark += "_"
        return mark

    def with_other(self, numbers: frozenset[int]) -> "Notebook":
        """The same, where the cells with these numbers hold something else than Python."""
        cells = (replace(one, is_python=one.is_python and one.number not in numbers) for one in self.cells)
        return Notebook(self.raw, tuple(cells))

    def with_codes(self, codes: Sequence[str]) -> str:
        """The JSON with other code in the cells, one for each."""
        parts: list[str] = []
        position = 0
        for cell, code in zip(self.cells, codes, strict=True):
            if code != cell.code:
                parts += [self.raw[position : cell.start], _Source(self.raw, cell).rewritten(code)]
                position = cell.end
        return "".join(parts) + self.raw[position:]

    def offset(self, cell: Cell, index: int) -> int:
        """The offset in the JSON at which a character of a cell's code is written."""
        return _Source(self.raw, cell).offset(index)


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
    return Notebook(raw, tuple(_code_cells(raw, document)))


def _code_cells(raw: str, document: Mapping[str, object]) -> Iterator[Cell]:
    number = 0
    for cells, start in _lists_of_cells(raw, document):
        if not isinstance(cells, list):
            raise NotebookError("it is not a notebook: `cells` is not a list", _line(raw, start))
        for cell, (place, _) in zip(cells, _items(raw, start), strict=True):
            number += 1
            if not isinstance(cell, dict):
                raise NotebookError(
                    f"it is not a notebook: cell {number} is not an object", _line(raw, place)
                )
            if cell.get("cell_type") == "code":
                yield _code_cell(raw, cell, place, number)


def _lists_of_cells(raw: str, document: Mapping[str, object]) -> Iterator[tuple[object, int]]:
    """The values that should be lists of cells, and where they stand."""
    top = _members(raw, _SPACE.match(raw, 0).end())  # type: ignore[union-attr]
    if "cells" in document:
        yield document["cells"], top["cells"][0]
        return
    sheets = document.get("worksheets")
    if not isinstance(sheets, list):
        raise NotebookError("it is not a notebook: it has no `cells`")
    for sheet, (place, _) in zip(sheets, _items(raw, top["worksheets"][0]), strict=True):
        if isinstance(sheet, dict) and "cells" in sheet:
            yield sheet["cells"], _members(raw, place)["cells"][0]


def _code_cell(raw: str, cell: Mapping[str, object], place: int, number: int) -> Cell:
    key = "source" if "source" in cell else "input"
    value = cell.get(key)
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        message = f"it is not a notebook: the code of cell {number} is not text"
        raise NotebookError(message, _line(raw, place))
    start, end = _members(raw, place)[key]
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


# Where values stand in JSON that is known to be right.


def _members(raw: str, start: int) -> dict[str, tuple[int, int]]:
    """The values of the object at `start`: from where to where. Of a key that is there twice, the last."""
    found: dict[str, tuple[int, int]] = {}
    at = _after_space(raw, start + 1)
    while raw[at] != "}":
        key, at = _DECODER.raw_decode(raw, at)
        at = _after_space(raw, _after_space(raw, at) + 1)
        found[key] = (at, _DECODER.raw_decode(raw, at)[1])
        at = _next(raw, found[key][1])
    return found


def _items(raw: str, start: int) -> Iterator[tuple[int, int]]:
    """From where to where the values of the array at `start` go."""
    at = _after_space(raw, start + 1)
    while raw[at] != "]":
        end = _DECODER.raw_decode(raw, at)[1]
        yield at, end
        at = _next(raw, end)


def _next(raw: str, end: int) -> int:
    at = _after_space(raw, end)
    return _after_space(raw, at + 1) if raw[at] == "," else at


def _after_space(raw: str, at: int) -> int:
    found = _SPACE.match(raw, at)
    return found.end() if found else at


def _line(raw: str, offset: int) -> int:
    return raw.count("\n", 0, offset) + 1


# The code of one cell, as it is written.


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the written code that holds whole lines, and where it stands."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    raw: str
    cell: Cell

    def rewritten(self, code: str) -> str:
        """The value for other code; pieces whose lines are all kept stay as they are written."""
        raw, cell = self.raw, self.cell
        pieces = list(self._pieces())
        new = _LINE.findall(code)
        kept = _kept(pieces, new)
        first = pieces[0].start if pieces else cell.start + 1
        written = raw[cell.start : first]
        position, before = 0, None
        while position < len(new):
            piece = kept.get(position)
            if position:
                together = before is not None and piece is not None and before.end <= piece.start
                between = raw[before.end : piece.start] if together and before and piece else ""
                written += between if self._is_gap(between) else self._gap()
            written += raw[piece.start : piece.end] if piece else self._string(new[position])
            position += len(piece.lines) if piece else 1
            before = piece
        return written + raw[pieces[-1].end if pieces else cell.end - 1 : cell.end]

    def offset(self, index: int) -> int:
        """Where the character at `index` of the code is written; the end, where there is none."""
        at = self.cell.start + 1
        for start, end in self._strings():
            for unit in _UNIT.finditer(self.raw, start + 1, end - 1):
                if not index:
                    return unit.start()
                index -= 1
            at = end - 1
        return at

    @property
    def _is_list(self) -> bool:
        return self.raw[self.cell.start] == "["

    def _strings(self) -> Iterator[tuple[int, int]]:
        """From where to where the strings go, quotes included."""
        if self._is_list:
            yield from _items(self.raw, self.cell.start)
        else:
            yield self.cell.start, self.cell.end

    def _pieces(self) -> Iterator[_Piece]:
        if not self._is_list:
            for part in _STRING_LINE.finditer(self.raw, self.cell.start + 1, self.cell.end - 1):
                if part[0]:
                    text = json.loads(f'"{part[0]}"')
                    yield _Piece(part.start(), part.end(), tuple(_LINE.findall(text)))
            return
        text, first = "", None
        strings = list(self._strings())
        for number, (start, end) in enumerate(strings):
            first = start if first is None else first
            text += _DECODER.raw_decode(self.raw, start)[0]
            if text.endswith("\n") or number == len(strings) - 1:
                yield _Piece(first, end, tuple(_LINE.findall(text)))
                text, first = "", None

    def _string(self, text: str) -> str:
        """`text` as strings are written here: escaped as far as they are."""
        only_ascii = self.raw.isascii() and _ESCAPED.search(self.raw) is not None
        said = json.dumps(text, ensure_ascii=only_ascii)
        said = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", said)
        if "\\/" in self.raw[self.cell.start : self.cell.end]:
            said = said.replace("/", "\\/")
        return said if self._is_list else said[1:-1]

    def _is_gap(self, text: str) -> bool:
        return text.strip() == "," if self._is_list else False

    def _gap(self) -> str:
        """What stands between two strings of the list."""
        if not self._is_list:
            return ""
        strings = list(self._strings())
        if len(strings) > 1:
            return self.raw[strings[0][1] : strings[1][0]]
        ahead = self.raw[self.cell.start + 1 : strings[0][0]] if strings else ""
        spaced = re.search(r'":\s', self.raw) is not None
        return f",{ahead}" if "\n" in ahead else ", " if spaced else ","


def _kept(pieces: Sequence[_Piece], new: Sequence[str]) -> dict[int, _Piece]:
    """The pieces of which all lines are kept, by the place of their first line among the new lines."""
    import difflib

    old = [line for piece in pieces for line in piece.lines]
    moved: dict[int, int] = {}
    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        moved.update((block.a + step, block.b + step) for step in range(block.size))
    found: dict[int, _Piece] = {}
    row = 0
    for piece in pieces:
        places = [moved.get(row + step) for step in range(len(piece.lines))]
        first = places[0] if places else None
        if first is not None and places == list(range(first, first + len(places))):
            found[first] = piece
        row += len(piece.lines)
    return found

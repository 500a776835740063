"""Which cells of a notebook are Python, and the values of their last expressions."""

import re

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from kognitos_migrate.source.file import SourceFile, as_notebook
from kognitos_migrate.source.notebook.cell_source import Cell
from kognitos_migrate.source.notebook.conversion import CellProperties, Notebook, cell_text

_LAST_OUTPUT = re.compile(r"(?<![\w.])_\s*[\[.]|[(,=]\s*_\s*[),\r\n]")
"""Code that may read `_`, to which IPython assigns the value of the last expression of a cell."""


def only_python(source: SourceFile) -> SourceFile:
    """`source` with the cells of a notebook that can't be parsed kept as text. Jupyter would not run them.

    If a cell reads `_`, last expressions of cells are assigned to it.
    """
    notebook = source.notebook
    return (
        source
        if notebook is None
        else as_notebook(source, notebook.with_properties(cell_properties(notebook)))
    )


def cell_properties(notebook: Notebook) -> CellProperties:
    """The kinds of a notebook's cells: which ones are not Python, and which outputs are read."""
    modules = {cell.number: _parse_cell(notebook, cell) for cell in notebook.cells}
    other = frozenset(number for number, module in modules.items() if module is None)
    outputs: dict[int, int] = {}
    if any(_LAST_OUTPUT.search(cell.code) for cell in notebook.cells):
        places = {number: _output(module) for number, module in modules.items() if module is not None}
        outputs = {number: at for number, at in places.items() if at is not None}
    return CellProperties(other, outputs)


def _parse_cell(notebook: Notebook, cell: Cell) -> cst.Module | None:
    try:
        return cst.parse_module(cell_text(notebook, cell))
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError, ValueError):
        return None


def _output(module: cst.Module) -> int | None:
    """The offset of the expression whose value a cell displays; None if it displays none."""
    line = module.body[-1] if module.body else None
    last = line.body[-1] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(last, cst.Expr) or isinstance(last.semicolon, cst.Semicolon):
        return None
    spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    return len(module.code.encode()[: spans[last].start].decode())

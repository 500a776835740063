"""Which cells of a notebook are Python."""

from dataclasses import replace

import libcst as cst

from kognitos_migrate.source.cell import Cell
from kognitos_migrate.source.cells import cell_text, module_text
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.notebook import Notebook


def only_python(source: SourceFile) -> SourceFile:
    """`source` where the cells of a notebook that can't be parsed are kept as texts: they would not run, and
    the others do."""
    notebook = source.notebook
    if notebook is None:
        return source
    other = frozenset(cell.number for cell in notebook.cells if not _is_python(notebook, cell))
    if not other:
        return source
    notebook = notebook.with_other(other)
    return replace(source, text=module_text(notebook), notebook=notebook)


def _is_python(notebook: Notebook, cell: Cell) -> bool:
    try:
        cst.parse_module(cell_text(notebook, cell))
    except (cst.ParserSyntaxError, RecursionError, ValueError):
        return False
    return True

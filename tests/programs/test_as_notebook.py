"""A script that is cut into the cells of a notebook is migrated as the script is."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from kognitos_migrate.source.file import decode_module
from kognitos_migrate.syntax.notebook_cells import only_python
from tests.harness import load_case, programs
from tests.programs.migrating import migrate, read, written
from tests.unit.source import notebooks

pytestmark = pytest.mark.slow

STATEMENTS = 3
"""How many statements make a cell."""
SCRIPTS = [
    name
    for name, folder in programs().items()
    if [path.name for path in (folder / "before").rglob("*.*")] == ["main.py"]
    and load_case(folder).runs_here
    and b"\r" not in (folder / "before" / "main.py").read_bytes()
]


@pytest.mark.parametrize("name", SCRIPTS[::16])
def test_a_script_is_migrated_as_a_notebook(name: str) -> None:
    folder = programs()[name]
    cells = [notebooks.code_cell(code) for code in cut(read(folder / "before")[0].text)]
    source = only_python(decode_module(notebooks.written(notebooks.notebook(cells)), "main.ipynb"))
    result, texts = migrate(load_case(folder), [source])
    assert not result.remaining
    document = json.loads(written([source], texts)["main.ipynb"])
    code = "\n".join("".join(cell["source"]) for cell in document["cells"])
    after = next(one for one in read(folder / "after") if one.path == "main.py")
    assert lines(code) == lines(after.text)


def cut(text: str) -> Iterator[str]:
    """The cells, without what follows the last statement's line end."""
    starts = [
        min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        for node in ast.parse(text).body
    ]
    rows = text.split("\n")
    bounds = [0, *(start - 1 for start in starts[STATEMENTS::STATEMENTS]), len(rows)]
    for start, end in pairwise(bounds):
        yield "\n".join(rows[start:end]).rstrip("\n")


def lines(text: str) -> list[str]:
    """The nonblank lines: a notebook loses the number of blank lines between two cells."""
    return [line for line in text.split("\n") if line.strip()]

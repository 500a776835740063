"""Notebooks to read, in any formatting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def code_cell(source: str | list[str], **more: object) -> Json:
    """A cell of code, as nbformat 4 has it."""
    return {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["source\n"]}],
        "source": source,
        **more,
    }


def text_cell(source: str) -> Json:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def lines(code: str) -> list[str]:
    """Code as Jupyter writes it."""
    return code.splitlines(keepends=True)


def notebook(cells: Sequence[Json], language: str | None = "python") -> Json:
    """A notebook of nbformat 4."""
    info = {"language_info": {"name": language}} if language else {}
    return {"cells": list(cells), "metadata": info, "nbformat": 4, "nbformat_minor": 5}


def old_notebook(cells: Sequence[Json]) -> Json:
    """The notebook in nbformat 3, with a worksheet for each cell."""
    sheets: list[Json] = []
    for cell in cells:
        kept = {key: value for key, value in cell.items() if key != "source"}
        key = "input" if cell["cell_type"] == "code" else "source"
        sheets.append({"cells": [{**kept, key: cell["source"]}]})
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


def written(document: object, **style: Any) -> bytes:
    """A document as bytes, by default as Jupyter writes it."""
    style = style or {"indent": 1, "ensure_ascii": False}
    return (json.dumps(document, **style) + "\n").encode("utf-8", "surrogatepass")

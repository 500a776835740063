"""The cached cells of a notebook: valid while the notebook is unchanged, and never longer."""

import json
from pathlib import Path

import pytest

from kognitos_migrate.cache import CacheEntry, Store
from kognitos_migrate.run import notebook_cache
from kognitos_migrate.run.notebook_cache import only_python
from kognitos_migrate.source.file import SourceFile, decode_module
from kognitos_migrate.source.notebook.conversion import CellProperties, Notebook
from kognitos_migrate.syntax import notebook_cells as judge

CELLS = ["start(1)\n", "print(_)\n", "this is prose\n", "a = 1\n"]


class Judged:
    """Notes which notebooks are judged."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, notebook: Notebook) -> CellProperties:
        self.count += 1
        return judge.cell_properties(notebook)


@pytest.fixture(autouse=True)
def judged(monkeypatch: pytest.MonkeyPatch) -> Judged:
    judged = Judged()
    monkeypatch.setattr(notebook_cache, "_judge_cells", judged)
    return judged


def study(*cells: str) -> SourceFile:
    data = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()
    return decode_module(data, "study.ipynb")


def test_a_notebook_is_judged_once(tmp_path: Path, judged: Judged) -> None:
    store = Store(str(tmp_path))
    for _ in range(2):
        assert only_python(study(*CELLS), store) == judge.only_python(study(*CELLS))
    assert judged.count == 1
    changed = study(*CELLS, "more prose\n")
    assert only_python(changed, store) == judge.only_python(changed)
    assert judged.count == 2


def test_where_nothing_is_kept_it_is_judged_each_time(judged: Judged) -> None:
    for _ in range(2):
        only_python(study(*CELLS), Store(None))
    assert judged.count == 2


@pytest.mark.parametrize("content", [b"", b"\x80", b"\xff"])
def test_what_is_damaged_is_judged_again(tmp_path: Path, judged: Judged, content: bytes) -> None:
    store = Store(str(tmp_path))
    only_python(study(*CELLS), store)
    (kept,) = (tmp_path / "notebooks").iterdir()
    entry = store.read("notebooks", kept.name)
    assert entry is not None
    store.write("notebooks", kept.name, CacheEntry(entry.origin, content))
    assert only_python(study(*CELLS), store) == judge.only_python(study(*CELLS))
    assert judged.count == 2

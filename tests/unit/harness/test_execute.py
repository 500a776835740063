"""The output of a notebook's cells is the same in each run."""

from pathlib import Path

import pytest

from tests.harness.execute import main
from tests.unit.source import notebooks

TIMES = """\
first
CPU times: user 1 us, sys: 0 ns, total: 1 us
Wall time: 2 us
Compiler : 140 ms
Parser   : 150 ms
last
"""


@pytest.mark.filterwarnings("ignore:Cell is missing an id")
def test_what_time_was_taken_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "study.ipynb"
    cell = notebooks.code_cell(f"print({TIMES!r}, end='')")
    path.write_bytes(notebooks.written(notebooks.notebook([cell])))
    assert main(str(path)) == 0
    assert capsys.readouterr().out == "first\nlast\n"

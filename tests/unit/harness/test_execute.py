"""The output of a notebook's cells is the same in each run."""

import subprocess
import sys
from pathlib import Path

from tests.unit.source import notebooks

_ROOT = Path(__file__).parents[3]

TIMES = """\
first
CPU times: user 1 us, sys: 0 ns, total: 1 us
Wall time: 2 us
Compiler : 140 ms
Parser   : 150 ms
last
"""


def test_what_time_was_taken_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "study.ipynb"
    cell = notebooks.code_cell(f"print({TIMES!r}, end='')")
    path.write_bytes(notebooks.written(notebooks.notebook([cell])))
    command = [sys.executable, "-m", "tests.harness.execute", str(path)]  # its threads end with the process
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "first\nlast\n"

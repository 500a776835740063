"""The floors of the house (ARCHITECTURE.md): an import in the wrong direction fails."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_each_floor_knows_only_those_below_it() -> None:
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "module", ["interpret.engine", "interpret.assignment", "interpret.http", "edits.path"]
)
def test_a_module_can_be_imported_first(module: str) -> None:
    program = f"import kognitos_migrate.{module}"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr

"""What a run pays for: nothing heavy is imported before it is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HEAVY = ("libcst", "yaml", "msgspec", "pathspec", "difflib", "subprocess", "kognitos_migrate.interpret")


def imported_by(folder: Path, *arguments: str) -> set[str]:
    """Which of HEAVY a run of the command line in `folder` imports."""
    program = f"""
import sys
from kognitos_migrate.cli.main import cli
code = cli.main({list(arguments)!r}, standalone_mode=False)
assert code == 0, code
print("IMPORTED", *(name for name in {HEAVY!r} if name in sys.modules))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return set(ran.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["completion", "zsh"]])
def test_the_version_and_the_help_import_click_only(tmp_path: Path, arguments: list[str]) -> None:
    assert imported_by(tmp_path, *arguments) == set()


def test_a_check_that_finds_no_anchor_does_not_load_the_engine(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print('hello')\n")
    imported = imported_by(tmp_path, "check", "--force-exclude", "a.py")
    assert imported.isdisjoint({"libcst", "pathspec", "subprocess", "kognitos_migrate.interpret"})

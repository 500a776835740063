"""No code of a project is run or imported, whatever its files are called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import kognitos_migrate

DEPENDENCIES = {
    "click",
    "libcst",
    "msgspec",
    "pathspec",
    "platformdirs",
    "tomli",
    "typing_extensions",
    "yaml",
}
FOUND_BY_TOOLS = {"sitecustomize", "usercustomize", "conftest", "setup", "kognitos_migrate_plugin"}
PROGRAM = """\
import requests

requests.post("https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"a": 1})
"""
TRAP = "import os\nopen(os.environ['SPRUNG'], 'a').write(__name__ + '\\n')\n"
CONFIGURATION = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p, agent_id: a, stage: Published}
rules: [rules/]
"""
CLIENT = "kind: client\nid: own\ntitle: own\nurl: https://example.com\nlike: requests\nmodule: json\n"
COMMANDS = (
    ("check", "."),
    ("check", "main.py", "--output-format", "sarif"),
    ("fix", ".", "--diff"),
    ("fix", ".", "--allow-dirty"),
    ("report", "."),
    ("init", "."),
    ("rules", "test"),
)

WRITES = ("fix", ".", "--allow-dirty")
RUN_AT_START = ("sitecustomize", "usercustomize")


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A project of traps: a module for each that Python, or the tool, may look for."""
    for name in {*sys.stdlib_module_names, *DEPENDENCIES}:
        (tmp_path / f"{name}.py").write_text(TRAP)
    for name in FOUND_BY_TOOLS:
        (tmp_path / f"{name}.py").write_text(TRAP + PROGRAM)
    (tmp_path / "main.py").write_text(PROGRAM)
    (tmp_path / "setup.cfg").write_text("[options]\npy_modules = main\n")
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIGURATION)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(CLIENT)
    (tmp_path / "rules" / "__init__.py").write_text(TRAP)
    return tmp_path


def sprung(folder: Path, command: Sequence[str | Path], python_path: str = "") -> str:
    """The code of the folder that the command has run. The command must have checked that code, too."""
    log = folder.parent / "sprung"
    log.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "SPRUNG": str(log),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": python_path,
    }
    environment["XDG_STATE_HOME"] = str(folder.parent / "state")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    writes = tuple(command[-3:]) == WRITES
    errors = {line for line in done.stderr.splitlines() if line.startswith("error: ")}
    never_written = {
        f"error: {name}.py: Python runs this file whenever it starts, so it is never written"
        for name in RUN_AT_START
        if (folder / f"{name}.py").exists()
    }
    assert errors == (never_written if writes else set())
    assert done.returncode in ((2,) if writes else (0, 1)), done.stderr
    return log.read_text() if log.exists() else ""


def _script() -> str:
    found = shutil.which("kognitos-migrate", path=str(Path(sys.executable).parent))
    assert found is not None
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_console_script_runs_nothing(trapped: Path, command: tuple[str, ...]) -> None:
    assert sprung(trapped, [_script(), *command]) == ""


@pytest.mark.parametrize("entry", [".", "src", ""])
def test_relative_entries_of_pythonpath_are_not_searched(trapped: Path, entry: str) -> None:
    folder = trapped / entry
    folder.mkdir(exist_ok=True)
    for name in DEPENDENCIES:
        (folder / f"{name}.py").write_text(TRAP)
    for name in {*sys.stdlib_module_names, *FOUND_BY_TOOLS}:  # Python itself loads some before this program
        (trapped / f"{name}.py").unlink(missing_ok=True)
    path = os.pathsep.join((entry, str(Path(kognitos_migrate.__file__).parents[1])))
    assert sprung(trapped, [sys.executable, "-m", "kognitos_migrate", *COMMANDS[0]], path) == ""


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[3]], ids=" ".join)
def test_as_a_module_it_runs_nothing_that_python_does_not_run_before(
    trapped: Path, command: tuple[str, ...]
) -> None:
    for name in _loaded_by_python(trapped):
        (trapped / f"{name}.py").unlink(missing_ok=True)
    assert sprung(trapped, [sys.executable, "-m", "kognitos_migrate", *command]) == ""


def _loaded_by_python(folder: Path) -> list[str]:
    """The modules that `python -m` loads before its target module."""
    elsewhere = folder.parent / f"{folder.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "nothing.py").write_text("import sys\nprint(*sys.modules)\n")
    command = [sys.executable, "-m", "nothing"]
    return subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True).stdout.split()


def test_a_trap_springs(trapped: Path) -> None:
    assert sprung(trapped, [sys.executable, "-c", "import yaml"]) != ""


SPREAD = """\
from kognitos_migrate.run import worker_processes

if __name__ == "__main__":
    worker_processes._method = lambda: "spawn"
    assert worker_processes.map_in_processes(list, [1, 2, 3], 2) == [1, 2, 3]
"""


def test_processes_that_begin_anew_run_nothing(trapped: Path) -> None:
    script = trapped.parent / f"{trapped.name}-spread.py"
    script.write_text(SPREAD)
    assert sprung(trapped, [sys.executable, script]) == ""

"""The cost of a start: nothing heavy is imported before it is needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.discover.trees import plant

ROOT = Path(__file__).parents[1]

HEAVY = (
    "libcst",
    "yaml",
    "msgspec",
    "pathspec",
    "platformdirs",
    "pathlib",
    "hashlib",
    "json",
    "difflib",
    "subprocess",
    "multiprocessing",
    "kognitos_migrate.rulebook.model",
    "kognitos_migrate.findings.result",
    "kognitos_migrate.run.session",
    "kognitos_migrate.interpret",
)
OURS = 37
"""Our own modules that a check loads which finds nothing. The number may go down; where it has to go up, the
commit says why."""


def imported_by(folder: Path, *arguments: str, expected: int = 0) -> set[str]:
    """The modules that a run of the command line in `folder` imports, which ends with the `expected` code.
    Imports of click itself, more of them on older Pythons, don't count."""
    program = f"""
from kognitos_migrate.cli.main import cli
code = cli.main({list(arguments)!r}, standalone_mode=False)
assert code == {expected}, code
"""
    return _modules_after(program, folder) - _modules_after("import click", folder)


def _modules_after(program: str, folder: Path) -> set[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = f"import sys; sys.path[:0] = {sys.path!r}\n{program}\nprint('IMPORTED', *sys.modules)"
    command = [sys.executable, "-S", "-c", told]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return set(ran.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["completion", "zsh"]])
def test_the_version_and_the_help_import_click_only(tmp_path: Path, arguments: list[str]) -> None:
    assert imported_by(tmp_path, *arguments).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("pyproject.toml", "[project]\n"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["kognitos-migrate"]\n'),
        ("pyproject.toml", '[tool.kognitos-migrate]\nhosts = ["gate.example"]\n'),
        ("kognitos-migrate.yaml", "hosts: [gate.example]\n"),
    ],
)
def test_a_check_that_finds_no_anchor_loads_next_to_nothing(tmp_path: Path, config: str, text: str) -> None:
    plant(
        tmp_path, {"a.py": "import json\nfrom . import b\nprint('hello')\n", "b.py": "from os import path\n"}
    )
    plant(tmp_path, {config: text})
    arguments = ["check", "--force-exclude", "a.py", "b.py"]
    imported_by(tmp_path, *arguments)  # from then on, what the configuration says is known
    imported = imported_by(tmp_path, *arguments)
    assert imported.isdisjoint(HEAVY)
    looked_into = "[tool." in text  # it may have the table, then
    assert looked_into == ("tomllib" in imported or "tomli" in imported)
    assert sum(name.startswith("kognitos_migrate") for name in imported) <= OURS + 2 * looked_into


def test_a_walk_without_an_anchor_does_not_load_the_engine(tmp_path: Path) -> None:
    plant(tmp_path, {"a.py": "", ".git/HEAD": "", ".git/info/exclude": "# nothing\n"})
    imported_by(tmp_path, "check")
    assert imported_by(tmp_path, "check").isdisjoint(HEAVY)


@pytest.mark.parametrize(("output_format", "loaded"), [("markdown", False), ("json", False), ("html", True)])
def test_only_the_page_loads_the_templates(tmp_path: Path, output_format: str, loaded: bool) -> None:
    imported = imported_by(tmp_path, "report", "--no-cache", "--format", output_format, "-o", "state")
    assert ("jinja2" in imported) == loaded


def test_a_search_of_other_files_does_not_load_the_engine(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("curl https://rest-api.app.kognitos.com/v1/upload\n")
    imported = imported_by(tmp_path, "check", "--all-files", "--exit-zero", "run.sh")
    assert imported.isdisjoint({"libcst", "kognitos_migrate.interpret"})


def test_a_program_that_is_known_is_not_parsed(tmp_path: Path) -> None:
    demo = (ROOT / "fixtures" / "demo" / "invoices.py").read_text("utf-8")
    cells = [{"cell_type": "code", "source": f"{demo}\nstart\n_.json()"}]
    plant(tmp_path, {"invoices.py": demo, "study.ipynb": json.dumps({"cells": cells}), ".git/HEAD": ""})
    assert "libcst" in imported_by(tmp_path, "check", expected=1)
    imported = imported_by(tmp_path, "check", expected=1)
    assert imported.isdisjoint({"libcst", "yaml", "kognitos_migrate.interpret"})


def test_a_program_without_old_calls_does_not_load_the_planners(tmp_path: Path) -> None:
    migrated = ROOT / "fixtures" / "programs" / "http_client_upload_urlsplit" / "after" / "main.py"
    plant(tmp_path, {"main.py": migrated.read_text("utf-8"), ".git/HEAD": ""})
    imported = imported_by(tmp_path, "check")
    assert "kognitos_migrate.run.engine" in imported
    assert imported.isdisjoint({"kognitos_migrate.edits.planning", "kognitos_migrate.validate.validation"})


def test_the_server_leaves_the_engine_to_the_analysis_process(tmp_path: Path) -> None:
    imported = _modules_after("import kognitos_migrate.lsp.features", tmp_path)
    assert imported.isdisjoint({"libcst", "kognitos_migrate.interpret", "kognitos_migrate.run.engine"})

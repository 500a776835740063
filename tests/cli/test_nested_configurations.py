"""Configurations in folders below: a run says that it doesn't read them, and a repository has one journal."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kognitos_migrate.cli.main import cli
from tests.unit.discover.trees import plant

CODE = """import requests

URL = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
print(requests.post(URL, json={"n": 1}).status_code)
"""
CONFIGURATION = """processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p1, agent_id: a1, stage: Draft}
"""
FILES = {f"{folder}/job.py": CODE for folder in ("one", "two")}
NESTED = {f"{folder}/kognitos-migrate.yaml": CONFIGURATION for folder in ("one", "two")}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path / "state")
    root = tmp_path / "project"
    plant(root, FILES)
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    return root


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(cli, list(arguments))


def texts(project: Path) -> set[str]:
    return {(project / file).read_text("utf-8") for file in FILES}


@pytest.mark.parametrize(
    "command", [("check", "--no-cache"), ("fix", "--no-cache", "--allow-dirty"), ("init",)]
)
def test_a_run_names_the_configurations_below(
    command: tuple[str, ...], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(project, NESTED)
    note = "note: one/kognitos-migrate.yaml and 1 other aren't read in this run: run the command in one, or"
    assert note in run(project, monkeypatch, *command).stderr
    assert "note: one/" not in run(project, monkeypatch, *command, "-q").stderr
    assert "aren't read" not in run(project / "one", monkeypatch, *command).stderr


@pytest.mark.parametrize("option", [["--isolated"], ["--config", "own.yaml"]])
def test_a_chosen_configuration_needs_no_note(
    option: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(project, {**NESTED, "kognitos-migrate.yaml": CONFIGURATION, "own.yaml": CONFIGURATION})
    assert "read in this run" not in run(project, monkeypatch, "check", "--no-cache", *option).stderr


def test_a_table_beside_the_configuration_is_noted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"kognitos-migrate.yaml": CONFIGURATION, "pyproject.toml": "[tool.kognitos-migrate]\nnone = 1\n"}
    plant(project, files)
    result = run(project, monkeypatch, "check", "--no-cache")
    note = (
        "note: [tool.kognitos-migrate] in pyproject.toml isn't read: kognitos-migrate.yaml takes precedence\n"
    )
    assert note in result.stderr
    assert note not in run(project, monkeypatch, "check", "--no-cache", "-q").stderr


def test_a_fix_at_the_root_is_one_transaction(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(project, {**NESTED, "kognitos-migrate.yaml": CONFIGURATION})
    fixed = run(project, monkeypatch, "fix", "--no-cache", "--allow-dirty")
    assert fixed.exit_code == 0, fixed.output
    assert CODE not in texts(project)
    undone = run(project / "one", monkeypatch, "undo")
    assert "(2 files)" in undone.output
    assert texts(project) == {CODE}


def test_runs_of_nested_projects_are_reverted_in_their_order(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(project, NESTED)
    for folder in ("one", "two"):
        assert run(project / folder, monkeypatch, "fix", "--no-cache", "--allow-dirty").exit_code == 0
    assert "restored two/job.py" in run(project, monkeypatch, "undo").output
    assert "restored job.py" in run(project / "one", monkeypatch, "undo").output
    assert texts(project) == {CODE}
    assert run(project, monkeypatch, "undo").exit_code == 2

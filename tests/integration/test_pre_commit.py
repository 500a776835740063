"""The two hooks, run by pre-commit itself out of a repository of this project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.projects import CLEAN, demo, git, planted, tagged_tool

pytestmark = [pytest.mark.slow, pytest.mark.wheel]

CONFIG = """\
repos:
  - repo: {repo}
    rev: v0.1.0
    hooks:
      - id: {hook}
"""
ALL_FILES = "        args: [--all-files]\n        types_or: [text]\n"


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tagged_tool(tmp_path_factory.mktemp("tool"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environments of hooks."""
    return tmp_path_factory.mktemp("home")


def committed(project: Path, tool: Path, home: Path, hook: str, more: str = "") -> tuple[int, str]:
    """The exit code and the words of pre-commit on all files of a project."""
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(repo=tool, hook=hook) + more)
    git(project, "add", "-A")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_a_clean_project_passes(tmp_path: Path, tool: Path, home: Path) -> None:
    project = planted(tmp_path / "clean", app__py=CLEAN)
    code, said = committed(project, tool, home, "kognitos-migrate")
    assert code == 0, said
    assert "Passed" in said


def test_v1_fails_and_changes_nothing(tmp_path: Path, tool: Path, home: Path) -> None:
    project = demo(tmp_path / "demo")
    code, said = committed(project, tool, home, "kognitos-migrate")
    assert code == 1, said
    assert "KOG101" in said
    assert "files were modified" not in said


def test_the_other_hook_fixes_and_then_passes(tmp_path: Path, tool: Path, home: Path) -> None:
    project = demo(tmp_path / "demo")
    code, said = committed(project, tool, home, "kognitos-migrate-fix")
    assert code == 1, said
    assert "files were modified by this hook" in said
    assert "/v2" in (project / "invoices.py").read_text("utf-8")
    code, said = committed(project, tool, home, "kognitos-migrate-fix")
    assert code == 0, said


def test_other_files_are_looked_at_where_the_hook_is_told_so(tmp_path: Path, tool: Path, home: Path) -> None:
    project = planted(tmp_path / "clean", run__sh="curl https://rest-api.app.kognitos.com/v1/upload\n")
    code, said = committed(project, tool, home, "kognitos-migrate")
    assert code == 0, said
    code, said = committed(project, tool, home, "kognitos-migrate", ALL_FILES)
    assert code == 1, said
    assert "run.sh:1:39" in said

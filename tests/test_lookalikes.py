"""Programs that are not the old version, however they look: nothing is found, and their bytes come back.

A file in fixtures/lookalikes is a test, and so is a folder: a project with the settings files of its code.
"""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from kognitos_migrate.config.load import load_settings
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import SourceFile, decode_module, file_bytes
from tests.harness import FIXTURES

PROGRAMS = sorted((FIXTURES / "lookalikes").glob("*.py"))
PROJECTS = sorted(path for path in (FIXTURES / "lookalikes").iterdir() if path.is_dir())


def source(path: Path) -> SourceFile:
    return decode_module(path.read_bytes(), path.name)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_nothing_is_found(path: Path) -> None:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    result = analyse([source(path)], rules, settings)
    assert [(finding.code, finding.place.row, finding.message) for finding in result.findings] == []
    assert result.changes == ()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_its_bytes_come_back(path: Path) -> None:
    read = source(path)
    assert file_bytes(read, read.text) == path.read_bytes()


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_nothing_is_found_in_a_project(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / folder.name
    shutil.copytree(folder, project)
    (project / ".git").mkdir()
    monkeypatch.chdir(project)
    result = CliRunner().invoke(cli, ["check", "--no-cache", "--output-format", "json", "."])
    assert json.loads(result.stdout)["findings"] == []
    assert result.exit_code == 0


def test_there_are_programs() -> None:
    assert PROGRAMS
    assert PROJECTS

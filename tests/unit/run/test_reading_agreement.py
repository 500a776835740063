"""A file that is passed alone is reported as in a run over its project."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.harness import FIXTURES
from tests.unit.discover.trees import plant

HELPER = """\
import requests


def post(url, body):
    return requests.post(url, json=body).json()
"""
MAIN = """\
import helper

BASE = "https://rest-api.app.kognitos.com/v1"
print(helper.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", {"a": 1})["worker_id"])
"""


def found_in(*paths: str) -> set[tuple[str, str, int]]:
    """The code, the file and the row of each finding in some paths."""
    result = CliRunner().invoke(cli, ["check", "--no-cache", "--output-format", "json", *paths])
    findings = json.loads(result.stdout)["findings"]
    return {(one["code"], Path(one["filename"]).name, one["location"]["row"]) for one in findings}


def test_of_a_helper_that_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, {"helper.py": HELPER, "main.py": MAIN, ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path)
    assert found_in("helper.py") == found_in(".") != set()


@pytest.fixture
def deployed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of fixtures/deployed, in a place of its own."""
    project = tmp_path / "project"
    shutil.copytree(FIXTURES / "deployed" / request.param, project)
    (project / ".git").mkdir()
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize("deployed", ["generated_client"], indirect=True)
def test_of_a_module_whose_words_are_elsewhere(deployed: Path) -> None:
    module = deployed / "openapi_client" / "api" / "default_api.py"
    assert {one for one in found_in(".") if one[1] == module.name} == found_in(str(module)) != set()


@pytest.mark.parametrize("deployed", ["providers_in_json"], indirect=True)
def test_of_a_folder_whose_settings_are_elsewhere(deployed: Path) -> None:
    assert found_in("src/bridge") == found_in(".") != set()


def test_of_a_command_that_shares_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`invoke` is a subcommand there: findings in other modules account for it, shown or not."""
    shutil.copytree(FIXTURES / "packages" / "click_command_line" / "before", tmp_path / "project")
    (tmp_path / "project" / ".git").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    assert {one for one in found_in(".") if one[1] == "main.py"} == found_in("main.py")

"""Programs as companies deploy them: the host, the key and the ids come from the environment or a settings
file, so little or nothing in the code names the API. Each must give a finding, and never be called clean.

A folder in fixtures/deployed is a test.
"""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.harness import FIXTURES

PROJECTS = sorted(path for path in (FIXTURES / "deployed").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_something_is_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / folder.name
    shutil.copytree(folder, project)
    (project / ".git").mkdir()
    monkeypatch.chdir(project)
    result = CliRunner().invoke(cli, ["check", "--no-cache", "--output-format", "json", "."])
    findings = json.loads(result.stdout)["findings"]
    assert [finding["code"] for finding in findings if not finding["code"].startswith("KOG4")] != []
    assert result.exit_code == 1


def test_there_are_projects() -> None:
    assert len(PROJECTS) >= 18

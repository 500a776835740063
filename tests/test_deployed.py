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

UNADDRESSED = """
import json
import os
import urllib.request


def handler(event, context):
    request = urllib.request.Request(
        os.environ["RUN_URL"],
        data=json.dumps({"order": event["order"]}).encode(),
        headers={"X-API-Key": os.environ["RUN_KEY"]},
        method="POST",
    )
    with urllib.request.urlopen(request) as response:
        print(response.read().decode())
"""
"""Projects whose only evidence of the API is a header."""


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
    assert len(PROJECTS) >= 59


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["check", "."], ["check", "handler.py"], ["fix"], ["check", "--strict"]],
    ids=" ".join,
)
def test_a_request_to_nobody_knows_whom_is_not_called_clean(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "handler.py").write_text(UNADDRESSED)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, [*arguments, "--no-cache"])
    assert "1 place couldn't be resolved" in result.output
    assert result.exit_code == ("--strict" in arguments)


def test_a_host_in_sight_says_whom_it_is_sent_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "handler.py").write_text(
        UNADDRESSED.replace('os.environ["RUN_URL"]', '"https://acme.example/"')
    )
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["check", "--no-cache", "--strict"])
    assert "No v1 calls found in 1 file." in result.output
    assert result.exit_code == 0

"""Share_ids in settings and deployment files that migrated code looks up: nothing tells to replace them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kognitos_migrate.cli.main import cli
from tests.unit.discover.trees import plant

KEY = "abcd3fg9ijk5mn1pqr3tu2wxy"
PROGRAM = """import os

import requests


def start(facts):
    url = f"https://rest-api.app.kognitos.com/v1/invoke/{os.environ['FLOW']}"
    return requests.post(url, json=facts, headers={"x-api-key": "secret-key"}).json()["worker_id"]
"""
CONFIGURATION = f"""v2_request: guide
processes:
  {KEY}:
    process_id: b4fznghynbdemslfd5k044fgd
    agent_id: a7xm2kp9qwj3v5nh8t4c6r1e9z
    stage: Published
"""
FILES = {
    ".env": f"FLOW={KEY}\n",
    "k8s/deployment.yaml": "apiVersion: apps/v1\nmetadata: {name: kognitos}\nspec:\n  env:\n"
    f"    - {{name: FLOW, value: {KEY}}}\n",
    "k8s/config.yaml": f"apiVersion: v1\nkind: ConfigMap\ndata:\n  kognitos.yaml: |\n    flow: {KEY}\n",
    "template.json": f'{{"Environment": {{"FLOW": "{KEY}"}}}}\n',
}


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, [*arguments, "--no-cache"])
    assert result.exit_code in (0, 1), result.output
    return result


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    plant(tmp_path, {"kognitos-migrate.yaml": CONFIGURATION, "jobs/main.py": PROGRAM, **FILES})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_before_a_fix_they_are_no_findings(project: Path) -> None:
    assert "KOG401" not in invoke("check", "--all-files").output
    for file in FILES:
        assert invoke("check", file).exit_code == 0


def test_after_a_fix_all_commands_agree(project: Path) -> None:
    assert invoke("fix", "--allow-dirty").exit_code == 0
    for arguments in (("check",), ("check", "--all-files"), ("check", "--strict"), ("check", *FILES)):
        result = invoke(*arguments)
        assert (result.exit_code, "other file" in result.output) == (0, False), result.output
    for file in FILES:
        assert invoke("check", file).exit_code == 0


@pytest.mark.parametrize(
    "program",
    [
        {},
        {"jobs/main.py": "KOGNITOS_PROCESSES = {'another': 1}\n"},
        {"jobs/main.py": PROGRAM.replace("json=facts", "**facts")},
    ],
)
def test_without_code_that_looks_them_up_they_are(project: Path, program: Mapping[str, str]) -> None:
    (project / "jobs/main.py").unlink()
    plant(project, program)
    for arguments in (("--all-files",), (".env",)):
        output = invoke("check", *arguments).output
        assert "use `process_id` b4fznghynbdemslfd5k044fgd" in output
        assert "unless migrated code looks it up in `KOGNITOS_PROCESSES`" in output
    assert invoke("check", "--strict").exit_code == 1


def test_calls_with_such_a_key_are_findings_all_the_same(project: Path) -> None:
    assert invoke("fix", "--allow-dirty").exit_code == 0
    plant(project, {"start.sh": f"curl https://rest-api.app.kognitos.com/v1/invoke/{KEY}\n"})
    for arguments in (("--all-files",), ("start.sh",)):
        assert "KOG401" in invoke("check", *arguments).output
    assert "1 other file contains v1" in invoke("check").output

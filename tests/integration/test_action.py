"""The action for GitHub: by the official schema, and its steps run as the runner does."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.integration.projects import CLEAN, ROOT, demo, planted
from tests.integration.schemas import check
from tests.integration.steps import Job, run_action

pytestmark = pytest.mark.slow

ACTION = ROOT / "action.yml"
INSTALL = "Install kognitos-migrate"


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool of this environment is what the action has installed."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


def ran(tmp_path: Path, workspace: Path, **inputs: str) -> Job:
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return run_action(ACTION, workspace, tmp_path / "temp", given, but=(INSTALL,))


def test_it_is_an_action_by_the_official_schema() -> None:
    check(ACTION, "github-actions")


def test_findings_fail_the_job_annotate_and_are_uploaded(tmp_path: Path) -> None:
    job = ran(tmp_path, demo(tmp_path / "demo"))
    assert job.code == 1
    assert "::error title=kognitos-migrate (KOG101),file=invoices.py," in job.log
    assert job.summary.startswith("# Kognitos v1 to v2 migration\n")
    ((uses, given),) = job.used
    assert uses.startswith("github/codeql-action/upload-sarif@")
    log = json.loads(Path(given["sarif_file"]).read_text("utf-8"))
    assert log["runs"][0]["results"]


def test_a_clean_project_passes(tmp_path: Path) -> None:
    job = ran(tmp_path, planted(tmp_path / "clean", app__py=CLEAN))
    assert (job.code, job.outputs["run"]["exit-code"]) == (0, "0")
    assert "No v1 calls found" in job.summary


def test_arguments_and_paths_are_those_given(tmp_path: Path) -> None:
    project = demo(tmp_path / "demo")
    (project / "sub folder").mkdir()
    (project / "*.txt").write_text("https://rest-api.app.kognitos.com/v1/upload\n")
    job = ran(tmp_path, project, args="check --all-files --select KOG4", src="*.txt", upload_sarif="false")
    assert job.code == 1
    assert "KOG402" in job.log
    assert "KOG101" not in job.log
    assert job.used == []


def test_what_is_given_is_no_code(tmp_path: Path) -> None:
    project = planted(tmp_path / "clean", app__py=CLEAN)
    job = ran(
        tmp_path, project, src="$(touch${IFS}hacked) `touch hacked`; touch hacked", upload_sarif="false"
    )
    assert job.code == 2
    assert not (project / "hacked").exists()


def test_an_error_fails_the_job(tmp_path: Path) -> None:
    job = ran(tmp_path, planted(tmp_path / "clean", app__py=CLEAN), args="check --select XYZ1")
    assert job.code == 2
    assert "selects no rule" in job.log
    assert job.used == []


def test_other_commands_are_run_as_they_are(tmp_path: Path) -> None:
    job = ran(tmp_path, demo(tmp_path / "demo"), args="fix --diff")
    assert job.code == 1
    assert "+++ b/invoices.py" in job.log
    assert job.used == []


@pytest.mark.wheel
def test_it_installs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = demo(tmp_path / "demo")
    job = run_action(ACTION, project, tmp_path / "temp", {})
    assert job.code == 1, job.log
    assert str(tmp_path / "temp" / "kognitos-migrate") in job.path[0]
    assert "KOG101" in job.log

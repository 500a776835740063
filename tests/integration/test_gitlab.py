"""The component for GitLab CI: by the official schema, and its scripts run as a job is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

from tests.integration.projects import CLEAN, ROOT, demo, planted
from tests.integration.schemas import check_document

pytestmark = pytest.mark.slow

TEMPLATE = ROOT / "templates" / "kognitos-migrate.yml"


def rendered(**given: str) -> Any:
    """The configuration that an include of the template with these inputs makes."""
    head, body = TEMPLATE.read_text("utf-8").split("\n---\n")
    inputs: Any = yaml.safe_load(head)["spec"]["inputs"]
    values = {name: one["default"] for name, one in inputs.items()} | given
    assert set(values) == set(inputs)
    filled = re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: json.dumps(values[found[1]]), body)
    return yaml.safe_load(filled)


def job(
    project: Path, but: tuple[str, ...] = ("before_script",), **inputs: str
) -> "subprocess.CompletedProcess[str]":
    """The job, run by bash as GitLab's runner does."""
    said = rendered(**inputs)["kognitos-migrate"]
    scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": scripts, "CI": "true", "CI_PROJECT_DIR": str(project)}
    environment |= {name: os.path.expandvars(value) for name, value in said["variables"].items()}
    lines = [line for part in ("before_script", "script") if part not in but for line in said[part]]
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("inputs", [{}, {"version": "0.1.0", "stage": "lint"}])
def test_it_is_a_configuration_by_the_official_schema(inputs: dict[str, str]) -> None:
    check_document(rendered(**inputs), "gitlab-ci")


def test_findings_fail_the_job_and_are_in_both_reports(tmp_path: Path) -> None:
    project = demo(tmp_path / "demo")
    ran = job(project)
    assert ran.returncode == 1, ran.stderr
    assert "KOG101" in ran.stdout
    reports = rendered()["kognitos-migrate"]["artifacts"]["reports"]
    quality = json.loads((project / reports["codequality"]).read_text("utf-8"))
    cases = JUnitXml.fromfile(str(project / reports["junit"]))
    assert len(quality) == cases.failures > 0


def test_a_clean_project_passes_and_has_reports(tmp_path: Path) -> None:
    project = planted(tmp_path / "clean", app__py=CLEAN)
    assert job(project).returncode == 0
    assert json.loads((project / "gl-code-quality-report.json").read_text("utf-8")) == []


def test_arguments_and_paths_are_those_given(tmp_path: Path) -> None:
    project = demo(tmp_path / "demo")
    ran = job(project, args="check --select KOG3 --exit-zero", src="invoices.py")
    assert ran.returncode == 0
    assert "KOG101" not in ran.stdout
    assert "KOG301" in ran.stdout


@pytest.mark.wheel
def test_it_installs_what_it_is_told(tmp_path: Path) -> None:
    project = demo(tmp_path / "demo")
    ran = job(project, but=(), package=str(ROOT))
    assert ran.returncode == 1, ran.stderr
    assert "KOG101" in ran.stdout

"""The batch spec for Sourcegraph: by what its reference allows, and its step run in a repository."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.projects import DEMO, ROOT, planted

pytestmark = pytest.mark.slow

SPEC = ROOT / "integrations" / "sourcegraph" / "kognitos-v2.batch.yaml"
KEYS = {
    "": {"version", "name", "description", "on", "steps", "changesetTemplate"},
    "steps": {"run", "container", "files", "outputs"},
    "changesetTemplate": {"title", "body", "branch", "commit", "published"},
}
"""The keys of https://sourcegraph.com/docs/batch-changes/batch-spec-yaml-reference in use."""


@pytest.fixture
def spec() -> Any:
    said = yaml.safe_load(SPEC.read_text("utf-8"))
    said["on"] = said.pop(True)  # YAML 1.1 takes the key for a truth value, Sourcegraph does not
    return said


def test_it_has_only_keys_of_the_reference(spec: Any) -> None:
    assert set(spec) == KEYS[""]
    assert spec["version"] == 2
    (step,) = spec["steps"]
    assert set(step) == KEYS["steps"]
    assert set(spec["changesetTemplate"]) == KEYS["changesetTemplate"]
    assert set(spec["changesetTemplate"]["commit"]) == {"message"}
    assert spec["changesetTemplate"]["published"] is False
    assert [set(one) for one in spec["on"]] == [{"repositoriesMatchingQuery"}]


def test_what_the_changeset_says_is_an_output_of_a_step(spec: Any) -> None:
    assert "${{ outputs.left }}" in spec["changesetTemplate"]["body"]
    assert spec["steps"][0]["outputs"]["left"]["value"] == "${{ step.stdout }}"


def test_its_step_fixes_a_repository(spec: Any, tmp_path: Path) -> None:
    project = planted(
        tmp_path / "project",
        invoices__py=(DEMO / "invoices.py").read_text("utf-8"),
        manual__py="import requests\n\nrequests.post('https://rest-api.app.kognitos.com/v1/invoke/unknown')\n",
    )
    (step,) = spec["steps"]
    for name, text in step["files"].items():
        file = tmp_path / name.lstrip("/")
        file.parent.mkdir(parents=True)
        file.write_text(text)
    scripts = tmp_path / "bin"
    scripts.mkdir()
    (scripts / "pip").write_text("#!/bin/sh\n")  # the tool is there already
    (scripts / "pip").chmod(0o755)
    path = os.pathsep.join([str(scripts), str(Path(sys.executable).parent), os.environ["PATH"]])
    script = step["run"].replace("/tmp/kognitos", str(tmp_path / "tmp" / "kognitos"))
    ran = subprocess.run(
        ["sh", "-c", script],
        cwd=project,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "/v2" in (project / "invoices.py").read_text("utf-8")
    assert [line.split(":")[0] for line in ran.stdout.splitlines()] == ["manual.py"]

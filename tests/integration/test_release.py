"""The release workflow: by the official schema, and its checks and trials of the packages run as it does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kognitos_migrate import __version__
from tests.integration.projects import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"


def jobs() -> Any:
    """The jobs of the workflow, by name."""
    return yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]


def script(job: str, name: str) -> str:
    """The script of a step."""
    (found,) = [step["run"] for step in jobs()[job]["steps"] if step.get("name") == name]
    assert "${{" not in found, "an expression in a script is run as code: pass it in env"
    return str(found)


def ran(text: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a script as the runner does, with the commands of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **variables}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_is_a_workflow_by_the_official_schema() -> None:
    options = ["--builtin-schema", "vendor.github-workflows", "--no-cache", str(WORKFLOW)]
    command = [sys.executable, "-m", "check_jsonschema", *options]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_wheel_is_tried_on_each_python_that_the_package_names() -> None:
    metadata = (ROOT / "pyproject.toml").read_text("utf-8")
    named = jobs()["test"]["strategy"]["matrix"]["python"]
    assert [f"Programming Language :: Python :: {version}" in metadata for version in named] == [True] * 5


def test_only_publishing_may_ask_for_a_token() -> None:
    assert [name for name, job in jobs().items() if "id-token" in job["permissions"]] == ["publish"]
    assert set(jobs()["publish"]["permissions"]) == {"id-token"}


@pytest.mark.parametrize(
    ("tag", "heading", "passes"),
    [
        (f"v{__version__}", f"## {__version__} (2027-01-01)", True),
        (f"v{__version__}", f"## {__version__} (unreleased)", False),
        ("v9.9.9", f"## {__version__} (2027-01-01)", False),
    ],
)
def test_a_tag_has_to_name_the_version_and_a_dated_change(
    tag: str, heading: str, passes: bool, tmp_path: Path
) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / f"kognitos_migrate-{__version__}-py3-none-any.whl").touch()
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n")
    compared = ran(script("build", "Compare the version with the tag"), tmp_path, TAG=tag)
    assert (compared.returncode == 0) is passes, compared.stderr


@pytest.mark.slow
def test_the_demo_migrates(tmp_path: Path) -> None:
    (tmp_path / "fixtures").mkdir()
    demo = tmp_path / "fixtures" / "demo"
    demo.mkdir()
    for name in ("invoices.py", "kognitos-migrate.yaml"):
        (demo / name).write_bytes((ROOT / "fixtures" / "demo" / name).read_bytes())
    tool = tmp_path / "bin" / "kognitos-migrate"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kognitos_migrate "$@"\n')
    tool.chmod(0o755)
    path = os.pathsep.join([str(tool.parent), os.environ["PATH"]])
    migrated = ran(script("test", "Migrate the demo"), tmp_path, PATH=path)
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
